"""A small convolutional net for images: trained by JAX, answered by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import msgspec

from journeyman.algorithms.convolution.model import ConvolutionModel
from journeyman.algorithms.convolution.training import train_convolution
from journeyman.entities.candidate import Candidate, Parameter, Refusal, Turn, needs_extra
from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel
from journeyman.transformers.derived import image_columns
from journeyman.transformers.pictures import pixel_grid
from journeyman.transformers.steps import decode_array

__all__ = ["Convolution", "ConvolutionModel"]

_FEWEST_ROWS = 100
_LOADED = 230_000_000  # bytes of JAX and what it compiles, in a process


@dataclass(frozen=True)
class Convolution:
    """Four convolutions and a dense layer, taught with shifted, turned and stretched copies of the images.

    Proposes nothing where ``journeyman[neural]`` is not installed; a stored net is answered without it.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition".

    Examples
    --------
    >>> Convolution().applies([Column("age", Kind.INTEGER)])
    False
    """

    name: str = "convolution"
    preparations: tuple[str, ...] = ("pixels",)
    example_columns: tuple[Column, ...] = (Column("photo", Kind.IMAGE),)
    start_seconds: float = 6.0
    """JAX is loaded in two seconds, a step is compiled in three to four (measured)."""

    def applies(self, columns: Sequence[Column]) -> bool:
        """Say whether there are images."""
        return bool(image_columns(columns)) or pixel_grid(columns) is not None

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return a short and a long training; a refusal without JAX."""
        if rows < _FEWEST_ROWS:
            return Refusal(f"fewer than {_FEWEST_ROWS} rows to learn from")
        if find_spec("jax") is None:
            return needs_extra("neural")
        short, long = _epochs(rows, 40_000, 5, 40), _epochs(rows, 160_000, 15, 100)
        proposals: tuple[tuple[dict[str, Parameter], str, str, Turn], ...] = (
            (
                {"epochs": short},
                "quick",
                "a convolutional net finds shapes wherever they are; a short training",
                Turn.SUITED,
            ),
            ({"epochs": long}, "usual", "a convolutional net, the whole schedule", Turn.RANKED),
        )
        return tuple(
            Candidate(self.name, p, reason, style, turn=turn, preparation="pixels")
            for p, style, reason, turn in proposals
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: a cost an image, pixel and epoch."""
        epochs = float(candidate.parameters.get("epochs", 20))
        return 0.5 + epochs * max(rows, 64) * (1e-4 + 1.1e-6 * features)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: JAX, and the images in single precision."""
        return _LOADED + 12 * rows * features + 100_000 * min(features, 1_024)

    def fit(self, request: FitRequest) -> FittedModel:
        """Train to the schedule's end, which comes earlier where time is short."""
        return train_convolution(request)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["convolution.msgpack"], type=ConvolutionModel, dec_hook=decode_array)


def _epochs(rows: int, visits: int, fewest: int, most: int) -> int:
    """Return the epochs in which about so many images are seen."""
    return max(fewest, min(most, visits // max(rows, 1)))

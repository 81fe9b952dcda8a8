"""A neural net for tables: trained by Keras 3 on JAX, answered by NumPy (docs/decisions/0016)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from journeyman.algorithms.neural.mean import MeanOfNets, nets_from_files
from journeyman.algorithms.neural.model import NeuralModel
from journeyman.algorithms.neural.training import train_net
from journeyman.entities.candidate import Candidate, Parameter, Refusal, Turn, needs_extra
from journeyman.entities.column import Column
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["Neural", "NeuralModel"]

_FEWEST_ROWS = 100
_ENOUGH_ROWS = 2_000  # for a short training to learn a function that trees go on learning
_LOADED = 280_000_000  # bytes of Keras, JAX and what they compile, in a process (docs/decisions/0021)


@dataclass(frozen=True)
class Neural:
    """RealMLP: three wide layers, periodic embeddings of numbers, and settings that need no search.

    Proposes nothing where ``journeyman[neural]`` is not installed; a stored net is answered without it.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data", arXiv 2407.04491.

    Examples
    --------
    >>> Neural().preparations
    ('neural',)
    """

    name: str = "neural"
    preparations: tuple[str, ...] = ("neural",)
    start_seconds: float = 5.0
    """Keras and JAX are loaded in two to four seconds, a shape is compiled in one to two (measured)."""

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return short and whole trainings, usual ones and such as err elsewhere; a refusal without Keras and JAX.

        The short one for functions that turn often is for numbers: on regressions of little noise it left a fifth to a
        half less error than the usual one in the same time (docs/decisions/0040).
        """
        if rows < _FEWEST_ROWS:
            return Refusal(f"fewer than {_FEWEST_ROWS} rows to learn from")
        if find_spec("keras") is None or find_spec("jax") is None:
            return needs_extra("neural")
        short, long = _epochs(rows, 400_000, 8, 64), _epochs(rows, 2_500_000, 24, 256)
        proposals: tuple[tuple[dict[str, Parameter], str, str], ...] = (
            ({"epochs": short}, "quick", "a neural net errs elsewhere than trees do; a short training"),
            ({"epochs": long}, "usual", "a neural net, the whole schedule"),
            (
                {"epochs": long, "wildness": 0.5, "dropout": 0.0},
                "wavy",
                "a neural net for functions that turn often under little noise",
            ),
        )
        found = [Candidate(self.name, p, reason, style, preparation="neural") for p, style, reason in proposals]
        if not task.labels:
            wavy: dict[str, Parameter] = {"epochs": short, "wildness": 0.5, "dropout": 0.0}
            reason = "a neural net for functions that turn often under little noise; a short training"
            turn = Turn.SMOOTH if rows >= _ENOUGH_ROWS else Turn.RANKED
            found.append(Candidate(self.name, wavy, reason, "quick wavy", turn=turn, preparation="neural"))
        return tuple(found)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: a cost per row, epoch and weight."""
        epochs = float(candidate.parameters.get("epochs", 64))
        per_row = 1.4e-5 + 6e-7 * features + 2e-8 * task.outputs
        return 0.3 + epochs * (max(rows, 256) * per_row + 2e-3)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: libraries and compiled programs, and the rows in both precisions."""
        return _LOADED + 24 * rows * features + 40 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Train until the schedule's end, keeping the epoch that the validation rows liked best."""
        return train_net(request)

    def varies(self, candidate: Candidate) -> bool:
        """Return True: a net's start, the order of its rows and what drops out come from the seed."""
        return True

    def average(self, models: Sequence[NeuralModel]) -> FittedModel:
        """Return the mean of nets' scores."""
        return MeanOfNets(tuple(models))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return nets_from_files(files)


def _epochs(rows: int, visits: int, fewest: int, most: int) -> int:
    """Return the epochs in which about so many rows are seen."""
    return max(fewest, min(most, visits // max(rows, 1)))

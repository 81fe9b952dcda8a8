"""A linear model on what a pretrained network makes of texts, on top of what n-grams say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from journeyman.algorithms.linear import Linear, LinearModel
from journeyman.entities.candidate import Candidate, Refusal, needs_extra
from journeyman.entities.column import Column
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel
from journeyman.transformers.derived import text_columns
from journeyman.transformers.embeddings.sentence_encoder import WIDTH, is_installed
from journeyman.transformers.steps import decode_array

__all__ = ["EmbeddingLinear", "EmbeddingLinearModel"]

_LINEAR = Linear()
_SECONDS_A_TEXT = 0.012  # that the network reads one, two side by side, on two cores (measured: 0.005 to 0.02)
_FITS = 4  # among which the reading is shared: folds find each text read
_LOADED = 350_000_000  # bytes of the network, its runtime, and the numbers of texts that are kept


class EmbeddingLinearModel(LinearModel, frozen=True):
    """A linear model whose features cost more than itself."""

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: the network reads a text or more."""
        return _SECONDS_A_TEXT * max(1, len(self.weights) // WIDTH)


@dataclass(frozen=True)
class EmbeddingLinear:
    """The simple model on features that a pretrained network makes of English texts.

    Proposes nothing where ``journeyman[embeddings]`` is not installed; a stored model needs the extra as well, since
    new texts are read by the network.

    Examples
    --------
    >>> EmbeddingLinear().preparations
    ('text_embedded',)
    """

    name: str = "embedding_linear"
    preparations: tuple[str, ...] = ("text_embedded",)
    weighs_rows: bool = True
    start_seconds: float = 1.0
    example_columns: tuple[Column, ...] = ()

    def applies(self, columns: Sequence[Column]) -> bool:
        """Say whether there are texts."""
        return bool(text_columns(columns))

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return the path of penalties, as one candidate; a refusal without the extra."""
        if not is_installed():
            return needs_extra("embeddings")
        reason = "a network that has read much English says what texts mean, beyond their n-grams"
        return (Candidate(self.name, {}, reason, preparation=self.preparations[0]),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit, and its share of those in which the network reads the texts."""
        reading = _SECONDS_A_TEXT * rows * (features // WIDTH) / _FITS
        return _LINEAR.seconds(candidate, task, rows, features) + reading

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit at its height, and those of the network."""
        return _LINEAR.memory(candidate, task, rows, features) + _LOADED

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn with each penalty while it helps the validation rows, or with the one that an earlier fit kept."""
        model = _LINEAR.fit(request)
        assert isinstance(model, LinearModel)  # Linear's
        return EmbeddingLinearModel(**msgspec.structs.asdict(model))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["linear.msgpack"], type=EmbeddingLinearModel, dec_hook=decode_array)

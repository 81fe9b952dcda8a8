"""What predicts for a release: its plan, or a foreign model behind the same door. Nobody else asks which it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from journeyman.entities.foreign_model import AnswersRows, ForeignAnswers, ForeignKind, ForeignModel
from journeyman.errors import ModelError
from journeyman.inference.foreign.process import ModelProcess
from journeyman.inference.foreign.scorer import ForeignScorer
from journeyman.inference.foreign.served import ServedModel
from journeyman.inference.model_files import ModelCard, fitted_parts, make_scorer, preparations_of
from journeyman.inference.scorer import ScoresRows
from journeyman.plugins import load_parts

__all__ = ["FOREIGN", "FOREIGN_FOLDER", "answering", "foreign_files", "open_scorer"]

FOREIGN, FOREIGN_FOLDER = "foreign.json", "foreign"
"""A release's file that says what was made elsewhere, and the folder of what came with it."""


def open_scorer(name: str, card: ModelCard, files: Mapping[str, bytes], folder: Path) -> ScoresRows:
    """Return what predicts for a release.

    Parameters
    ----------
    name : str
        Of the release, for messages.
    files : mapping of str to bytes
        Of the release, checked.
    folder : Path
        Where they lie, for the process of a foreign model.
    """
    content = files.get(FOREIGN)
    if content is not None:
        model = msgspec.json.decode(content, type=ForeignModel)
        return ForeignScorer(name, model, card.columns, card.task, answering(model, folder / FOREIGN_FOLDER))
    return make_scorer(
        card,
        fitted_parts(card, files),
        load_parts("journeyman.algorithms", {m.algorithm for m in card.members}),
        load_parts("journeyman.preparations", preparations_of(card)),
    )


def answering(model: ForeignModel, folder: Path) -> AnswersRows:
    """Return whoever can be asked what a foreign model says; its files lie in the folder."""
    if model.kind is ForeignKind.LOGGED:
        return _Silent(model)
    return ServedModel(model) if model.kind is ForeignKind.SERVED else ModelProcess(model, folder)


def foreign_files(model: ForeignModel, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what a release holds of a foreign model, by its place in the release's folder."""
    content = msgspec.json.format(msgspec.json.encode(model, order="deterministic"), indent=2) + b"\n"
    return {FOREIGN: content, **{f"{FOREIGN_FOLDER}/{name}": data for name, data in files.items()}}


class _Silent:
    """A model of which the log alone is to be had."""

    def __init__(self, model: ForeignModel) -> None:
        self._origin = model.origin

    def answer(self, columns: Mapping[str, Sequence[Any]], count: int) -> ForeignAnswers:
        self._refuse()

    def describe(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        pass

    def _refuse(self) -> NoReturn:
        raise ModelError(
            f"the model of {self._origin} runs elsewhere, and only its log is to be had: it cannot be asked",
            hint="`journeyman adopt` takes the model itself; `journeyman build` builds another",
        )

"""A model as the files of a release: what is stored beside the fitted parts, and how a scorer is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import msgspec

from journeyman.entities.column import Column
from journeyman.entities.conformal import Conformal
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.plan import ParseStep, Plan, SpreadStep, TemperatureStep
from journeyman.entities.spread import QuantileSpread
from journeyman.entities.task import Task
from journeyman.errors import ReleaseError
from journeyman.inference.release_plan import FittedMember, label_step, prediction_plan, with_ends
from journeyman.inference.scorer import Scorer
from journeyman.interfaces import Algorithm, Preparation
from journeyman.stages.train import FittedPart
from journeyman.transformers.derived import deriving
from journeyman.transformers.duplicate_lookup import DuplicateLookup
from journeyman.transformers.target_scale import on_scale
from journeyman.transformers.treated import with_correction

__all__ = [
    "FittedEnsemble",
    "ModelCard",
    "PlacedMember",
    "fitted_parts",
    "make_plan",
    "make_scorer",
    "preparations_of",
    "read_card",
    "release_files",
]

_P = TypeVar("_P", covariant=True)
_KNOWN = "known.msgpack"
_FORMER = {"lightgbm_crafted": "lightgbm"}
"""Algorithms that releases name and that are candidates of another one today, which reads their files
(docs/decisions/0054)."""


@dataclass(frozen=True)
class PlacedMember:
    """A member of a release: which algorithm and preparation its files belong to, and its weight."""

    algorithm: str
    preparation: str
    weight: float


@dataclass(frozen=True)
class ModelCard:
    """What a release needs to know to predict, besides the fitted parts.

    Attributes
    ----------
    task : Task
        What is predicted.
    columns : tuple of Column
        The features, as raw rows are read.
    members : tuple of PlacedMember
        In the order of their folders.
    temperature, threshold
        See :class:`Ensemble`.
    conformal : Conformal or None
        How far the truth may lie from an answer; None in releases that were made without.
    style : FileStyle
        How the training table's file was written, which is expected of files to predict.
    spread : QuantileSpread or None
        See :class:`Ensemble`.
    """

    task: Task
    columns: tuple[Column, ...]
    members: tuple[PlacedMember, ...]
    temperature: float
    threshold: float | None
    conformal: Conformal | None = None
    style: FileStyle = AS_FOUND
    spread: QuantileSpread | None = None


@dataclass(frozen=True)
class FittedEnsemble:
    """Fitted parts, as files: preparations by name, one part a member in the order of the ensemble, and known rows."""

    preparations: tuple[FittedPart, ...]
    members: tuple[FittedPart, ...]
    known: bytes | None = None


def make_scorer(
    card: ModelCard,
    fitted: FittedEnsemble,
    algorithms: Mapping[str, Algorithm],
    preparations: Mapping[str, Preparation],
) -> Scorer:
    """Load fitted parts from their files, so that what is evaluated is what is stored."""
    return Scorer(make_plan(card, fitted, algorithms, preparations))


def make_plan(
    card: ModelCard,
    fitted: FittedEnsemble,
    algorithms: Mapping[str, Algorithm],
    preparations: Mapping[str, Preparation],
) -> Plan:
    """Return the plan of fitted parts, loaded from their files."""
    members = [
        FittedMember(
            placed.preparation,
            on_scale(with_correction(_loaded(algorithms[placed.algorithm], part), part.files), part.files),
            placed.weight,
        )
        for placed, part in zip(card.members, fitted.members, strict=True)
    ]
    prepared = {part.name: _loaded(preparations[part.name], part) for part in fitted.preparations}
    known = None if fitted.known is None else DuplicateLookup.from_file(fitted.known)
    scale = TemperatureStep(card.temperature) if card.temperature != 1.0 else None
    calibration = scale if card.spread is None else SpreadStep(card.spread)
    plan = prediction_plan(ParseStep(card.columns), prepared, members, calibration, known)
    return with_ends(plan, label_step(card.task, card.threshold), card.conformal)


class _Loader(Protocol[_P]):
    def from_files(self, files: Mapping[str, bytes]) -> _P: ...


def _loaded(loader: _Loader[_P], part: FittedPart) -> _P:
    """Return a fitted part from its files; ReleaseError where another version wrote them in another form."""
    try:
        return loader.from_files(part.files)
    except (msgspec.ValidationError, KeyError) as error:
        raise ReleaseError(
            f"the part {part.name} of this release was written in a form that this version does not read",
            hint="build the model again: journeyman build takes the settings.toml beside its release",
        ) from error


def read_card(content: bytes) -> ModelCard:
    """Return what a release's ``model.json`` says, its algorithms by the names that they have today."""
    card = msgspec.json.decode(content, type=ModelCard)
    members = tuple(replace(m, algorithm=_FORMER.get(m.algorithm, m.algorithm)) for m in card.members)
    return replace(card, members=members)


def release_files(card: ModelCard, fitted: FittedEnsemble) -> dict[str, bytes]:
    """Return the model's files by their place in the release folder."""
    files = {"model.json": msgspec.json.encode(card, order="deterministic")}
    for part in fitted.preparations:
        files |= {f"preparations/{part.name}/{name}": content for name, content in part.files.items()}
    for position, part in enumerate(fitted.members):
        files |= {f"members/{position}/{name}": content for name, content in part.files.items()}
    return files if fitted.known is None else {**files, _KNOWN: fitted.known}


def preparations_of(card: ModelCard) -> list[str]:
    """Return the names of the preparations that a release holds."""
    return sorted({member.preparation for member in card.members} | {*deriving(card.columns)})


def fitted_parts(card: ModelCard, files: Mapping[str, bytes]) -> FittedEnsemble:
    """Return the fitted parts that a release's files hold, by their place in its folder."""

    def part(prefix: str, name: str) -> FittedPart:
        return FittedPart(name, {n.removeprefix(prefix): c for n, c in files.items() if n.startswith(prefix)})

    return FittedEnsemble(
        tuple(part(f"preparations/{name}/", name) for name in preparations_of(card)),
        tuple(part(f"members/{i}/", member.algorithm) for i, member in enumerate(card.members)),
        files.get(_KNOWN),
    )

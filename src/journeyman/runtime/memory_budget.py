"""What a trial needs of memory, judged by sizes alone, and how it is kept within the limit (docs/decisions/0021)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind
from journeyman.entities.dataset import Dataset
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble
from journeyman.interfaces import Algorithm, Preparation
from journeyman.runtime.components import Components
from journeyman.settings import LIBRARIES, BuildSettings
from journeyman.transformers.derived import deriving

__all__ = [
    "Fitting",
    "Sizes",
    "bytes_kept",
    "bytes_of_fits",
    "fits_side_by_side",
    "fitting_within",
    "said_of_memory",
    "sizes_of",
]

_HELD_OF_TABLE = 3.0  # times its bytes: the frame, its columns as plain arrays, and a fold's rows of them


class Fitting(StrEnum):
    """How a candidate is fitted."""

    SIDE_BY_SIDE = "side by side"
    IN_TURN = "in turn"
    NOT = "not"


@dataclass(frozen=True)
class Sizes:
    """All that an estimate goes by.

    Attributes
    ----------
    rows : int
        Of the table, all of which a chosen member learns from in the end.
    fold_rows : int
        Rows that the largest fold fits on, and those that it is validated on.
    folds, threads : int
        Folds, and how many of them are fitted side by side where memory allows it.
    task : Task
        What is predicted.
    table : int
        Bytes of the table.
    features : mapping of str to int
        Expected features of each preparation.
    """

    rows: int
    fold_rows: int
    folds: int
    threads: int
    task: Task
    table: int
    features: Mapping[str, int]


def sizes_of(data: Dataset, threads: int, preparations: Mapping[str, Preparation]) -> Sizes:
    """Return the sizes of a dataset."""
    return Sizes(
        rows=len(data.table.frame),
        fold_rows=max(len(fold.fit) + len(fold.validate) for fold in data.split.folds),
        folds=len(data.split.folds),
        threads=threads,
        task=data.task,
        table=_bytes(data.table),
        features=_widths(data.table, data.task, preparations),
    )


def _widths(table: Table, task: Task, preparations: Mapping[str, Preparation]) -> dict[str, int]:
    """Return the expected features of each preparation; derived ones come to all of them as columns of numbers."""
    columns = table.features
    said = sum(preparations[name].width(columns, task) for name in deriving(columns))
    columns = (*columns, *(Column(f"derived {i}", Kind.NUMBER) for i in range(said)))
    return {name: preparation.width(columns, task) for name, preparation in preparations.items()}


def bytes_of_fits(algorithm: Algorithm, candidate: Candidate, task: Task, rows: int, features: int, fits: int) -> int:
    """Return the bytes of some fits side by side; what needs no rows is libraries, which are loaded once for all.

    Examples
    --------
    >>> from journeyman.algorithms.neural import Neural
    >>> net, task = Neural(), Task("y", "regression", "rmse")
    >>> one, two = (bytes_of_fits(net, Candidate("neural"), task, 1_000, 20, fits) for fits in (1, 2))
    >>> one < two < 2 * one
    True
    """
    loaded = algorithm.memory(candidate, task, 0, features)
    return loaded + fits * (algorithm.memory(candidate, task, rows, features) - loaded)


def bytes_kept(sizes: Sizes, preparations: Collection[str]) -> int:
    """Return the bytes of preparations' folds with what algorithms have made of them (bins, pools)."""
    return sum(int(14.0 * sizes.features[name] * sizes.fold_rows * sizes.folds) for name in preparations)


def fitting_within(
    limit: int, sizes: Sizes, candidate: Candidate, algorithm: Algorithm, kept: int
) -> tuple[Fitting, int]:
    """Return how a candidate is fitted so that the limit is kept, and the bytes that it needs where that is not at all.

    Side by side, all folds of a preparation are kept, for the candidates that come; in turn, a fold is prepared, fitted
    and let go before the next. Where one fit on all rows does not find room either, the candidate is passed over.

    Parameters
    ----------
    limit : int
        Bytes.
    algorithm : Algorithm
        The candidate's.
    kept : int
        Bytes of other preparations' folds that are kept.
    """
    features = sizes.features[candidate.preparation]
    base = LIBRARIES + _HELD_OF_TABLE * sizes.table
    matrix = 8.0 * features * sizes.fold_rows
    side = min(sizes.folds, sizes.threads)
    # While a fold is prepared its parts stand beside the whole.
    all_folds = base + kept + (sizes.folds + 1.5 * side) * matrix
    all_folds += bytes_of_fits(algorithm, candidate, sizes.task, sizes.fold_rows, features, side)
    if all_folds <= limit:
        return Fitting.SIDE_BY_SIDE, int(all_folds)
    alone = base + 2.5 * 8.0 * features * sizes.rows
    alone += bytes_of_fits(algorithm, candidate, sizes.task, sizes.rows, features, 1)
    return (Fitting.IN_TURN if alone <= limit else Fitting.NOT), int(alone)


def fits_side_by_side(
    settings: BuildSettings, chosen: Ensemble, table: Table, task: Task, components: Components
) -> bool:
    """Return whether the final fits find room two at a time, with every preparation kept for both parts."""
    rows, widths = len(table.frame), _widths(table, task, components.preparations)
    loaded: dict[str, int] = {}
    most, kept = 0, set()
    for candidate in (member.candidate for member in chosen.members):
        algorithm = components.algorithms[candidate.algorithm]
        features = widths[candidate.preparation]
        kept.add(candidate.preparation)
        loaded[algorithm.name] = bytes_of_fits(algorithm, candidate, task, 0, features, 1)
        two = bytes_of_fits(algorithm, candidate, task, rows, features, 2)
        most = max(most, two - loaded[algorithm.name])
    held = 2 * sum(14.0 * rows * widths[name] for name in kept)
    needed = LIBRARIES + sum(loaded.values()) + _HELD_OF_TABLE * _bytes(table) + held + most
    return needed <= settings.memory


def _bytes(table: Table) -> int:
    return int(table.frame.memory_usage(deep=True).sum())


def said_of_memory(limit: int, in_turn: Sequence[str], passed: Sequence[tuple[str, int]]) -> str:
    """Say what a limit has changed, or nothing.

    Examples
    --------
    >>> said_of_memory(2_000_000_000, [], [("forest (fine)", 3_210_000_000)])
    'within 2 GB of memory, 1 candidate was passed over: forest (fine) needs about 3.2 GB'
    """
    said = []
    if in_turn:
        said.append(f"{_candidates(len(in_turn))} fitted one fold at a time")
    if passed:
        name, least = min(passed, key=lambda item: item[1])
        needs = f"{name} needs about {least / 1e9:.2g} GB"
        which = needs if len(passed) == 1 else f"of these {needs}, and the others more"
        said.append(f"{_candidates(len(passed))} passed over: {which}")
    return f"within {limit / 1e9:.3g} GB of memory, {', and '.join(said)}" if said else ""


def _candidates(number: int) -> str:
    return "1 candidate was" if number == 1 else f"{number} candidates were"

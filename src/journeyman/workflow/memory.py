"""What a trial needs of memory, judged by sizes alone, and how it is kept within the limit (docs/decisions/0021)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Task, TaskKind
from journeyman.entities.trial import Ensemble
from journeyman.settings import BuildSettings

__all__ = [
    "Fitting",
    "Sizes",
    "bytes_kept",
    "bytes_of_fit",
    "fits_side_by_side",
    "fitting_within",
    "said_of_memory",
    "sizes_of",
]

_LIBRARIES = 450_000_000  # what a build of a tiny table holds
_NET_LIBRARIES = 300_000_000  # Keras, JAX and what they compile
_HELD_OF_TABLE = 3.0  # times its bytes: the frame, its columns as plain arrays, and a fold's rows of them
_DATE_PARTS, _CRAFTED, _SPELLED, _TEXT = 6, 60, 30, 60  # features that one column, or a preparation, may become
_MOST_OUTPUTS = 12
_UNKNOWN_CELL = 40.0  # bytes a cell for algorithms of other packages
_LABELS_AS_FEATURES = {"dense": 24, "encoded": 2, "neural": 8}


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
    outputs : int
        Classes, or 1.
    table : int
        Bytes of the table.
    features : mapping of str to int
        Expected features of each preparation.
    """

    rows: int
    fold_rows: int
    folds: int
    threads: int
    outputs: int
    table: int
    features: Mapping[str, int]


def sizes_of(table: Table, task: Task, split: Split, threads: int, preparations: Sequence[str]) -> Sizes:
    """Return the sizes of a task."""
    outputs = _outputs(task)
    return Sizes(
        rows=len(table.frame),
        fold_rows=max(len(fold.fit) + len(fold.validate) for fold in split.folds),
        folds=len(split.folds),
        threads=threads,
        outputs=outputs,
        table=_bytes(table),
        features={name: _features(name, table.features, outputs) for name in preparations},
    )


def _features(preparation: str, columns: Sequence[Column], outputs: int) -> int:
    """Return about how many features a preparation makes of columns, rather more than fewer."""
    most = _LABELS_AS_FEATURES.get(preparation)
    total = _CRAFTED if preparation == "crafted" else 0
    for column in columns:
        size = len(column.categories)
        if column.kind is Kind.DATETIME:
            total += _DATE_PARTS
        elif column.kind is Kind.TEXT:
            total += _TEXT
        elif not column.kind.categorical or most is None:
            total += 1
        elif size <= most:
            total += max(1, size)
        else:
            total += 3 + min(outputs, _MOST_OUTPUTS) + (_SPELLED if size > 200 and preparation != "encoded" else 0)
    return max(1, total)


def bytes_of_fit(candidate: Candidate, rows: int, features: int, outputs: int) -> float:
    """Return the bytes that one fit takes at its height besides the prepared features, on one thread.

    Reckoned from what each library keeps (bins, histograms, trees, copies), not fitted to measurements: see the price
    in docs/decisions/0021.

    Examples
    --------
    >>> few = bytes_of_fit(Candidate("lightgbm", {"num_leaves": 31}), 10_000, 20, 1)
    >>> few < bytes_of_fit(Candidate("lightgbm", {"num_leaves": 31}), 10_000, 2_000, 1)
    True
    """
    cells = float(rows) * features
    settings = candidate.parameters
    rows_by_outputs = 40.0 * rows * outputs
    if candidate.algorithm == "baseline":
        return rows_by_outputs
    if candidate.algorithm in ("lightgbm", "lightgbm_crafted"):
        # Bins of a byte, and a histogram of 16 bytes a bin for every leaf that is open.
        bins = min(256, rows) * features * 16.0
        return 2.5 * cells + bins * float(settings.get("num_leaves", 31)) + rows_by_outputs
    if candidate.algorithm == "catboost":
        bins = min(256, rows) * features * 16.0 * outputs
        return 7.0 * cells + bins * float(2 ** int(settings.get("depth", 6))) + 3 * rows_by_outputs
    if candidate.algorithm in ("forest", "extra_trees"):
        leaves = 0.7 * rows / float(settings.get("min_samples_leaf", 1))
        trees = 300 if rows < 5_000 else 200 if rows < 30_000 else 100
        return 12.0 * cells + trees * leaves * (300.0 + 32.0 * outputs) + rows_by_outputs
    if candidate.algorithm == "neighbours":
        return 8.0 * cells + 24.0 * rows * min(features, 30) + 80_000_000.0
    if candidate.algorithm == "linear":
        return 32.0 * cells + rows_by_outputs
    if candidate.algorithm == "neural":
        return 24.0 * cells + rows_by_outputs + 60_000_000.0
    return _UNKNOWN_CELL * cells + rows_by_outputs


def bytes_kept(sizes: Sizes, preparations: Collection[str]) -> int:
    """Return the bytes of preparations' folds with what algorithms have made of them (bins, pools)."""
    return sum(int(14.0 * sizes.features[name] * sizes.fold_rows * sizes.folds) for name in preparations)


def fitting_within(limit: int, sizes: Sizes, candidate: Candidate, preparation: str, kept: int) -> tuple[Fitting, int]:
    """Return how a candidate is fitted so that the limit is kept, and the bytes that it needs where that is not at all.

    Side by side, all folds of a preparation are kept, for the candidates that come; in turn, a fold is prepared, fitted
    and let go before the next. Where one fit on all rows does not find room either, the candidate is passed over.

    Parameters
    ----------
    limit : int
        Bytes.
    preparation : str
        That the candidate learns from.
    kept : int
        Bytes of other preparations' folds that are kept.
    """
    features = sizes.features[preparation]
    base = _LIBRARIES + _HELD_OF_TABLE * sizes.table
    base += _NET_LIBRARIES if candidate.algorithm == "neural" else 0
    matrix = 8.0 * features * sizes.fold_rows
    fit = bytes_of_fit(candidate, sizes.fold_rows, features, sizes.outputs)
    side = min(sizes.folds, sizes.threads)
    # While a fold is prepared its parts stand beside the whole.
    all_folds = base + kept + sizes.folds * matrix + side * (fit + 1.5 * matrix)
    if all_folds <= limit:
        return Fitting.SIDE_BY_SIDE, int(all_folds)
    alone = base + 2.5 * 8.0 * features * sizes.rows + bytes_of_fit(candidate, sizes.rows, features, sizes.outputs)
    return (Fitting.IN_TURN if alone <= limit else Fitting.NOT), int(alone)


def fits_side_by_side(
    settings: BuildSettings, chosen: Ensemble, table: Table, task: Task, preparations: Mapping[str, str]
) -> bool:
    """Return whether the fits for good find room two at a time, with every preparation kept for both parts.

    Parameters
    ----------
    preparations : mapping of str to str
        Algorithm to preparation.
    """
    outputs, rows = _outputs(task), len(table.frame)
    members = [(m.candidate, preparations[m.candidate.algorithm]) for m in chosen.members]
    features = {name: _features(name, table.features, outputs) for _, name in members}
    most = max(bytes_of_fit(candidate, rows, features[name], outputs) for candidate, name in members)
    net = _NET_LIBRARIES if any(candidate.algorithm == "neural" for candidate, _ in members) else 0
    held = 2 * sum(14.0 * rows * n for n in features.values())
    return _LIBRARIES + net + _HELD_OF_TABLE * _bytes(table) + held + 2 * most <= settings.memory


def _outputs(task: Task) -> int:
    return len(task.labels) if task.kind is TaskKind.MULTICLASS else 1


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

"""Probe a target: quick models on a part of the rows say whether the columns tell of it at all, and how surely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Kind
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.use_case import CurvePoint, GroupRates, Probe
from journeyman.interfaces import Metric
from journeyman.stages.probe.calendar import names_of_parts, with_calendar
from journeyman.stages.probe.folds import LEAST_ROWS, copies_of_pairs, deal_folds, folds_by_time, sample_rows
from journeyman.stages.probe.quick_models import (
    MOST_COLUMNS,
    Rows,
    constant_prediction,
    learn_quick_models,
    row_losses,
)

__all__ = ["LEAST_ROWS", "probe", "probed_gain"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_REPEATS, _FEW_ROWS = 3, 500
"""Where rows are few, they are divided so often: how they were divided says as much as what is in them."""

_SHARES = (0.25, 0.5)
_LEAST_CURVE_ROWS = 80
_PROTECTED = re.compile(
    r"(?:^|[^a-z])(?:sex|gender|race|ethnic\w*|religion|nationality|marital|age|disab\w*)(?:$|[^a-z])"
)
_MOST_GROUPS, _LEAST_IN_GROUP = 8, 30
_BLOCKS = 30  # of neighbours in time, which are alike
_MARGIN = 0.2  # by which a likely class must beat the given one, as in doubt_labels


@dataclass(frozen=True)
class _FoldLosses:
    """Losses by row of one fold: of the baseline, and of each method; and what each method predicted."""

    validate: IntArray
    base: FloatArray
    losses: Mapping[str, FloatArray]
    predictions: Mapping[str, FloatArray]


def probe(table: Table, task: Task, split: Split, metric: Metric, most_rows: int, seed: int) -> Probe:
    """Learn quick models from some folds, and judge them on the others; the holdout is not looked at.

    Parameters
    ----------
    table, task, split
        As a build would learn from them: repaired, and divided.
    metric : Metric
        Of the task.
    most_rows : int
        How many rows are looked at.
    seed : int
        Of the sample and the models.

    Raises
    ------
    ValueError
        Where fewer than 24 rows can be looked at, or no fold has rows to learn from; copies count once.

    References
    ----------
    Nadeau & Bengio 2003, "Inference for the generalization error", Machine Learning 52.
    """
    looked = _look(table, task, split, most_rows, seed)
    rows, chosen, folds, ordered = looked.rows, looked.chosen, looked.folds, split.scheme is Scheme.TIME
    results = [result for part in looked.tried for result in part]
    best, gain, gains = _best_method(looked.tried)
    order = np.concatenate([result.validate for result in results])
    clusters = _blocks(order, len(rows.y)) if ordered else rows.clusters[order]
    error = _error(results, best, clusters, folds, ordered)
    predictions = np.vstack([result.predictions[best] for result in results])
    y = rows.y[order]
    constant = np.tile(constant_prediction(rows), (len(y), 1))
    doubted = _doubted(predictions, y) if rows.classes and gain > 2 * error else np.zeros(len(y), bool)
    left = np.concatenate([result.losses[best] for result in results])
    return Probe(
        method=best,
        gain=gain,
        error=error,
        worst_fold=float(np.mean([min(_gain([result], best) for result in part) for part in looked.tried])),
        linear=max(value for name, value in gains.items() if name.startswith("linear")),
        trees=max(value for name, value in gains.items() if name.startswith("trees")),
        rows=len(split.train),
        looked_at=len(chosen),
        clusters=len(np.unique(rows.clusters)),
        features=len(rows.columns),
        texts=float(np.mean([c.kind is Kind.TEXT for c in rows.columns])) if rows.columns else 0.0,
        classes=rows.classes,
        rarest=_rarest(rows),
        ordered=ordered,
        fit_rows=int(np.mean([len(fold.fit) for fold in folds])),
        curve=_curve(rows, folds, best, results, seed),
        score=_score(metric, y, predictions),
        base_score=_score(metric, y, constant),
        importances=_importances(rows, folds[-1], best, seed) if gain > error else {},
        doubted=float(doubted.mean()),
        doubted_loss=float(left[doubted].sum() / max(float(left.sum()), 1e-300)),
        trend=_trend(rows.y),
        groups=_group_rates(table, task.target, chosen[order], y, predictions) if gain > 2 * error else (),
    )


def probed_gain(table: Table, task: Task, split: Split, most_rows: int, seed: int) -> float:
    """Return the gain of :func:`probe` alone, for less than half of the time; ValueError as there."""
    return _best_method(_look(table, task, split, most_rows, seed).tried)[1]


@dataclass(frozen=True)
class _Looked:
    """Rows that were looked at, their positions in the table, and what was tried on each fold of each division."""

    rows: Rows
    chosen: IntArray
    folds: Sequence[Fold]
    tried: Sequence[Sequence[_FoldLosses]]


def _look(table: Table, task: Task, split: Split, most_rows: int, seed: int) -> _Looked:
    chosen = sample_rows(table, task, split, most_rows, seed)
    if len(chosen) < LEAST_ROWS:
        raise ValueError(f"{len(chosen)} rows are too few to learn from and to judge by")
    ordered = split.scheme is Scheme.TIME
    rows = _rows_of(table, task, split, chosen)
    if (own := len(np.unique(rows.clusters))) < LEAST_ROWS:
        raise ValueError(f"{own} rows that are no copies are too few to learn from and to judge by")
    repeats = 1 if ordered or len(chosen) > _FEW_ROWS else _REPEATS
    dealt = [folds_by_time(split, chosen) if ordered else deal_folds(rows, seed + 101 * r) for r in range(repeats)]
    if not all(dealt):
        raise ValueError("no fold has rows to learn from")
    tried = [[_fold_losses(rows, fold, seed + k) for k, fold in enumerate(part)] for part in dealt]
    return _Looked(rows, chosen, [fold for part in dealt for fold in part], tried)


def _rows_of(table: Table, task: Task, split: Split, chosen: IntArray) -> Rows:
    columns = tuple(c for c in table.features if c.kind not in (Kind.IDENTIFIER, Kind.CONSTANT, Kind.IMAGE))
    block = to_block(table.frame[[c.name for c in columns]].iloc[chosen], columns)
    y = target_values(table, task.target)[chosen]
    if split.copies is not None:
        clusters = split.copies[chosen]
    elif split.scheme is Scheme.GROUPED and task.group_column is not None:
        clusters = table.frame[task.group_column].iloc[chosen].factorize(use_na_sentinel=False)[0].astype(np.int64)
    else:
        clusters = np.arange(len(chosen))
    rows = Rows(block, columns, y, len(task.labels), np.asarray(clusters))
    rows = replace(rows, clusters=copies_of_pairs(rows))  # before one date becomes several columns
    block, columns = with_calendar(block, columns)
    return replace(rows, block=block, columns=columns)


def _fold_losses(rows: Rows, fold: Fold, seed: int) -> _FoldLosses:
    fit, check = rows.take(fold.fit), rows.take(fold.validate)
    base = _baseline_losses(fit, check, bool(fold.validate.min() > fold.fit.max()))
    predictions = {name: predict(check) for name, predict in learn_quick_models(fit, seed).items()}
    losses = {name: row_losses(check, found) for name, found in predictions.items()}
    return _FoldLosses(fold.validate, base, losses, predictions)


def _baseline_losses(fit: Rows, check: Rows, later: bool) -> FloatArray:
    """Return the losses of a constant; of later rows those of the latest rows' where these are less.

    A level that moves leaves the mean of all that was behind, and whatever has a trend would look like knowledge.
    """
    losses = row_losses(check, np.tile(constant_prediction(fit), (len(check.y), 1)))
    if not later:
        return losses
    latest = fit.take(np.arange(len(fit.y))[-max(5, len(fit.y) // 10) :])
    recent = row_losses(check, np.tile(constant_prediction(latest), (len(check.y), 1)))
    return recent if recent.sum() < losses.sum() else losses


def _best_method(tried: Sequence[Sequence[_FoldLosses]]) -> tuple[str, float, dict[str, float]]:
    """Return the best method, its gain, and the gains of all.

    Where rows were divided several times, the gain is what each division shows of the method that the others chose: the
    best of several is flattered by what it was chosen on.
    """
    names = list(tried[0][0].losses)
    gains = np.array([[_gain(results, name) for name in names] for results in tried])
    means = gains.mean(axis=0)
    best = int(means.argmax())
    honest = float(means[best])
    if len(tried) > 1:
        others = (gains.sum(axis=0) - gains) / (len(tried) - 1)
        honest = float(np.mean([gains[r, int(others[r].argmax())] for r in range(len(tried))]))
    return names[best], honest, dict(zip(names, means.tolist(), strict=True))


def _gain(results: Sequence[_FoldLosses], name: str) -> float:
    """Return the share of the baseline's loss that is saved over all rows."""
    base = float(np.concatenate([r.base for r in results]).sum())
    return 1.0 - float(np.concatenate([r.losses[name] for r in results]).sum()) / max(base, 1e-300)


def _error(
    results: Sequence[_FoldLosses], name: str, clusters: IntArray, folds: Sequence[Fold], ordered: bool
) -> float:
    """Return the larger standard error of the gain: over folds that share rows, and over clusters of rows."""
    base = np.concatenate([r.base for r in results])
    off = base - np.concatenate([r.losses[name] for r in results])
    scale = max(float(base.mean()), 1e-300)
    # A ratio's error, by its linear part: what the gain leaves of each row's saving.
    rest = (off - off.mean() / scale * base) / scale
    sums = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=rest)
    by_rows = float(np.sqrt((sums**2).sum()) / len(off)) * np.sqrt(len(sums) / max(len(sums) - 1, 1))
    if ordered:
        by_rows = max(by_rows, _serial_error(rest))
    if len(results) < 2:
        return float(max(by_rows, 1e-6))
    means = np.array([1.0 - float(r.losses[name].mean()) / max(float(r.base.mean()), 1e-300) for r in results])
    ratio = float(np.mean([len(f.validate) / max(len(f.fit), 1) for f in folds]))
    by_folds = float(np.sqrt((1.0 / len(means) + ratio) * means.var(ddof=1)))
    return float(max(by_rows, by_folds, 1e-6))


def _serial_error(rest: FloatArray) -> float:
    """Return the standard error of a mean over rows in order of time, as if each followed the one before in part.

    What a model leaves of a random walk is one too: hundreds of its rows say as little as a few independent ones.
    """
    centred = rest - rest.mean()
    follows = float((centred[1:] * centred[:-1]).sum() / max(float((centred**2).sum()), 1e-300))
    follows = float(np.clip(follows, 0.0, 0.99))
    return float(rest.std() / np.sqrt(len(rest)) * np.sqrt((1.0 + follows) / (1.0 - follows)))


def _blocks(order: IntArray, rows: int) -> IntArray:
    """Return the number of the block of neighbours in time that each row is in."""
    return np.asarray(order * _BLOCKS // max(rows, 1))


def _curve(
    rows: Rows, folds: Sequence[Fold], best: str, results: Sequence[_FoldLosses], seed: int
) -> tuple[CurvePoint, ...]:
    """Return gains by rows learned from; of two folds, which is enough for a slope."""
    used = list(zip(folds, results, strict=True))[-2:]
    least = min(len(fold.fit) for fold, _ in used)
    if least < _LEAST_CURVE_ROWS:
        return ()
    points = []
    for share in _SHARES:
        parts = []
        for k, (fold, _) in enumerate(used):
            rng = np.random.default_rng([seed, k])
            kept = np.sort(rng.permutation(fold.fit)[: max(LEAST_ROWS // 2, int(share * len(fold.fit)))])
            parts.append(_fold_losses(rows, Fold(kept, fold.validate), seed + k))
        points.append(CurvePoint(int(share * np.mean([len(f.fit) for f, _ in used])), _gain(parts, best)))
    whole = _gain([result for _, result in used], best)
    return (*points, CurvePoint(int(np.mean([len(f.fit) for f, _ in used])), whole))


def _importances(rows: Rows, fold: Fold, best: str, seed: int) -> dict[str, float]:
    """Return by column what is lost, as a share of the baseline's loss, when its values are shuffled."""
    fit, check = rows.take(fold.fit), rows.take(fold.validate)
    model = learn_quick_models(fit, seed)[best]

    def loss(some: Rows) -> float:
        return float(row_losses(some, model(some)).mean())

    whole, rng = loss(check), np.random.default_rng(seed)
    base = float(row_losses(check, np.tile(constant_prediction(fit), (len(check.y), 1))).mean())
    found = {}
    used = {column.name for column in rows.columns[:MOST_COLUMNS]}
    parts = {name for column in rows.columns for name in names_of_parts(column)}
    for column in [c for c in rows.columns[:MOST_COLUMNS] if c.name not in parts]:
        order = rng.permutation(len(check.y))
        together = [column.name, *(name for name in names_of_parts(column) if name in used)]
        shuffled = {**check.block, **{name: check.block[name][order] for name in together}}
        found[column.name] = (loss(replace(check, block=shuffled)) - whole) / max(base, 1e-300)
    kept = sorted(((v, n) for n, v in found.items() if v > 0.002), key=lambda pair: (-pair[0], pair[1]))
    return {name: round(value, 4) for value, name in kept[:12]}


def _doubted(predictions: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Return rows whose label is doubted, by confident learning (Northcutt et al. 2021), as ``doubt_labels`` does."""
    given = y.astype(np.int64)
    own = predictions[np.arange(len(given)), given]
    usual = np.array([own[given == k].mean() if (given == k).any() else 1.0 for k in range(predictions.shape[1])])
    likely = predictions.argmax(axis=1)
    top = predictions[np.arange(len(given)), likely]
    return np.asarray((likely != given) & (top >= usual[likely]) & (top - own >= _MARGIN), np.bool_)


def _group_rates(
    table: Table, target: str, positions: IntArray, y: FloatArray, predictions: FloatArray
) -> tuple[GroupRates, ...]:
    """Return how groups of people would be treated, where a column's name says that it tells them apart."""
    if predictions.shape[1] > 2:
        return ()
    found = predictions[:, -1]
    truth = y if predictions.shape[1] == 1 else (y == 1).astype(np.float64)
    cut = float(np.quantile(found, 1.0 - truth.mean())) if predictions.shape[1] == 2 else float(np.median(found))
    rates = []
    for column in table.columns:
        if column.name == target or not _PROTECTED.search(f" {column.name.lower()} "):
            continue
        values = table.frame[column.name].iloc[positions]
        if column.kind in (Kind.NUMBER, Kind.INTEGER) and values.nunique() > _MOST_GROUPS:
            middle = float(values.median())
            names = np.where(values.isna(), "", np.where(values > middle, f"above {middle:g}", f"up to {middle:g}"))
        elif column.kind is Kind.BOOLEAN and column.categories:
            names = values.map({0.0: column.categories[0], 1.0: column.categories[1]}).fillna("").to_numpy(object)
        else:
            names = values.astype(object).where(values.notna(), "").astype(str).to_numpy(object)
        groups, counts = np.unique(names.astype(str), return_counts=True)
        kept = [str(g) for g, n in zip(groups, counts, strict=True) if g and n >= _LEAST_IN_GROUP]
        if not 2 <= len(kept) <= _MOST_GROUPS:
            continue
        selected = {g: float((found[names == g] > cut).mean()) for g in kept}
        least, most = min(kept, key=lambda g: selected[g]), max(kept, key=lambda g: selected[g])
        own = (float((truth[names == g] > (cut if predictions.shape[1] == 1 else 0.5)).mean()) for g in (least, most))
        rates.append(GroupRates(column.name, least, selected[least], most, selected[most], *own))
    return tuple(rates)


def _score(metric: Metric, y: FloatArray, predictions: FloatArray) -> float:
    try:
        return float(metric.score(y, predictions))
    except ValueError:  # one class only among the judged rows
        return float("nan")


def _rarest(rows: Rows) -> int:
    if rows.classes:
        # Of copies one counts.
        kept = np.unique(rows.clusters, return_index=True)[1]
        return int(np.bincount(rows.y[kept].astype(np.int64), minlength=rows.classes).min())
    squares = (rows.y - rows.y.mean()) ** 2
    return int(squares.sum() ** 2 / max(float((squares**2).sum()), 1e-300))


def _trend(y: FloatArray) -> float:
    """Return the share of the variance that lies between ten parts of the rows in their order."""
    parts = np.array_split(y, 10)
    between = sum(len(p) * (float(p.mean()) - float(y.mean())) ** 2 for p in parts if len(p))
    return float(between / max(float(((y - y.mean()) ** 2).sum()), 1e-300))

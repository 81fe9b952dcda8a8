"""What is planted into a world's traffic: harm, changes that hurt nobody, and feeds that break."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Feed
from operate_worlds import UNUSED, Batch, Change, World

LEAST_RISE = 0.15  # of the reference's loss: what is to count as harm, three times what is tolerated


@dataclass(frozen=True)
class Plant:
    """A change, what it is, and the columns that are to be named for it (any of them)."""

    kind: str
    columns: tuple[str, ...]
    change: Change
    rise: float = 0.0


def harmful(world: World, seed: int) -> Iterator[Plant]:
    """Yield changes of each kind that raise the mean loss by 15% of the reference's or more, as measured."""
    rng = np.random.default_rng([seed, 1])
    for kind, make in (
        ("label flip in a region", _flip),
        ("unit change", _unit),
        ("new category", _new_category),
        ("prior shift", _prior),
    ):
        for columns, change in make(world, rng):
            rise = _rise(world, change)
            if rise >= LEAST_RISE:
                yield Plant(kind, columns, change, rise)
                break


def benign(world: World, seed: int) -> Iterator[Plant]:
    """Yield changes of columns that the model does not use, and of such that it uses where the loss does not rise."""
    rng = np.random.default_rng([seed, 2])
    unused = [n for n in world.rows if world.reference.importance.get(n, 0.0) <= 0.0 and n != UNUSED]
    for name in (UNUSED, *unused[:2]):
        values = world.rows[name]
        if values.dtype == object:
            continue
        if values.dtype == np.int32:
            code = int(np.bincount(np.maximum(values, 0)).argmax())
            yield Plant("unused column", (name,), _set(name, np.int32(code), 0.5))
        else:
            by = 2.0 * float(np.nanstd(values.astype(np.float64)))
            yield Plant("unused column", (name,), _on(name, lambda v, by=by: v + by))
    found = 0
    for name in _by_importance(world):
        if found == 2:
            break
        for towards in (1.0, -1.0):
            change = _resampled(world, _leaning(world, name, towards * (3.0 if rng.random() < 0.5 else 6.0)))
            if _rise(world, change) <= 0.0:
                found += 1
                yield Plant("used without harm", (name,), change)
                break


def broken(world: World, seed: int) -> Iterator[tuple[Plant, Callable[[Iterator[Batch], int, int], Iterator[Batch]]]]:
    """Yield ways in which a feed breaks, each as what is done to batches from one number to another."""
    rng = np.random.default_rng([seed, 3])
    for kind, make in (("all null", _null), ("stuck sensor", _stuck), ("units", _unit), ("columns swapped", _swap)):
        for columns, change in make(world, rng):
            yield Plant(kind, columns, change), _changed(world, change)
            break
    yield Plant("duplicated batch", (), _nothing), _repeated
    yield Plant("clock jump", (), _nothing), _backwards
    yield Plant("refused rows", (), _nothing), _refused


def _rise(world: World, change: Change) -> float:
    """Return the relative rise of the mean loss on some rows of the world."""
    some = {n: v[:4_000].copy() for n, v in world.rows.items()}
    rows, truths = change(some, world.truths[:4_000].copy(), np.random.default_rng(5))
    return float(world.losses(rows, truths).mean()) / world.reference.level[0] - 1.0


def _by_importance(world: World, numeric: bool = False) -> list[str]:
    weights = world.reference.importance
    names = sorted(world.rows, key=lambda n: -weights.get(n, 0.0))
    kinds = {c.name: c.kind for c in world.reference.columns}
    plain = (Kind.NUMBER, Kind.INTEGER)
    used = [n for n in names if weights.get(n, 0.0) > 0.02 and world.rows[n].dtype != object]
    return [n for n in used if not numeric or (kinds[n] in plain and len(np.unique(world.rows[n])) > 8)]


def _nothing(rows: Block, truths: np.ndarray, rng: np.random.Generator) -> tuple[Block, np.ndarray]:
    return rows, truths


def _on(name: str, function: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda rows, truths, rng: ({**rows, name: function(rows[name])}, truths)


def _set(name: str, value: object, share: float) -> Change:
    def change(rows: Block, truths: np.ndarray, rng: np.random.Generator) -> tuple[Block, np.ndarray]:
        hit = rng.random(len(truths)) < share
        return {**rows, name: np.where(hit, value, rows[name]).astype(rows[name].dtype)}, truths

    return change


def _flip(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    names = _by_importance(world)
    for name in [names[i] for i in rng.permutation(min(4, len(names)))]:
        values = world.rows[name]
        if values.dtype == np.int32:
            codes = np.bincount(np.maximum(values, 0)) / len(values)
            fitting = np.flatnonzero((codes > 0.1) & (codes < 0.5))
            if not len(fitting):
                continue
            code = int(fitting[0])
            inside = lambda v, code=code: v == code  # noqa: E731 - the region, by its column
        else:
            cut = float(np.nanquantile(values, 0.75))
            if not 0.1 < float((values > cut).mean()) < 0.5:
                continue
            inside = lambda v, cut=cut: v > cut  # noqa: E731 - as above
        low, high = float(np.nanmin(world.truths)), float(np.nanmax(world.truths))
        count = max(2, len(world.task.labels))

        def change(rows, truths, rng, name=name, inside=inside, low=low, high=high, count=count):
            other = low + high - truths if world.task.kind == "regression" else (truths + 1) % count
            return rows, np.where(inside(rows[name]), other, truths)

        yield (name,), change


def _unit(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    names = _by_importance(world, numeric=True)[:4]
    for name in [names[i] for i in rng.permutation(len(names))]:
        factor, offset = [(1000.0, 0.0), (0.45359237, 0.0), (1.8, 32.0), (0.01, 0.0), (2.54, 0.0)][int(rng.integers(5))]
        if float(np.nanmean(world.rows[name] == 0)) < 0.5:
            yield (name,), _on(name, lambda v, f=factor, o=offset: v * f + o)


def _new_category(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    for name in _by_importance(world):
        values = world.rows[name]
        if values.dtype == np.int32:
            counts = np.bincount(np.maximum(values, 0)) / len(values)
            for code in np.argsort(-counts)[:3].tolist():
                yield (name,), _on(name, lambda v, c=code: np.where(v == c, -1, v).astype(np.int32))


def _prior(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    losses = world.losses(world.rows, world.truths)
    if world.task.kind == "regression":
        cut = float(np.quantile(world.truths, 0.75))
        weights = np.where(world.truths > cut, 6.0, 1.0)
        yield _moved_by(world, weights), _resampled(world, weights)
        return
    codes = np.unique(world.truths)
    for code in sorted(codes.tolist(), key=lambda c: -float(losses[world.truths == c].mean())):
        for odds in (4.0, 10.0):
            weights = np.where(world.truths == code, odds, 1.0)
            yield _moved_by(world, weights), _resampled(world, weights)


def _moved_by(world: World, weights: np.ndarray) -> tuple[str, ...]:
    """Return the target, and the two columns in use that other shares of its values move most."""
    taken = np.random.default_rng(8).choice(len(weights), len(weights), p=weights / weights.sum())
    apart = {n: distance(numbers(world.rows[n])[taken], numbers(world.rows[n])) for n in _by_importance(world)}
    return (world.task.target, *sorted(apart, key=lambda n: -apart[n])[:2])


def _leaning(world: World, name: str, odds: float) -> np.ndarray:
    values = world.rows[name].astype(np.float64)
    upper = values > np.nanmedian(values)
    return np.where(upper if odds > 0 else ~upper, abs(odds), 1.0)


def _resampled(world: World, weights: np.ndarray) -> Change:
    """Rows come from the same world, some of them more often."""
    chances = weights / weights.sum()

    def change(rows: Block, truths: np.ndarray, rng: np.random.Generator) -> tuple[Block, np.ndarray]:
        taken = rng.choice(len(chances), len(truths), p=chances)
        return {n: v[taken] for n, v in world.rows.items()}, world.truths[taken]

    return change


def _null(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    names = _by_importance(world)[:3]
    for name in [names[i] for i in rng.permutation(len(names))]:
        empty = np.int32(-1) if world.rows[name].dtype == np.int32 else np.nan
        yield (name,), _set(name, empty, 1.1)


def _stuck(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    names = _by_importance(world, numeric=True)[:3]
    for name in [names[i] for i in rng.permutation(len(names))]:
        yield (name,), _set(name, world.rows[name][int(rng.integers(len(world.truths)))], 1.1)


def _swap(world: World, rng: np.random.Generator) -> Iterator[tuple[tuple[str, ...], Change]]:
    names = _by_importance(world, numeric=True)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if _apart(world, a, b)]
    for a, b in [pairs[i] for i in rng.permutation(len(pairs))]:
        yield (a, b), lambda rows, truths, rng, a=a, b=b: ({**rows, a: rows[b], b: rows[a]}, truths)


def _apart(world: World, a: str, b: str) -> bool:
    (low_a, high_a), (low_b, high_b) = (np.nanquantile(world.rows[n], [0.1, 0.9]) for n in (a, b))
    return bool(low_a > high_b or low_b > high_a)


def _changed(world: World, change: Change) -> Callable[[Iterator[Batch], int, int], Iterator[Batch]]:
    def apply(batches: Iterator[Batch], since: int, until: int) -> Iterator[Batch]:
        rng = np.random.default_rng(11)
        for k, batch in enumerate(batches):
            if since <= k < until:
                rows, truths = change(batch.rows, batch.truths, rng)
                yield Batch(rows, truths, world.predict(rows), batch.feed)
            else:
                yield batch

    return apply


def _repeated(batches: Iterator[Batch], since: int, until: int) -> Iterator[Batch]:
    last: Batch | None = None
    for k, batch in enumerate(batches):
        if since <= k < until and last is not None:
            yield last
        else:
            last = batch
            yield batch


def _backwards(batches: Iterator[Batch], since: int, until: int) -> Iterator[Batch]:
    for k, batch in enumerate(batches):
        yield replace(batch, feed=Feed(len(batch.truths), backwards=1)) if since <= k < until else batch


def _refused(batches: Iterator[Batch], since: int, until: int) -> Iterator[Batch]:
    for k, batch in enumerate(batches):
        if since <= k < until:
            half = slice(0, len(batch.truths) // 4)
            rows = {n: v[half] for n, v in batch.rows.items()}
            feed = Feed(len(batch.truths), refused=len(batch.truths) - len(batch.truths[half]))
            yield Batch(rows, batch.truths[half], batch.answers[half], feed)
        else:
            yield batch

"""What Spark 4.0 says otherwise: no recursion, and a query that is named twice runs twice.

So nothing is joined but tables of one row with arrays, and functions over arrays walk, weigh and sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.exporters.sql.layers import Layers

__all__ = ["WalkedTrees", "bend", "bin_of", "dense", "neighbours", "position_below", "walk", "waves"]


@dataclass(frozen=True)
class WalkedTrees:
    """Trees as lists.

    Attributes
    ----------
    nodes : dict of str to list
        By the name of a column of the table of nodes.
    roots : list of int
        Places.
    leaves : list of list
        For each output, the numbers of the leaves; None where a leaf has none for it.
    levels : int
        Of the deepest tree.
    """

    nodes: Mapping[str, Sequence[object]]
    roots: Sequence[int]
    leaves: Sequence[Sequence[float | None]]
    levels: int


def walk(q: Layers, trees: WalkedTrees, inputs: Sequence[str], reads: Sequence[int], out: Sequence[int]) -> None:
    """Go down each tree, then add leaves in the order of the trees."""
    lists: dict[str, Sequence[object]] = {**trees.nodes, "roots": trees.roots}
    m = q.lists("trees", lists | {f"leaf_{k}": values for k, values in enumerate(trees.leaves)})
    x = q.between(f"array({', '.join(inputs)})", reads)
    value = f"get(r{x}, get({m}_feature, p))"
    whens = ["WHEN p < 0 THEN p"]
    left, right = f"get({m}_place_left, p)", f"get({m}_place_right, p)"
    if any(trees.nodes["codes"]):
        code = f"CASE WHEN {value} > -1 AND {value} < 1000000 THEN {value} ELSE 1000000 END"
        found = f"substr(get({m}_codes, p), CAST(floor(abs({code})) AS INT) + 1, 1) = '1'"
        whens.append(f"WHEN get({m}_codes, p) IS NOT NULL THEN CASE WHEN {found} THEN {left} ELSE {right} END")
    if any(zero is not None for zero in trees.nodes["zero_left"]):
        is_zero = f"get({m}_zero_left, p) IS NOT NULL AND COALESCE({value}, {q.number(0)}) = 0"
        whens.append(f"WHEN {is_zero} THEN CASE WHEN get({m}_zero_left, p) = 1 THEN {left} ELSE {right} END")
    whens.append(f"WHEN COALESCE({value}, get({m}_instead, p)) <= get({m}_threshold, p) THEN {left} ELSE {right}")
    down = f"aggregate(sequence(1, {max(1, trees.levels)}), root, (p, turn) -> CASE {' '.join(whens)} END)"
    places = q.take()
    _put_all(q, {places: f"transform({m}_roots, root -> {down})"}, [x])
    zero = q.number(0)
    sums = {
        register: f"aggregate(r{places}, {zero}, (s, p) -> s + COALESCE(get({m}_leaf_{k}, -1 - p), {zero}))"
        for k, register in enumerate(out)
    }
    _put_all(q, sums, [places])


def _put_all(q: Layers, expressions: Mapping[int, str], reads: Sequence[int]) -> None:
    for register, expression in expressions.items():
        q.put(register, expression, reads)


def bin_of(q: Layers, array: float, register: int, sign: str) -> str:
    """Return how many of an array are below (or at most) a register."""
    return f"size(filter({q.list_of(array)}, e -> e {sign} r{register}))"


def position_below(q: Layers, array: float, register: int) -> str:
    """Return the position of the last of an ascending array that is at most a register."""
    return f"{bin_of(q, array, register, '<=')} - 1"


def _vector(q: Layers, registers: Sequence[int]) -> int:
    """Return a register with an array of others: the one that they come from, or a new one."""
    own = q.vectors.get(registers[0]) if registers else None
    if own is not None and own[1] == tuple(registers):
        return own[0]
    return q.between(f"array({', '.join(f'r{r}' for r in registers)})", registers)


def _unpack(q: Layers, vector: int, first: int, count: int) -> None:
    """Note that registers are those of an array; what nothing reads is not written."""
    q.vectors[first] = (vector, tuple(range(first, first + count)))
    for k in range(count):
        q.put(first + k, f"get(r{vector}, {k})", [vector])


def dense(q: Layers, a: Sequence[float]) -> None:
    """Weigh inputs."""
    out, inputs, units = int(a[0]), q.places(a[1]), int(a[2])
    weights = q.array(a[3]).reshape(-1, units)
    lists: dict[str, Sequence[object]] = {"weights": weights.T.ravel().tolist(), "shift": q.array(a[4]).tolist()}
    m = q.lists("dense", lists)
    x, vector = _vector(q, inputs), q.take()
    product = f"s + get(r{x}, j) * get({m}_weights, k * {len(inputs)} + j)"
    total = f"aggregate(sequence(0, {len(inputs) - 1}), {q.number(0)}, (s, j) -> {product})"
    _put_all(q, {vector: f"transform(sequence(0, {units - 1}), k -> {total} + get({m}_shift, k))"}, [x])
    _unpack(q, vector, out, units)


def bend(q: Layers, a: Sequence[float]) -> None:
    """Bend each unit by its slope."""
    out, first, count, kind = map(int, a[:4])
    x, vector = _vector(q, range(first, first + count)), q.take()
    one, two, three = q.number(1), q.number(2), q.number(20)
    if kind == 0:
        below = f"{q.number(1.6732632423543772)} * expm1(least(z, {q.number(0)}))"
        bent = f"{q.number(1.0507009873554805)} * (greatest(z, {q.number(0)}) + {below})"
    else:
        e = f"exp(least(z, {three}))"
        bent = f"z * ({one} - {two} / ({e} * ({e} + {two}) + {two}))"
    slopes = ", ".join(q.number(float(slope)) for slope in q.array(a[4]))
    q.put(vector, f"zip_with(r{x}, array({slopes}), (z, slope) -> z + slope * ({bent} - z))", [x])
    _unpack(q, vector, out, count)


def waves(q: Layers, a: Sequence[float]) -> None:
    """Mix cosines of each number."""
    out, first, numbers, count, mixtures = map(int, a[:5])
    mix, offset = q.array(a[7]).reshape(numbers * count, mixtures), q.array(a[8])
    lists: dict[str, Sequence[object]] = {"frequency": q.array(a[5]).tolist(), "phase": q.array(a[6]).tolist()}
    table = q.lists("waves", lists | {f"mix_{m}": mix[:, m].tolist() for m in range(mixtures)})
    made = {}
    for n in range(numbers):
        span = f"sequence({n * count}, {(n + 1) * count - 1})"
        wave = f"cos(r{first + n} * get({table}_frequency, w) + get({table}_phase, w))"
        for m in range(mixtures):
            total = f"aggregate({span}, {q.number(0)}, (s, w) -> s + {wave} * get({table}_mix_{m}, w))"
            made[out + n * mixtures + m] = f"{total} + {q.number(float(offset[n * mixtures + m]))}"
    _put_all(q, made, range(first, first + numbers))


def neighbours(q: Layers, a: Sequence[float]) -> None:
    """Weigh the answers of the nearest rows."""
    out, features, outputs = int(a[0]), q.places(a[1]), int(a[2])
    columns, scale, prior = q.places(a[3]), q.array(a[4]), q.array(a[8])
    number, near, classes = map(int, a[9:12])
    points, labels = q.array(a[5]).reshape(-1, len(columns)), q.array(a[6]).reshape(-1, outputs)
    lists: dict[str, Sequence[object]] = {f"at_{j}": points[:, j].tolist() for j in range(len(columns))}
    lists |= {f"answer_{k}": labels[:, k].tolist() for k in range(outputs)} | {"copies": q.array(a[7]).tolist()}
    m = q.lists("neighbours", lists)
    asked = [q.between(f"r{features[c]} * {q.number(float(scale[j]))}", [features[c]]) for j, c in enumerate(columns)]
    apart = (f"(get({m}_at_{j}, i) - r{r})" for j, r in enumerate(asked))
    distance = f"sqrt({' + '.join(f'{one} * {one}' for one in apart)})"
    every = f"transform(sequence(0, {len(points) - 1}), i -> struct({distance} AS distance, i AS place))"
    nearest, weighed = q.take(), q.take()
    _put_all(q, {nearest: f"slice(array_sort({every}), 1, {number + 1})"}, asked)
    reach = f"greatest(get(r{nearest}, size(r{nearest}) - 1).distance, {q.number(1e-12)})"
    share = f"(e.distance / {reach})"
    weight = f"greatest({q.number(1)} - {share} * {share}, {q.number(1e-6)})" if near else q.number(1)
    each = f"struct(get({m}_copies, e.place) * {weight} AS weight, e.place AS place)"
    _put_all(q, {weighed: f"transform(slice(r{nearest}, 1, {number}), e -> {each})"}, [nearest])
    whole = f"aggregate(r{weighed}, {q.number(0)}, (s, e) -> s + e.weight)"
    made = {}
    for k in range(outputs):
        total = f"aggregate(r{weighed}, {q.number(0)}, (s, e) -> s + e.weight * get({m}_answer_{k}, e.place))"
        mean = f"{total} / {whole}"
        made[out + k] = (
            f"({mean} * {q.number(number)} + {q.number(prior[k])}) / {q.number(number + 1)}" if classes else mean
        )
    _put_all(q, made, [weighed])

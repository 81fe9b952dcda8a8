"""Trees as tables of nodes, which one recursive query walks: all at once where rows hold arrays, else in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.exporters.sql.dialect import text
from journeyman.exporters.sql.layers import Layers

__all__ = ["double_bound", "forest", "symmetric", "trees"]

_TINY = 1.0000000180025095e-35  # LightGBM's zero
_NAN = 2  # is what is missing


@dataclass(frozen=True)
class _Tree:
    """A tree: nodes (feature, threshold, what is missing, whether it goes left, codes, left, right), leaves, a root.

    Places of nodes are 0 or more, those of leaves -1 - leaf; ``values`` are pairs of an output and a number.
    """

    nodes: Sequence[tuple[int, float, int, int, str | None, int, int]]
    leaves: Sequence[Sequence[tuple[int, float]]]
    root: int


def double_bound(bound: float) -> float:
    """Return the greatest double that is at most ``bound`` once it is rounded to float32.

    Examples
    --------
    >>> bound = double_bound(0.5)
    >>> float(np.float32(bound)), float(np.float32(np.nextafter(bound, 1))) > 0.5, double_bound(0.1) < 0.1
    (0.5, True, True)
    """
    if np.isnan(bound) or np.isinf(bound):
        return bound
    with np.errstate(over="ignore"):
        below = np.float32(bound)
        if float(below) > bound:  # as doubles: numpy would round the bound
            below = np.nextafter(below, np.float32(-np.inf))
        above = float(np.nextafter(below, np.float32(np.inf)))
        ends = (float(below) if np.isfinite(below) else -(2.0**128), above if np.isfinite(above) else 2.0**128)
        middle = sum(ends) / 2
        return middle if np.float32(middle) == below else float(np.nextafter(middle, -np.inf))


def trees(q: Layers, a: Sequence[float]) -> None:
    """LightGBM's trees: each adds its leaf to one output."""
    out, outputs = int(a[0]), int(a[2])
    feature, threshold, flags, left, right, leaves, roots, starts, words = (q.array(i) for i in a[3:12])
    rounded = len(flags) > 0 and bool(int(flags[0]) & 16)

    def tree(t: int) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(place: int) -> int:
            if place < 0:
                values.append([(t % outputs, float(leaves[-1 - place]))])
                return -len(values)
            at, flag = len(nodes), int(flags[place])
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            bound, codes = float(threshold[place]), None
            if flag & 8:
                s = int(bound)
                codes = "".join(f"{int(w):032b}"[::-1] for w in words[int(starts[s]) : int(starts[s + 1])]).rstrip("0")
            elif rounded:
                bound = double_bound(bound)
            ends = visit(int(left[place])), visit(int(right[place]))
            nodes[at] = (int(feature[place]), bound, flag & 3, (flag >> 2) & 1, codes, *ends)
            return at

        root = visit(int(roots[t]))
        return _Tree(nodes, values, root)

    tiny = double_bound(_TINY) if rounded else _TINY
    zero = [f"CASE WHEN abs(r{f}) <= {q.number(tiny)} THEN {q.number(0)} ELSE r{f} END" for f in q.places(a[1])]
    _walk(q, [tree(t) for t in range(len(roots))], zero, q.places(a[1]), list(range(out, out + outputs)))


def forest(q: Layers, a: Sequence[float]) -> None:
    """scikit-learn's forests: the mean of their trees' answers."""
    out, outputs = int(a[0]), int(a[2])
    feature, threshold, left, right, leaf, answers, roots = (q.array(i) for i in a[3:10])

    def tree(root: float) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(node: int) -> int:
            if int(left[node]) == node:
                first = int(leaf[node]) * outputs
                values.append([(k, float(answers[first + k])) for k in range(outputs)])
                return -len(values)
            at = len(nodes)
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            ends = visit(int(left[node])), visit(int(right[node]))
            nodes[at] = (int(feature[node]), double_bound(float(threshold[node])), _NAN, 1, None, *ends)
            return at

        return _Tree(nodes, values, visit(int(root)))

    features = q.places(a[1])
    sums = [q.take() for _ in range(outputs)]
    _walk(q, [tree(root) for root in roots], [f"r{f}" for f in features], features, sums)
    for k in range(outputs):
        q.put(out + k, f"r{sums[k]} / {q.number(len(roots))}", [sums[k]])


def symmetric(q: Layers, a: Sequence[float]) -> None:
    """CatBoost's trees: every level asks one question, and each answer is a bit of the leaf."""
    out, outputs, depth = int(a[0]), int(a[2]), int(a[7])
    features, numbers, coded = q.places(a[1]), q.places(a[3]), q.places(a[4])
    starts = q.places(a[5])
    entry, border, leaves, bias = (q.array(i) for i in a[8:12])
    inputs = [f"r{features[i]}" for i in numbers]
    for i, place in enumerate(coded):
        last = starts[i + 1] - starts[i] - 1
        code = f"COALESCE(r{features[place]}, -1) + 1"
        at = f"{starts[i]} + CASE WHEN {code} > {last} THEN {last} ELSE {code} END"
        register = q.between(q.look_up(a[6], at), [features[place]])
        inputs.append(f"r{register}")
        features.append(register)

    def tree(t: int) -> _Tree:
        nodes: list[tuple[int, float, int, int, str | None, int, int]] = []
        values: list[list[tuple[int, float]]] = []

        def visit(level: int, bits: int) -> int:
            if level == depth:
                first = (t * 2**depth + bits) * outputs
                values.append([(k, float(leaves[first + k])) for k in range(outputs)])
                return -len(values)
            at, question = len(nodes), t * depth + level
            nodes.append((0, 0.0, 0, 0, None, 0, 0))
            own = int(entry[question])
            bound = float(border[question])
            bound = double_bound(bound) if own < len(numbers) else bound  # numbers are rounded to float32
            ends = visit(level + 1, bits), visit(level + 1, bits | 1 << level)
            nodes[at] = (own, bound, _NAN, 1, None, *ends)
            return at

        return _Tree(nodes, values, visit(0, 0))

    first = _Tree((), [[(k, float(bias[k])) for k in range(outputs)]], -1)
    count = len(entry) // depth if depth else len(leaves) // outputs
    _walk(q, [first, *map(tree, range(count))], inputs, features, list(range(out, out + outputs)))


def _walk(q: Layers, forest: Sequence[_Tree], inputs: Sequence[str], reads: Sequence[int], out: Sequence[int]) -> None:
    """Write the tables of some trees and the queries that walk them; registers ``out`` are the sums of the leaves."""
    step = len({row[0] for row in q.roots})
    _write_tables(q, forest, str(step), len(out))
    walk = _side_by_side if q.dialect.arrays else _in_turn
    q.join(walk(q, step, inputs, q.source(reads), out), out, reads)


def _write_tables(q: Layers, forest: Sequence[_Tree], step: str, outputs: int) -> None:
    turns = [0] * outputs
    for t, tree in enumerate(forest):
        first, leaf = len(q.nodes), _leaf_count(q)

        def place(own: int, first: int = first, leaf: int = leaf) -> str:
            return str(first + own if own >= 0 else own - leaf)

        for i, (feature, bound, missing, goes, codes, left, right) in enumerate(tree.nodes):
            words = (q.number(bound), str(missing), str(goes), "NULL" if codes is None else text(codes))
            q.nodes.append((str(first + i), str(feature), *words, place(left), place(right)))
        for i, values in enumerate(tree.leaves):
            q.leaves += [(str(-1 - leaf - i), str(k), q.number(value)) for k, value in values]
        for k in sorted({k for values in tree.leaves for k, _ in values}):
            q.roots.append((step, str(k), str(turns[k]), str(t), place(tree.root)))
            turns[k] += 1


def _leaf_count(q: Layers) -> int:
    return -int(q.leaves[-1][0]) if q.leaves else 0


def _goes_left(q: Layers, value: str) -> str:
    """Return whether a value goes left at the node ``n``."""
    zero = q.number(0)
    code = f"CASE WHEN {value} > -1 AND {value} < 1000000 THEN {value} ELSE 1000000 END"
    cut = f"CAST(floor(abs({code})) AS INTEGER) + 1"  # towards zero
    return (
        f"CASE WHEN n.codes IS NOT NULL THEN CASE WHEN substr(n.codes, {cut}, 1) = '1' THEN 1 ELSE 0 END"
        f" WHEN n.missing = 2 AND {value} IS NULL THEN n.missing_left"
        f" WHEN n.missing = 1 AND COALESCE({value}, {zero}) = 0 THEN n.missing_left"
        f" WHEN COALESCE({value}, {zero}) <= n.threshold THEN 1 ELSE 0 END"
    )


def _side_by_side(q: Layers, step: int, inputs: Sequence[str], source: str, out: Sequence[int]) -> list[tuple[str, str]]:
    """All trees at once: as many rounds as a tree is deep; leaves are summed in the order of the trees."""
    seen, walk, sums = f"seen_{step}", f"walk_{step}", f"sums_{step}"
    cast = "CAST(ARRAY[{}] AS DOUBLE PRECISION[])" if q.dialect.name == "PostgreSQL" else "[{}]::DOUBLE[]"
    features = f"SELECT row_id, {cast.format(', '.join(inputs))} AS x FROM {source}"
    places = f"SELECT DISTINCT tree, place FROM {q.package}_roots WHERE step = {step}"
    left = _goes_left(q, "s.x[n.feature + 1]")
    body = (
        f"SELECT s.row_id, t.tree, t.place FROM {seen} s CROSS JOIN ({places}) t\n  UNION ALL\n"
        f"  SELECT w.row_id, w.tree, CASE WHEN {left} = 1 THEN n.place_left ELSE n.place_right END\n"
        f"  FROM {walk} w JOIN {q.package}_nodes n ON n.place = w.place JOIN {seen} s ON s.row_id = w.row_id"
    )
    values = [
        f"sum(v.value ORDER BY w.tree) FILTER (WHERE v.output = {k}) AS r{register}" for k, register in enumerate(out)
    ]
    total = (
        f"SELECT w.row_id, {', '.join(values)} FROM {walk} w JOIN {q.package}_leaves v ON v.place = w.place"
        f" GROUP BY w.row_id"
    )
    return [(seen, features), (walk, body), (sums, total)]


def _in_turn(q: Layers, step: int, inputs: Sequence[str], source: str, out: Sequence[int]) -> list[tuple[str, str]]:
    """One tree after the other, with the sum so far: SQLite has no arrays, and newer ones add in their own way."""
    seen, walk, sums = f"seen_{step}", f"walk_{step}", f"sums_{step}"
    features = f"SELECT row_id, {', '.join(f'{word} AS x{i}' for i, word in enumerate(inputs))} FROM {source}"
    value = "CASE n.feature " + " ".join(f"WHEN {i} THEN s.x{i}" for i in range(len(inputs))) + " END"
    roots, leaves = f"{q.package}_roots", f"{q.package}_leaves"
    following = f"(SELECT t.place FROM {roots} t WHERE t.step = {step} AND t.output = w.output AND t.turn = w.turn + 1)"
    body = (
        f"SELECT s.row_id, t.output, 0 AS turn, t.place, {q.number(0)} AS total FROM {seen} s, {roots} t"
        f" WHERE t.step = {step} AND t.turn = 0\n  UNION ALL\n"
        f"  SELECT w.row_id, w.output, w.turn + (w.place < 0),\n"
        f"    CASE WHEN w.place < 0 THEN {following}\n"
        f"      WHEN {_goes_left(q, f'({value})')} = 1 THEN n.place_left ELSE n.place_right END,\n"
        f"    CASE WHEN w.place < 0 THEN w.total + v.value ELSE w.total END\n"
        f"  FROM {walk} w JOIN {seen} s ON s.row_id = w.row_id LEFT JOIN {q.package}_nodes n ON n.place = w.place\n"
        f"  LEFT JOIN {leaves} v ON v.place = w.place AND v.output = w.output WHERE w.place IS NOT NULL"
    )
    values = [f"max(CASE WHEN output = {k} THEN total END) AS r{register}" for k, register in enumerate(out)]
    total = f"SELECT row_id, {', '.join(values)} FROM {walk} WHERE place IS NULL GROUP BY row_id"
    return [(seen, features), (walk, body), (sums, total)]

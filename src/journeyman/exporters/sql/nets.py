"""Nets: a layer is a table with a row of weights for each unit, joined with each row of the query."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.exporters.sql.layers import Layers, pivoted

__all__ = ["bend", "dense", "embed", "squash", "waves"]

_MOST_WEIGHTS = 800  # of a table's row: PostgreSQL holds 1,000 doubles in one


def squash(q: Layers, a: Sequence[float]) -> None:
    """Center, scale and clip smoothly."""
    center, scale = q.array(a[2]), q.array(a[3])
    for i, register in enumerate(q.places(a[1])):
        z = q.between(q.times(f"r{register} - {q.number(center[i])}", float(scale[i])), [register])
        third = f"(r{z} / {q.number(3)})"
        word = f"r{z} / sqrt({q.number(1)} + {third} * {third})"
        if q.dialect.name == "PostgreSQL":  # it stops at squares beyond doubles
            size = f"abs(r{z})"
            word = f"CASE WHEN {size} < {q.number(1e-100)} THEN r{z} WHEN {size} < {q.number(4e154)} THEN {word} ELSE 0 * r{z} END"  # noqa: E501 - one expression
        q.put(int(a[0]) + i, word, [z])


def waves(q: Layers, a: Sequence[float]) -> None:
    """Mix cosines of each number: a table has a row for each wave of each number."""
    out, first, numbers, count, mixtures = map(int, a[:5])
    frequency, phase = (q.array(i).reshape(numbers, count) for i in a[5:7])
    mix, offset = q.array(a[7]).reshape(numbers, count, mixtures), q.array(a[8]).reshape(numbers, mixtures)
    rows = (
        (n, w, float(frequency[n, w]), float(phase[n, w]), *mix[n, w].tolist())
        for n in range(numbers)
        for w in range(count)
    )
    doubles = ("frequency", "phase", *(f"mix_{m}" for m in range(mixtures)))
    columns = {"number": "INTEGER", "wave": "INTEGER"} | dict.fromkeys(doubles, "DOUBLE")
    table = q.table("waves", columns, rows, ("number", "wave"))
    reads = range(first, first + numbers)
    x = "CASE w.number " + " ".join(f"WHEN {n} THEN l.r{r}" for n, r in enumerate(reads)) + " END"
    sums = ", ".join(f"sum(cos({x} * w.frequency + w.phase) * w.mix_{m}) AS value_{m}" for m in range(mixtures))
    seen, wide = f"long_{table}", f"wide_{table}"
    body = (
        f"SELECT l.row_id, w.number, {sums} FROM {q.source(reads)} l CROSS JOIN {table} w GROUP BY l.row_id, w.number"
    )
    made = [[q.take() for _ in range(mixtures)] for _ in range(numbers)]
    words = [pivoted("number", n, f"value_{m}", r) for n, own in enumerate(made) for m, r in enumerate(own)]
    total = f"SELECT row_id, {', '.join(words)} FROM {seen} GROUP BY row_id"
    q.join([(seen, body), (wide, total)], [r for own in made for r in own], reads)
    for n, own in enumerate(made):
        for m, r in enumerate(own):
            q.put(out + n * mixtures + m, f"r{r} + {q.number(offset[n, m])}", [r])


def embed(q: Layers, a: Sequence[float]) -> None:
    """Look numbers of a category up; a missing or unknown one has the last row."""
    out, code, size, width = map(int, a[:4])
    values = q.array(a[4]).reshape(size, width)
    columns = {"code": "INTEGER"} | dict.fromkeys((f"value_{k}" for k in range(width)), "DOUBLE")
    table = q.table("embed", columns, ((i, *row) for i, row in enumerate(values.tolist())), ("code",))
    at = f"CASE WHEN r{code} >= 0 AND r{code} < {size} THEN floor(r{code}) ELSE {size - 1} END"
    clause = f"JOIN {table} ON {table}.code = CAST({at} AS INTEGER)"
    q.beside(clause, {out + k: f"{table}.value_{k}" for k in range(width)}, [code])


def dense(q: Layers, a: Sequence[float]) -> None:
    """Weigh inputs: the sum goes from left to right along a row of weights, some hundred at a time."""
    out, inputs, units = int(a[0]), q.places(a[1]), int(a[2])
    weights, offsets = q.array(a[3]).reshape(-1, units), q.array(a[4])
    queries: list[tuple[str, str]] = []
    source, value = q.source(inputs), ""
    for start in range(0, max(len(inputs), 1), _MOST_WEIGHTS):
        part = inputs[start : start + _MOST_WEIGHTS]
        own = weights[start : start + len(part)].T.tolist()
        columns = {"unit": "INTEGER", "shift": "DOUBLE"}
        columns |= dict.fromkeys((f"weight_{j}" for j in range(len(part))), "DOUBLE")
        rows = ((k, float(offsets[k]), *own[k]) for k in range(units))
        table = q.table("dense", columns, rows, ("unit",))
        given = f"given_{table}"
        queries.append(
            (given, f"SELECT row_id, {', '.join(f'{_tiny(q, r)} AS x{j}' for j, r in enumerate(part))} FROM {source}")
        )
        terms = [f"g.x{j} * u.weight_{j}" for j in range(len(part))]
        is_last = start + _MOST_WEIGHTS >= len(inputs)
        total = " + ".join([*([value] if value else []), *terms, *(["u.shift"] if is_last else [])])
        before = f" JOIN {queries[-2][0]} p ON p.row_id = g.row_id AND p.unit = u.unit" if value else ""
        queries.append(
            (f"long_{table}", f"SELECT g.row_id, u.unit, {total} AS value FROM {given} g CROSS JOIN {table} u{before}")
        )
        value = "p.value"
    last = queries[-1][0]
    words = [pivoted("unit", k, "value", out + k) for k in range(units)]
    queries.append((f"wide_{table}", f"SELECT row_id, {', '.join(words)} FROM {last} GROUP BY row_id"))
    q.join(queries, range(out, out + units), inputs)


def _tiny(q: Layers, register: int) -> str:
    """Return a register; for PostgreSQL, which stops at products below doubles, 0 where it is that small."""
    if q.dialect.name != "PostgreSQL":
        return f"r{register}"
    return f"CASE WHEN abs(r{register}) < {q.number(1e-280)} THEN {q.number(0)} ELSE r{register} END"


def bend(q: Layers, a: Sequence[float]) -> None:
    """Bend each unit by its slope."""
    out, first, kind = int(a[0]), int(a[1]), int(a[3])
    one, two = q.number(1), q.number(2)
    for k, slope in enumerate(q.array(a[4])):
        z = f"r{first + k}"
        if kind == 0:
            below = f"{q.number(1.6732632423543772)} * (exp({q.held(z, -700.0, 0.0)}) - {one})"
            bent = f"{q.number(1.0507009873554805)} * (CASE WHEN {z} > 0 THEN {z} ELSE {q.number(0)} END + {below})"
            reads = [first + k]
        else:
            e = q.between(f"exp({q.held(z, -300.0, 20.0)})", [first + k])
            square = f"r{e} * (r{e} + {two})"
            bent, reads = f"{z} * ({square} / ({square} + {two}))", [first + k, e]
        q.put(out + k, f"{z} + {q.number(float(slope))} * ({bent} - {z})", reads)

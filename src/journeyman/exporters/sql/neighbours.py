"""Nearest neighbours: rows of a table, of which each row of the query takes the nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.exporters.sql.layers import Layers

__all__ = ["neighbours"]

_TINY, _HUGE = 1e-130, 1e150  # PostgreSQL stops at squares beyond doubles


def neighbours(q: Layers, a: Sequence[float]) -> None:
    """Weigh the answers of the nearest rows."""
    out, features, outputs = int(a[0]), q.places(a[1]), int(a[2])
    columns, scale, copies, prior = q.places(a[3]), q.array(a[4]), q.array(a[7]), q.array(a[8])
    number, near, classes = map(int, a[9:12])
    points, labels = q.array(a[5]).reshape(-1, len(columns)), q.array(a[6]).reshape(-1, outputs)
    if q.dialect.name == "PostgreSQL":
        points = np.where(np.abs(points) < _TINY, 0.0, points)
    doubles = ("copies", *(f"at_{j}" for j in range(len(columns))), *(f"answer_{k}" for k in range(outputs)))
    rows = ((i, *row) for i, row in enumerate(np.hstack([copies[:, None], points, labels]).tolist()))
    table = q.table("neighbours", {"place": "INTEGER"} | dict.fromkeys(doubles, "DOUBLE"), rows, ("place",))
    asked = []
    for j, column in enumerate(columns):
        register = q.between(q.times(f"r{features[column]}", float(scale[j])), [features[column]])
        held = q.held(f"r{register}", -_HUGE, _HUGE)
        if q.dialect.name == "PostgreSQL":
            held = f"CASE WHEN abs(r{register}) < {q.number(_TINY)} THEN {q.number(0)} ELSE {held} END"
        asked.append(q.between(held, [register]))

    def distance(row: str) -> str:
        apart = (f"({row}.at_{j} - l.r{r})" for j, r in enumerate(asked))
        return f"sqrt({' + '.join(f'{one} * {one}' for one in apart)})"

    source, found, mixed = q.source(asked), f"found_{table}", f"mixed_{table}"
    if q.dialect.name == "SQLite":  # no LATERAL
        nearest = f"SELECT m.place, {distance('m')} AS distance FROM {table} m ORDER BY 2, 1 LIMIT {number + 1}"
        body = f"SELECT l.row_id, n.place, {distance('n')} AS distance FROM {source} l CROSS JOIN {table} n ON n.place IN (SELECT place FROM ({nearest}))"  # noqa: E501 - one query
    else:
        nearest = f"SELECT n.place, {distance('n')} AS distance FROM {table} n ORDER BY 2, 1 LIMIT {number + 1}"
        body = f"SELECT l.row_id, d.place, d.distance FROM {source} l CROSS JOIN LATERAL ({nearest}) d"
    order = "PARTITION BY row_id ORDER BY distance, place"
    ranked = f"SELECT row_id, place, distance, row_number() OVER ({order}) AS nth, max(distance) OVER (PARTITION BY row_id) AS reach FROM {found}"  # noqa: E501 - one query
    weighed = f"SELECT d.row_id, {_weight(q, bool(near))} AS weight, n.* FROM ({ranked}) d JOIN {table} n ON n.place = d.place WHERE d.nth <= {number}"  # noqa: E501 - one query
    made = [q.take() for _ in range(outputs)]
    words = [f"sum(weight * answer_{k}) / sum(weight) AS r{r}" for k, r in enumerate(made)]
    total = f"SELECT row_id, {', '.join(words)} FROM ({weighed}) w GROUP BY row_id"
    q.join([(found, body), (mixed, total)], made, asked)
    for k, r in enumerate(made):
        mean = f"(r{r} * {q.number(number)} + {q.number(prior[k])}) / {q.number(number + 1)}" if classes else f"r{r}"
        q.put(out + k, mean, [r])


def _weight(q: Layers, near: bool) -> str:
    if not near:
        return "n.copies"
    reach = q.all_of("greatest", ["d.reach", q.number(1e-12)])
    share = f"d.distance / {reach}"
    falling = q.all_of("greatest", [f"{q.number(1)} - ({share}) * ({share})", q.number(1e-6)])
    # a share whose square is below doubles
    return f"n.copies * CASE WHEN d.distance < {q.number(1e-100)} * {reach} THEN {q.number(1)} ELSE {falling} END"

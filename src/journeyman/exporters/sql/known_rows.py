"""Rows that training met: a mark of 64 bits in two halves, by whole numbers below 2 to the power 63 alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from journeyman.exporters.sql.layers import Layers
from journeyman.exporters.tensors.known_rows import mark_totals

__all__ = ["known"]

_STEP, _FIRST, _SECOND = 0xD1342543DE82EF95, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_HALF = 0xFFFFFFFF
_NAN = 0x7FF80000  # upper half of the bits
_LEAST = 2.2250738585072014e-308  # of 53 bits


def known(q: Layers, a: Sequence[float]) -> None:
    """Mix predictions with the labels of equal rows of training."""
    out, first, count, prior, columns = int(a[0]), int(a[1]), int(a[2]), q.number(a[3]), q.places(a[4])
    marks, totals, counts = mark_totals(q.array(a[5]), q.array(a[6]), q.array(a[7]), count)
    words = marks.view(np.uint64)
    rows = (
        (int(w >> np.uint64(32)), int(w) & _HALF, float(n), *total.tolist())
        for w, n, total in zip(words, counts, totals, strict=True)
    )
    halves = {"high": "BIGINT", "low": "BIGINT"}
    doubles = ("labels", *(f"total_{k}" for k in range(count)))
    table = q.table("known", halves | dict.fromkeys(doubles, "DOUBLE"), rows, ("high", "low"))
    salts = ((i, i * _STEP % 2**64) for i in range(1, len(columns) + 1))
    marked = q.table("marked", {"number": "INTEGER"} | halves, ((i, w >> 32, w & _HALF) for i, w in salts), ("number",))
    names = [q.take() for _ in range(count + 1)]
    queries = _marks(q, marked, columns)
    taken = [f"k.{name} AS r{r}" for name, r in zip(doubles, names, strict=True)]
    body = f"SELECT m.row_id, {', '.join(taken)} FROM {queries[-1][0]} m LEFT JOIN {table} k ON k.high = m.high AND k.low = m.low"  # noqa: E501 - one query
    q.join([*queries, (f"found_{table}", body)], names, columns)
    labels = names[0]
    for k, total in enumerate(names[1:]):
        mixed = f"(r{total} + {prior} * r{first + k}) / (r{labels} + {prior})"
        q.put(out + k, f"CASE WHEN r{labels} IS NULL THEN r{first + k} ELSE {mixed} END", [total, labels, first + k])


def _marks(q: Layers, marked: str, columns: Sequence[int]) -> list[tuple[str, str]]:
    """Return the queries that make marks: columns ``row_id``, ``high`` and ``low`` of the last."""
    x = "CASE c.number " + " ".join(f"WHEN {i} THEN l.r{r}" for i, r in enumerate(columns, 1)) + " END"
    queries: list[tuple[str, str]] = []

    def then(body: str) -> None:
        queries.append((f"{marked}_{len(queries)}", body))

    def before() -> str:
        return queries[-1][0]

    two = q.number(2)
    then(
        f"SELECT l.row_id, c.high AS salt_high, c.low AS salt_low, {x} AS x"
        f" FROM {q.source(columns)} l CROSS JOIN {marked} c"
    )
    guess = q.held(f"floor(ln(abs(x)) / {q.number(0.6931471805599453)})", -1022.0, 1023.0)
    usual = f"abs(x) >= {q.number(_LEAST)}"
    then(f"SELECT b.*, CASE WHEN {usual} THEN {guess} END AS power FROM {before()} b")
    then(f"SELECT b.*, abs(x) / power({two}, power) AS part FROM {before()} b")
    exponent = "power + CASE WHEN part < 1 THEN -1 WHEN part >= 2 THEN 1 ELSE 0 END"
    whole = f"CASE WHEN part < 1 THEN part * 2 WHEN part >= 2 THEN part / 2 ELSE part END - {q.number(1)}"
    then(f"SELECT b.*, {exponent} AS exponent, ({whole}) * {q.number(2.0**20)} AS fraction FROM {before()} b")
    sign = "CASE WHEN x < 0 THEN 2147483648 ELSE 0 END"
    upper = f"CAST((exponent + 1023) * {q.number(2.0**20)} + floor(fraction) AS BIGINT) + {sign}"
    # below 53 bits a number is 0 or, as if it were, the least that there is: no table has such a value
    high = f"CASE WHEN x IS NULL THEN {_NAN} WHEN power IS NULL THEN 0 ELSE {upper} END"
    low = f"CASE WHEN power IS NULL THEN CASE WHEN x <> 0 THEN 1 ELSE 0 END ELSE CAST((fraction - floor(fraction)) * {q.number(2.0**32)} AS BIGINT) END"  # noqa: E501 - one expression
    then(f"SELECT row_id, salt_high, salt_low, {high} AS high, {low} AS low FROM {before()}")
    carry = f"(high + salt_high + ((low + salt_low) >> 32)) & {_HALF}"
    then(f"SELECT row_id, {carry} AS high, (low + salt_low) & {_HALF} AS low FROM {before()}")
    _mix(then, before)
    then(
        f"SELECT row_id, CAST(sum(high) AS BIGINT) AS high, CAST(sum(low) AS BIGINT) AS low"
        f" FROM {before()} GROUP BY row_id"
    )
    then(f"SELECT row_id, (high + (low >> 32)) & {_HALF} AS high, low & {_HALF} AS low FROM {before()}")
    _mix(then, before)
    return queries


def _mix(then: Callable[[str], None], before: Callable[[], str]) -> None:
    """Add the queries of SplitMix64's last steps."""

    def folded(shift: int) -> None:
        below = f"(((high & {2**shift - 1}) << {32 - shift}) | (low >> {shift}))"
        then(
            f"SELECT row_id, {_xor('high', f'(high >> {shift})')} AS high, {_xor('low', below)} AS low FROM {before()}"
        )

    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        folded(shift)
        upper, lower = factor >> 32, factor & _HALF
        then(f"SELECT row_id, high, low, (low & 65535) * {lower} AS one, (low >> 16) * {lower} AS two FROM {before()}")
        then(f"SELECT row_id, high, low, two, one + ((two & 65535) << 16) AS one FROM {before()}")
        total = f"(one >> 32) + (two >> 16) + {_times('high', lower)} + {_times('low', upper)}"
        then(f"SELECT row_id, ({total}) & {_HALF} AS high, one & {_HALF} AS low FROM {before()}")
    folded(31)


def _xor(one: str, other: str) -> str:
    """Databases have other signs for it, or none."""
    return f"({one} + {other} - 2 * ({one} & {other}))"


def _times(word: str, factor: int) -> str:
    """Return the lower half of a product of halves."""
    return f"((({word} & 65535) * {factor} + ((({word} >> 16) * {factor} & 65535) << 16)) & {_HALF})"

"""Streams whose drift is known: thresholds are set on these, and the real streams are the examination."""

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from operate_fits import Stream

KINDS = ("none", "abrupt", "gradual", "recurring", "growing")
ROWS = 9_000
FEATURES = 6


def synthetic(kind: str, seed: int, rows: int = ROWS) -> Stream:
    """Return a stream: 1 / 0 by a bent plane of which the weights stay, jump, wander or return, or a growing number."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    x = rng.normal(0.0, 1.0, (rows, FEATURES))
    when = np.arange(rows) / rows
    first, second, third = (rng.normal(0.0, 1.0, FEATURES) for _ in range(3))
    weights = np.repeat(first[None, :], rows, axis=0)
    if kind == "abrupt":
        one, two = 0.3 + 0.1 * rng.random(), 0.65 + 0.1 * rng.random()
        weights[when >= one] = 0.5 * first + second
        weights[when >= two] = 0.5 * second + third
    elif kind == "gradual":
        weights = (1 - when[:, None]) * first + when[:, None] * second
    elif kind == "recurring":
        weights[np.floor(when * 6).astype(int) % 2 == 1] = second
    bent = (weights * x).sum(axis=1) + 0.7 * np.sin(2 * x[:, 0]) * x[:, 1]
    columns = tuple(Column(f"x{i}", Kind.NUMBER) for i in range(FEATURES))
    block = {c.name: x[:, i] for i, c in enumerate(columns)}
    name = f"{kind} {seed}"
    if kind == "growing":
        y = (1.0 + 2.0 * when) * (3.0 + bent) + rng.normal(0, 0.7, rows)
        return Stream(name, block, columns, y, Task("y", "regression", "rmse"))
    y = (rng.random(rows) < 1 / (1 + np.exp(-2.0 * bent))).astype(np.float64)
    return Stream(name, block, columns, y, Task("y", "binary", "roc_auc", ("0", "1")))

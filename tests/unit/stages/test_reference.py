"""Reference: validated rows in time's order or sampled, losses between 0 and 1, and how much neighbours are alike."""

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.evaluation import Importance
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.stages.reference import MOST_ROWS, make_reference
from journeyman.stores.facts import decode, encode

FALLS = (Importance("x", 0.3, 0.1, ""), Importance("w", 0.1, 0.1, ""), Importance("v", -0.1, 0.1, ""))


def referred(count, scheme, wave=0.0, unit=1.0):
    rng = np.random.default_rng(0)
    x = np.arange(count, dtype=float)
    error = np.abs(rng.normal(size=count)) * (1.0 + wave * (np.sin(x / 40.0) > 0))
    y = x + error
    frame = pd.DataFrame({"x": x, "w": x, "v": x, "y": y * unit})
    columns = (*(Column(n, Kind.NUMBER) for n in "xwv"), Column("y", Kind.NUMBER, Role.TARGET))
    folds = tuple(Fold(np.arange(0), np.arange(k, count, 4)) for k in range(4))
    rows = np.concatenate([f.validate for f in folds])
    split = Split(scheme, np.arange(count), np.arange(0), folds, "")
    table = Table("t", frame, columns, "d", count)
    return make_reference(
        table,
        Task("y", "regression", "mae", scheme=scheme),
        split,
        Ensemble((), 0.0, (x * unit)[rows][:, None]),
        FALLS,
        0,
    )


def test_rows_of_time_stand_in_runs_and_say_how_alike_neighbours_are():
    made = referred(12_000, Scheme.TIME, wave=3.0)
    assert len(made.losses) == MOST_ROWS
    steps = np.diff(made.rows["x"].reshape(-1, made.run), axis=1)
    assert (steps == 1).all()
    assert made.dependence > 5
    assert made.error > made.losses.std() / np.sqrt(12_000) * 2


def test_shuffled_rows_are_a_sample_and_count_each():
    made = referred(12_000, Scheme.SHUFFLED, wave=3.0)
    assert (len(made.losses), made.run, made.dependence) == (MOST_ROWS, 1, 1.0)
    assert made.mean == pytest.approx(made.losses.mean(), rel=0.05)


def test_losses_lie_between_0_and_1_and_do_not_depend_on_the_unit():
    plain, cents = referred(800, Scheme.TIME), referred(800, Scheme.TIME, unit=100.0)
    assert plain.losses.min() >= 0
    assert plain.losses.max() <= 1
    assert np.allclose(plain.losses, cents.losses)
    assert cents.scale == pytest.approx(100 * plain.scale)


def test_importance_is_a_share_and_unused_columns_have_none():
    made = referred(800, Scheme.SHUFFLED)
    assert dict(made.importance) == pytest.approx({"x": 0.75, "w": 0.25, "v": 0.0})
    assert not made.used("v")


def test_it_is_a_fact():
    made = referred(400, Scheme.TIME)
    back = decode(encode(made), type(made))
    assert encode(back) == encode(made)
    assert np.array_equal(back.rows["x"], made.rows["x"])

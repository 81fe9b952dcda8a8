"""Preparation: what is learned stays inside the training rows, and the stored form prepares as the fitted one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.plugins import load_parts
from journeyman.transformers.embeddings.sentence_encoder import is_installed
from journeyman.transformers.encodings import encode_by_target
from journeyman.transformers.preparations import DensePreparation, NativePreparation
from journeyman.transformers.steps import calendar_parts

PREPARATIONS = dict(load_parts("journeyman.preparations"))
if not is_installed():
    del PREPARATIONS["text_embedded"]  # what reads texts comes with an extra
TASK = Task("y", "binary", "roc_auc", ("no", "yes"))
COLUMNS = (
    Column("size", Kind.NUMBER),
    Column("old", Kind.BOOLEAN),
    Column("city", Kind.CATEGORY, categories=tuple(f"city {i}" for i in range(40))),
    Column("grade", Kind.ORDERED, categories=("low", "middle", "high")),
    Column("day", Kind.DATETIME),
    Column("words", Kind.TEXT),
)


def sample(rows=120, seed=0):
    rng = np.random.default_rng(seed)
    words = np.array([f"good {i % 5} thing" if i % 3 else "bad thing indeed" for i in range(rows)], dtype=object)
    words[::17] = None
    size = rng.normal(size=rows)
    size[::7] = np.nan
    day = 1.6e9 + 86_400.0 * np.arange(rows)
    day[::9] = np.nan
    block = {
        "size": size,
        "old": rng.integers(0, 2, rows).astype(float),
        "city": rng.integers(-1, 40, rows).astype(np.int32),
        "grade": rng.integers(-1, 3, rows).astype(np.int32),
        "day": day,
        "words": words,
    }
    return block, rng.integers(0, 2, rows).astype(float)


@pytest.mark.parametrize("name", sorted(PREPARATIONS))
def test_the_expected_features_are_rather_more_than_those_made(name):
    block, y = sample()
    _, matrix = PREPARATIONS[name].fit(block, COLUMNS, y, TASK, 0)
    width = PREPARATIONS[name].width(COLUMNS, TASK)
    assert len(matrix.names) <= width
    if matrix.sparse is None:  # as dense ones, features that are nought in most rows would count for too much
        assert width <= len(matrix.names) + 60


@pytest.mark.parametrize("name", ["dense", "encoded"])
def test_numbers_only_preparations_leave_no_gap(name):
    block, y = sample()
    fitted, matrix = PREPARATIONS[name].fit(block, COLUMNS, y, TASK, 0)
    unseen = {k: v.copy() for k, v in block.items()}
    unseen["city"][:] = -1
    unseen["size"][:] = np.inf
    assert np.isfinite(matrix.values).all()
    assert np.isfinite(fitted.transform(unseen).values).all()
    assert len(matrix.names) == matrix.values.shape[1] == len(set(matrix.names))


def test_native_passes_numbers_and_codes_on():
    block, y = sample()
    _, matrix = NativePreparation().fit(block, COLUMNS, y, TASK, 0)
    city = matrix.names.index("city")
    assert city in matrix.categorical
    assert np.array_equal(matrix.values[:, matrix.names.index("size")], block["size"], equal_nan=True)
    assert np.isnan(matrix.values[block["city"] < 0, city]).all()


def test_training_rows_do_not_see_their_own_target():
    """A category with a row of its own tells the target in the table, never in the training rows' encoding."""
    codes = np.arange(50, dtype=np.int32)
    y = (np.arange(50) % 2).astype(float)[:, None]
    table, encoded = encode_by_target(codes, 50, y, np.arange(50) // 2 % 5)
    assert table[:50, 0][y[:, 0] == 1].min() > table[:50, 0][y[:, 0] == 0].max()
    for value in (0.0, 1.0):
        assert np.unique(encoded[y[:, 0] == value]).tolist() == np.unique(encoded[y[:, 0] != value]).tolist()


def test_noise_in_a_wide_category_teaches_nothing():
    rng = np.random.default_rng(0)
    rows = 2000
    block = {"id": rng.integers(0, 1000, rows).astype(np.int32)}
    y = rng.integers(0, 2, rows).astype(float)
    columns = (Column("id", Kind.CATEGORY, categories=tuple(map(str, range(1000)))),)
    _, matrix = DensePreparation().fit(block, columns, y, TASK, 0)
    mean = matrix.values[:, next(i for i, n in enumerate(matrix.names) if "target mean" in n)]
    assert abs(np.corrcoef(mean, y)[0, 1]) < 0.1


@settings(max_examples=50)
@given(st.integers(-2_000_000_000, 4_000_000_000))
def test_calendar_parts_agree_with_pandas(second):

    stamp = pd.Timestamp(second, unit="s")
    parts = calendar_parts(np.array([float(second)]), 0.0, np.nan)[0]
    expected = [stamp.year, stamp.month, stamp.day, stamp.day_of_week, stamp.day_of_year]
    assert parts[:5].tolist() == expected
    assert parts[5] == pytest.approx(stamp.hour + stamp.minute / 60 + stamp.second / 3600)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@pytest.mark.parametrize("name", sorted(PREPARATIONS))
def test_other_tasks_are_prepared_too(name, kind):
    block, y = sample()
    labels = tuple("abc") if kind == "multiclass" else ()
    task = Task("y", kind, "rmse", labels)
    _, matrix = PREPARATIONS[name].fit(block, COLUMNS, y + (np.arange(len(y)) % 2), task, 0)
    assert len(matrix.values) == len(y)

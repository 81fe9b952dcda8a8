"""The preparation "neural": dense features without clipping, and codes of categories with many labels."""

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.transformers.neural import NeuralPreparation
from journeyman.transformers.preparations import DensePreparation

TASK = Task("y", "binary", "roc_auc", ("no", "yes"))
CITY = Column("city", Kind.CATEGORY, categories=tuple(f"city {i}" for i in range(40)))
SIZE, COLOUR = Column("size", Kind.NUMBER), Column("colour", Kind.CATEGORY, categories=("red", "blue"))


def block(rows=200):
    rng = np.random.default_rng(0)
    size = rng.normal(size=rows)
    size[0], size[1] = 1e6, np.nan
    return {
        "size": size,
        "city": rng.integers(-1, 40, rows).astype(np.int32),
        "colour": rng.integers(-1, 2, rows).astype(np.int32),
    }, rng.integers(0, 2, rows).astype(float)


def test_many_labels_stand_beside_as_codes_and_few_do_not():
    rows, y = block()
    fitted, matrix = NeuralPreparation().fit(rows, (SIZE, CITY, COLOUR), y, TASK, 0)
    assert [matrix.names[i] for i in matrix.categorical] == ["city"]
    codes = matrix.values[:, matrix.categorical[0]]
    assert np.array_equal(np.nan_to_num(codes, nan=-1.0), rows["city"])
    others = np.delete(matrix.values, matrix.categorical, axis=1)
    assert np.isfinite(others).all()
    assert "colour = red" in matrix.names
    again = fitted.transform(rows)
    assert again.names == matrix.names
    assert again.categorical == matrix.categorical


def test_outliers_are_left_to_the_nets_smooth_clip():
    rows, y = block()
    _, ours = NeuralPreparation().fit(rows, (SIZE,), y, TASK, 0)
    _, dense = DensePreparation().fit(rows, (SIZE,), y, TASK, 0)
    assert ours.values[0, 0] > 1e5
    assert dense.values[0, 0] <= 8.0
    assert not ours.categorical

"""LightGBM's text as arrays: the same predictions as LightGBM's own, for numbers, categories and missing values."""

import numpy as np
import pytest

from journeyman.algorithms.binary_trees import read_trees
from journeyman.algorithms.forest import ExtraTrees
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.interfaces import Matrix
from journeyman.testing.algorithm_checks import sample_request
from journeyman.testing.kinds import KINDS


def odd_rows(request, seed=5):
    """Rows as those that were learned from, with zeros, infinite and missing values, and codes never seen."""
    rng = np.random.default_rng(seed)
    values = np.vstack([request.x.values, rng.normal(size=(60, 4)) * 3])
    values[240:, 3] = rng.integers(-1, 90, 60)
    values[250:270, rng.integers(0, 4, 20)] = np.nan
    values[270:280, :3] = 0.0
    values[280:284, 0] = (np.inf, -np.inf, 1e-36, 1e300)
    return Matrix(values, request.x.names, request.x.categorical)


@pytest.mark.parametrize("kind", KINDS)
def test_boosted_trees(kind):
    request = sample_request(LightGBM(), kind, preparation="native")
    model = LightGBM().fit(request)
    x = odd_rows(request)
    assert model.arrays.sets  # categories are asked for
    assert np.allclose(model.arrays.predict(x.values), model.predict(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_forests(kind):
    request = sample_request(ExtraTrees(), kind)
    model = ExtraTrees().fit(request)
    x = Matrix(np.nan_to_num(request.x.values) + 1e-9, request.x.names)  # rounded to float32 before it is compared
    assert np.allclose(model.arrays.predict(x.values), model.predict(x), rtol=1e-12, atol=1e-12)


def test_what_nobody_trains_here_is_refused():
    head = "tree\nnum_tree_per_iteration=1\nobjective={}\n\n"
    head += "Tree=0\nnum_leaves=1\nleaf_value=2\nis_linear={}\n\nend of trees\n"
    assert read_trees(head.format("regression", 0)).predict(np.zeros((1, 1))).tolist() == [[2.0]]
    for objective, linear in (("poisson", 0), ("binary sigmoid:2", 0), ("regression sqrt", 0), ("regression", 1)):
        with pytest.raises(ValueError, match=r"none that is known|hold lines"):
            read_trees(head.format(objective, linear))

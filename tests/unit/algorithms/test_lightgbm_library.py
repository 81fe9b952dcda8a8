"""Stored trees answer as LightGBM's own package does, to the last bit, and say what they cannot read."""

from __future__ import annotations

import copy
import pickle

import lightgbm
import numpy as np
import pytest

from journeyman.algorithms.lightgbm_library import StoredTrees, library_file


@pytest.mark.parametrize("objective", ["regression", "binary", "multiclass"])
def test_stored_trees_answer_as_the_package_does(objective: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 5))
    x[::7, 1], x[:, 2] = np.nan, rng.integers(0, 9, 400)
    y = (
        rng.normal(size=400)
        if objective == "regression"
        else rng.integers(0, 3 if objective == "multiclass" else 2, 400)
    )
    settings = {"objective": objective, "num_leaves": 12, "verbosity": -1, "num_threads": 1}
    settings |= {"num_class": 3} if objective == "multiclass" else {}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, y, categorical_feature=[2]), num_boost_round=20)
    text = booster.model_to_string().encode()
    trees = StoredTrees(text)
    assert (trees.iterations, trees.outputs, trees.leaves) == (20, 3 if objective == "multiclass" else 1, 12)
    assert trees.text(0) == text
    for rows in (x, x[:1], np.asfortranarray(x[:9])):
        assert trees.predict(rows).tolist() == booster.predict(rows, num_threads=1).tolist()
    part = booster.predict(x, start_iteration=5, num_iteration=10, num_threads=1)
    assert trees.predict(x, start=5, rounds=10).tolist() == part.tolist()
    for copied in (copy.deepcopy(trees), pickle.loads(pickle.dumps(trees))):
        assert copied.predict(x).tolist() == trees.predict(x).tolist()
    with pytest.raises(ValueError, match=r"LightGBM cannot use these trees: .*number of features"):
        trees.predict(x[:, :3])


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="LightGBM cannot use these trees"):
        StoredTrees(b"no model at all")


def test_the_library_is_the_packages_own() -> None:
    assert library_file().parent.parent.name in ("lightgbm", "site-packages")

"""The stored form of a forest is scikit-learn's forest."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor

from journeyman.algorithms import forest_growing
from journeyman.algorithms.flat_trees import FlatTrees
from journeyman.algorithms.forest import ExtraTrees, RandomForest
from journeyman.algorithms.forest_growing import _to_text
from journeyman.interfaces import Matrix
from journeyman.testing.algorithm_checks import sample_request
from journeyman.testing.kinds import KINDS


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.slow
def test_classes_agree_with_scikit_learn(kind):
    request = sample_request(ExtraTrees(), kind)
    model = ExtraTrees().fit(request)
    reference = ExtraTreesClassifier(n_estimators=model.rounds, random_state=0, **request.parameters)
    reference.fit(request.x.values.astype(np.float32), request.y)
    expected = reference.predict_proba(request.valid_x.values.astype(np.float32))
    assert np.allclose(model.predict(request.valid_x), expected, atol=1e-12)


@pytest.mark.slow
def test_values_agree_with_scikit_learn():
    request = sample_request(RandomForest(), "regression")
    model = RandomForest().fit(request)
    reference = RandomForestRegressor(n_estimators=model.rounds, random_state=0, **request.parameters)
    reference.fit(request.x.values.astype(np.float32), request.y)
    expected = reference.predict(request.valid_x.values.astype(np.float32))
    assert np.allclose(model.predict(request.valid_x)[:, 0], expected, atol=1e-12)


def test_a_tree_without_a_split_is_one_leaf():
    request = sample_request(RandomForest(), "regression")
    stump = RandomForestRegressor(n_estimators=2, max_leaf_nodes=None, min_samples_leaf=len(request.y))
    stump.fit(request.x.values, request.y)
    assert b"num_leaves=1" in _to_text(stump, request.task, None)


@pytest.mark.slow
def test_trees_of_many_classes_are_stored_once():
    """As text of LightGBM each tree is repeated for each class; as arrays only the leaves' answers grow."""
    request = sample_request(ExtraTrees(), "multiclass")
    files = ExtraTrees().fit(request).to_files()
    stored = ExtraTrees().from_files(files)
    assert isinstance(stored, FlatTrees)
    assert stored.rounds == len(stored.roots)
    assert stored.answers.shape[1] == len(request.task.labels)


@pytest.mark.slow
def test_many_rows_are_answered_as_few_are():
    """Beyond some rows the trees are asked a few at a time; sums in another order may differ in the last bits."""
    for kind in KINDS:
        request = sample_request(ExtraTrees(), kind)
        model = ExtraTrees().fit(request)
        many = Matrix(np.tile(request.x.values, (20, 1)), request.x.names)
        few = np.vstack([model.predict(Matrix(request.x.values[i : i + 1], many.names)) for i in range(20)])
        np.testing.assert_allclose(model.predict(many)[:20], few, atol=1e-12)


def test_out_of_time_keeps_the_trees_it_has():
    request = sample_request(ExtraTrees(), "binary")
    hurried = ExtraTrees().fit(type(request)(**{**vars(request), "out_of_time": lambda: True}))
    assert 0 < hurried.rounds < ExtraTrees().fit(request).rounds


@pytest.mark.slow
def test_the_clock_is_looked_at_more_often_where_trees_are_dear_and_trees_stay_the_same(monkeypatch):
    request = sample_request(ExtraTrees(), "regression")
    hurried = replace(request, out_of_time=lambda: True)
    usual, few = ExtraTrees().fit(request), ExtraTrees().fit(hurried)
    monkeypatch.setattr(forest_growing, "_MANY_CELLS", 0)
    assert ExtraTrees().fit(hurried).rounds < few.rounds
    np.testing.assert_array_equal(ExtraTrees().fit(request).predict(request.x), usual.predict(request.x))

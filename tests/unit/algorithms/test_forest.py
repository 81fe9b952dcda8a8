"""The stored form of a forest is scikit-learn's forest."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor

from journeyman.algorithms.forest import ExtraTrees, RandomForest, _to_text
from journeyman.entities.task import TaskKind
from journeyman.testing.algorithm_checks import sample_request


@pytest.mark.parametrize("kind", [TaskKind.BINARY, TaskKind.MULTICLASS])
def test_classes_agree_with_scikit_learn(kind):
    request = sample_request(ExtraTrees(), kind)
    model = ExtraTrees().fit(request)
    reference = ExtraTreesClassifier(n_estimators=model.rounds, random_state=0, **request.parameters)
    reference.fit(request.x.values.astype(np.float32), request.y)
    expected = reference.predict_proba(request.valid_x.values.astype(np.float32))
    assert np.allclose(model.predict(request.valid_x), expected, atol=1e-12)


def test_values_agree_with_scikit_learn():
    request = sample_request(RandomForest(), TaskKind.REGRESSION)
    model = RandomForest().fit(request)
    reference = RandomForestRegressor(n_estimators=model.rounds, random_state=0, **request.parameters)
    reference.fit(request.x.values.astype(np.float32), request.y)
    expected = reference.predict(request.valid_x.values.astype(np.float32))
    assert np.allclose(model.predict(request.valid_x)[:, 0], expected, atol=1e-12)


def test_a_tree_without_a_split_is_one_leaf():
    request = sample_request(RandomForest(), TaskKind.REGRESSION)
    stump = RandomForestRegressor(n_estimators=2, max_leaf_nodes=None, min_samples_leaf=len(request.y))
    stump.fit(request.x.values, request.y)
    assert "num_leaves=1" in _to_text(stump, request.task, None)


def test_out_of_time_keeps_the_trees_it_has():
    request = sample_request(ExtraTrees(), TaskKind.BINARY)
    hurried = ExtraTrees().fit(type(request)(**{**vars(request), "out_of_time": lambda: True}))
    assert 0 < hurried.rounds < ExtraTrees().fit(request).rounds

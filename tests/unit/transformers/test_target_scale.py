"""A target on another scale comes back on its own, and is stored so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.algorithms.linear import Linear
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.transformers.target_scale import SCALES, ScaledModel, TargetScale, long_tailed, on_scale


@pytest.mark.parametrize("name", SCALES)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_values_seen_come_back(name, values):
    y = np.array(values)
    scale = TargetScale(name, float(y.min()), float(y.max()))
    back = scale.back(scale.forward(y)[:, None])[:, 0]
    np.testing.assert_allclose(back, y, rtol=1e-6, atol=1e-6 * max(1.0, float(np.ptp(y))))


@pytest.mark.parametrize("name", SCALES)
def test_answers_do_not_run_away(name):
    scale = TargetScale(name, 10.0, 110.0)
    given_back = scale.back(np.array([[-5.0], [0.0], [1e9]]))[:, 0]
    np.testing.assert_allclose(given_back, [10.0, 10.0, 160.0])


@pytest.mark.parametrize("name", SCALES)
def test_a_stored_model_answers_alike_and_a_plain_one_stays_plain(name):
    rng = np.random.default_rng(0)
    x = Matrix(rng.normal(size=(200, 2)), ("a", "b"))
    y = np.exp(x.values[:, 0])
    scale = TargetScale(name, float(y.min()), float(y.max()))
    task = Task("y", "regression", "rmse")
    request = FitRequest(x, scale.forward(y), None, None, task, {}, 1, 0, 1, lambda: False)
    model = ScaledModel(Linear().fit(request), scale)
    files = model.to_files()
    stored = on_scale(Linear().from_files(files), files)
    assert np.array_equal(stored.predict(x), model.predict(x))
    assert stored.rounds == model.rounds
    assert model.predict(x).min() > 0
    plain = Linear().from_files(model.model.to_files())
    assert on_scale(plain, model.model.to_files()) is plain


def test_a_long_tail_is_seen():
    rng = np.random.default_rng(0)
    assert long_tailed(rng.lognormal(size=1000))
    assert not long_tailed(rng.normal(size=1000))
    assert not long_tailed(-rng.lognormal(size=1000))
    assert not long_tailed(np.ones(5))

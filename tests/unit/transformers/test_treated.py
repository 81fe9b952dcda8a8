"""Treatments: what they do to the rows that a model learns from, and that a stored model answers the same."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.linear import Linear
from journeyman.entities.weakness import Condition, Treatment, TreatmentKind
from journeyman.interfaces import Matrix
from journeyman.metrics import METRICS
from journeyman.testing.algorithm_checks import sample_request
from journeyman.testing.kinds import KINDS
from journeyman.transformers.treated import fit_treated, with_correction

OLD = Condition("age", low=1.0)


class Spy:
    """An algorithm that keeps what it was asked for."""

    def __init__(self, inner):
        self.inner, self.asked = inner, []

    def fit(self, request):
        self.asked.append(request)
        return self.inner.fit(request)


def weights(kind, request, condition=None, when=None, weight=1.0):
    spy = Spy(Linear())
    fit_treated(spy, request, Treatment(kind, condition, weight), when)
    return spy.asked[-1].weights


def test_without_a_treatment_nothing_is_weighed():
    spy = Spy(Linear())
    fit_treated(spy, sample_request(Linear(), "regression"), None, None)
    assert [r.weights for r in spy.asked] == [None]


def test_each_class_weighs_alike():
    request = sample_request(Linear(), "multiclass")
    given = weights(TreatmentKind.BALANCED, request)
    assert np.allclose(np.bincount(request.y.astype(int), given), len(request.y) / 3)


def test_later_rows_weigh_more_whatever_the_order_of_the_table():
    request = sample_request(Linear(), "regression")
    when = np.random.default_rng(0).permutation(len(request.y)).astype(float)
    slow, fast = (weights(k, request, when=when) for k in (TreatmentKind.FADING, TreatmentKind.FADING_FAST))
    assert (np.diff(slow[np.argsort(when)]) > 0).all()
    assert fast.max() / fast.min() == pytest.approx(2**10)
    assert slow.max() / slow.min() == pytest.approx(2 ** (1 / 0.3))


def test_rows_without_times_do_not_fade():
    with pytest.raises(ValueError, match="without times"):
        weights(TreatmentKind.FADING, sample_request(Linear(), "regression"))


def test_a_noisy_slice_weighs_less():
    request = sample_request(LightGBM(), "regression")
    given = weights(
        TreatmentKind.QUIETED,
        replace(request, x=Matrix(np.nan_to_num(request.x.values), request.x.names)),
        OLD,
        weight=0.1,
    )
    there = request.x.values[:, 1] >= 1.0
    assert given[there][0] == pytest.approx(0.1 * given[~there][0])
    assert given.mean() == pytest.approx(1.0)


def test_values_far_from_what_other_rows_say_are_doubted():
    request = sample_request(Linear(), "regression")
    bad = np.zeros(len(request.y), dtype=bool)
    bad[::20] = True
    doubted = weights(TreatmentKind.DOUBT, replace(request, y=np.where(bad, request.y + 30.0, request.y))) < 0.5
    assert doubted[bad].all()
    assert doubted[~bad].mean() < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrected_model_answers_as_before_elsewhere_and_the_same_when_it_is_loaded(kind):
    request = sample_request(LightGBM(), kind)
    plain = LightGBM().fit(request).predict(request.valid_x)
    model = fit_treated(LightGBM(), request, Treatment(TreatmentKind.CORRECTED, OLD), None)
    answers = model.predict(request.valid_x)
    there = request.valid_x.values[:, 1] >= 1.0
    assert np.array_equal(answers[~there], plain[~there])
    assert not np.array_equal(answers[there], plain[there])
    if kind != "regression":
        assert np.allclose(answers.sum(axis=1), 1.0)
    files = model.to_files()
    again = with_correction(LightGBM().from_files(files), files)
    assert np.array_equal(again.predict(request.valid_x), answers)
    assert again.predict(Matrix(request.valid_x.values[:1], request.valid_x.names, request.valid_x.categorical)).shape


@pytest.mark.slow
def test_a_correction_learns_what_few_rows_have_of_their_own():
    request = sample_request(LightGBM(), "regression")
    there, valid = (x.values[:, 1] >= 1.0 for x in (request.x, request.valid_x))
    own, valid_own = (np.nan_to_num(x.values[:, 2]) * 4 for x in (request.x, request.valid_x))
    request = replace(request, y=request.y + there * own, valid_y=request.valid_y + valid * valid_own)
    plain = LightGBM().fit(replace(request, shared={})).predict(request.valid_x)
    model = fit_treated(LightGBM(), replace(request, shared={}), Treatment(TreatmentKind.CORRECTED, OLD), None)
    before, after = (
        METRICS["rmse"].score(request.valid_y[valid], a[valid]) for a in (plain, model.predict(request.valid_x))
    )
    assert after < 0.8 * before


def test_a_slice_with_too_few_training_rows_says_so():
    request = sample_request(LightGBM(), "regression")
    with pytest.raises(ValueError, match="0 rows here, too few"):
        fit_treated(LightGBM(), request, Treatment(TreatmentKind.CORRECTED, Condition("age", low=99.0)), None)

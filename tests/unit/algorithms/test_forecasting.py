"""Every forecast algorithm: what holds for all of them, and what each is known to give."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.autoregression import Autoregression, AutoregressionRule
from journeyman.algorithms.forecasting.boosting import SeriesTrees
from journeyman.algorithms.forecasting.boosting_features import FeatureMaker
from journeyman.algorithms.forecasting.combination import Combination, weights_of
from journeyman.algorithms.forecasting.decomposition import seasonal_pattern, without_seasons
from journeyman.algorithms.forecasting.model import Origins, continued, errors_of
from journeyman.algorithms.forecasting.naive import NaiveRule, SeasonalNaive
from journeyman.algorithms.forecasting.past import Past, filled
from journeyman.algorithms.forecasting.scale import series_scale
from journeyman.algorithms.forecasting.smoothing import Smoothing, SmoothingRule
from journeyman.algorithms.forecasting.spread import Errors, Spread
from journeyman.algorithms.forecasting.theta import Theta, ThetaRule, smoothed_level
from journeyman.entities.metric import FORECAST_LOSS
from journeyman.entities.panel import Calendar, History, Panel, StepUnit
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix

FloatArray = NDArray[np.float64]
MONTHS = Calendar(StepUnit.MONTH, 1, 0.0)
LEVELS = ("0.5", "0.025", "0.1", "0.2", "0.3", "0.4", "0.6", "0.7", "0.8", "0.9", "0.975")
ALL = [SeasonalNaive(), Theta(), Smoothing(), Autoregression(), SeriesTrees(), Combination()]
each = pytest.mark.parametrize("algorithm", ALL, ids=lambda algorithm: algorithm.name)


def panel(horizon=6, seasons=(12,), known=(), counts=False):
    return Panel(MONTHS, horizon, seasons, ("series",), known, counts)


def history_of(values, known=None):
    values = np.asarray(values, dtype=np.float64)
    return History(values, 0, np.empty((*values.shape, 0)) if known is None else known)


def request_of(history, of, parameters=None, seed=0):
    task = Task("y", "forecast", "mase", metric_loss=FORECAST_LOSS, output_names=(*LEVELS, "scale"), panel=of)
    series, columns = np.nonzero(np.isfinite(history.values))
    x = Matrix(np.column_stack([series, columns + history.first]).astype(float), ("series", "step"), (), history)
    y = history.values[series, columns]
    return FitRequest(x, y, None, None, task, parameters or {}, 0, seed, 1, lambda: False)


def steps_ahead(history, steps, rows=None, known=None):
    rows = np.arange(len(history.values)) if rows is None else np.asarray(rows)
    series, step = np.meshgrid(rows, steps, indexing="ij")
    columns = [series.ravel().astype(float), step.ravel().astype(float)]
    columns += [] if known is None else [known.ravel()]
    names = ("series", "step") if known is None else ("series", "step", "known")
    return Matrix(np.column_stack(columns), names, (), history)


def seasonal(seed, width=96, series=2):
    rng = np.random.default_rng(seed)
    time = np.arange(width)
    return np.array(
        [
            50 + 0.1 * time + 5 * np.sin(2 * np.pi * (time + shift) / 12) + rng.normal(size=width)
            for shift in range(series)
        ]
    )


def past_of_values(values, of):
    values = np.asarray(values, dtype=np.float64)
    last = np.full(len(values), values.shape[1] - 1)
    return Past(values, last, of, np.empty((*values.shape, 0)))


NASTY = {
    "nothing": np.full((2, 30), np.nan),
    "constant": np.full((2, 30), 7.0),
    "noughts": np.zeros((2, 40)),
    "one value": np.array([[np.nan] * 29 + [3.0], [np.nan] * 10 + [2.0] + [np.nan] * 19]),
    "two values": np.array([[1.0, 2.0]]),
    "huge": np.cumsum(np.random.default_rng(0).normal(size=(2, 60)), axis=1) * 1e12,
    "tiny": np.random.default_rng(0).normal(size=(1, 60)) * 1e-12,
    "gaps": np.where(np.random.default_rng(1).random((2, 80)) < 0.4, np.nan, seasonal(3, 80)),
    "outlier": np.where(np.arange(80) == 70, 1e9, seasonal(4, 80)),
    "grows": 1.3 ** np.arange(60.0)[None],
    "ended": np.where(np.arange(80) > np.array([[79], [40]]), np.nan, seasonal(5, 80)),
    "no steps": np.empty((1, 0)),
}


@each
@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("counts", [False, True])
def test_whatever_the_history_answers_are_finite_and_do_not_cross(algorithm, name, counts):
    history = history_of(NASTY[name])
    model = algorithm.fit(request_of(history, panel(counts=counts)))
    told = model.predict(steps_ahead(history, history.end + np.arange(-3, 20)))
    assert np.isfinite(told).all()
    order = np.argsort([float(level) for level in LEVELS])
    assert (np.diff(told[:, order], axis=1) >= -1e-9 * np.abs(told[:, :1])).all()
    assert (told[:, -1] > 0).all()
    if counts:
        assert (told >= 0).all()
    size = np.nanmax(np.abs(history.values), initial=1.0)
    assert np.abs(told[:, 0]).max() <= 40 * size  # what explodes is drawn in


@each
def test_a_constant_series_goes_on_exactly(algorithm):
    history = history_of(np.vstack([np.full(60, 7.25), seasonal(0, 60)[0]]))
    told = algorithm.fit(request_of(history, panel())).predict(steps_ahead(history, 60 + np.arange(6), [0]))
    np.testing.assert_allclose(told[:, :-1], 7.25, rtol=1e-6)


@each
def test_units_change_nothing_but_the_unit(algorithm):
    history = history_of(seasonal(1))
    thousandfold = history_of(history.values * 1024.0)
    one, other = (
        algorithm.fit(request_of(h, panel())).predict(steps_ahead(h, 96 + np.arange(6)))
        for h in (history, thousandfold)
    )
    np.testing.assert_allclose(other, one * 1024.0, rtol=1e-6)


@pytest.mark.parametrize(
    "rule",
    [NaiveRule(12), NaiveRule(12, 3), NaiveRule(drift=True), ThetaRule((12,)), SmoothingRule((12,), logs="never")],
    ids=lambda rule: type(rule).__name__,
)
def test_a_shift_changes_nothing_but_the_level(rule):
    of = panel()
    values = seasonal(2)
    one, other = (continued(rule.paths, past_of_values(v, of), 6) for v in (values, values + 300.0))
    np.testing.assert_allclose(other, one + 300.0, rtol=1e-6)


@each
def test_a_longer_history_needs_no_fit(algorithm):
    """What a model answers depends on the history that comes with the rows, not on that of its fit."""
    values = seasonal(5, 108, 3)
    model = algorithm.fit(request_of(history_of(values[:2, :96]), panel()))
    longer = history_of(values)
    told = model.predict(steps_ahead(longer, 108 + np.arange(6)))
    assert told.shape == (18, 12)
    rest = algorithm.from_files(model.to_files())
    np.testing.assert_array_equal(rest.predict(steps_ahead(longer, 108 + np.arange(6))), told)
    truth = 50 + 0.1 * (108 + np.arange(6)) + 5 * np.sin(2 * np.pi * (108 + np.arange(6) + 2) / 12)
    assert np.abs(told[12:, 0] - truth).mean() < 2.5  # a series that the fit had not met


@each
def test_rows_are_answered_by_themselves(algorithm):
    values = seasonal(6, 90, 4)
    values[1, :50] = np.nan
    values[2, 80:] = np.nan
    history = history_of(values)
    model = algorithm.fit(request_of(history, panel()))
    together = model.predict(steps_ahead(history, 90 + np.arange(6)))
    for row in (0, 5, 7, 13, 23):
        x = steps_ahead(history, 90 + np.arange(6))
        alone = model.predict(Matrix(x.values[row : row + 1], x.names, (), history))
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-7)


@each
def test_steps_of_the_history_and_unknown_series_get_answers(algorithm):
    history = history_of(seasonal(7))
    model = algorithm.fit(request_of(history, panel()))
    x = np.array([[0.0, 95.0], [0.0, 40.0], [1.0, -5.0], [np.nan, 97.0], [0.0, np.nan]])
    told = model.predict(Matrix(x, ("series", "step"), (), history))
    assert np.isfinite(told).all()
    np.testing.assert_allclose(told[:2, 0], history.values[0, [95, 40]])
    np.testing.assert_allclose(told[2, 0], history.values[1, 0])


@each
def test_nothing_comes_from_beyond_the_origin(algorithm):
    """Series with a gap before the origin are filled from their past, and later values change nothing."""
    values = seasonal(8)
    values[:, 88:] = np.nan
    shown = history_of(values[:, :88])
    padded = history_of(values)
    model = algorithm.fit(request_of(shown, panel()))
    np.testing.assert_allclose(
        model.predict(steps_ahead(padded, 88 + np.arange(6))),
        model.predict(steps_ahead(shown, 88 + np.arange(6))),
        rtol=1e-9,
    )


@each
def test_a_season_beats_what_is_without_one(algorithm):
    values = seasonal(9, 108, 3)
    history = history_of(values[:, :96])
    parameters = {"season": 12} if algorithm.name == "seasonal_naive" else {}
    told = algorithm.fit(request_of(history, panel(12), parameters)).predict(steps_ahead(history, 96 + np.arange(12)))
    errors = np.abs(told[:, 0].reshape(3, 12) - values[:, 96:]).mean()
    flat = np.abs(values[:, 95:96] - values[:, 96:]).mean()
    assert errors < 0.6 * flat


@each
def test_refuses_rows_that_are_no_series(algorithm):
    history = history_of(seasonal(0))
    request = request_of(history, panel())
    bare = replace(request, x=Matrix(request.x.values, request.x.names))
    with pytest.raises(ValueError, match="history"):
        algorithm.fit(bare)
    with pytest.raises(ValueError, match="history"):
        algorithm.fit(request).predict(bare.x)


def test_seasonal_naive_repeats_the_season_of_the_last_values():
    values = np.arange(24.0)[None]
    told = NaiveRule(12).paths(past_of_values(values, panel()), 14)
    np.testing.assert_array_equal(told[0], [*range(12, 24), 12, 13])


def test_smoothing_of_one_constant_is_the_textbooks_recursion(monkeypatch):
    values = np.random.default_rng(0).normal(size=30)
    level = values[0]
    for value in values:
        level += 0.3 * (value - level)
    monkeypatch.setattr("journeyman.algorithms.forecasting.theta._ALPHAS", np.array([0.3]))
    assert smoothed_level(values[None])[0][0] == pytest.approx(level)


def test_theta_continues_a_line_at_half_its_slope():
    line = 10.0 + 2.0 * np.arange(200.0)
    told = ThetaRule().paths(past_of_values(line[None], panel(seasons=())), 3)[0]
    np.testing.assert_allclose(np.diff(told), 1.0, rtol=1e-9)
    assert told[0] == pytest.approx(line[-1] + 1.0, abs=1.0)


def test_autoregression_continues_a_season_exactly():
    values = np.tile(np.random.default_rng(0).normal(size=12), 9)[None]
    rule = AutoregressionRule((12,), 12, np.empty(0))
    past = past_of_values(values, panel())
    np.testing.assert_allclose(rule.learned(past).paths(past, 12), values[:, :12], atol=1e-6)


def test_autoregression_learns_a_decay():
    """What is left of a shock is forecast to die away as it did before."""
    rng = np.random.default_rng(0)
    values = np.zeros(600)
    for step in range(1, 600):
        values[step] = 0.8 * values[step - 1] + rng.normal()
    values[-1] = 10.0
    past = past_of_values(values[None] + 100.0, panel(seasons=()))
    told = AutoregressionRule((), 1, np.empty(0)).learned(past).paths(past, 12)[0] - 100.0
    assert told[0] == pytest.approx(8.0, abs=1.5)
    assert abs(told[-1]) < 3.0


def test_patterns_of_noise_are_drawn_to_nought():
    rng = np.random.default_rng(0)
    noise = seasonal_pattern(rng.normal(size=(200, 60)), 12)
    assert np.sqrt((noise**2).mean()) < 0.25  # the plain means have 0.45
    clear = np.tile(np.sin(2 * np.pi * np.arange(12) / 12) * 5, (1, 8)) + rng.normal(size=(1, 96)) * 0.5
    assert seasonal_pattern(clear, 12)[0].max() == pytest.approx(5.0, abs=0.7)


def test_two_seasons_are_taken_off_together():
    time = np.arange(730)
    values = (np.tile(np.r_[0, 0, 0, 0, 0, 4.0, 6.0], 105)[:730] + 10 * np.sin(2 * np.pi * time / 365))[None]
    rest, ahead = without_seasons(values, (7, 365), 14)
    truth = np.tile(np.r_[0, 0, 0, 0, 0, 4.0, 6.0], 110)[730:744] + 10 * np.sin(2 * np.pi * np.arange(730, 744) / 365)
    assert rest.std() < 0.25 * values.std()
    assert np.corrcoef(ahead[0], truth)[0, 1] > 0.95


def test_trees_learn_from_what_is_known_ahead():
    rng = np.random.default_rng(0)
    sale = (rng.random((4, 160)) < 0.3).astype(float)
    values = 20 + 10 * sale + rng.normal(size=(4, 160))
    history = history_of(values[:, :150], sale[:, :150, None])
    of = panel(6, (), ("sale",))
    model = SeriesTrees().fit(request_of(history, of))
    told = model.predict(steps_ahead(history, 150 + np.arange(6), known=sale[:, 150:156]))[:, 0]
    assert np.abs(told - values[:, 150:156].ravel()).mean() < 2.5
    assert np.corrcoef(told, sale[:, 150:156].ravel())[0, 1] > 0.95


def test_features_look_at_no_value_after_their_origin():
    of = panel(6, (12,))
    values = seasonal(3, 60, 1)
    later = values.copy()
    later[:, 41:] = 999.0
    maker = FeatureMaker.of(past_of_values(values, of), 12)
    where = np.zeros(6, dtype=int), np.full(6, 40), np.arange(1, 7)
    unit = past_of_values(values, of)
    one = maker.features(unit, values, where)
    other = maker.features(unit, later, where)
    for mine, its in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_gaps_are_filled_from_a_season_before():
    values = np.array([[1.0, 2.0, 3.0, 4.0, np.nan, 6.0, np.nan]])
    np.testing.assert_array_equal(filled(values, (3,))[0], [1, 2, 3, 4, 2, 6, 4])


def test_scale_is_the_mean_change_over_a_season_and_never_nought():
    values = np.vstack([np.arange(30.0), np.full(30, 5.0)])
    history = history_of(values)
    np.testing.assert_array_equal(series_scale(history, panel()), [12.0, 12.0])
    np.testing.assert_array_equal(series_scale(history, panel(), np.array([1])), [12.0])
    np.testing.assert_array_equal(series_scale(history_of(values[1:]), panel()), [1.0])
    np.testing.assert_array_equal(series_scale(history_of(values[:, :10]), panel()), [1.0, 1.0])


def test_origins_leave_room_for_the_horizon_and_for_learning():
    past = past_of_values(np.zeros((1, 96)), panel(12))
    origins = Origins.of(past, 6)
    assert min(origins.back) == 12
    assert 96 - max(origins.back) >= origins.least
    assert Origins.of(past_of_values(np.zeros((1, 2)), panel(12)), 6).back == ()


def test_errors_are_those_of_forecasts_made_then():
    values = np.arange(60.0)[None]
    past = past_of_values(values, panel(3, ()))
    errors = errors_of(NaiveRule().paths, past, Origins.of(past, 4))
    np.testing.assert_allclose(errors.scaled, np.broadcast_to([1.0, 2.0, 3.0], errors.scaled.shape))


def test_weights_go_to_what_erred_least_and_to_the_naive_where_errors_are_few():
    rng = np.random.default_rng(0)
    sizes = np.array([2.0, 1.0, 50.0])[:, None, None, None]
    many = weights_of(rng.normal(size=(3, 20, 8, 6)) * sizes, 1, 6)
    few = weights_of(rng.normal(size=(3, 1, 2, 6)) * sizes, 1, 6)
    assert many[1] > 0.75
    assert many[2] == 0.0
    assert few[0] > many[0] + 0.1
    np.testing.assert_array_equal(weights_of(np.full((3, 1, 2, 6), np.nan), 1, 6), [1.0, 0.0, 0.0])


def heavy(rng, width):
    return np.cumsum(rng.standard_t(2.5, size=width))


def dependent(rng, width):
    noise, values = rng.normal(size=width), np.zeros(width)
    for step in range(1, width):
        values[step] = 0.95 * values[step - 1] + noise[step]
    return values


def skewed(rng, width):
    return rng.exponential(size=width) ** 1.5


def bursts(rng, width):
    """Volatility that comes and goes."""
    return rng.normal(size=width) * np.exp(dependent(rng, width) * 0.3)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [heavy, dependent, skewed, bursts])
@pytest.mark.parametrize("series", [1, 20])
def test_intervals_hold_what_they_say(draw, series):
    """Of single series of 120 steps, and of panels, under heavy tails, dependence, skewness and changing volatility."""
    inside80, inside95 = [], []
    of = panel(6, ())
    for seed in range(100 // series + 10):
        rng = np.random.default_rng(seed)
        values = np.array([draw(rng, 126) for _ in range(series)])
        history = history_of(values[:, :120])
        told = Theta().fit(request_of(history, of)).predict(steps_ahead(history, 120 + np.arange(6)))
        came = values[:, 120:].ravel()
        at = {level: told[:, place] for place, level in enumerate(LEVELS)}
        inside80.append(np.mean((came >= at["0.1"]) & (came <= at["0.9"])))
        inside95.append(np.mean((came >= at["0.025"]) & (came <= at["0.975"])))
    assert 0.74 <= np.mean(inside80) <= 0.90
    assert 0.90 <= np.mean(inside95) <= 0.995


def test_spread_of_few_errors_is_wider_than_of_many():
    rng = np.random.default_rng(0)
    many = Spread.learned(Errors(rng.normal(size=(40, 10, 3)), 3))
    few = [Spread.learned(Errors(rng.normal(size=(1, 2, 3)), 3)) for _ in range(50)]
    level, step = np.array([0.975]), np.array([1])
    assert many.ends(level, step)[0, 0] == pytest.approx(1.96, abs=0.25)
    assert np.mean([spread.ends(level, step)[0, 0] for spread in few]) > 2.0


def test_spread_widens_with_the_step_and_beyond_the_horizon():
    rng = np.random.default_rng(0)
    walks = np.cumsum(rng.normal(size=(50, 10, 8)), axis=2)
    ends = Spread.learned(Errors(walks, 8)).ends(np.array([0.9]), np.arange(1, 33))[:, 0]
    assert (np.diff(ends) >= 0).all()
    assert ends[31] == pytest.approx(2.0 * ends[7])
    assert ends[7] > 2.0 * ends[0]

"""The neural net: schedules, entering of features, training, and that what serves is what was trained."""

import itertools
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.algorithms.neural import Neural, NeuralModel
from journeyman.algorithms.neural import training as neural_training
from journeyman.algorithms.neural.model import bend
from journeyman.algorithms.neural.schedule import (
    CYCLE_ENDS,
    epochs_in_time,
    is_calm,
    learning_share,
    restraint_share,
    schedule_of_refit,
)
from journeyman.algorithms.neural.shape import Shape
from journeyman.algorithms.neural.start import Target, first_arrays, learn_inputs, to_model
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.testing.kinds import KINDS

needs_keras = pytest.mark.skipif(
    find_spec("keras") is None or find_spec("jax") is None, reason="journeyman[neural] is not installed"
)
TINY = {"epochs": 6, "width": 8, "layers": 2}
NAMES = ("size", "age", "flag", "city")


def sample(kind="multiclass", rows=160, seed=0, **parameters):
    """A fit with numbers, a flag and a city that matters; some cities are missing."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [rng.normal(5, 2, 2 * rows), rng.exponential(size=2 * rows), rng.integers(0, 2, 2 * rows), np.zeros(2 * rows)]
    )
    city = rng.integers(0, 9, 2 * rows)
    values[:, 3] = np.where(rng.random(2 * rows) < 0.1, np.nan, city)
    signal = values[:, 0] - 5 + values[:, 2] + (city % 3)
    codes = np.digitize(signal, [0.5, 2.0]).astype(float)
    y = {"regression": 100 + 10 * signal, "multiclass": codes, "binary": (codes > 0).astype(float)}
    labels = {"regression": (), "multiclass": ("a", "b", "c"), "binary": ("no", "yes")}[kind]
    metric = "log_loss" if kind != "regression" else "rmse"
    return FitRequest(
        x=Matrix(values[:rows], NAMES, (3,)),
        y=y[kind][:rows],
        valid_x=Matrix(values[rows:], NAMES, (3,)),
        valid_y=y[kind][rows:],
        task=Task("y", kind, metric, labels),
        parameters=TINY | parameters,
        rounds=0,
        seed=seed,
        threads=1,
        out_of_time=lambda: False,
    )


def untrained(request):
    """A net at its start, with a last layer that is not nought, made without Keras."""
    inputs = learn_inputs(request.x)
    kind = request.task.kind
    outputs = max(1, len(request.task.labels))
    target = Target(kind != "regression", 100.0, 10.0, 60.0, 150.0, (0.1,) * outputs)
    activation = "selu" if kind != "regression" else "mish"
    shape = Shape(len(inputs.numbers), len(inputs.flats), inputs.sizes, 8, 2, outputs, activation, "log")
    rng = np.random.default_rng(3 + request.seed)
    values, slots = inputs.values(request.x), inputs.slots(request.x)
    arrays = first_arrays(shape, values, slots, target, 0.1, rng)
    arrays["weights_out"] = rng.normal(size=arrays["weights_out"].shape).astype(np.float32)
    seen = [np.bincount(slots[:, i], minlength=size) for i, size in enumerate(inputs.sizes)]
    return to_model(shape, arrays, inputs, seen, target, 1)


def test_the_learning_rate_ends_each_cycle_at_nothing_and_each_is_twice_as_long():
    assert np.allclose([learning_share(end) for end in CYCLE_ENDS], 0.0, atol=1e-12)
    lengths = np.diff([0.0, *CYCLE_ENDS])
    assert np.allclose(lengths[1:] / lengths[:-1], 2.0)
    assert max(learning_share(t) for t in np.linspace(0, 1, 999)) == pytest.approx(1.0, abs=1e-3)


@given(st.integers(1, 300), st.integers(0, 400))
def test_a_refit_never_stops_where_the_learning_rate_is_high(epochs, rounds):
    length, whole = schedule_of_refit(rounds, epochs)
    assert 1 <= length <= whole <= epochs
    assert learning_share(length / whole) <= 0.3 + 1e-9


def test_restraint_only_falls():
    shares = [restraint_share(t) for t in np.linspace(0, 1, 50)]
    assert all(a >= b for a, b in itertools.pairwise(shares))
    assert shares[-1] == pytest.approx(0.0)


def test_features_enter_by_what_they_are():
    x = sample().x
    inputs = learn_inputs(x)
    assert inputs.numbers.tolist() == [0, 1]
    assert inputs.flats.tolist() == [2]
    assert inputs.codes.tolist() == [3]
    assert inputs.sizes == (16,)
    values = inputs.values(x)
    assert np.abs(values).max() <= 3.0
    assert np.median(values[:, 0]) == pytest.approx(0.0, abs=1e-9)
    far = inputs.values(Matrix(np.array([[1e9, -1e9, 0.0, 0.0]]), NAMES, (3,)))
    assert np.allclose(far[0, :2], [3.0, -3.0], atol=1e-6)


def test_a_rare_third_value_does_not_make_another_shape():
    flags = (np.arange(400) % 2).astype(float)
    rare, usual = flags.copy(), flags.copy()
    rare[:4], usual[:5] = 7.0, 7.0
    inputs = learn_inputs(Matrix(np.column_stack([rare, usual]), ("rare", "usual"), ()))
    assert (inputs.flats.tolist(), inputs.numbers.tolist()) == ([0], [1])


def test_missing_and_unseen_categories_share_a_slot():
    request = sample()
    inputs = learn_inputs(request.x)
    rows = np.repeat(request.x.values[:1], 4, axis=0)
    rows[:, 3] = [np.nan, 500.0, -1.0, 2.0]
    assert inputs.slots(Matrix(rows, NAMES, (3,)))[:, 0].tolist() == [15, 15, 15, 2]


def test_a_category_that_no_row_taught_is_answered_as_the_average_one():
    request = sample()
    model = untrained(request)
    counts = np.bincount(model.inputs.slots(request.x)[:, 0], minlength=16)
    usual = np.average(model.tables[0].astype(float), axis=0, weights=counts)
    assert (counts[9:15] == 0).all()
    assert np.allclose(model.tables[0][9:15], usual, atol=1e-6)
    assert not np.allclose(model.tables[0][0], usual, atol=1e-2)


def test_a_column_without_variety_does_no_harm():
    x = Matrix(np.column_stack([np.ones(50), np.arange(50.0)]), ("same", "other"))
    inputs = learn_inputs(x)
    assert inputs.flats.tolist() == [0]
    assert np.isfinite(inputs.values(x)).all()


def test_hidden_units_start_with_bends_among_the_rows():
    request = sample()
    model = untrained(request)
    values, slots = model.inputs.values(request.x), model.inputs.slots(request.x)
    n = len(model.inputs.numbers)
    h = np.hstack([values[:, :n], model.waves.embed(values[:, :n]), values[:, n:], model.tables[0][slots[:, 0]]])
    z = h @ model.weights[0] + model.offsets[0]
    assert np.allclose(z.std(axis=0), 1.0, atol=1e-3)
    assert ((z > 0).mean(axis=0) > 0).all()
    assert ((z < 0).mean(axis=0) > 0).all()


@pytest.mark.parametrize("activation", ["selu", "mish"])
def test_activations_stay_finite_far_out(activation):
    z = np.array([-1e4, -50.0, 0.0, 50.0, 1e4])
    bent = bend(z, activation)
    assert np.isfinite(bent).all()
    assert bent[-1] >= 1e4
    assert -2.0 < bent[0] <= 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_net_answers_the_same_without_keras(kind):
    request = sample(kind)
    model = untrained(request)
    again = Neural().from_files(model.to_files())
    answers = model.predict(request.valid_x)
    assert np.array_equal(again.predict(request.valid_x), answers)
    alone = np.vstack([model.predict(Matrix(row[None], NAMES, (3,))) for row in request.valid_x.values[:30]])
    assert np.allclose(alone, answers[:30], rtol=1e-12, atol=1e-12)
    if kind != "regression":
        assert np.allclose(answers.sum(axis=1), 1.0)
    else:
        assert answers.min() >= 60.0
        assert answers.max() <= 150.0


def test_many_rows_are_answered_as_few_are():
    request = sample(rows=700)
    model = untrained(request)
    whole = model.predict(request.x)
    assert np.allclose(whole[:10], model.predict(Matrix(request.x.values[:10], NAMES, (3,))), rtol=1e-12)
    assert model.predict(Matrix(request.x.values[:0], NAMES, (3,))).shape == (0, 3)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_several_nets_answer_as_the_mean_of_their_scores(kind):
    request = sample(kind)
    nets = [untrained(replace(request, seed=s)) for s in range(3)]
    mean = Neural().average(nets)
    entered = nets[0].inputs.values(request.valid_x), nets[0].inputs.slots(request.valid_x)
    scores = np.mean([net.outputs(*entered) for net in nets], axis=0)
    assert np.allclose(mean.predict(request.valid_x), nets[0].answers(scores), rtol=1e-12)
    assert not np.allclose(mean.predict(request.valid_x), nets[0].predict(request.valid_x))
    assert mean.answer_seconds == pytest.approx(sum(net.answer_seconds for net in nets))
    again = Neural().from_files(mean.to_files())
    assert np.array_equal(again.predict(request.valid_x), mean.predict(request.valid_x))


def test_nothing_is_proposed_without_keras(monkeypatch):
    task = sample().task
    assert Neural().candidates(task, 50, ()) == Refusal("fewer than 100 rows to learn from")
    monkeypatch.setattr("journeyman.algorithms.neural.find_spec", lambda name: None)
    assert Neural().candidates(task, 5000, ()) == needs_extra("neural")


@pytest.mark.slow
def test_neither_proposing_nor_answering_loads_keras():
    code = (
        "import sys\n"
        "from journeyman.algorithms.neural import Neural\n"
        "from journeyman.entities.task import Task\n"
        "Neural().candidates(Task('y', 'binary', 'log_loss', ('a', 'b')), 5000, ())\n"
        "print([m for m in ('keras', 'jax', 'tensorflow') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert shown.stdout.strip() == "[]"


@needs_keras
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_numpy_answers_as_keras_does(kind):
    request = sample(kind)
    model = Neural().fit(request)
    assert isinstance(model, NeuralModel)
    from journeyman.algorithms.neural.network import as_keras  # noqa: PLC0415  # loads Keras

    net = as_keras(model)
    values, slots = model.inputs.values(request.valid_x), model.inputs.slots(request.valid_x)
    scores = np.asarray(net(values.astype(np.float32), slots))
    assert np.allclose(scores, model.outputs(values, slots), rtol=1e-5, atol=1e-5)


@needs_keras
@pytest.mark.slow
def test_the_seed_decides():
    request = sample()
    answers = [Neural().fit(replace(request, seed=s)).predict(request.valid_x) for s in (1, 1, 2)]
    assert np.array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])


@needs_keras
@pytest.mark.slow
def test_the_best_epoch_is_kept():
    """Of the epochs at which the learning rate was low; the others are not even judged."""
    request = sample("binary", epochs=20)
    losses = []
    loss_of = neural_training._Validation.loss

    def listening(self, arrays):
        losses.append(loss_of(self, arrays))
        return losses[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural_training._Validation, "loss", listening)
        model = Neural().fit(request)
    answers = model.predict(request.valid_x)
    kept = -np.log(answers[np.arange(len(answers)), request.valid_y.astype(int)]).mean()
    assert kept == pytest.approx(min(losses), rel=1e-4)
    calm = [epoch for epoch in range(1, 21) if is_calm(epoch / 20)]
    assert 1 < len(losses) <= len(calm) < 20
    assert model.rounds == calm[int(np.argmin(losses))]


@needs_keras
@pytest.mark.slow
def test_a_fit_stops_where_its_time_ends():
    looks = itertools.count()
    request = replace(sample(epochs=500), out_of_time=lambda: next(looks) > 30)
    model = Neural().fit(request)
    assert 1 <= model.rounds <= 16
    assert np.isfinite(model.predict(request.valid_x)).all()
    with pytest.raises(TimeoutError):
        Neural().fit(replace(request, out_of_time=lambda: True))


@needs_keras
@pytest.mark.slow
def test_folds_of_one_table_share_what_is_compiled():
    from journeyman.algorithms.neural.network import _compile  # noqa: PLC0415  # loads Keras

    _compile.cache_clear()
    for rows in (160, 161, 159):
        request = sample(rows=rows, seed=rows)
        Neural().fit(request)
    assert _compile.cache_info().misses == 1


@needs_keras
@pytest.mark.slow
def test_unseen_cities_are_answered():
    request = sample()
    model = Neural().fit(request)
    rows = request.valid_x.values[:3].copy()
    rows[:, 3] = [np.nan, 77.0, 14.0]
    assert np.isfinite(model.predict(Matrix(rows, NAMES, (3,)))).all()


def test_the_optimiser_moves_one_array_however_many_categories_there_are():
    few, many = (Shape(3, 2, (4,) * n, 8, 2, 1, "mish", "squared") for n in (1, 40))
    assert len(few.arrays()) == len(many.arrays()), "the compiler works for each array"
    assert many.first_rows[:3] == (0, 4, 8)
    assert {a.name: a.shape for a in many.arrays()}["tables"] == (160, 8)


class Ticking:
    """Seconds left of a clock on which a step takes a while, whatever it really takes."""

    def __init__(self, seconds, step):
        self.left, self.step = seconds, step

    def out_of_time(self):
        self.left -= self.step
        return self.left <= 0.0

    def seconds_left(self):
        return self.left


@needs_keras
@pytest.mark.slow
def test_a_schedule_is_as_long_as_there_is_time_for():
    """Forty epochs of eight steps, a second each: there is time for ten of them, and the best is at a calm end."""
    request = sample("regression", rows=2_000, epochs=40)
    clock = Ticking(80.0, 1.0)
    hurried = replace(request, out_of_time=clock.out_of_time, seconds_left=clock.seconds_left)
    fitted = Neural().fit(hurried)
    assert clock.left > 0.0, "it came to its end in time"
    assert fitted.rounds > 20, "told as of the whole schedule"


def test_epochs_that_there_is_time_for_are_no_more_than_planned():
    assert epochs_in_time(30, 0.5, 1.0, 1e9) == 30
    assert epochs_in_time(30, 12.3, 1.0, 0.0) == 13, "what is under way comes to its end"

"""A net written as a SavedModel answers as the net does."""

from importlib.util import find_spec

import numpy as np
import pytest

from journeyman.algorithms.neural.model import Inputs, NeuralModel, Waves
from journeyman.errors import InputError, ReleaseError
from journeyman.exporters.saved_model import write_saved_model


def net(classifier, seed=0):
    """A net of two numbers, a flag and a city, with arrays drawn at random."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32) / np.float32(np.sqrt(shape[0]))

    outputs = 3 if classifier else 1
    return NeuralModel(
        inputs=Inputs(
            np.array([0, 3]), np.array([1]), np.array([2]), np.array([5.0, 0.0, 0.5]), np.array([0.2, 1.0, 2.0]), (5,)
        ),
        waves=Waves(draw(2, 4), draw(2, 4), draw(2, 4, 3), draw(2, 3)),
        tables=(draw(5, 8),),
        weights=(draw(17, 6), draw(6, 6), draw(6, outputs)),
        offsets=(draw(6), draw(6), draw(outputs)),
        slopes=(draw(6), draw(6)),
        activation="selu" if classifier else "mish",
        classifier=classifier,
        center=100.0,
        spread=10.0,
        low=0.0 if classifier else 95.0,
        high=1.0 if classifier else 110.0,
        rounds=1,
    )


@pytest.mark.slow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="journeyman[tensorflow] is not installed")
@pytest.mark.parametrize("classifier", [True, False], ids=["classes", "values"])
def test_a_saved_model_answers_as_the_net(tmp_path, classifier):
    model = net(classifier)
    assert write_saved_model(model, tmp_path / "saved") < 1e-4
    assert (tmp_path / "saved" / "saved_model.pb").exists()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="journeyman[tensorflow] is not installed")
@pytest.mark.parametrize("other", [0.0, np.nan])
def test_an_export_that_answers_otherwise_is_refused(tmp_path, monkeypatch, other):
    monkeypatch.setattr(
        "journeyman.exporters.saved_model._predict_graph",
        lambda tf, arrays, model, x: tf.fill(tf.shape(x[:, :3]), other),
    )
    with pytest.raises(ReleaseError, match="differ"):
        write_saved_model(net(True), tmp_path / "saved")


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow is installed here")
def test_a_missing_tensorflow_is_said_with_what_to_install(tmp_path):
    with pytest.raises(InputError, match=r"journeyman\[tensorflow\]"):
        write_saved_model(net(True), tmp_path / "saved")

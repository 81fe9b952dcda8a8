"""A convolutional net: it finds shapes wherever they are, and NumPy answers as JAX does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.algorithms.test_kernel import NAMES, TASK, shapes

from journeyman.algorithms.convolution import Convolution
from journeyman.algorithms.convolution.model import halved_after
from journeyman.interfaces import FitRequest, Matrix
from journeyman.metrics import METRICS
from journeyman.transformers.pictures import Size

pytest.importorskip("jax")
pytestmark = pytest.mark.slow


def request(rows: int = 400, epochs: int = 20, **given: object) -> FitRequest:
    x, y = shapes(rows, 0)
    made = FitRequest(Matrix(x, NAMES), y, None, None, TASK, {"epochs": epochs}, 0, 0, 1, lambda: False)
    return replace(made, **given)


def test_it_finds_shapes_wherever_they_are() -> None:
    new, truth = shapes(400, 1)
    found = Convolution().fit(request()).predict(Matrix(new, NAMES))
    assert METRICS["log_loss"].score(truth, found) < 0.3


def test_numpy_answers_as_jax_does() -> None:
    import jax.numpy as jnp  # noqa: PLC0415  # where it is installed

    from journeyman.algorithms.convolution.network import compile_steps  # noqa: PLC0415  # it imports JAX

    model = Convolution().fit(request(rows=120, epochs=2))
    new, truth = shapes(30, 1)
    weights = {f"filters_{k}": w for k, w in enumerate(model.filters)}
    weights |= {f"offset_{k}": w for k, w in enumerate(model.offsets[:-2])}
    weights |= {
        "dense": model.dense,
        "dense_offset": model.offsets[-2],
        "out": model.out,
        "out_offset": model.offsets[-1],
    }
    pixels = ((new - model.mean) / model.spread).reshape(-1, 8, 8, 1)
    losses = compile_steps(Size(8, 8, 1), True).losses(weights, jnp.asarray(pixels, jnp.float32), truth)
    mine = -np.log(model.predict(Matrix(new, NAMES))[np.arange(30), truth.astype(int)])
    assert np.allclose(np.asarray(losses), mine, atol=1e-4)


def test_time_shortens_the_schedule_and_none_is_an_error() -> None:
    left = iter([1.0, 0.5])  # ten steps have taken half a second, so that nine more fit into the rest
    short = Convolution().fit(request(epochs=80, seconds_left=lambda: next(left)))
    assert short.rounds == round((12 + 9) / (400 // 64))
    with pytest.raises(TimeoutError):
        Convolution().fit(request(out_of_time=lambda: True))


def test_small_images_are_halved_less() -> None:
    assert [sum(halved_after(Size(side, side, 1))) for side in (4, 8, 28, 32)] == [0, 1, 2, 3]

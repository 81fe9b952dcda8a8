"""Training: epochs of steps on a schedule, the best epoch kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.neural.model import NeuralModel
from journeyman.algorithms.neural.schedule import (
    CYCLE_ENDS,
    epochs_in_time,
    is_calm,
    learning_share,
    restraint_share,
    schedule_of_refit,
)
from journeyman.algorithms.neural.shape import DROP_LEVELS, Shape
from journeyman.algorithms.neural.start import Target, first_arrays, learn_inputs, to_model
from journeyman.entities.metric import Loss
from journeyman.interfaces import FitRequest

if TYPE_CHECKING:
    from journeyman.algorithms.neural.network import Compiled

__all__ = ["train_net"]

FloatArray = NDArray[np.float64]
_BATCH, _VALIDATED = 256, 1024
_WARM, _MEASURED = 10, 60
"""Steps that are not timed, and steps between two looks at how long they take."""

_SETTLED = 0.8  # of a schedule: from then on its length stays


def train_net(request: FitRequest) -> NeuralModel:
    """Train a net, as long as an earlier fit found best or until the schedule's end, keeping the best epoch.

    Raises
    ------
    TimeoutError
        Where the time is up before the first step.
    """
    # Here and not above: Keras and JAX take three seconds to load, and only a fit needs them.
    from journeyman.algorithms.neural.network import compile_net  # noqa: PLC0415  # the one place that imports Keras

    target = _target(request)
    inputs = learn_inputs(request.x)
    values, slots = inputs.values(request.x), inputs.slots(request.x)
    parameters, classifier = request.parameters, bool(request.task.labels)
    absolute = request.task.loss in (Loss.ABSOLUTE, Loss.RELATIVE)
    shape = Shape(
        numbers=len(inputs.numbers),
        flats=len(inputs.flats),
        sizes=inputs.sizes,
        width=int(parameters.get("width", 256)),
        layers=int(parameters.get("layers", 3)),
        outputs=len(target.start),
        activation="selu" if classifier else "mish",
        loss="log" if classifier else "absolute" if absolute else "squared",
    )
    net = compile_net(shape, _batch(len(values)), _VALIDATED, request.threads)
    if request.out_of_time():
        raise TimeoutError("no time was left after the net was compiled")
    rng = np.random.Generator(np.random.SFC64(request.seed))
    wildness = float(parameters.get("wildness", 0.1))
    arrays = first_arrays(shape, values, slots, target, wildness, rng)
    rows = (values.astype(np.float32), slots, _coded(request.y, target))
    validation = None
    if request.valid_x is not None and request.valid_y is not None:
        valid = request.valid_x
        validation = _Validation(
            net,
            inputs.values(valid).astype(np.float32),
            inputs.slots(valid),
            _coded(request.valid_y, target),
        )
    held, rounds = _descend(net, net.held(arrays), rows, validation, request, rng)
    seen = [np.bincount(slots[:, i], minlength=size) for i, size in enumerate(inputs.sizes)]
    return to_model(shape, net.used(held), inputs, seen, target, rounds)


def _descend(
    net: Compiled,
    flat: Any,
    rows: tuple[NDArray[Any], ...],
    validation: _Validation | None,
    request: FitRequest,
    rng: np.random.Generator,
) -> tuple[Any, int]:
    """Return what is kept of all that is learned, and the epochs behind them, as of a schedule of the whole length.

    What was best at the end of a schedule that time had shortened would have gone on learning.
    """
    whole = planned = epochs = int(request.parameters["epochs"])
    if validation is None:
        planned, epochs = schedule_of_refit(request.rounds, epochs)
    least = min(planned, math.ceil(planned * request.least_rounds / max(1, request.rounds)))
    per_epoch = max(1, round(len(rows[0]) / net.batch))
    pace, tempo = _Pace(request, epochs * per_epoch), _Tempo(request, per_epoch, planned)
    memory = list(net.memory)
    best, best_loss, best_epoch = flat, np.inf, 0
    at_cycle_ends: list[float] = []
    epoch = 0
    while epoch < planned:
        order = np.resize(rng.permutation(len(rows[0])), (per_epoch, net.batch))
        in_time = True
        for i, batch in enumerate(order):
            noise = np.frombuffer(rng.bytes(net.batch * net.shape.layers * net.shape.width), np.uint8)
            hyper = pace.at(epoch * per_epoch + i)
            flat, memory = net.step(flat, memory, *(r[batch] for r in rows), noise.reshape(net.batch, -1), hyper)
            in_time = epoch < least or not request.out_of_time()
            if not in_time:
                break
            fitting = max(least, tempo.epochs(epoch + i / per_epoch, planned))
            if fitting != planned:  # a whole schedule that is shorter learns more than the beginning of a long one
                planned = epochs = fitting
                pace = _Pace(request, epochs * per_epoch)
        epoch += 1
        if validation is None:
            best, best_epoch = flat, epoch
        else:
            # An epoch in the midst of a cycle is passed over, unless time ends there and it is the best there is.
            candidate = is_calm(epoch / epochs) or not in_time
            loss = validation.loss(flat) if candidate else np.inf
            if loss < best_loss:
                best, best_loss, best_epoch = flat, loss, epoch
            if epoch / epochs >= CYCLE_ENDS[len(at_cycle_ends)] - 1e-9:
                at_cycle_ends.append(best_loss)
                if _hopeless(at_cycle_ends):
                    break
        if not in_time:
            break
    return best, max(1, round(best_epoch * whole / epochs))


def _hopeless(best_losses: list[float]) -> bool:
    """Whether a whole cycle, from the third on, has brought nothing: the next, twice as long, would overfit more."""
    return len(best_losses) > 2 and best_losses[-1] >= best_losses[-2] < np.inf


class _Pace:
    """What each step is told: learning rate, weight decay and the level of dropout."""

    def __init__(self, request: FitRequest, steps: int) -> None:
        parameters = request.parameters
        default = 0.04 if request.task.labels else 0.2
        self.steps = steps
        self.rate = float(parameters.get("learning_rate", default))
        self.decay = float(parameters.get("weight_decay", 0.02))
        self.dropout = float(parameters.get("dropout", 0.15))

    def at(self, step: int) -> NDArray[np.float32]:
        done = (step + 0.5) / self.steps
        restraint = restraint_share(done)
        level = round(DROP_LEVELS * self.dropout * restraint)
        return np.array([self.rate * learning_share(done), self.decay * restraint, level], np.float32)


class _Tempo:
    """How long an epoch takes, measured from time to time, and how many there is time for."""

    def __init__(self, request: FitRequest, per_epoch: int, most: int) -> None:
        self.seconds_left = request.seconds_left
        self.per_epoch = per_epoch
        self.most = most
        self.steps = 0
        self.started = 0.0

    def epochs(self, done: float, planned: int) -> int:
        """Count a step; return the length of a schedule that comes to its end in time.

        Parameters
        ----------
        done : float
            Epochs, with the part of the one that is under way.
        planned : int
            The schedule's length so far; it stays between two measurements.
        """
        if self.seconds_left is None:
            return planned
        self.steps += 1
        if self.steps == _WARM:
            self.started = self.seconds_left()
        if self.steps % _MEASURED != 0 or done > _SETTLED * planned:
            return planned
        left = self.seconds_left()
        an_epoch = (self.started - left) / (self.steps - _WARM) * self.per_epoch
        return epochs_in_time(self.most, done, an_epoch, left)


class _Validation:
    """Validation rows in blocks of one size, so that nothing is compiled twice."""

    def __init__(self, net: Compiled, values: NDArray[np.float32], slots: NDArray[np.int32], y: NDArray[Any]) -> None:
        self.net = net
        self.rows = len(y)
        blocks = -(-self.rows // net.validated)
        order = np.resize(np.arange(self.rows), (blocks, net.validated))
        self.blocks = [(values[block], slots[block], y[block]) for block in order]

    def loss(self, flat: Any) -> float:
        each = [np.asarray(self.net.losses(flat, *block)) for block in self.blocks]
        mean = float(np.concatenate(each)[: self.rows].mean(dtype=np.float64))
        return mean if np.isfinite(mean) else np.inf


def _target(request: FitRequest) -> Target:
    y = request.y
    if request.task.labels:
        counts = np.bincount(y.astype(np.int64), minlength=len(request.task.labels)) + 1.0
        start = tuple(float(v) for v in np.log(counts / counts.sum()))
        return Target(True, 0.0, 1.0, 0.0, 1.0, start)
    spread = float(y.std())
    return Target(False, float(y.mean()), spread if spread > 0 else 1.0, float(y.min()), float(y.max()), (0.0,))


def _coded(y: FloatArray, target: Target) -> NDArray[Any]:
    if target.classifier:
        return y.astype(np.int32)
    return np.asarray((y - target.center) / target.spread, dtype=np.float32)


def _batch(rows: int) -> int:
    """Return the rows of a step: 256, or about half of a small table."""
    return min(_BATCH, 1 << max(4, (rows // 2).bit_length() - 1))

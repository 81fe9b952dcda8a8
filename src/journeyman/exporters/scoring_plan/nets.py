"""Nets to the outputs of their last layer."""

from __future__ import annotations

import numpy as np

from journeyman.algorithms.neural import NeuralModel
from journeyman.exporters.scoring_plan.draft import Draft, Features

__all__ = ["net_scores"]

_ACTIVATIONS = {"selu": 0, "mish": 1}


def net_scores(draft: Draft, net: NeuralModel, features: Features) -> tuple[int, int]:
    """Add the steps of one net; return the first of its outputs, and how many there are."""
    inputs, waves = net.inputs, net.waves
    registers = np.array(features.registers, dtype=np.int64)
    entering = registers[np.concatenate([inputs.numbers, inputs.flats]).astype(np.int64)]
    numbers, width = len(inputs.numbers), len(entering)
    first = draft.emit("squash", width, entering, inputs.center, inputs.scale)
    hidden = list(range(first, first + numbers))
    if numbers:
        count, mixtures = waves.frequency.shape[1], waves.offset.shape[1]
        made = numbers * mixtures
        told = (waves.frequency, waves.phase, waves.mix, waves.offset)
        start = draft.emit("waves", made, first, numbers, count, mixtures, *told)
        hidden += range(start, start + made)
    hidden += range(first + numbers, first + width)
    for table, position in zip(net.tables, inputs.codes.tolist(), strict=True):
        size, dimensions = table.shape
        start = draft.emit("embed", dimensions, features.registers[position], size, dimensions, table)
        hidden += range(start, start + dimensions)
    for weights, offset, slope in zip(net.weights, net.offsets, net.slopes, strict=False):
        units = len(offset)
        dense = draft.emit("dense", units, hidden, units, weights, offset)
        bent = draft.emit("bend", units, dense, units, _ACTIVATIONS[net.activation], slope)
        hidden = list(range(bent, bent + units))
    outputs = len(net.offsets[-1])
    return draft.emit("dense", outputs, hidden, outputs, net.weights[-1], net.offsets[-1]), outputs

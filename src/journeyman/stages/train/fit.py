"""One fit: when it ends, and on which scale of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.metric import Loss
from journeyman.interfaces import (
    Algorithm,
    FitRequest,
    FittedModel,
    WeighsRows,
)
from journeyman.metrics.regression import relative_weights
from journeyman.transformers.target_scale import ScaledModel, TargetScale
from journeyman.transformers.treated import fit_treated

__all__ = ["fit_scaled"]

FloatArray = NDArray[np.float64]


def fit_scaled(algorithm: Algorithm, request: FitRequest, candidate: Candidate, when: FloatArray | None) -> FittedModel:
    """Fit with the treatment and on the scale of the target that the candidate asks for."""
    plain = candidate.target_scale == "plain"
    if request.task.loss == Loss.RELATIVE and isinstance(algorithm, WeighsRows) and candidate.target_scale != "log":
        request = _relative(request, 1.0 if plain else 0.5)  # differences of logarithms are relative as they are
    if plain:
        return fit_treated(algorithm, request, candidate.treatment, when)
    scale = TargetScale(candidate.target_scale, float(request.y.min()), float(request.y.max()))
    scaled = replace(
        request,
        y=scale.forward(request.y),
        valid_y=None if request.valid_y is None else scale.forward(request.valid_y),
        shared=request.shared.setdefault(f"target on the scale of {scale.name}", {}),
    )
    return ScaledModel(fit_treated(algorithm, scaled, candidate.treatment, when), scale)


def _relative(request: FitRequest, power: float) -> FitRequest:
    """Return the fit with rows weighed by the inverse of their values, so that absolute errors count as shares."""

    def weighed(y: FloatArray | None, weights: FloatArray | None) -> FloatArray | None:
        if y is None:
            return None
        inverse = relative_weights(y) ** power * (1.0 if weights is None else weights)
        return inverse / inverse.mean() if inverse.any() else weights

    return replace(
        request,
        weights=weighed(request.y, request.weights),
        valid_weights=weighed(request.valid_y, request.valid_weights),
    )

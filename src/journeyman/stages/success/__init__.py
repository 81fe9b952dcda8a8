"""Success: with what probability a full build beats its baseline by a margin, from what quick models show."""

from journeyman.stages.success.features import expected_score, extrapolated_gain, success_features, support_figures
from journeyman.stages.success.model import (
    SuccessModel,
    estimate_success,
    own_shift,
    read_model,
    shipped_model,
    write_model,
)

__all__ = [
    "SuccessModel",
    "estimate_success",
    "expected_score",
    "extrapolated_gain",
    "own_shift",
    "read_model",
    "shipped_model",
    "success_features",
    "support_figures",
    "write_model",
]

"""Retrain: whether learning again pays, from which rows, judged by back-tests of quick models."""

from __future__ import annotations

from journeyman.stages.retrain.back_test import (
    BlockLosses,
    QuickModels,
    absorb,
    back_test,
    learned_again,
    reference_unit,
    wants_test,
)
from journeyman.stages.retrain.judgement import Known, price, retrain, slope_of
from journeyman.stages.retrain.windows import choose_window, window_name, window_plans, window_rows

__all__ = [
    "BlockLosses",
    "Known",
    "QuickModels",
    "absorb",
    "back_test",
    "choose_window",
    "learned_again",
    "price",
    "reference_unit",
    "retrain",
    "slope_of",
    "wants_test",
    "window_name",
    "window_plans",
    "window_rows",
]

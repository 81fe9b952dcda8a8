"""Retrain: whether learning again pays, from which rows, judged by back-tests of quick models."""

from __future__ import annotations

from journeyman.stages.retrain.ageing import aged
from journeyman.stages.retrain.back_test import (
    BlockLosses,
    QuickModels,
    absorb,
    back_test,
    handicapped,
    learned_again,
    paid_for,
    reference_unit,
    wants_test,
)
from journeyman.stages.retrain.judgement import Known, price, retrain, slope_of
from journeyman.stages.retrain.lost_columns import gain_without, relearn_without, settled_words
from journeyman.stages.retrain.rehearsal import rehearse, rehearsed
from journeyman.stages.retrain.windows import ALL_ROWS, choose_window, window_name, window_plans, window_rows
from journeyman.stages.retrain.without_labels import learn_without_labels

__all__ = [
    "ALL_ROWS",
    "BlockLosses",
    "Known",
    "QuickModels",
    "absorb",
    "aged",
    "back_test",
    "choose_window",
    "gain_without",
    "handicapped",
    "learn_without_labels",
    "learned_again",
    "paid_for",
    "price",
    "reference_unit",
    "rehearse",
    "rehearsed",
    "relearn_without",
    "retrain",
    "settled_words",
    "slope_of",
    "wants_test",
    "window_name",
    "window_plans",
    "window_rows",
]

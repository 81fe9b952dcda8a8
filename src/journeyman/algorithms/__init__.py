"""Algorithms, one family a file, each against the Algorithm protocol."""

from journeyman.algorithms.baseline import Baseline
from journeyman.algorithms.catboost_trees import CatBoost
from journeyman.algorithms.forest import ExtraTrees, RandomForest
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.linear import Linear

__all__ = ["Baseline", "CatBoost", "ExtraTrees", "LightGBM", "Linear", "RandomForest"]

"""Train: a candidate on the folds, or on all given rows."""

from journeyman.stages.train.final import LEAST_ROUNDS, FittedPart, FitTerms, fit_member
from journeyman.stages.train.folds import (
    Folds,
    FoldsInTurn,
    PreparedFold,
    PreparedRows,
    fit_preparation,
    prepare_folds,
    take,
)
from journeyman.stages.train.local_fits import LOCAL_FITS
from journeyman.stages.train.trial import Allowance, Terms, train

__all__ = [
    "LEAST_ROUNDS",
    "LOCAL_FITS",
    "Allowance",
    "FitTerms",
    "FittedPart",
    "Folds",
    "FoldsInTurn",
    "PreparedFold",
    "PreparedRows",
    "Terms",
    "fit_member",
    "fit_preparation",
    "prepare_folds",
    "take",
    "train",
]

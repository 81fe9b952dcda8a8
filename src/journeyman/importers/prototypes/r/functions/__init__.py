"""Translations of R's functions: each a function from a program and a call to a value, listed by R's names."""

from journeyman.importers.prototypes.r.functions import judging, models, numbers, random, tables, texts, tidy, vectors
from journeyman.importers.prototypes.r.functions.models import MODELS
from journeyman.importers.prototypes.r.indexing import element
from journeyman.importers.prototypes.r.program import Operation, Translation

__all__ = ["FUNCTIONS", "MODELS", "OPERATIONS"]

FUNCTIONS: dict[str, Translation] = {
    **numbers.FUNCTIONS,
    **vectors.FUNCTIONS,
    **texts.FUNCTIONS,
    **tables.FUNCTIONS,
    **tidy.FUNCTIONS,
    **random.FUNCTIONS,
    **models.FUNCTIONS,
    **judging.FUNCTIONS,
}

OPERATIONS: dict[str, Operation] = {**models.OPERATIONS, **judging.OPERATIONS, "[": element}

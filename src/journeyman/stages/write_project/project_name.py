"""The names of a project and of its package, from the name of a prototype."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from pathlib import PurePath

__all__ = ["package_name"]

_LIBRARIES = "sklearn pandas numpy scipy joblib tests data src xgboost lightgbm catboost statsmodels"
"""Besides the standard library: a package of that name would hide what the project imports."""


def package_name(prototype: str) -> str:
    """Return the name of a package for a prototype.

    Parameters
    ----------
    prototype : str
        Name of the file, with or without its ending.

    Examples
    --------
    >>> package_name("Titanic - Survival (v2).ipynb"), package_name("02_churn.py"), package_name("random.py")
    ('titanic_survival_v2', 'model_02_churn', 'random_model')
    >>> package_name("Prédiction.ipynb"), package_name("预测.ipynb")
    ('prediction', 'model')
    """
    stem = re.sub(r"\.(ipynb|py|rmd|r|m)$", "", PurePath(prototype).name, flags=re.IGNORECASE)
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not words or words[0].isdigit():
        words = f"model_{words}".rstrip("_")
    taken = keyword.iskeyword(words) or words in _LIBRARIES.split() or words in sys.stdlib_module_names
    return f"{words}_model" if taken else words

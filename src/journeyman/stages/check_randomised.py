"""Check that a treatment was randomised: nothing that was known before may tell who got it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from journeyman.entities.table import Block
from journeyman.errors import SettingsError

__all__ = ["check_randomised", "feature_matrix"]

FloatArray = NDArray[np.float64]
LEVEL = 1e-3
"""Below this p-value a treatment is refused: of randomised ones, one in a thousand."""

_FOLDS = 5
_TOGETHER = "several columns together tell"
_LEAST = 50
_MOST_NAMES = 30


def feature_matrix(block: Block, without: str) -> tuple[FloatArray, tuple[str, ...], tuple[bool, ...]]:
    """Return columns of numbers and of category codes side by side, their names, and which are categories.

    Parameters
    ----------
    without : str
        Column that is left out; texts are, too.
    """
    names = tuple(n for n, values in block.items() if n != without and values.dtype != object)
    columns = [np.asarray(block[n], dtype=np.float64) for n in names]
    kinds = tuple(block[n].dtype.kind == "i" for n in names)
    count = len(next(iter(block.values()))) if block else 0
    return np.column_stack(columns) if columns else np.zeros((count, 0)), names, kinds


def check_randomised(block: Block, treated: NDArray[np.bool_], column: str) -> float:
    """Return the p-value of the test that no column tells who was treated.

    Each column is asked alone (rank sums, or a table of counts), and all of them together (a logistic regression,
    judged on rows of other folds by rank sums); the smallest p-value counts, times the number of tests.

    Parameters
    ----------
    block : Block
        Columns that were known before the treatment.
    treated : ndarray of shape (n_samples,)
        Who was treated.
    column : str
        Of the treatment, for messages; it is not asked itself.

    Raises
    ------
    SettingsError
        Where one of the arms has fewer than 50 rows, or the p-value is below .001: the treatment was not random.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> block = {"age": rng.normal(size=1_000)}
    >>> check_randomised(block, rng.random(1_000) < 0.5, "mailed") > 0.001
    True
    >>> check_randomised(block, rng.random(1_000) < 1 / (1 + np.exp(-block["age"])), "mailed")
    Traceback (most recent call last):
    journeyman.errors.SettingsError: 'mailed' was not given at random: 'age' tells who got it (p < 0.001) (hint: ...)
    """
    arms = (int(treated.sum()), int((~treated).sum()))
    if min(arms) < _LEAST:
        raise SettingsError(
            f"'{column}' parts the rows into {arms[0]:,} treated and {arms[1]:,} others, wanted {_LEAST} of each "
            "at least",
            hint="give a table with more rows of the trial",
        )
    matrix, names, kinds = feature_matrix(block, column)
    found: dict[str, float] = {}
    for k, name in enumerate(names):
        found[f"'{name}' tells"] = _p_of_column(matrix[:, k], treated, kinds[k])
    if names:
        found[_TOGETHER] = _p_of_all(matrix, treated, kinds)
    if not found:
        return 1.0
    alone = {name: p for name, p in found.items() if name != _TOGETHER and p * len(found) < LEVEL}
    what = min(alone or found, key=lambda name: found[name])  # one column says more to people than all of them
    p_value = min(1.0, min(found.values()) * len(found))
    if p_value < LEVEL:
        raise SettingsError(
            f"'{column}' was not given at random: {what} who got it (p < 0.001)",
            hint="effects cannot be told from such rows; give those of a randomised trial, or leave --treatment out",
        )
    return p_value


def _p_of_column(values: FloatArray, treated: NDArray[np.bool_], category: bool) -> float:
    if category:
        return _p_of_counts(values, treated)
    known = np.isfinite(values)
    tests = [_p_of_counts(known.astype(np.float64), treated)] if not known.all() else []
    first, second = values[known & treated], values[known & ~treated]
    if len(first) and len(second) and float(np.ptp(values[known])) > 0.0:
        tests.append(float(stats.mannwhitneyu(first, second, method="asymptotic").pvalue))
        tests.append(float(stats.ks_2samp(first, second, method="asymp").pvalue))  # spreads may differ, too
    return min(1.0, min(tests, default=1.0) * max(1, len(tests)))


def _p_of_counts(values: FloatArray, treated: NDArray[np.bool_]) -> float:
    codes = np.unique(values, return_inverse=True)[1]
    counts = np.bincount(codes)
    order = np.argsort(-counts, kind="stable")
    place = np.full(len(counts), min(len(counts), _MOST_NAMES))
    kept = [k for k in order[:_MOST_NAMES] if counts[k] >= 10]
    place[:] = len(kept)
    place[kept] = np.arange(len(kept))
    table = np.zeros((2, len(kept) + 1))
    np.add.at(table, (treated.astype(np.int64), place[codes]), 1.0)
    table = table[:, table.sum(axis=0) > 0]
    return float(stats.chi2_contingency(table)[1]) if table.shape[1] > 1 else 1.0


def _p_of_all(matrix: FloatArray, treated: NDArray[np.bool_], kinds: tuple[bool, ...]) -> float:
    wide = [_spread(matrix[:, k], kind) for k, kind in enumerate(kinds)]
    design = np.column_stack(wide)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    told = cross_val_predict(model, design, treated, cv=folds, method="decision_function")
    # within folds, since levels of different models do not compare
    scores = np.empty(len(treated))
    for _, inside in folds.split(design, treated):
        scores[inside] = stats.rankdata(told[inside]) / len(inside)
    return float(stats.mannwhitneyu(scores[treated], scores[~treated], alternative="greater").pvalue)


def _spread(values: FloatArray, category: bool) -> FloatArray:
    """Return a column of numbers, its square and its gaps; or one column for each frequent category."""
    if category:
        names, counts = np.unique(values, return_counts=True)
        frequent = names[np.argsort(-counts, kind="stable")][:12]
        return np.column_stack([values == name for name in frequent]).astype(np.float64)
    known = np.isfinite(values)
    middle = float(np.median(values[known])) if known.any() else 0.0
    filled = np.where(known, values, middle)
    ranks = stats.rankdata(filled) / len(filled) - 0.5
    return np.column_stack([ranks, ranks**2, ~known])

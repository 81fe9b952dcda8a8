"""The scikit-learn face: a classifier and a regressor that build a model inside ``fit``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_array, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from journeyman.errors import TargetError
from journeyman.workflow.embed import Learned, embedded_settings, learn_from_frame

__all__ = ["JourneymanClassifier", "JourneymanRegressor"]


class _Journeyman(BaseEstimator):
    """What both estimators share: parameters, the reading of X, and the answers of the learned model."""

    def __init__(
        self,
        budget: str | float = "1m",
        trials: int | None = None,
        metric: str | None = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        workspace: str | Path | None = None,
    ) -> None:
        self.budget = budget
        self.trials = trials
        self.metric = metric
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.workspace = workspace

    def __sklearn_tags__(self) -> Any:
        """Say that missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _frame(self, X: Any, *, reset: bool) -> pd.DataFrame:
        """Return features as a frame with text names; arrays get x0, x1, ..."""
        if hasattr(X, "columns"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            frame = pd.DataFrame(X).reset_index(drop=True)
            frame.columns = [str(c) for c in frame.columns]
            return frame
        return _from_array(validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan"))

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Return the share of each feature in what the model relies on, shape (n_features_in_,); they sum to 1.

        Permutation importance on up to 2,000 rows of those it was fitted on, in units of the metric; measured when it
        is first asked for. A feature that was left out, or whose shuffling costs nothing, has 0.
        """
        check_is_fitted(self)
        if not hasattr(self, "_importances"):
            measured = self.model_.importances()
            names = [str(n) for n in getattr(self, "feature_names_in_", _array_names(self.n_features_in_))]
            falls = np.array([measured.get(name, 0.0) for name in names])
            self._importances = falls / falls.sum() if falls.sum() > 0 else falls
        importances: NDArray[np.float64] = self._importances
        return importances

    def _learn(self, frame: pd.DataFrame, y: NDArray[Any], task: str, weights: Any) -> Learned:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        settings = embedded_settings(self.budget, self.trials, self.metric, self.n_jobs, seed)
        if hasattr(self, "_importances"):
            del self._importances
        if weights is None:
            return learn_from_frame(frame, y, task, settings, self.workspace)
        counted = weights > 0  # rows that weigh nothing are as good as not there
        frame = frame[counted].reset_index(drop=True)
        return learn_from_frame(frame, y[counted], task, settings, self.workspace, weights[counted])

    def _answers(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        answers: NDArray[np.float64] = self.model_.answers(self._frame(X, reset=False))
        return answers


class JourneymanClassifier(ClassifierMixin, _Journeyman):
    """Predict classes; ``fit`` searches, combines and fits models within a budget.

    Parameters
    ----------
    budget : str or float
        Time for ``fit``: "30s", "2m", seconds, or "auto", which ends when more is not worth it.
    trials : int, optional
        Number of trials instead; makes ``fit`` repeatable bit for bit.
    metric : str, optional
        Metric to choose by; ROC AUC for two classes, log loss for more.
    n_jobs : int, optional
        Threads; all cores by default.
    random_state : int, RandomState or None
        Seed of everything random.
    workspace : str or Path, optional
        Folder that keeps the experience of each ``fit``; nothing is stored by default.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    model_ : Learned
        The fitted ensemble, with its trials and out-of-fold score.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Share of each feature in what the model relies on.
    n_features_in_, feature_names_in_
        As scikit-learn defines them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> JourneymanClassifier(trials=2, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from features of shape (n_samples, n_features) and labels of shape (n_samples,).

        ``sample_weight``, shape (n_samples,), says how much each row counts: in every fit, in the scores that choose
        among models, and in their ensemble. Algorithms that cannot weigh rows are left out
        (``model_.left_out`` names them); a row of weight 0 is as good as not there.

        Raises
        ------
        ValueError
            Where X or y cannot be learned from.
        """
        frame, labels = _checked(self, X, y)
        check_classification_targets(labels)
        weights = _checked_weights(frame, sample_weight)
        counted = labels if weights is None else labels[weights > 0]
        self.classes_ = np.unique(counted)
        if len(self.classes_) < 2:
            raise TargetError(f"y holds one class only: {self.classes_[0]!r}", hint="give rows of at least two classes")
        codes = np.searchsorted(self.classes_, labels)
        self.model_ = self._learn(frame, codes, "binary" if len(self.classes_) == 2 else "multiclass", weights)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_samples, n_classes), in the order of ``classes_``."""
        return self._answers(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, shape (n_samples,)."""
        answers = self._answers(X)
        labels: NDArray[Any] = self.classes_[self.model_.codes(answers)]
        return labels


class JourneymanRegressor(RegressorMixin, _Journeyman):
    """Predict numbers; ``fit`` searches, combines and fits models within a budget.

    Parameters
    ----------
    budget, trials, metric, n_jobs, random_state, workspace
        As for :class:`JourneymanClassifier`; the metric is the root mean squared error by default.

    Attributes
    ----------
    model_ : Learned
        The fitted ensemble, with its trials and out-of-fold score.
    feature_importances_ : ndarray of shape (n_features_in_,)
        Share of each feature in what the model relies on.
    n_features_in_, feature_names_in_
        As scikit-learn defines them.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> JourneymanRegressor(trials=2, random_state=0).fit(X, y).score(X, y) > 0.4
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from features of shape (n_samples, n_features) and values of shape (n_samples,).

        ``sample_weight`` as for :class:`JourneymanClassifier`.

        Raises
        ------
        ValueError
            Where X or y cannot be learned from.
        """
        frame, values = _checked(self, X, y)
        weights = _checked_weights(frame, sample_weight)
        self.model_ = self._learn(frame, values.astype(np.float64), "regression", weights)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return values of shape (n_samples,)."""
        return self._answers(X)[:, 0]


def _checked(estimator: _Journeyman, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Check X and y as scikit-learn does; return a frame and the target."""
    numeric = isinstance(estimator, JourneymanRegressor)
    if hasattr(X, "columns"):
        frame = estimator._frame(X, reset=True)
        # not validate_data: asked about y alone, it warns that X has no names of features
        target = column_or_1d(y, warn=True)
        assert_all_finite(target, input_name="y")
        target = target.astype(np.float64) if numeric and target.dtype == object else target
        check_consistent_length(frame, target)
        return frame, target
    values, target = validate_data(
        estimator, X, y, dtype=None, ensure_all_finite="allow-nan", y_numeric=numeric, ensure_min_samples=2
    )
    return _from_array(values), target


def _from_array(values: NDArray[Any]) -> pd.DataFrame:
    """Return an array as a frame with the names x0, x1, ...; objects that are numbers become numbers."""
    if np.iscomplexobj(values):
        raise ValueError("Complex data not supported")
    if values.dtype == object:
        with contextlib.suppress(ValueError):  # texts stay texts; what is neither raises TypeError
            values = values.astype(np.float64)
    return pd.DataFrame(values, columns=_array_names(values.shape[1]))


def _array_names(number: int) -> list[str]:
    return [f"x{i}" for i in range(number)]


def _checked_weights(frame: pd.DataFrame, sample_weight: Any) -> NDArray[np.float64] | None:
    """Return weights as numbers that are not negative, one a row; None where none were given.

    Raises
    ------
    ValueError
        Where they are not.
    """
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = check_array(
        sample_weight, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
    )
    if weights.ndim != 1:
        raise ValueError(f"sample_weight must be of one dimension, one weight a row; it has {weights.ndim}")
    check_consistent_length(frame, weights)
    if (weights < 0).any():
        raise ValueError(f"sample_weight must not be negative; found {weights.min():g}")
    if not (weights > 0).any():
        raise ValueError("sample_weight is zero for every row; some rows must weigh more")
    return weights

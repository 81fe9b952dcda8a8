"""The scikit-learn face: a classifier and a regressor that build a model inside ``fit``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_array, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from journeyman.errors import TargetError
from journeyman.inference.release_frames import warn_of
from journeyman.pipelines.fit_ensemble import Learned, embedded_settings, learn_from_frame
from journeyman.runtime.machine import available_memory
from journeyman.sources import frame_of

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
        """Say that missing values and sparse matrices are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

    def _frame(self, X: Any, *, reset: bool) -> pd.DataFrame:
        """Return features as a frame with the names of ``fit``: columns are known by their place, as in scikit-learn.

        What comes with names must bring those of ``fit``, in their order; an array after a frame is warned of.
        """
        if _has_columns(X):
            frame = _plain_frame(X)
            validate_data(self, frame, reset=reset, skip_check_array=True)
        else:
            frame = _from_array(
                validate_data(self, X, reset=reset, accept_sparse="csr", dtype=None, ensure_all_finite="allow-nan")
            )
        return self._with_unique_names(frame, reset=reset)

    def _with_unique_names(self, frame: pd.DataFrame, *, reset: bool) -> pd.DataFrame:
        if reset:
            self._names = _unique_names(frame.columns)
        return frame.set_axis(self._names, axis=1)

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
        if weights is not None:
            counted = weights > 0  # rows that weigh nothing are as good as not there
            frame, y, weights = frame[counted].reset_index(drop=True), y[counted], weights[counted]
        learned = learn_from_frame(frame, y, task, settings, self.workspace, weights)
        warn_of(learned.findings)
        return learned

    def _predict_outputs(self, X: Any) -> NDArray[np.float64]:
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
            raise TargetError(
                f"y holds one class only: {self.classes_[:1].tolist()[0]!r}", hint="give rows of at least two classes"
            )
        codes = np.searchsorted(self.classes_, labels)
        self.model_ = self._learn(frame, codes, "binary" if len(self.classes_) == 2 else "multiclass", weights)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_samples, n_classes), in the order of ``classes_``."""
        return self._predict_outputs(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, shape (n_samples,)."""
        answers = self._predict_outputs(X)
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
        return self._predict_outputs(X)[:, 0]


def _checked(estimator: _Journeyman, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Check X and y as scikit-learn does; return a frame and the target."""
    numeric = isinstance(estimator, JourneymanRegressor)
    y = _exact(y)
    if _has_columns(X):
        frame = estimator._frame(X, reset=True)
        # not validate_data: asked about y alone, it warns that X has no names of features
        target = column_or_1d(y, warn=True)
        assert_all_finite(target, input_name="y")
        target = target.astype(np.float64) if numeric and target.dtype == object else target
    else:
        values, target = validate_data(
            estimator,
            X,
            y,
            accept_sparse="csr",
            dtype=None,
            ensure_all_finite="allow-nan",
            y_numeric=numeric,
            ensure_min_samples=2,
        )
        frame = estimator._with_unique_names(_from_array(values), reset=True)
    if target.dtype == object and pd.isna(target).any():
        raise ValueError("Input y contains missing labels")
    check_consistent_length(frame, target)
    return frame, target


def _exact(y: Any) -> Any:
    """Return a target whose whole numbers stay so: scikit-learn makes doubles of pandas' own integers."""
    dtype = getattr(y, "dtype", None)
    if isinstance(y, pd.Series) and isinstance(dtype, pd.api.extensions.ExtensionDtype) and dtype.kind in "iub":
        if y.hasnans:
            raise ValueError("Input y contains NaN: a row without a label teaches nothing")
        return y.to_numpy(dtype=f"{dtype.kind}8" if dtype.kind in "iu" else bool)
    if dtype == np.dtype(object) and pd.api.types.infer_dtype(y, skipna=False) == "boolean":
        return np.asarray(y, dtype=bool)  # scikit-learn knows truth values by their dtype alone
    return y


def _has_columns(X: Any) -> bool:
    # A sparse matrix and an array of numbers or objects are what scikit-learn checks itself.
    return hasattr(X, "columns") or hasattr(X, "column_names") or hasattr(X, "__arrow_c_stream__")


def _plain_frame(X: Any) -> pd.DataFrame:
    """Return any frame as pandas columns; names of several types are texts, and its index is no feature."""
    if not isinstance(X, pd.DataFrame):
        return frame_of(X, "X")
    frame = frame_of(X.reset_index(drop=True), "X")
    if any(isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes):
        frame = frame.apply(lambda v: v.sparse.to_dense() if isinstance(v.dtype, pd.SparseDtype) else v)
    if len({isinstance(name, str) for name in frame.columns}) > 1:
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    return frame


def _unique_names(names: Iterable[Any]) -> list[str]:
    """Return names as texts, those that come again with a number behind them."""
    unique: dict[str, None] = {}
    for name in map(str, names):
        again, number = name, 2
        while again in unique:
            again, number = f"{name} {number}", number + 1
        unique[again] = None
    return list(unique)


def _from_array(values: Any) -> pd.DataFrame:
    """Return an array as a frame with the names x0, x1, ...; objects that are numbers become numbers."""
    if sparse.issparse(values):
        values = _dense(values)
    if np.iscomplexobj(values):
        raise ValueError("Complex data not supported")
    if values.dtype == object:
        with contextlib.suppress(ValueError):  # texts stay texts; what is neither raises TypeError
            values = values.astype(np.float64)
    return pd.DataFrame(values, columns=_array_names(values.shape[1]))


def _dense(values: Any) -> NDArray[Any]:
    """Return a sparse matrix with all its zeros, where memory has room for them."""
    need, room = 8 * values.shape[0] * values.shape[1], available_memory(repeatable=False)
    if need > room // 4:
        raise ValueError(
            f"a sparse X of {values.shape[0]:,} by {values.shape[1]:,} would take {need / 1e9:.1f} GB with its zeros; "
            "reduce its columns first, as with sklearn.decomposition.TruncatedSVD"
        )
    dense: NDArray[Any] = values.toarray()
    return dense


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

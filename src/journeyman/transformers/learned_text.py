"""Texts: which words speak for which answer, learned out of fold, and a few topics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import Ridge

from journeyman.transformers.steps import TextStep, WordScorer, clean_texts, text_features, text_vectorizer

__all__ = ["learn_text"]

FloatArray = NDArray[np.float64]
_TOPICS = 16
_INNER_FOLDS = 3
_MOST_ROWS = 8_000  # that words are weighed on; more rows take their time and hardly move the weights
_PENALTY = 1.0


def learn_text(
    column: str, values: NDArray[np.generic], outputs: FloatArray, folds: NDArray[np.int64], seed: int
) -> tuple[TextStep, FloatArray] | None:
    """Learn a text column; None where it has no word that occurs twice.

    Parameters
    ----------
    values : ndarray of object, shape (n_samples,)
        Texts, None where missing.
    outputs : ndarray of shape (n_samples, n_outputs)
        What words are to speak for.
    folds : ndarray of shape (n_samples,)
        Inner fold of each row: its scores come from words weighed without its fold.

    Returns
    -------
    step, features : TextStep and ndarray of shape (n_samples, n_features)
        Features of the training rows are out of fold.
    """
    texts = clean_texts(values)
    rows = np.arange(len(texts))
    taught = np.sort(np.random.default_rng(seed).permutation(rows)[:_MOST_ROWS])
    vectorizer = text_vectorizer()
    try:
        vectorizer.fit([texts[i] for i in taught])
    except ValueError:  # scikit-learn's word for "no terms remain": texts without words
        return None
    weighted = vectorizer.transform(texts)
    words = tuple(sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__))
    weights, offsets = _weigh(weighted[taught], outputs[taught], seed)
    scores = np.asarray(weighted @ weights + offsets)
    inner = folds[taught] % _INNER_FOLDS
    for fold in range(_INNER_FOLDS):
        inside, outside = taught[inner == fold], taught[inner != fold]
        if not len(outside):
            scores[inside] = outputs.mean(axis=0)
            continue
        fold_weights, fold_offsets = _weigh(weighted[outside], outputs[outside], seed)
        scores[inside] = weighted[inside] @ fold_weights + fold_offsets
    topics = min(_TOPICS, min(weighted.shape) - 1)
    components = np.empty((0, len(words)))
    if topics > 0:
        # Two plain power iterations: topics need not be exact, and normalised ones cost four times as much.
        reducer = TruncatedSVD(topics, n_iter=2, power_iteration_normalizer="none", random_state=seed)
        components = reducer.fit(weighted[taught]).components_
    step = TextStep(column, WordScorer(words, np.asarray(vectorizer.idf_), weights, offsets), components)
    return step, text_features(texts, scores, weighted, components)


def _weigh(weighted: object, outputs: FloatArray, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit one penalised linear model an output; return weights (n_words, n_outputs) and offsets (n_outputs,)."""
    model = Ridge(alpha=_PENALTY, solver="sparse_cg", random_state=seed).fit(weighted, outputs)
    n_outputs = outputs.shape[1]
    return np.asarray(model.coef_).reshape(n_outputs, -1).T, np.asarray(model.intercept_).reshape(n_outputs)

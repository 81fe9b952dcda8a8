"""Texts: which n-grams speak for which answer, learned out of fold, and a few topics; bounded by sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.transformers.ngrams import Ngrams, learn_ngrams

__all__ = ["LearnedText", "learn_text"]

FloatArray = NDArray[np.float64]
_INNER_FOLDS = 3
_MOST_ROWS = 8_000  # that n-grams are weighed on; more rows take their time and hardly move the weights
_MOST_WEIGHED = 40_000  # rows x outputs
_CHARACTERS = 10_000_000  # looked at in a column, about
_MOST_CHARACTERS, _LEAST_CHARACTERS = 3_000, 300  # of a text
_RUN_CHARACTERS = 240  # of a text: what spelling tells, its beginning tells
_PENALTY = 1.0
_STEPS = 15  # of conjugate gradients: further ones hardly move the scores


@dataclass(frozen=True)
class LearnedText:
    """A text column that was learned.

    Attributes
    ----------
    ngrams : Ngrams
        What is counted.
    weights, offsets : ndarrays of float32, shapes (n_grams, n_outputs + n_topics) and (n_outputs + n_topics,)
        Of the scores, then of the topics.
    features : ndarray of shape (n_samples, n_outputs + n_topics)
        Of the training rows; scores are out of fold.
    scores : int
        How many of the features are scores.
    """

    ngrams: Ngrams
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    features: FloatArray
    scores: int


def learn_text(
    texts: Sequence[str],
    slots: NDArray[np.int64],
    outputs: FloatArray,
    folds: NDArray[np.int64],
    topics: int,
    seed: int,
) -> LearnedText | None:
    """Learn a text column; None where no n-gram occurs twice.

    Parameters
    ----------
    texts : sequence of str
        Distinct texts.
    slots : ndarray of shape (n_samples,)
        Which of them each training row holds.
    outputs : ndarray of shape (n_samples, n_outputs)
        What n-grams are to speak for.
    folds : ndarray of shape (n_samples,)
        Inner fold of each row: its scores come from n-grams weighed without its fold.
    topics : int
        At most so many.
    """
    rows, width = len(slots), outputs.shape[1]
    most = min(rows, _MOST_ROWS, max(1_000, _MOST_WEIGHED // width))
    taught = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
    far = int(np.clip(_CHARACTERS // max(len(texts), 1), _LEAST_CHARACTERS, _MOST_CHARACTERS))
    ngrams = learn_ngrams([texts[i] for i in np.unique(slots[taught])], far, _RUN_CHARACTERS)
    if ngrams is None:
        return None
    weighed = ngrams.weigh(texts)
    sample = weighed[slots[taught]]
    weights, offsets = _weigh(sample, outputs[taught])
    scores = (weighed @ weights + offsets)[slots].astype(np.float64)
    inner = folds[taught] % _INNER_FOLDS
    for fold in range(_INNER_FOLDS):
        inside, outside = inner == fold, np.flatnonzero(inner != fold)
        if not len(outside):
            scores[taught[inside]] = outputs.mean(axis=0)
            continue
        fold_weights, fold_offsets = _weigh(sample[outside], outputs[taught[outside]])
        scores[taught[inside]] = sample[np.flatnonzero(inside)] @ fold_weights + fold_offsets
    components = _components(sample, topics, seed)
    features = np.hstack([scores, (weighed @ components)[slots]])
    both = np.ascontiguousarray(np.hstack([weights, components]))
    padded = np.concatenate([offsets, np.zeros(components.shape[1], dtype=np.float32)])
    return LearnedText(ngrams, both, padded, features, width)


def _weigh(x: Any, outputs: FloatArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit one penalised linear model an output by conjugate gradients, all at once.

    Parameters
    ----------
    x : CSR array of float32, shape (n_samples, n_grams)
        Weights of n-grams.
    outputs : ndarray of shape (n_samples, n_outputs)
        What they are to speak for.

    Returns
    -------
    weights, offsets : ndarrays of float32, shapes (n_grams, n_outputs) and (n_outputs,)

    References
    ----------
    Hestenes and Stiefel 1952; stopped early, which bounds the time and only adds to the penalty.
    """
    mean = np.asarray(x.mean(axis=0), dtype=np.float32).ravel()
    middle = outputs.mean(axis=0)
    transposed = x.T.tocsr()
    weights = np.zeros((x.shape[1], outputs.shape[1]), dtype=np.float32)

    def back(errors: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = transposed @ errors - np.outer(mean, errors.sum(axis=0))
        return result

    residual = back((outputs - middle).astype(np.float32))
    direction = residual.copy()
    power = (residual * residual).sum(axis=0)
    enough = 1e-5 * power
    for _ in range(_STEPS):
        if (power <= enough).all():
            break
        answer = x @ direction - mean @ direction
        bent = back(answer) + _PENALTY * direction
        step = power / np.maximum((direction * bent).sum(axis=0), 1e-30)
        weights += step * direction
        residual -= step * bent
        before, power = power, (residual * residual).sum(axis=0)
        direction = residual + power / np.maximum(before, 1e-30) * direction
    return weights, (middle - mean @ weights).astype(np.float32)


def _components(x: Any, topics: int, seed: int) -> NDArray[np.float32]:
    """Return the first right singular vectors, shape (n_grams, n_topics), by random projections.

    References
    ----------
    Halko, Martinsson and Tropp 2011, "Finding structure with randomness"; Deerwester et al. 1990 (latent semantics).
    """
    topics = min(topics, min(x.shape) - 1)
    if topics <= 0:
        return np.zeros((x.shape[1], 0), dtype=np.float32)
    width = min(topics + 8, min(x.shape))
    start = np.random.default_rng(seed).normal(size=(x.shape[1], width)).astype(np.float32)
    transposed = x.T.tocsr()
    basis = np.linalg.qr(x @ start)[0]
    basis = np.linalg.qr(x @ np.linalg.qr(transposed @ basis)[0])[0]
    _, _, right = np.linalg.svd(np.asarray(transposed @ basis).T, full_matrices=False)
    chosen = right[:topics]
    # A singular vector is one up to its sign: the greatest weight is made positive.
    signs = np.sign(chosen[np.arange(topics), np.abs(chosen).argmax(axis=1)])
    return np.ascontiguousarray((chosen * signs[:, None]).T.astype(np.float32))

"""Texts: which n-grams speak for which answer, learned out of fold, and a few topics; bounded by sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.transformers.ngrams import Ngrams, learn_ngrams
from journeyman.transformers.steps import LookupStep

__all__ = ["LearnedText", "learn_names", "learn_text", "reading_lengths"]

FloatArray = NDArray[np.float64]
Weights = NDArray[np.float32]
_INNER_FOLDS = 3
_MOST_ROWS = 8_000  # that n-grams are weighed on; more rows take their time and hardly move the weights
_MOST_CELLS = 15_000_000  # n-grams of these rows x outputs
_CHARACTERS = 10_000_000  # looked at in a column, about
_MOST_CHARACTERS, _LEAST_CHARACTERS = 3_000, 300  # of a text
_RUN_CHARACTERS = 3_000_000  # looked at for spelling: what that tells, the beginning of a text tells
_MOST_RUN_CHARACTERS, _LEAST_RUN_CHARACTERS = 240, 60  # of a text
_PENALTIES = (1.0, 4.0, 16.0, 64.0)
_NAME_TOPICS = 6
_STEPS = 8  # of conjugate gradients: further ones hardly move the scores
_MOST_SCORES = 12  # words and runs each have a score for each output up to so many, else the better ones alone


@dataclass(frozen=True)
class LearnedText:
    """A text column that was learned.

    Attributes
    ----------
    ngrams : Ngrams
        What is counted.
    weights, offsets : ndarrays of float32, shapes (n_grams, n_features) and (n_features,)
        Of each n-gram for each feature.
    features : ndarray of shape (n_samples, n_features)
        Of the training rows; scores are out of fold.
    names : tuple of str
        Of the features. None of them where the n-grams say nothing of the target.
    """

    ngrams: Ngrams
    weights: Weights
    offsets: Weights
    features: FloatArray
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Scores:
    """What n-grams of one kind say: their weights, scores out of fold, and the share of the target they explain."""

    weights: Weights
    offsets: Weights
    features: FloatArray
    explained: float


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
    taught = np.random.default_rng(seed).permutation(len(slots))[:_MOST_ROWS]
    ngrams = learn_ngrams([texts[i] for i in np.unique(slots[taught])], *reading_lengths(len(texts)))
    if ngrams is None:
        return None
    weighed = ngrams.weigh(texts)
    most = int(_MOST_CELLS / (outputs.shape[1] * (1 + weighed.nnz / len(texts))))
    taught = np.sort(taught[: max(most, 500)])
    sample = weighed[slots[taught]]
    worded = len(ngrams.words) + len(ngrams.pairs)
    found = []
    for kind, part in (("words", slice(0, worded)), ("spelling", slice(worded, len(ngrams.idf)))):
        if part.start < part.stop:
            scores = _score(sample[:, part], outputs[taught], folds[taught] % _INNER_FOLDS)
            if scores.explained > 0.0:
                found.append((kind, part, scores))
    if len(found) * outputs.shape[1] > _MOST_SCORES:
        found = [max(found, key=lambda f: f[2].explained)]
    parts = [_spread_weights(scores.weights, part, len(ngrams.idf)) for _, part, scores in found]
    offsets = [scores.offsets for _, _, scores in found]
    if found:  # topics of texts that say nothing of the target would only be noise
        _, part, _ = found[0]
        parts.append(_spread_weights(_components(sample[:, part], topics, seed), part, len(ngrams.idf)))
        offsets.append(np.zeros(parts[-1].shape[1], dtype=np.float32))
    weights = np.hstack([np.zeros((len(ngrams.idf), 0), dtype=np.float32), *parts])
    said = np.concatenate([np.zeros(0, dtype=np.float32), *offsets])
    features = (weighed @ weights + said)[slots].astype(np.float64)
    width = outputs.shape[1]
    for position, (_, _, scores) in enumerate(found):
        features[taught, position * width : (position + 1) * width] = scores.features
    names = [f"{kind} for output {i}" for kind, _, _ in found for i in range(width)]
    names += [f"topic {i}" for i in range(features.shape[1] - len(names))]
    return LearnedText(ngrams, weights, said, features, tuple(names))


def reading_lengths(texts: int) -> tuple[int, int]:
    """Return how many characters of a text words, and runs, are looked for in, where there are so many texts.

    Examples
    --------
    >>> reading_lengths(1_000), reading_lengths(100_000)
    ((3000, 240), (300, 60))
    """
    far = int(np.clip(_CHARACTERS // max(texts, 1), _LEAST_CHARACTERS, _MOST_CHARACTERS))
    return far, int(np.clip(_RUN_CHARACTERS // max(texts, 1), _LEAST_RUN_CHARACTERS, _MOST_RUN_CHARACTERS))


def learn_names(
    column: Column, codes: NDArray[np.int32], outputs: FloatArray, folds: NDArray[np.int64], seed: int
) -> tuple[LookupStep, FloatArray] | None:
    """Learn the spelling of a category's labels: what names have in common speaks for the rare ones among them.

    Returns
    -------
    step, features : LookupStep and ndarray of shape (n_samples, n_features)
        Features of the training rows are out of fold; a row costs a look into a table. None where spelling says
        nothing.
    """
    names = [*column.categories, ""]
    learned = learn_text(names, np.where(codes < 0, len(names) - 1, codes), outputs, folds, _NAME_TOPICS, seed)
    if learned is None or not learned.names:
        return None
    table = (learned.ngrams.weigh(names) @ learned.weights + learned.offsets).astype(np.float64)
    return LookupStep(column.name, learned.names, table), learned.features


def _spread_weights(weights: Weights, part: slice, size: int) -> Weights:
    """Return weights of some n-grams as weights of all."""
    every = np.zeros((size, weights.shape[1]), dtype=np.float32)
    every[part] = weights
    return every


def _score(x: Any, outputs: FloatArray, folds: NDArray[np.int64]) -> _Scores:
    """Weigh n-grams with the penalty that is best out of fold; scores are out of fold."""
    rows, width = outputs.shape
    tried = np.empty((rows, width * len(_PENALTIES)))
    middle = outputs.mean(axis=0)
    for fold in range(_INNER_FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if not len(outside):
            tried[inside] = np.tile(middle, len(_PENALTIES))
            continue
        weights, offsets = _weigh(x[outside], outputs[outside], _PENALTIES)
        tried[inside] = x[inside] @ weights + offsets
    by_penalty = tried.reshape(rows, len(_PENALTIES), width)
    errors = ((by_penalty - outputs[:, None, :]) ** 2).mean(axis=(0, 2))
    best = int(errors.argmin())
    weights, offsets = _weigh(x, outputs, _PENALTIES[best : best + 1])
    spread = float(((outputs - middle) ** 2).mean())
    return _Scores(weights, offsets, by_penalty[:, best], 1.0 - float(errors[best]) / spread if spread > 0 else 0.0)


def _weigh(x: Any, outputs: FloatArray, penalties: Sequence[float]) -> tuple[Weights, Weights]:
    """Fit a penalised linear model for each penalty and output by conjugate gradients, all at once.

    Parameters
    ----------
    x : CSR array of float32, shape (n_samples, n_grams)
        Weights of n-grams.
    outputs : ndarray of shape (n_samples, n_outputs)
        What they are to speak for.

    Returns
    -------
    weights, offsets : ndarrays of float32, shapes (n_grams, n_penalties * n_outputs) and (n_penalties * n_outputs,)

    References
    ----------
    Hestenes and Stiefel 1952; stopped early, which bounds the time and only adds to the penalty.
    """
    mean = np.asarray(x.mean(axis=0), dtype=np.float32).ravel()
    middle = np.tile(outputs.mean(axis=0), len(penalties))
    penalty = np.repeat(np.array(penalties, dtype=np.float32), outputs.shape[1])
    transposed = x.T.tocsr()

    def back(errors: Weights) -> Weights:
        result: Weights = transposed @ errors - np.outer(mean, errors.sum(axis=0))
        return result

    residual = np.tile(back((outputs - outputs.mean(axis=0)).astype(np.float32)), (1, len(penalties)))
    weights = np.zeros_like(residual)
    direction = residual.copy()
    power = (residual * residual).sum(axis=0)
    for _ in range(_STEPS):
        bent = back(x @ direction - mean @ direction) + penalty * direction
        step = power / np.maximum((direction * bent).sum(axis=0), np.float32(1e-30))
        weights += step * direction
        residual -= step * bent
        before, power = power, (residual * residual).sum(axis=0)
        direction = residual + power / np.maximum(before, np.float32(1e-30)) * direction
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

"""Free texts: what n-grams add up to, and what texts are like, as steps of the scoring plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.scoring_plan.draft import CannotSay, Draft, Features
from journeyman.exporters.scoring_plan.letters import letters_of
from journeyman.transformers.ngrams import Ngrams, damped_counts
from journeyman.transformers.texts import TextStep

__all__ = ["sparse_sums", "text_features"]

_SHAPES = 5


def text_features(draft: Draft, step: TextStep, column: int) -> tuple[int, ...]:
    """Add the steps of a text's scores, topics and shape; return their registers."""
    width = step.weights.shape[1]
    said = _sums(draft, column, step.ngrams, step.weights, step.offsets, -1) if width else 0
    shape = draft.emit("shape", _SHAPES, column, step.ngrams.most_characters)
    return (*range(said, said + width), *range(shape, shape + _SHAPES))


def sparse_sums(draft: Draft, features: Features, weights: NDArray[np.float32]) -> int:
    """Add the steps that sum the weights of all texts' n-grams in turn; return the first register."""
    count, start, at = weights.shape[1], -1, 0
    for column, ngrams in features.texts:
        size = len(ngrams.idf)
        start = _sums(draft, column, ngrams, weights[at : at + size], np.zeros(count, np.float32), start)
        at += size
    return start


def _sums(
    draft: Draft,
    column: int,
    ngrams: Ngrams,
    weights: NDArray[np.float32],
    offsets: NDArray[np.float32],
    start: int,
) -> int:
    """Add a step that sums weights of n-grams, beginning with the registers from ``start`` unless it is -1."""
    words, pairs, runs, idf = ngrams.words, ngrams.pairs, ngrams.runs, ngrams.idf
    told = len(words) + len(pairs)
    # words, or runs, none of which weighs anything add nothing: lengths are taken of each kind for itself
    if not weights[told:].any():
        runs, idf, weights = (), idf[:told], weights[:told]
    if not weights[:told].any():
        words, pairs, idf, weights = (), pairs[:0], idf[told:], weights[told:]
    _check_order(words, runs)
    letters = letters_of(set("").union(*words, *runs))
    # a word, or a run, is met at most once a character
    most = max(ngrams.most_characters, ngrams.most_run_characters) + 2
    return draft.emit(
        "text",
        weights.shape[1],
        column,
        weights.shape[1],
        start,
        ngrams.most_characters,
        ngrams.most_run_characters,
        draft.text_list(words),
        pairs,
        draft.text_list(runs),
        _short(idf),
        damped_counts(most),
        letters.lower,
        letters.words,
        letters.cased,
        letters.passed,
        _short(weights),
        _short(offsets),
    )


def _check_order(words: Sequence[str], runs: Sequence[str]) -> None:
    """Refuse lists that a reader could not search."""
    if any("\ud800" <= c <= "\udfff" for text in (*words, *runs) for c in text):
        raise CannotSay("texts with halves of characters (surrogates)")
    if list(words) != sorted(words) or list(runs) != sorted(runs, key=lambda run: (len(run), run)):
        raise CannotSay("n-grams that are not in order")


def _short(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the doubles of the shortest decimals that round to these numbers of single precision."""
    return values.astype(np.float32).astype(str).astype(np.float64)

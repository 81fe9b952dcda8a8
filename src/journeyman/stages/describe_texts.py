"""Describe texts: which words go along with which class or value, which texts are hard, languages and lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.entities.text_summary import HardText, TellingWord, TextSummary
from journeyman.entities.trial import Ensemble
from journeyman.transformers.derived import text_columns
from journeyman.transformers.languages import language_shares
from journeyman.transformers.ngrams import Ngrams, learn_ngrams

__all__ = ["describe_texts"]

FloatArray = NDArray[np.float64]
_MOST_TEXTS = 20_000
_GUESSED = 2_000  # texts whose languages are guessed
_CHARACTERS = 1_000  # of a text, that are looked at
_TOLD, _MOST_CLASSES = 8, 12
_SURE = 4.0  # standard errors: among 20,000 words, one that tells nothing is told in one column of two
_FEWEST = 5  # texts that hold a word that is told
_HARDEST, _SHOWN = 5, 240
_PRIOR = 10.0  # texts that a word is believed to have besides, of which as many are of the class as of all


def describe_texts(table: Table, task: Task, division: Split, chosen: Ensemble) -> tuple[TextSummary, ...]:
    """Return a summary of each column of texts, of the rows that teach; the holdout is not read.

    Parameters
    ----------
    chosen : Ensemble
        Its predictions are those of the validated rows, in the order of the folds, out of fold.
    """
    train = division.train[division.train < table.real_rows]
    return tuple(_summary(table, task, division, chosen, c.name, train) for c in text_columns(table.features))


def _summary(
    table: Table, task: Task, division: Split, chosen: Ensemble, column: str, train: NDArray[np.int64]
) -> TextSummary:
    labels = target_values(table, task.target)
    texts = table.frame[column].to_numpy(dtype=object)
    known = [i for i in train.tolist() if isinstance(texts[i], str) and texts[i].strip()]
    first = {texts[i]: i for i in reversed(known)}  # a message that was sent a hundred times tells once
    rows = np.sort(np.fromiter(first.values(), np.int64, len(first)))[:_MOST_TEXTS]
    distinct = [texts[i] for i in rows]
    sizes = np.array([(len(t), len(t.split())) for t in distinct], dtype=np.float64).reshape(-1, 2)
    low, middle, high = np.quantile(sizes, [0.1, 0.5, 0.9], axis=0) if len(sizes) else np.zeros((3, 2))
    languages = language_shares(distinct[:: 1 + len(distinct) // _GUESSED])
    return TextSummary(
        column=column,
        rows=len(known),
        distinct=len(first),
        characters=(float(low[0]), float(middle[0]), float(high[0])),
        words=(float(low[1]), float(middle[1]), float(high[1])),
        languages=languages,
        telling=_telling_words(distinct, labels[rows], task),
        hardest=_hardest(texts, labels, task, division, chosen),
    )


def _telling_words(texts: list[str], labels: FloatArray, task: Task) -> dict[str, tuple[TellingWord, ...]]:
    """Return the surest words of each class, or of high and of low values."""
    ngrams = learn_ngrams(texts, _CHARACTERS, 0) if len(texts) >= 2 * _FEWEST else None
    if ngrams is None or task.output_names:
        return {}
    held = ngrams.weigh(texts)[:, : len(ngrams.words) + len(ngrams.pairs)] > 0
    counts = np.asarray(held.sum(axis=0), dtype=np.float64).ravel()
    names = ngrams.spelled()
    found: dict[str, tuple[TellingWord, ...]] = {}
    if not task.labels:
        sureness, means = _of_values(held, counts, labels)
        usual = float(labels.mean())
        for name, sign in (("high", 1.0), ("low", -1.0)):
            found[name] = _surest(ngrams, names, counts, means, usual, sign * sureness)
        return {name: words for name, words in found.items() if words}
    for code, name in enumerate(task.labels[:_MOST_CLASSES]):
        inside = (labels == code).astype(np.float64)
        share = float(inside.mean())
        if not 0.0 < share < 1.0:
            continue
        of_class = np.asarray(held.T @ inside, dtype=np.float64).ravel()
        believed = (of_class + _PRIOR * share) / (counts + _PRIOR)
        error = np.sqrt(share * (1.0 - share) / np.maximum(counts, 1.0))
        sureness = (of_class / np.maximum(counts, 1.0) - share) / error
        # A rare word of one class only is no better than a frequent one that leans to it.
        sureness = np.minimum(sureness, (believed - share) / error)
        found[name] = _surest(ngrams, names, counts, of_class / np.maximum(counts, 1.0), share, sureness)
    return {name: words for name, words in found.items() if words}


def _of_values(held: NDArray[np.bool_], counts: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return by how many standard errors the mean rank of a word's texts differs from all, and the mean values."""
    ranks = np.argsort(np.argsort(labels, kind="stable"), kind="stable").astype(np.float64)
    ranks = (ranks - ranks.mean()) / max(float(ranks.std()), 1e-12)
    size = np.maximum(counts, 1.0)
    means = np.asarray(held.T @ labels, dtype=np.float64).ravel() / size
    return np.asarray(held.T @ ranks, dtype=np.float64).ravel() / np.sqrt(size), means


def _surest(
    ngrams: Ngrams, names: tuple[str, ...], counts: FloatArray, values: FloatArray, usual: float, sureness: FloatArray
) -> tuple[TellingWord, ...]:
    """Return the surest words; a pair is left out where one of its words is told, and a word where its pair is."""
    told: list[TellingWord] = []
    seen: set[str] = set()
    for i in np.argsort(-sureness, kind="stable").tolist():
        if len(told) == _TOLD or sureness[i] < _SURE:
            break
        words = set(names[i].split(" "))
        if counts[i] < _FEWEST or words & seen:
            continue
        seen |= words
        told.append(TellingWord(names[i], int(counts[i]), float(values[i]), usual, float(sureness[i])))
    return tuple(told)


def _hardest(
    texts: NDArray[np.object_], labels: FloatArray, task: Task, division: Split, chosen: Ensemble
) -> tuple[HardText, ...]:
    """Return the texts whose out-of-fold predictions were the farthest off, each once."""
    rows = np.concatenate([fold.validate for fold in division.folds])
    told = chosen.predictions
    if task.output_names or len(rows) != len(told):
        return ()
    if task.labels:
        said = told[np.arange(len(rows)), labels[rows].astype(np.int64)]
        order = np.argsort(said, kind="stable")
    else:
        said = told[:, 0]
        order = np.argsort(-np.abs(said - labels[rows]), kind="stable")
    found: dict[str, HardText] = {}
    for i in order.tolist():
        text = texts[rows[i]]
        if isinstance(text, str) and text.strip() and text[:_SHOWN] not in found:
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            found[text[:_SHOWN]] = HardText(shown, float(labels[rows[i]]), float(said[i]))
        if len(found) == _HARDEST:
            break
    return tuple(found.values())

"""Vocabulary: whether texts use words that the reference did not know, or come in other languages (DR302).

For diagnosis only, as every changed column: what it costs is told by labels and by the rows' classifier.

A share of unknown words is compared fairly: the vocabulary is that of one half of the reference, and the other half,
which had no part in it, says how many words are usually unknown. Copies of a text count once; texts of one topic that
come in a burst count as few, by how alike neighbours are; and a change is told only when both the older and the newer
half of the latest texts show it, so that what passes is not told.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.effects import LEAST, distance
from journeyman.entities.column import Kind
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.transformers.languages import LANGUAGES, UNKNOWN, guess_language

__all__ = ["VocabularyDetector"]

FloatArray = NDArray[np.float64]
_WORD = re.compile(r"\w+")
_CHARACTERS = 1_000  # of a text
_WINDOW, _LEAST_TEXTS = 1_000, 100  # latest texts, and how many of each half must differ from each other
_REFERENCE = 4_000
_LEAST_BLOCKS = 8
_ALPHA = 1e-4
_KEPT = ("unknown", "language", "digest")


@dataclass(frozen=True)
class VocabularyDetector:
    """Shares of unknown words and of languages in each column of texts, beyond chance."""

    name: str = "vocabulary"
    rung: Tier = Tier.COLUMN

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return an empty window of each text."""
        columns = _text_columns(reference)
        empty = {f"{kind}:{name}": np.empty(0) for name in columns for kind in _KEPT}
        return {"since": np.zeros(2 * len(columns)), **empty}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Compare the latest texts with the reference's."""
        columns = _text_columns(reference)
        kept, signals = dict(memory), []
        since = np.zeros(2 * len(columns))
        rows = traffic.take(traffic.fresh).rows
        reach = float(np.sqrt(np.log(2.0 * max(1, 2 * len(columns)) / _ALPHA) / 2.0))
        for place, name in enumerate(columns):
            usual = _usual_texts(tuple(_texts(reference.rows[name])[-_REFERENCE:]))
            latest = _measured(_texts(rows[name]) if name in rows else [], usual.vocabulary)
            for kind, values in zip(_KEPT, latest, strict=True):
                key = f"{kind}:{name}"
                kept[key] = np.concatenate([memory.get(key, np.empty(0)), values])[-_WINDOW:]
            found = _judge(name, usual, [kept[f"{kind}:{name}"] for kind in _KEPT], reach)
            for number, (size, low, words) in found.items():
                began = float(memory["since"][2 * place + number]) or float(traffic.begin)
                since[2 * place + number] = began
                signals.append(
                    Signal(
                        code="DR302",
                        rung=self.rung,
                        severity=Severity.NOTE,
                        message=f"{words}.",
                        since=int(began),
                        columns=(name,),
                        detector=self.name,
                        evidence={
                            "size": size,
                            "beyond_chance": low,
                            "importance": reference.importance.get(name, 0.0),
                        },
                    )
                )
        return {**kept, "since": since}, tuple(signals)


@dataclass(frozen=True)
class _Usual:
    """A vocabulary, and how texts that had no part in it look beside it."""

    vocabulary: frozenset[str]
    unknown: FloatArray
    languages: FloatArray


def _text_columns(reference: Reference) -> list[str]:
    return sorted(c.name for c in reference.columns if c.kind is Kind.TEXT and c.name in reference.rows)


def _texts(values: NDArray[np.generic]) -> list[str]:
    return [str(v)[:_CHARACTERS] for v in values.tolist() if v is not None and str(v).strip()]


@lru_cache(maxsize=8)
def _usual_texts(texts: tuple[str, ...]) -> _Usual:
    """Return what is usual: every other text makes the vocabulary, the rest are measured beside it."""
    distinct = list(dict.fromkeys(texts))
    order = np.random.default_rng(0).permutation(len(distinct))  # neighbours are alike: halves are drawn
    half = len(distinct) // 2
    vocabulary = frozenset(w for i in order[:half] for w in _WORD.findall(distinct[i].lower()))
    unknown, languages, _ = _measured([distinct[i] for i in np.sort(order[half:])], vocabulary)
    return _Usual(vocabulary, unknown, languages)


def _measured(texts: Sequence[str], vocabulary: frozenset[str]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the share of unknown words, the number of the language and a digest of each text."""
    unknown, languages = np.zeros(len(texts)), np.zeros(len(texts))
    for i, text in enumerate(texts):
        words = _WORD.findall(text.lower())
        unknown[i] = sum(word not in vocabulary for word in words) / max(len(words), 1)
        language = guess_language(text)
        languages[i] = -1.0 if language == UNKNOWN else float(LANGUAGES.index(language))
    return unknown, languages, np.array([float(zlib.crc32(text.encode())) for text in texts])


def _judge(name: str, usual: _Usual, latest: Sequence[FloatArray], reach: float) -> dict[int, tuple[float, float, str]]:
    """Return effect size, what is beyond chance and words: 0 of unknown words, 1 of languages; where there is one."""
    unknown, languages, digests = latest
    first = np.sort(np.unique(digests, return_index=True)[1])  # a copy tells nothing new
    unknown, languages = unknown[first], languages[first]
    if len(usual.unknown) < _LEAST_TEXTS or len(unknown) < 2 * _LEAST_TEXTS:
        return {}
    middle = len(unknown) // 2
    found = {}
    size, low = _effect(unknown, usual.unknown, middle, reach)
    if low > LEAST and unknown.mean() > usual.unknown.mean():
        shares = f"{unknown.mean():.0%} of the words are unknown, {usual.unknown.mean():.0%} before"
        found[0] = (size, low, f"{name!r} uses other words: in the mean text {shares}")
    told = languages >= 0
    before = usual.languages[usual.languages >= 0]
    # A language too rare to matter needs no judgement; texts that say too little of theirs are left out.
    best = (0.0, 0.0, "")
    for language in np.unique(languages[told]).tolist():
        now = (languages[told] == language).astype(np.float64)
        was = (before == language).astype(np.float64)
        if min(len(now) // 2, len(was)) < _LEAST_TEXTS:
            continue
        size, low = _effect(now, was, len(now) // 2, reach)
        if low > max(LEAST, best[1]):
            shares = f"{now.mean():.0%} of the texts, {was.mean():.0%} before"
            best = (size, low, f"{name!r} is written in {LANGUAGES[int(language)]} in {shares}")
    if best[1] > LEAST:
        found[1] = best
    return found


def _effect(latest: FloatArray, usual: FloatArray, middle: int, reach: float) -> tuple[float, float]:
    """Return the size of a change, and what is beyond chance in both halves of the latest texts."""
    dependence = _dependence(latest)
    lows = [
        distance(half, usual) - reach * float(np.sqrt(dependence / len(half) + 1.0 / len(usual)))
        for half in (latest[:middle], latest[middle:])
    ]
    return distance(latest, usual), max(0.0, min(lows))


def _dependence(values: FloatArray) -> float:
    """Return how many neighbours tell as much as one independent text does; at least 1."""
    spread, most, length = float(values.var()), 1.0, 2
    while spread > 0 and len(values) // length >= _LEAST_BLOCKS:
        means = values[: len(values) // length * length].reshape(-1, length).mean(axis=1)
        most = max(most, length * float(means.var(ddof=1)) / spread)
        length *= 2
    return most

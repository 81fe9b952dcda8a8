"""Texts as weighted counts of words, pairs of words and runs of characters (TF-IDF), over n-grams known by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = LazyModule("scipy.sparse", 'pip install "scipy>=1.14"')  # a model without texts answers without SciPy

__all__ = ["NgramLimits", "Ngrams", "damped_counts", "learn_ngrams"]

IntArray = NDArray[np.int64]
_WORD = re.compile(r"\w+")
_LONGEST_RUN = 4
_MOST_LETTERS = 400
_RUN_TEXTS = 2_500  # that runs are counted on
_DAMPED = 1.0 + np.log(np.maximum(np.arange(4_000), 1))  # of a count; more count as the last one
_CHUNK = 4_000  # texts at a time, so that memory stays small


@dataclass(frozen=True)
class NgramLimits:
    """At most how many n-grams are known: the most frequent words, pairs of words, and runs of each length."""

    words: int = 10_000
    pairs: int = 10_000
    runs: int = 4_000


class Ngrams(msgspec.Struct, frozen=True, dict=True):
    """Known n-grams and how much each weighs.

    Attributes
    ----------
    words : tuple of str
        In lower case.
    pairs : ndarray of int64, shape (n_pairs,)
        Neighbouring words as ``first * len(words) + second``, ascending.
    runs : tuple of str
        Runs of two to four characters, blanks included, shorter ones first; the beginning of a run is a run as well.
    idf : ndarray of float32, shape (n_words + n_pairs + n_runs,)
        Weight of each n-gram: the rarer, the heavier.
    most_characters, most_run_characters : int
        How far into a text words and runs are looked for.
    """

    words: tuple[str, ...]
    pairs: np.ndarray
    runs: tuple[str, ...]
    idf: np.ndarray
    most_characters: int
    most_run_characters: int

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each word."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    def spelled(self) -> tuple[str, ...]:
        """Return every n-gram as people read it, in the order of the weights: runs have their blanks shown as "_".

        Examples
        --------
        >>> learn_ngrams(["red wine", "red wine"], 100, 3).spelled()
        ('red', 'wine', 'red wine', '_r', 'd_', 'ed', 're', '_re', 'ed_', 'red', '_red', 'red_')
        """
        size = len(self.words)
        pairs = [f"{self.words[key // size]} {self.words[key % size]}" for key in self.pairs.tolist()]
        return (*self.words, *pairs, *(run.replace(" ", "_") for run in self.runs))

    @cached_property
    def trie(self) -> _Trie:
        """The runs as a walk from character to character."""
        return _Trie.of(self.runs)

    def weigh(self, texts: Sequence[str]) -> Any:
        """Return TF-IDF weights, a SciPy CSR array of float32, shape (n_texts, n_grams).

        Words with pairs, and runs, each have length 1 (where a text has any). Counts are damped: 1 + log(count).

        References
        ----------
        Salton and Buckley 1988, "Term-weighting approaches in automatic text retrieval".

        Examples
        --------
        >>> known = learn_ngrams(["red wine", "red car"], 100, 100)
        >>> known.words
        ('red',)
        >>> known.weigh(["Red!", "blue"]).toarray()[:, 0].tolist()
        [1.0, 0.0]
        """
        parts = [self._weigh(texts[i : i + _CHUNK]) for i in range(0, max(len(texts), 1), _CHUNK)]
        width = len(self.idf)
        if len(parts) == 1:
            return sparse.csr_array(parts[0], shape=(len(texts), width), copy=False)
        weights = np.concatenate([p[0] for p in parts])
        grams = np.concatenate([p[1] for p in parts])
        ends = np.cumsum([len(p[0]) for p in parts])
        starts = np.concatenate([parts[0][2], *(p[2][1:] + e for p, e in zip(parts[1:], ends, strict=False))])
        return sparse.csr_array((weights, grams, starts), shape=(len(texts), width), copy=False)

    def _weigh(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
        """Return weights, n-grams and where each text starts, as CSR has it."""
        width = max(len(self.idf), 1)
        cleaned = [" ".join(t[: self.most_characters].lower().split()) for t in texts]
        ids, rows = _word_ids(cleaned, self.positions)
        known = ids >= 0
        found = [rows[known] * width + ids[known]]
        if len(self.pairs):
            keys, pair_rows = _pair_keys(ids, rows, len(self.words))
            at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
            hit = self.pairs[at] == keys
            found.append(pair_rows[hit] * width + (at[hit] + len(self.words)))
        if self.runs:
            run_rows, runs = self.trie.find([t[: self.most_run_characters] for t in cleaned])
            found.append(run_rows * width + (runs + (len(self.words) + len(self.pairs))))
        # Half as wide numbers are sorted in half the time; a chunk's fit.
        keys, counts = _count_keys(np.concatenate(found).astype(np.int32))
        rows, grams = np.divmod(keys, np.int32(width))
        weights = (_DAMPED[np.minimum(counts, len(_DAMPED) - 1)] * self.idf[grams]).astype(np.float32)
        block = rows * 2 + (grams >= len(self.words) + len(self.pairs))
        lengths = np.sqrt(np.bincount(block, weights=weights * weights, minlength=1))
        weights /= lengths[block].astype(np.float32)
        starts = np.searchsorted(rows, np.arange(len(texts) + 1))
        return weights, grams.astype(np.int32), starts.astype(np.int32)


class _Trie(msgspec.Struct, frozen=True):
    """Steps from a run and a character to the run that is longer by it.

    Attributes
    ----------
    letters : ndarray of int64, shape (n_code_points,)
        Number of each character that occurs in a run, by code point; 0 is any other.
    size : int
        Number of characters, 0 included.
    steps : list of ndarray of int64, each of shape (n_runs * size,)
        Of runs of each length; runs of a length count from 1, 0 is none.
    starts : list of int
        Runs that are shorter than those of each length.
    """

    letters: np.ndarray
    size: int
    steps: list[np.ndarray]
    starts: list[int]

    @staticmethod
    def of(runs: Sequence[str]) -> _Trie:
        alphabet = sorted({c for run in runs for c in run})
        letters = np.zeros((ord(alphabet[-1]) if alphabet else 0) + 2, dtype=np.int64)
        letters[[ord(c) for c in alphabet]] = np.arange(1, len(alphabet) + 1)
        size = len(alphabet) + 1
        steps, starts, before = [], [], {c: i + 1 for i, c in enumerate(alphabet)}
        done = 0
        for length in range(2, _LONGEST_RUN + 1):
            here = [run for run in runs if len(run) == length]
            table = np.zeros((len(before) + 1) * size, dtype=np.int64)
            for i, run in enumerate(here):
                table[before[run[:-1]] * size + letters[ord(run[-1])]] = i + 1
            steps.append(table)
            starts.append(done)
            done += len(here)
            before = {run: i + 1 for i, run in enumerate(here)}
        return _Trie(letters, size, steps, starts)

    def find(self, texts: Sequence[str]) -> tuple[IntArray, IntArray]:
        """Return the text and the run of each occurrence."""
        letters, rows = _letters(texts, self.letters)
        node, at = letters, np.arange(len(letters))
        found_rows, found = [], []
        for length, (table, start) in enumerate(zip(self.steps, self.starts, strict=True), 1):
            kept = np.flatnonzero(node)
            at = at[kept]
            node = table[node[kept] * self.size + letters[at + length]]
            hit = node > 0
            found_rows.append(rows[at[hit]])
            found.append(node[hit] + (start - 1))
        return np.concatenate(found_rows), np.concatenate(found)


def _letters(texts: Sequence[str], numbers: IntArray) -> tuple[IntArray, IntArray]:
    """Return the number of each character and its text; a blank goes before each text, a blank and a stop after."""
    # A stop is no letter of any run, so that no run reaches into the next text.
    joined = "".join([f" {t} \0" for t in texts])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = numbers[np.minimum(points, len(numbers) - 1)]
    rows = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), np.int64, len(texts)) + 3)
    return letters, rows


def _word_ids(texts: Sequence[str], positions: Mapping[str, int]) -> tuple[IntArray, IntArray]:
    """Return the position of each word (-1 where unknown) and its text."""
    words = [_WORD.findall(t) for t in texts]
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    total = int(lengths.sum())
    ids = np.fromiter(map(positions.get, chain.from_iterable(words), repeat(-1)), np.int64, total)
    return ids, np.repeat(np.arange(len(texts)), lengths)


def _pair_keys(ids: IntArray, rows: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Return neighbouring known words as one number, and their text."""
    first, second = ids[:-1], ids[1:]
    both = (first >= 0) & (second >= 0) & (rows[:-1] == rows[1:])
    return first[both] * size + second[both], rows[:-1][both]


def learn_ngrams(
    texts: Sequence[str], most_characters: int, most_run_characters: int, limits: NgramLimits | None = None
) -> Ngrams | None:
    """Return the n-grams that occur in at least two texts, the most frequent ones; None where there are none.

    Parameters
    ----------
    texts : sequence of str
        What the frequencies are counted on.
    most_characters, most_run_characters : int
        See :class:`Ngrams`.
    limits : NgramLimits or None
        None: the usual ones.
    """
    limits = limits or NgramLimits()
    cleaned = [" ".join(t[:most_characters].lower().split()) for t in texts]
    counts = Counter(chain.from_iterable(set(_WORD.findall(t)) for t in cleaned))
    kept = sorted((w for w, n in counts.items() if n >= 2), key=lambda w: (-counts[w], w))[: limits.words]
    words = tuple(sorted(kept))
    ids, rows = _word_ids(cleaned, {w: i for i, w in enumerate(words)})
    pairs, pair_counts = _frequent(*_pair_keys(ids, rows, len(words)), limits.pairs)
    some = cleaned[:: 1 + len(cleaned) // _RUN_TEXTS]
    runs, run_counts = _frequent_runs([t[:most_run_characters] for t in some], limits.runs)
    share = len(some) / max(len(cleaned), 1)
    frequencies = np.concatenate([[counts[w] for w in words], pair_counts, run_counts / share])
    if not len(frequencies):
        return None
    idf = np.log((1.0 + len(texts)) / (1.0 + frequencies)) + 1.0
    return Ngrams(words, pairs, runs, idf.astype(np.float32), most_characters, most_run_characters)


def damped_counts(most: int) -> NDArray[np.float64]:
    """Return what each count up to ``most`` weighs, from 0 on; shorter where all that follow weigh as the last one.

    Examples
    --------
    >>> damped_counts(2).tolist(), len(damped_counts(10**9))
    ([1.0, 1.0, 1.6931471805599454], 4000)
    """
    return _DAMPED[: most + 1]


def _count_keys(keys: NDArray[Any]) -> tuple[NDArray[Any], IntArray]:
    """Return distinct keys, ascending, and how often each occurs; ``numpy.unique`` takes several times as long."""
    keys = np.sort(keys)
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    return keys[first], np.diff(np.append(first, len(keys)))


def _frequent(keys: IntArray, rows: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Return the keys that occur in at least two texts, ascending, the most frequent ones, and in how many."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    texts = int(rows.max()) + 1
    occurring, _ = _count_keys(keys * texts + rows)
    distinct, counts = _count_keys(occurring // texts)
    chosen = np.flatnonzero(counts >= 2)
    chosen = np.sort(chosen[np.lexsort((distinct[chosen], -counts[chosen]))[:most]])
    return distinct[chosen], counts[chosen]


def _frequent_runs(texts: Sequence[str], most: int) -> tuple[tuple[str, ...], IntArray]:
    """Return frequent runs, shorter ones first, and in how many texts each occurs."""
    frequent = Counter(chain.from_iterable(set(t) for t in texts))
    frequent[" "] = max(len(texts), 2)
    alphabet = sorted(
        sorted((c for c, n in frequent.items() if n >= 2 and c != "\0"), key=lambda c: (-frequent[c], c))[
            :_MOST_LETTERS
        ]
    )
    numbers = np.zeros(ord(alphabet[-1]) + 2, dtype=np.int64)
    numbers[[ord(c) for c in alphabet]] = np.arange(1, len(alphabet) + 1)
    letters, rows = _letters(texts, numbers)
    size = len(alphabet) + 1
    names = ["", *alphabet]
    runs: list[str] = []
    counts: list[IntArray] = []
    node, at = letters, np.arange(len(letters))
    for length in range(1, _LONGEST_RUN):
        kept = np.flatnonzero(node)
        at, node = at[kept], node[kept]
        more = letters[at + length] > 0
        at, node = at[more], node[more]
        keys = node * size + letters[at + length]
        chosen, count = _frequent(keys, rows[at], most)
        names = ["", *(names[k // size] + alphabet[k % size - 1] for k in chosen.tolist())]
        runs.extend(names[1:])
        counts.append(count)
        if not len(chosen):
            break
        place = np.minimum(np.searchsorted(chosen, keys), len(chosen) - 1)
        node = np.where(chosen[place] == keys, place + 1, 0)
    return tuple(runs), np.concatenate(counts)

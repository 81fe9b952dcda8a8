"""Class labels: when two spellings are one class, and in what order classes are counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.cells import cell_reader
from journeyman.sources.parsing.texts import PLAIN, clean, number_text

__all__ = ["canonical_label", "label_order", "label_texts", "merged_labels", "parse_number"]

_POSITIVE = frozenset(["yes", "y", "true", "t", "1", "positive", "pos", "+", "on"])
_NEGATIVE = frozenset(["no", "n", "false", "f", "0", "-1", "negative", "neg", "-", "off", "none", "normal"])


def canonical_label(text: str) -> str:
    """Return what near-equal spellings of a class have in common.

    Case counts only in labels of one letter; blanks, quotes and trailing dots never do.

    Examples
    --------
    >>> canonical_label(" <=50K."), canonical_label("Not  Remote"), canonical_label("a") == canonical_label("A")
    ('<=50k', 'not remote', False)
    """
    text = " ".join(clean(text).split())
    text = text.rstrip(".").rstrip() or text
    return text if len(text) == 1 else text.casefold()


def merged_labels(counts: Mapping[str, int]) -> dict[str, str]:
    """Map every spelling to the class it belongs to, named by its most frequent spelling.

    Parameters
    ----------
    counts : mapping of str to int
        Rows a spelling.

    Examples
    --------
    >>> merged_labels({"<=50K": 3, "<=50K.": 1, ">50K": 2})
    {'<=50K': '<=50K', '<=50K.': '<=50K', '>50K': '>50K'}
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label in sorted(counts):
        groups[canonical_label(label)].append(label)
    named = {key: min(labels, key=lambda x: (-counts[x], x)) for key, labels in groups.items()}
    return {label: named[canonical_label(label)] for label in sorted(counts)}


def label_texts(values: pd.Series, column: Column) -> pd.Series:
    """Return a canonical target column as label texts, missing ones as None, dtype object.

    Examples
    --------
    >>> label_texts(pd.Series([0.0, 1.0, np.nan]), Column("y", Kind.BOOLEAN, categories=("no", "yes"))).tolist()
    ['no', 'yes', None]
    """
    if column.kind.categorical:
        names = np.array([*values.cat.categories, None], dtype=object)
        return pd.Series(names[values.cat.codes.to_numpy()], index=values.index, dtype=object)
    if column.kind.numeric:
        distinct, codes = np.unique(values.to_numpy(np.float64), return_inverse=True)
        if column.kind is Kind.BOOLEAN and len(column.categories) == 2:
            spelled = {float(code): name for code, name in enumerate(column.categories)}
        else:  # of a target that is written as texts: as it is spelled there
            spelled = {parse_number(text, column): text for text in column.categories}
        texts = [None if np.isnan(v) else spelled.get(float(v), number_text(float(v))) for v in distinct]
        return pd.Series(np.array(texts, dtype=object)[codes], index=values.index, dtype=object)
    return values.astype(object).where(values.notna(), None)


def parse_number(text: str, column: Column) -> float:
    """Return what a text says in a column of numbers; NaN where it says none."""
    value = cell_reader(column)(text)
    return value if isinstance(value, float) else float("nan")


def label_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort classes: numbers by value, texts by alphabet, and of two the one that says yes last.

    Examples
    --------
    >>> label_order(["10", "9"]), label_order(["yes", "nope"]), label_order(["churned", "not churned"])
    (('9', '10'), ('nope', 'yes'), ('not churned', 'churned'))
    """
    labels = list(labels)
    if all(PLAIN.fullmatch(label) for label in labels):
        return tuple(sorted(labels, key=lambda x: (float(x), x)))
    ordered = sorted(labels)
    if len(ordered) == 2:
        return tuple(sorted(ordered, key=_says_yes))
    return tuple(ordered)


def _says_yes(label: str) -> int:
    text = canonical_label(label).casefold()
    if text in _POSITIVE:
        return 1
    return -1 if text in _NEGATIVE or text.startswith(("not ", "non-", "non ", "no ")) else 0

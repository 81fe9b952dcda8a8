"""Lists of labels, such as tags: one column that says whether a row has it for each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pandas as pd

from journeyman.errors import TargetError

__all__ = ["read_label_lists", "spread_labels"]

_SEPARATORS = (";", "|", "\n")  # rather than a comma, which may stand inside a label
_OFTEN = 0.05  # of the rows with text, from which on such a sign is no accident
_LEAST_ROWS = 10  # with a label, and without it: fewer teach nothing that can be examined
_MOST_LABELS = 50


def read_label_lists(values: Sequence[object]) -> list[tuple[str, ...]]:
    """Return each row's labels: lists, lists in JSON, or texts divided by ; or |, else by commas.

    A missing value, or an empty text, has no labels.

    Examples
    --------
    >>> read_label_lists(["new; sale", "new", None])
    [('new', 'sale'), ('new',), ()]
    >>> read_label_lists(['["new","a; b"]', "[]"])
    [('new', 'a; b'), ()]
    """
    texts = [v for v in values if isinstance(v, str)]
    if texts and all(t.strip()[:1] in ("[", "") for t in texts):
        decode = msgspec.json.Decoder(list[str], strict=False).decode
        try:
            return [_labels(decode(v) if isinstance(v, str) and v.strip() else v) for v in values]
        except msgspec.MsgspecError:
            pass  # a bracket that is part of a name
    often = (sign for sign in _SEPARATORS if sum(sign in text for text in texts) >= max(1, _OFTEN * len(texts)))
    separator = next(often, ",")
    return [_labels(v.split(separator) if isinstance(v, str) else v) for v in values]


def _labels(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        listed = getattr(value, "tolist", None)  # an array; a missing value has none
        value = listed() if listed is not None else ()
    named = (str(label).strip() for label in value) if isinstance(value, Sequence) else ()
    return tuple(dict.fromkeys(name for name in named if name))


def spread_labels(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Return the table with a column of 0 and 1 for each label in place of the lists.

    Returns
    -------
    table : pandas.DataFrame
    columns : dict of str to str
        Label to its column, the most frequent label first.
    left_out : dict of str to str
        Labels without a column, and why: too few rows have them, or do not, or there are more than 50.

    Raises
    ------
    TargetError
        Where no label is left.
    """
    lists = read_label_lists(frame[column].tolist())
    counts = Counter(label for labels in lists for label in labels)
    rows, columns, left_out = len(frame), dict[str, str](), dict[str, str]()
    for label, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count < _LEAST_ROWS:
            left_out[label] = f"only {count} of {rows:,} rows have it"
        elif rows - count < _LEAST_ROWS:
            left_out[label] = f"only {rows - count} of {rows:,} rows lack it"
        elif len(columns) == _MOST_LABELS:
            left_out[label] = f"{_MOST_LABELS} labels are more frequent"
        else:
            columns[label] = f"{column}: {label}"
    if not columns:
        raise TargetError(
            f"no label of '{column}' is had by {_LEAST_ROWS} rows and lacked by {_LEAST_ROWS}",
            hint="name a column of lists such as 'new; sale', or leave --label-list out",
        )
    held = [set(labels) for labels in lists]
    spread = {name: [int(label in own) for own in held] for label, name in columns.items()}
    kept = frame.drop(columns=column)
    return kept.assign(**{name: pd.Series(v, index=kept.index) for name, v in spread.items()}), columns, left_out

"""Labels as they come: the truth of the target's own type, by a prediction's id or by the key columns."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from journeyman.entities.prediction import Label
from journeyman.entities.task import Task
from journeyman.interfaces import ReadsTruth
from journeyman.serving.privacy import RowRules
from journeyman.serving.refusals import Fault
from journeyman.sources.parsing.texts import text_of
from journeyman.tasks import task_type
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["NAN", "GivenLabel", "read_label", "unknown_prediction"]

NAN = "\ufdd0NaN"
"""What a NaN in a label's JSON is read as: a text that no caller sends, since Unicode keeps its first sign for programs
themselves. Read as null, a caller who sent NaN was told that null had been found."""
_WHOSE_ID = 'give the "id" in the response of /predict; the one that was sent with the row names the request'

_ID = re.compile(r"[0-9a-f]{16}")
_DIGITS = "16 hexadecimal digits"
_LARGEST = 2**63 - 1  # of the ids that a log gives


class GivenLabel(msgspec.Struct, forbid_unknown_fields=True):
    """A label as a caller gives it."""

    truth: Any
    id: str | None = None
    key: dict[str, Any] | None = None


def read_label(given: GivenLabel, task: Task, rules: RowRules) -> Label | Fault:
    """Return a label that can be recorded, or what is wrong with it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from journeyman.serving.serve_settings import ServeSettings
    >>> rules = RowRules(ServeSettings("m", Path("w")), b"")
    >>> task = Task("y", "binary", "roc_auc", labels=("no", "yes"))
    >>> read_label(GivenLabel("yes", "00000000000000ff"), task, rules)
    Label(truth=b'"yes"', prediction=255, key=None)
    >>> read_label(GivenLabel("maybe", "00000000000000ff"), task, rules).wanted
    "one of 'no', 'yes'"
    """
    key = {name: None if value == NAN else value for name, value in (given.key or {}).items()}
    truth = _parse_truth(given.truth, task)
    if isinstance(truth, Fault):
        return truth
    if (given.id is None) == (given.key is None):
        found = "neither" if given.id is None else "id and key"
        return Fault("bad label", "a label needs an id or a key, not both", "id", found, "id or key")
    if given.id is not None:
        if not _ID.fullmatch(given.id):
            return Fault("bad label", "this is no id of a prediction", "id", given.id[:60], _DIGITS, _WHOSE_ID)
        number = int(given.id, 16)
        return Label(truth, prediction=number) if number <= _LARGEST else unknown_prediction(given.id)
    if not rules.keys:
        hint = "start the server with --key COLUMN, or give the prediction's id"
        return Fault("bad label", "this server has no key columns", "key", "a key", "an id", hint)
    known = rules.key_of(key)
    if known is None or set(key) != set(rules.keys):
        wanted = f"a value for {', '.join(repr(name) for name in rules.keys)}"
        found = ", ".join(repr(name)[:60] for name in list(key)[:6]) or "nothing"
        return Fault("bad label", "the key does not name what it should", "key", found, wanted)
    return Label(truth, key=known)


def _parse_truth(given: Any, task: Task) -> bytes | Fault:
    if not task.labels:
        kind = task_type(task)
        if isinstance(kind, ReadsTruth):
            read = kind.read_truth(given)
            if read is None:
                return Fault("bad label", "the label cannot be read", "truth", _value_excerpt(given), kind.truth_words)
            return msgspec.json.encode(read)
        marked = kind.traits.marked
        number = float(given) if marked and isinstance(given, bool) else _number(given)
        if number is None or math.isnan(kind.label_reader(task)(number)):
            found, wanted = ("mark", "true or false") if marked else ("number", "a number")
            return Fault("bad label", f"the label is no {found}", "truth", _value_excerpt(given), wanted)
        return msgspec.json.encode(number)
    labels = typed_labels(task).tolist()
    known = dict(zip(task.labels, labels, strict=True)) | {str(text_of(label)): label for label in labels}
    try:
        text = text_of(given)
    except (TypeError, ValueError):
        text = None
    if text is None or text not in known:
        some = ", ".join(repr(label) for label in labels[:10]) + (", ..." if len(labels) > 10 else "")
        return Fault(
            "bad label", "the label is no class that the model knows", "truth", _value_excerpt(given), f"one of {some}"
        )
    return msgspec.json.encode(known[text])


def unknown_prediction(given: str) -> Fault:
    """Return what is wrong with an id that no prediction has."""
    return Fault("unknown prediction", "no prediction has this id", "id", given[:60], "a prediction's id", _WHOSE_ID)


def _number(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        number = float(given)
    except OverflowError:  # a whole number beyond what a float holds
        return None
    return number if math.isfinite(number) else None


def _value_excerpt(value: Any) -> str:
    if value is None or value == NAN:
        return "null" if value is None else "NaN"
    try:
        return repr(value)[:60]
    except ValueError:  # a whole number of thousands of digits
        return "a number of too many digits"

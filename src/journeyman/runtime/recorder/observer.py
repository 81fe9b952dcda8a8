"""What an instrumented program tells its expressions to."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from journeyman.runtime.recorder.descriptions import describe
from journeyman.runtime.recorder.instrument import Places
from journeyman.runtime.recorder.journal import Journal
from journeyman.runtime.recorder.model_calls import ModelCalls
from journeyman.runtime.recorder.picture_stubs import Picture
from journeyman.runtime.recorder.public_names import called_name
from journeyman.runtime.recorder.row_flow import Called, RowFlow

__all__ = ["MOST_TOLD", "Observer"]

MOST_TOLD = 200
"""How often an expression is looked at; then it is counted, and its loop runs as it was written."""

_FLUSHED_EVERY = 2.0  # seconds
_SHUFFLES = frozenset(("numpy.random.shuffle", "random.Random.shuffle"))
_PICTURES = (
    "plot_tree",
    "plot_importance",
    "plot_metric",
    "plot_confusion_matrix",
    "plot_roc_curve",
    "plot_split_value",
)


class _Loop:
    """Counts how often a body was run, and says whether it is still to tell."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_TOLD

    def more(self) -> bool:
        """Whether the body is to be run in the form that tells."""
        self.left -= 1
        return self.left >= 0


class _Loops(dict[int, _Loop]):
    def __missing__(self, number: int) -> _Loop:
        made = self[number] = _Loop()
        return made


class Observer:
    """Notes values, follows rows and recognises calls of models; each public method stands behind a hook."""

    def __init__(self, journal: Journal, places: Places) -> None:
        self.looped = _Loops()
        self.flow = RowFlow(journal)
        self.models = ModelCalls(journal, self.flow)
        self._journal = journal
        self._nodes = places.nodes
        self._times: dict[int, int] = {}
        self._told: dict[int, dict[str, Any]] = {}
        self._functions: dict[int, list[Any]] = {}
        self._iterated: dict[int, Any] = {}
        self._flushed = time.monotonic()

    def hooks(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what a program's globals are to hold."""
        return {f"__seen_{name}__": getattr(self, name) for name in names}

    def value(self, number: int, value: Any) -> Any:
        """Note a value as it is."""
        if self._counts(number):
            known = self._iterated.pop(number, None)
            if known is not None:
                self.flow.tags.put(value, known.rows, known.model)
            self._note(number, value)
        return value

    def listed(self, number: int, source: Any) -> Any:
        """Remember the rows that a list is to be made of, one element for each."""
        columns = getattr(source, "ndim", 1) == 2 and hasattr(source, "columns")
        self._iterated[number] = None if columns else self.flow.tags.get(source)
        return source

    def entered(self, number: int, source: Any, lists: tuple[Any, ...]) -> Any:
        """Remember what a loop goes through, where it is to make empty lists longer by one element each time."""
        with self._guarded():
            self.flow.enter_loop(number, source, lists)
        return source

    def grown(self, number: int, grown: Any) -> None:
        """Give a list that a loop has filled the rows that the loop went through."""
        with self._guarded():
            self.flow.leave_loop(number, self._nodes[number].span, grown)

    def index_set(self, table: Any) -> None:
        """Follow the rows of a table that was given another index."""
        with self._guarded():
            self.flow.index_set(table)

    def sliced(self, lower: Any, upper: Any, step: Any) -> slice:
        """Return a slice between brackets."""
        return slice(lower, upper, step)

    def unpacked(self, count: int, value: Any) -> Any:
        """Return what is unpacked; of a picture as many as are wanted."""
        return (value,) * count if isinstance(value, Picture) else value

    def attribute(self, number: int, owner: Any) -> Any:
        """Return and note an attribute."""
        word = self._nodes[number].word
        value = getattr(owner, word)
        if self._counts(number) and not isinstance(value, Picture):
            with self._guarded():
                self.flow.attribute(owner, word, value)
                self.models.attribute(owner, word, value)
            self._note(number, value)
        return value

    def item(self, number: int, owner: Any, key: Any) -> Any:
        """Return and note what stands between brackets."""
        value = owner[key]
        if self._counts(number) and not isinstance(value, Picture):
            with self._guarded():
                self.flow.item(owner, key, value)
            self._note(number, value)
        return value

    def operated(self, number: int, *operands: Any) -> Any:
        """Return and note what an operator gives."""
        value = getattr(operator, self._nodes[number].word)(*operands)
        if self._counts(number):
            with self._guarded():
                self.flow.operated(operands, value)
            self._note(number, value)
        return value

    def called(self, number: int, function: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Make a call, and note what it gave."""
        if not self._counts(number):
            return function(*args, **named)
        if isinstance(function, Picture):
            return function(*args, **named)
        node = self._nodes[number]
        name = called_name(function)
        if name.startswith(("sklearn.", "xgboost.", "lightgbm.")) and (
            name.rpartition(".")[2] in _PICTURES or "Display." in name
        ):
            return Picture(name)
        call = Called(node.span, name, _receiver_of(function), args, named)
        if name in _SHUFFLES and len(args) == 1:
            value = self.flow.shuffled(call)
        else:
            done, value = self.models.run(function, call, node.word)
            if not done:
                with self._guarded():
                    self.flow.called(call, value)
                    self.models.hold(call, value)
        self._note(number, value, name)
        return value

    def asked(self, number: int, function: Any) -> Any:
        """Remember what is about to be called by the program itself, since it looks at its caller's names."""
        self._functions.setdefault(number, []).append(function)
        return function

    def answered(self, number: int, value: Any) -> Any:
        """Note what such a call gave."""
        stack = self._functions.get(number)
        function = stack.pop() if stack else None
        if function is not None and self._counts(number) and not isinstance(function, Picture):
            name = called_name(function)
            call = Called(self._nodes[number].span, name, _receiver_of(function), (), {})
            with self._guarded():
                self.flow.called(call, value)
                self.models.hold(call, value)
            self._note(number, value, name)
        return value

    def flush(self) -> None:
        """Write the values that were told since the last time."""
        for number, fact in self._told.items():
            fact["times"] = self._times[number]
            self._journal.note("value", fact)
        self._told.clear()
        self._journal.flush()
        self._flushed = time.monotonic()

    def _guarded(self) -> AbstractContextManager[None]:
        """Keep what goes wrong in looking on from the program: it is noted, and nothing more is known of the value."""
        return self._journal.apart()

    def _counts(self, number: int) -> bool:
        times = self._times[number] = self._times.get(number, 0) + 1
        return times <= MOST_TOLD

    def _note(self, number: int, value: Any, called: str | None = None) -> None:
        with self._guarded():
            fact = describe(value)
            if fact is None:
                return
            fact["span"] = self._nodes[number].span
            fact["rows"] = self._journal.rows(self.flow.tags.rows(value))
            fact["called"] = called
            self._told[number] = fact
        if time.monotonic() - self._flushed > _FLUSHED_EVERY:
            self.flush()


def _receiver_of(function: Any) -> Any:
    owner = getattr(function, "__self__", None)
    return None if owner is None or type(owner).__name__ == "module" else owner

"""Follow rows from the tables that a program reads through all that it makes of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from journeyman.entities.recording import Span
from journeyman.runtime.recorder import numpy_rows, pandas_rows
from journeyman.runtime.recorder.journal import Journal
from journeyman.runtime.recorder.public_names import class_name
from journeyman.runtime.recorder.row_tags import Rows, RowTags, is_table, length_of

__all__ = ["Called", "RowFlow"]

_ASTRAY = -1
"""Stands for the number of elements taken in order, where they are taken in another."""

_CONVERSIONS_TEXT = "list map zip enumerate"
_CONVERSIONS = frozenset(_CONVERSIONS_TEXT.split())
_PANDAS_SAME_TEXT = (
    "to_numeric to_datetime to_timedelta isnull isna notnull notna get_dummies cut qcut Categorical factorize array"
)
_PANDAS_SAME = frozenset(_PANDAS_SAME_TEXT.split())
_PATH_WORDS = ("filepath_or_buffer", "path", "io", "path_or_buf", "fname", "file")
_LINE_READERS_TEXT = "reader DictReader TextIOWrapper"
_LINE_READERS = frozenset(_LINE_READERS_TEXT.split())
_CHANGES_TEXT = "append extend insert remove pop sort reverse clear partition resize"
_CHANGES = frozenset(_CHANGES_TEXT.split())


@dataclass(frozen=True)
class Called:
    """A call: where, by which public name, of what object, with which arguments."""

    span: Span
    name: str
    receiver: Any
    args: Sequence[Any]
    named: Mapping[str, Any]

    @property
    def method(self) -> str:
        """The last word of its name."""
        return self.name.rpartition(".")[2]

    def argument(self, place: int, name: str) -> Any:
        """Return an argument by its place, or by its name; None where it was not given."""
        return self.args[place] if len(self.args) > place else self.named.get(name)


class RowFlow:
    """Gives each value that is made the rows that it holds, as far as they are known without a guess."""

    def __init__(self, journal: Journal) -> None:
        self.tags = RowTags()
        self._journal = journal
        self._loops: dict[int, Any] = {}
        self._walks: dict[int, dict[Any, tuple[Rows, int]]] = {}
        self._n_tables = 0

    def attribute(self, owner: Any, word: str, value: Any) -> None:
        """Follow rows through ``owner.word``."""
        if self.tags.get(value) is not None:
            return
        if type(owner).__module__.startswith("pandas"):
            self._tag_inner(owner, value)
            self.tags.put(value, pandas_rows.attribute_rows(owner, word, value, self.tags))
        elif word in ("T", "real", "A") and (known := self.tags.get(owner)) is not None and owner.ndim < 3:
            self.tags.put(value, known.rows if word != "T" or owner.ndim == 1 else None, known.model)

    def item(self, owner: Any, key: Any, value: Any) -> None:
        """Follow rows through ``owner[key]``."""
        if self._walks and isinstance(key, (int, np.integer)):
            self._note_position(owner, int(key))
        if type(owner).__module__.startswith("pandas"):
            self._tag_inner(owner, value)
        if length_of(value) is None or self.tags.get(value) is not None:
            return
        if type(owner).__module__.startswith("pandas"):
            rows = pandas_rows.item_rows(owner, key, value, self.tags)
            self.tags.put(value, rows, self.tags.model(pandas_rows.owner_of(owner)))
        elif type(owner).__name__ in ("CClass", "RClass"):
            parts = key if isinstance(key, tuple) else (key,)
            name = "c_" if type(owner).__name__ == "CClass" else "r_"
            self.tags.put(value, numpy_rows.call_rows(name, [parts], {}, value, self.tags))
        elif isinstance(owner, (np.ndarray, list)) or hasattr(owner, "tocsr"):
            known = self.tags.get(owner)
            if known is not None:
                self.tags.put(value, numpy_rows.item_rows(owner, key, value, self.tags), known.model)

    def _tag_inner(self, owner: Any, value: Any) -> None:
        """Follow rows to the column behind groups, windows and accessors of a table."""
        inner = pandas_rows.owner_of(value)
        if inner is value or self.tags.get(inner) is not None:
            return
        known = self.tags.get(pandas_rows.owner_of(owner))
        if known is not None and known.rows is not None and inner.index.is_(known.index):
            self.tags.put(inner, known.rows)

    def _note_position(self, owner: Any, key: int) -> None:
        """Count on where an open loop takes element after element of a value whose labels are its places."""
        table = pandas_rows.owner_of(owner)
        rows = self.tags.rows(table)
        by_label = is_table(table) and type(owner).__name__ != "_iLocIndexer"
        if rows is None or (by_label and not table.index.equals(pd.RangeIndex(len(table)))):
            return
        for walks in self._walks.values():
            count = walks.get(rows.key, (rows, 0))[1]
            if count != _ASTRAY and key in (count, count - 1):
                walks[rows.key] = (rows, key + 1)
            else:
                walks[rows.key] = (rows, _ASTRAY)

    def enter_loop(self, number: int, source: Any, lists: Sequence[Any]) -> None:
        """Remember what a loop goes through that is to make empty lists longer by one element each time."""
        self._loops.pop(number, None)
        self._walks.pop(number, None)
        if not all(isinstance(one, list) and not one for one in lists):
            return
        if isinstance(source, range):
            if source.start == 0 and source.step == 1:
                self._loops[number] = source
                self._walks[number] = {}
        elif type(source).__name__ in _LINE_READERS:
            self._loops[number] = type(source).__name__
        else:
            self._loops[number] = None if _goes_by_column(source) else self.tags.get(source)

    def leave_loop(self, number: int, span: Span, grown: Any) -> None:
        """Give a list that a loop has filled the rows that it went through; lines of a file are a table."""
        source, walks = self._loops.get(number), self._walks.get(number, {})
        if not isinstance(grown, list) or source is None or not grown:
            return
        if isinstance(source, str):
            self.new_table(span, "open", None, grown)
        elif isinstance(source, range):
            walked = [rows for rows, count in walks.values() if count >= min(len(source), 100)]
            if len(walked) == 1 and len(source) == len(walked[0]) == len(grown):
                self.tags.put(grown, walked[0])
        elif source.rows is not None and len(source.rows) == len(grown):
            self.tags.put(grown, source.rows, source.model)

    def operated(self, operands: Sequence[Any], value: Any) -> None:
        """Follow rows through an operator."""
        if length_of(value) is None:
            return
        if any(isinstance(one, list) for one in operands) and isinstance(value, list):
            return
        rows = numpy_rows.elementwise_rows(operands, value, self.tags)
        if rows is None and len(operands) == 2 and is_table(value):
            rows = self._aligned(operands, value)
        if rows is None and len(operands) == 2 and np.ndim(operands[0]) == 2 and self._is_product(operands, value):
            rows = self.tags.rows(operands[0])
        self.tags.put(value, rows, self._model_of(operands))

    def called(self, call: Called, value: Any) -> None:
        """Follow rows through a call of a function or a method that is no model's."""
        receiver = call.receiver
        if is_table(receiver):
            self._changed_in_place(call)
        elif isinstance(receiver, (list, np.ndarray)) and call.method in _CHANGES:
            self.tags.forget(receiver)
        elif call.method == "shuffle" and len(call.args) == 1:
            self.tags.forget(call.args[0])
        if value is None or self.tags.get(value) is not None:
            return
        root = call.name.partition(".")[0]
        if self._reads(call, value):
            return
        if isinstance(value, tuple) and call.name == "pandas.factorize":
            self.tags.put(value[0], self.tags.rows(call.args[0]))
            return
        model = self._model_of([*call.args[:2], receiver])
        self.tags.put(value, self._rows_of_call(call, root, value), model)

    def _rows_of_call(self, call: Called, root: str, value: Any) -> Rows | None:
        receiver, method = call.receiver, call.method
        if method == "inverse_transform" and call.args:
            rows = self.tags.rows(call.args[0])
            return rows if rows is not None and length_of(value) == len(rows) else None
        if root == "pandas" and receiver is not None:
            if method == "merge":
                return self._merged(call, receiver, call.argument(0, "right"), value)
            place = {"apply": 1}.get(method, 0)
            axis = {"axis": call.args[place]} if len(call.args) > place and isinstance(call.args[place], int) else {}
            return pandas_rows.call_rows(method, receiver, {**axis, **call.named}, value, self.tags)
        if root == "pandas":
            return self._pandas_function(call, value)
        if receiver is not None and (isinstance(receiver, np.ndarray) or hasattr(receiver, "tocsr")):
            return numpy_rows.method_rows(method, receiver, call.args, call.named, value, self.tags)
        if root == "numpy" or call.name.startswith("scipy.sparse."):
            if type(value).__module__ == "numpy" and call.name.startswith("numpy.random."):
                return None
            if is_table(value):
                return numpy_rows.elementwise_rows(call.args, value, self.tags)
            found = numpy_rows.call_rows(method, call.args, call.named, value, self.tags)
            is_ufunc = hasattr(getattr(np, method, None), "nin")
            return found or (numpy_rows.elementwise_rows(call.args, value, self.tags) if is_ufunc else None)
        if (
            call.name.startswith(
                (
                    "sklearn.preprocessing.",
                    "sklearn.utils.check_array",
                    "scipy.stats.zscore",
                    "scipy.special.",
                    "statsmodels.tools.",
                )
            )
            and call.args
        ):
            rows = self.tags.rows(call.args[0])
            return rows if rows is not None and length_of(value) == len(rows) else None
        if call.name in _CONVERSIONS:
            return self._sequence(call)
        return None

    def _pandas_function(self, call: Called, value: Any) -> Rows | None:
        method, first = call.method, call.args[0] if call.args else next(iter(call.named.values()), None)
        if method == "concat":
            parts = list(first.values()) if isinstance(first, dict) else first
            if not isinstance(parts, list | tuple):
                return None
            axis = {"axis": call.args[1]} if len(call.args) > 1 else {}
            return pandas_rows.concat_rows(parts, {**axis, **call.named}, value, self.tags)
        if method == "merge":
            return self._merged(call, first, call.argument(1, "right"), value)
        if method in ("DataFrame", "Series"):
            return self._constructed(first, call.named.get("index"), value)
        known = self.tags.rows(first)
        return known if method in _PANDAS_SAME and known is not None and length_of(value) == len(known) else None

    def _constructed(self, data: Any, index: Any, value: Any) -> Rows | None:
        """Return the rows of a table made of arrays and lists by their places, of columns by their labels."""
        parts = list(data.values()) if isinstance(data, dict) else [data]
        agreed: Rows | None = None
        for part in parts:
            known = self.tags.get(part)
            if known is None or known.rows is None:
                continue
            if is_table(part):
                rows = pandas_rows.index_rows(value.index, known.index, known.rows)
            else:
                rows = known.rows if len(value) == len(known.rows) else None
            if rows is None or (agreed is not None and not agreed.equals(rows)):
                return None
            agreed = rows
        return agreed

    def _merged(self, call: Called, left: Any, right: Any, value: Any) -> Rows | None:
        rows = self.tags.rows(left)
        if rows is None or not is_table(right) or not hasattr(left, "merge"):
            return None
        names = ("how", "on", "left_on", "right_on")
        begin = 1 if call.receiver is not None else 2
        named = {**dict(zip(names, call.args[begin:], strict=False)), **call.named}
        left, right = (one.to_frame() if one.ndim == 1 else one for one in (left, right))
        return pandas_rows.merge_rows(type(left).merge, left, right, named, value, rows)

    def _sequence(self, call: Called) -> Rows | None:
        """Return the rows of a list, and of what goes through lists side by side."""
        parts = call.args[1:] if call.name == "map" else call.args
        found = [self.tags.rows(one) for one in parts if not _goes_by_column(one)]
        known = [rows for rows in found if rows is not None]
        if not known or any(not known[0].equals(other) for other in known[1:]):
            return None
        lengths = {length_of(one) for one in parts} - {None}
        return known[0] if lengths <= {len(known[0])} else None

    def _aligned(self, operands: Sequence[Any], value: Any) -> Rows | None:
        for one in operands:
            known = self.tags.get(one) if is_table(one) else None
            if known is not None and known.rows is not None and known.index.is_unique:
                return pandas_rows.index_rows(value.index, known.index, known.rows)
        return None

    def _is_product(self, operands: Sequence[Any], value: Any) -> bool:
        """Whether two operands make what only a product of matrices makes of them: rows of the first one."""
        left, right = operands
        return (
            self.tags.rows(right) is None
            and np.ndim(right) in (1, 2)
            and np.shape(left)[1] == np.shape(right)[0]
            and np.shape(value) == (np.shape(left)[0], *np.shape(right)[1:])
            and np.shape(left) != np.shape(right)
        )

    def _model_of(self, operands: Sequence[Any]) -> int | None:
        found = {model for one in operands if (model := self.tags.model(one)) is not None}
        return found.pop() if len(found) == 1 else None

    def _changed_in_place(self, call: Called) -> None:
        """Follow the rows of a table that a method has changed where it stood."""
        table = call.receiver
        known = self.tags.before_change(table)
        if known is None or known.index is None or table.index.is_(known.index):
            return
        self.tags.put(table, pandas_rows.call_rows(call.method, table, call.named, table, self.tags), known.model)

    def index_set(self, table: Any) -> None:
        """Keep a table's rows where the program has given it another index."""
        known = self.tags.before_change(table)
        if known is not None and known.rows is not None and is_table(table):
            self.tags.put(table, known.rows, known.model)

    def shuffled(self, call: Called) -> Any:
        """Shuffle in place as was asked, and the rows in the same order."""
        value, function = call.args[0], getattr(call.receiver, call.method)
        known = self.tags.get(value)
        if known is None or known.rows is None:
            return function(value)
        places: Any = np.arange(len(known.rows))
        source = call.receiver
        get, put = ("getstate", "setstate") if isinstance(source, random.Random) else ("get_state", "set_state")
        if isinstance(value, list):
            places = places.tolist()
        before = getattr(source, get)()
        function(value)
        after = getattr(source, get)()
        getattr(source, put)(before)
        function(places)
        getattr(source, put)(after)
        self.tags.put(value, known.rows.take(np.asarray(places)), known.model)
        return None

    def new_table(self, span: Span, function: str, path: str | None, value: Any, names: Sequence[str] = ()) -> Rows:
        """Note a table that was read or made first, and return its rows."""
        number, size = self._n_tables, length_of(value) or 0
        self._n_tables += 1
        plain = not is_table(value) or value.index.equals(pd.RangeIndex(size))
        if is_table(value):
            names = [str(one) for one in value.columns] if value.ndim == 2 else [str(value.name)]
        if not names and getattr(value, "ndim", 1) == 2:
            names = [f"x{k}" for k in range(value.shape[1])]
        kind = class_name(type(value))
        fact = {
            "number": number,
            "span": span,
            "function": function,
            "path": path,
            "type_name": kind,
            "columns": list(names),
            "n_rows": size,
            "plain_index": plain,
        }
        self._journal.note("table", fact)
        rows = Rows(number, np.arange(size))
        self.tags.put(value, rows)
        return rows

    def _reads(self, call: Called, value: Any) -> bool:
        """Note what a reading call gave as a table; return whether it was one."""
        name, method = call.name, call.method
        named = [call.named[word] for word in _PATH_WORDS if word in call.named]
        path = next((str(one) for one in [*call.args[:1], *named] if _is_path(one)), None)
        if name.startswith("pandas.read_") or (name.startswith("pandas.") and method == "parse"):
            path = path or _path_of(call.args[0] if call.args else None)
            tables = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
            for one in tables:
                if is_table(one):
                    self.new_table(call.span, name, path, one)
            return True
        if name in ("numpy.loadtxt", "numpy.genfromtxt", "numpy.load", "numpy.recfromcsv"):
            if length_of(value) and not call.named.get("unpack"):
                self.new_table(call.span, name, path or _path_of(call.args[0]), value)
            return True
        if name == "list" or method == "readlines":
            file = call.args[0] if call.args else call.receiver
            if type(file).__name__ not in _LINE_READERS:
                return False
            self.new_table(call.span, "open", _path_of(file), value)
            return True
        if name.startswith("sklearn.datasets."):
            self._library_data(call, value)
            return True
        if name.startswith("statsmodels.") and method in ("load_pandas", "load"):
            self._library_data(call, value)
            return True
        if method in ("DataFrame", "Series") and name.startswith("pandas.") and call.receiver is None:
            data = call.argument(0, "data")
            if isinstance(data, (list, dict)) and data and self._is_literal(data) and length_of(value):
                self.new_table(call.span, name, None, value)
                return True
        return False

    def _is_literal(self, data: Any) -> bool:
        """Whether data are written by hand: lists of numbers and texts that come from no table."""
        if self.tags.get(data) is not None:
            return False
        parts = list(data.values()) if isinstance(data, dict) else list(data)
        return all(
            isinstance(one, (list, tuple, dict, str, int, float, type(None), range)) and self.tags.get(one) is None
            for one in parts
        )

    def _library_data(self, call: Called, value: Any) -> None:
        """Note data that come with a library: features, target and table hold the same rows."""
        if isinstance(value, tuple):
            parts = [one for one in value if length_of(one)]
        elif hasattr(value, "keys"):
            parts = [
                value[key]
                for key in ("frame", "data", "target", "endog", "exog", "filenames", "images", "DESCR")
                if key in value and length_of(value[key])
            ]
        else:
            parts = [value] if length_of(value) else []
        if not parts:
            return
        names = getattr(value, "feature_names", None)
        named = [str(one) for one in names] if names is not None and not isinstance(names, str) else []
        if named and is_table(parts[0]):
            named = []
        rows = self.new_table(call.span, call.name, None, parts[0], named)
        for one in parts[1:]:
            if length_of(one) == len(rows):
                self.tags.put(one, rows)


def _goes_by_column(value: Any) -> bool:
    """Whether what is gone through one by one are columns, not rows."""
    return is_table(value) and value.ndim == 2


def _is_path(value: Any) -> bool:
    return isinstance(value, str) or hasattr(value, "__fspath__")


def _path_of(value: Any) -> str | None:
    """Return the path of an open file, or of a workbook."""
    name = getattr(value, "name", None) or getattr(value, "_io", None) or getattr(value, "io", None)
    return str(name) if _is_path(name) else None

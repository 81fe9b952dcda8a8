"""Which rows of a table a value holds, and of which model it is a prediction, kept beside the values themselves."""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["RowTags", "Rows", "Tag", "is_table", "length_of"]

_MOST_HELD = 400
_LOOKED_AT = 2_000


class Rows:
    """Rows of one table, in an order: ``numbers`` of shape (n_rows,)."""

    __slots__ = ("_key", "numbers", "table")

    def __init__(self, table: int, numbers: np.ndarray) -> None:
        self.table = table
        self.numbers = np.asarray(numbers, dtype=np.int64)
        self._key: tuple[int, int, bytes] | None = None

    @property
    def key(self) -> tuple[int, int, bytes]:
        """Equal for equal rows in equal order."""
        if self._key is None:
            digest = hashlib.blake2b(np.ascontiguousarray(self.numbers).tobytes(), digest_size=16).digest()
            self._key = (self.table, len(self.numbers), digest)
        return self._key

    def __len__(self) -> int:
        return len(self.numbers)

    def equals(self, other: Rows) -> bool:
        """Whether both are the same rows in the same order."""
        return self is other or self.key == other.key

    def take(self, positions: Any) -> Rows:
        """Return the rows at positions, by number, by mask or by slice."""
        return Rows(self.table, self.numbers[positions])


@dataclass
class Tag:
    """What is known of a value: its rows, and the model whose prediction it comes from."""

    rows: Rows | None
    model: int | None = None
    held: Any = None
    index: Any = None
    stamp: int = field(default=0, repr=False)


class RowTags:
    """Tags by the identity of values: none holds a table or an array alive, and each is checked before it counts."""

    def __init__(self) -> None:
        self._tags: dict[int, Tag] = {}
        self._strong: OrderedDict[int, None] = OrderedDict()

    def put(self, value: Any, rows: Rows | None, model: int | None = None) -> None:
        """Note what a value holds; where its number of rows says otherwise, nothing is noted."""
        if rows is not None and (size := length_of(value)) is not None and size != len(rows):
            rows = None
        if value is None or (rows is None and model is None):
            return
        key = id(value)
        tag = Tag(rows, model)
        try:
            tag.held = weakref.ref(value, lambda _: self._tags.pop(key, None) and None)
        except TypeError:
            if isinstance(value, (str, bytes, int, float, bool, tuple)):
                return
            tag.held = _Held(value)
            self._strong[key] = None
            self._strong.move_to_end(key)
            while len(self._strong) > _MOST_HELD:
                self._tags.pop(self._strong.popitem(last=False)[0], None)
        if is_table(value):
            tag.index = value.index
        elif isinstance(value, list):
            tag.stamp = _stamp(value)
        self._tags[key] = tag

    def get(self, value: Any) -> Tag | None:
        """Return what is known of a value, and None where it has changed meanwhile."""
        tag = self._tags.get(id(value))
        if tag is None or tag.held() is not value:
            return None
        if tag.index is not None:
            return tag if value.index.is_(tag.index) else None
        if isinstance(value, list):
            return tag if tag.stamp == _stamp(value) else None
        if tag.rows is not None and (size := length_of(value)) is not None and size != len(tag.rows):
            return None
        return tag

    def before_change(self, value: Any) -> Tag | None:
        """Return what was known of a table before it was changed in place: with the index that it had."""
        tag = self._tags.get(id(value))
        return tag if tag is not None and tag.held() is value else None

    def forget(self, value: Any) -> None:
        """Take a value's tag away."""
        self._tags.pop(id(value), None)

    def rows(self, value: Any) -> Rows | None:
        """Return the rows of a value, and None where they are not known."""
        tag = self.get(value)
        return None if tag is None else tag.rows

    def model(self, value: Any) -> int | None:
        """Return the model that a value is a prediction of."""
        tag = self.get(value)
        return None if tag is None else tag.model


class _Held:
    """A reference to what cannot be referred to weakly."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __call__(self) -> Any:
        return self._value


def is_table(value: Any) -> bool:
    """Whether a value is a table or a column of pandas."""
    return hasattr(value, "iloc") and type(value).__module__.partition(".")[0] == "pandas"


def length_of(value: Any) -> int | None:
    """Return how many rows a value has, and None where it is no table, column, array or list."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape and isinstance(shape[0], (int, np.integer)) else None
    return len(value) if isinstance(value, (list, tuple)) else None


def _stamp(value: list[Any]) -> int:
    step = max(1, len(value) // _LOOKED_AT)
    return hash((len(value), *map(id, value[::step])))

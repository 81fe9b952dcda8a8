"""A value in a few words: its class, its shape, its columns, and the value itself where it is small."""

from __future__ import annotations

import types
from typing import Any

from journeyman.runtime.recorder.public_names import type_name
from journeyman.runtime.recorder.row_tags import is_table

__all__ = ["describe"]

_MOST_ELEMENTS = 300
_LONGEST = 8_000
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


def describe(value: Any) -> dict[str, Any] | None:
    """Return type name, shape, columns and text of a value; None of a module, a function or a class."""
    if isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)):
        return None
    shape = _shape(value)
    return {"type_name": type_name(value), "shape": shape, "columns": _columns(value), "text": _text(value, shape)}


def _shape(value: Any) -> tuple[int, ...]:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(isinstance(one, int) or hasattr(one, "__index__") for one in shape):
        return tuple(int(one) for one in shape)
    return (len(value),) if isinstance(value, (list, tuple, str, dict, set, frozenset)) else ()


def _columns(value: Any) -> tuple[str, ...] | None:
    if not is_table(value):
        return None
    if value.ndim == 2:
        return tuple(map(str, value.columns))
    return None if value.name is None else (str(value.name),)


def _text(value: Any, shape: tuple[int, ...]) -> str:
    if isinstance(value, str):
        return repr(value) if len(value) <= _LONGEST else ""
    if type(value) in _PLAIN:
        return repr(value)
    size = 1
    for one in shape:
        size *= one
    if size > _MOST_ELEMENTS or is_table(value):
        return ""
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return _repr(value) if _is_plain(value, 3) else ""
    if hasattr(value, "tolist") and type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
        plain = value.tolist()
        return _repr(plain) if _is_plain(plain, 3) else ""
    return ""


def _repr(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else ""


def _is_plain(value: Any, depth: int) -> bool:
    """Whether a value is made of numbers and texts alone, so that its text is short and runs no code of others."""
    if type(value) in _PLAIN:
        return True
    if depth == 0:
        return False
    if type(value) in (list, tuple, set, frozenset):
        return len(value) <= _MOST_ELEMENTS and all(_is_plain(one, depth - 1) for one in value)
    if type(value) is dict:
        return len(value) <= _MOST_ELEMENTS and all(
            _is_plain(key, depth - 1) and _is_plain(one, depth - 1) for key, one in value.items()
        )
    return type(value).__module__ == "numpy" and getattr(value, "shape", None) == ()

"""By which name the world knows a function or a class: ``sklearn.svm.SVC``, not ``sklearn.svm._classes.SVC``."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["called_name", "class_name", "type_name"]

_ACCESSORS = {
    "StringMethods": "pandas.Series.str",
    "DatetimeProperties": "pandas.Series.dt",
    "CombinedDatetimelikeProperties": "pandas.Series.dt",
    "PeriodProperties": "pandas.Series.dt",
    "TimedeltaProperties": "pandas.Series.dt",
    "CategoricalAccessor": "pandas.Series.cat",
}
_KNOWN: dict[tuple[str, str], str] = {}


def class_name(kind: type) -> str:
    """Return the public name of a class, with its library."""
    if kind.__name__ in _ACCESSORS and kind.__module__.startswith("pandas."):
        return _ACCESSORS[kind.__name__]
    return _public_name(kind, kind.__module__, kind.__qualname__)


def type_name(value: object) -> str:
    """Return library and class of a value: "pandas.DataFrame", "int", "scipy.csr_matrix"."""
    kind = type(value)
    library = str(kind.__module__).partition(".")[0]
    return kind.__qualname__ if library == "builtins" else f"{library}.{kind.__qualname__}"


def called_name(function: Any) -> str:
    """Return the public name of what is called; of a method it begins with its receiver's class."""
    owner = getattr(function, "__self__", None)
    name = str(getattr(function, "__name__", type(function).__name__))
    if isinstance(owner, type):
        return f"{class_name(owner)}.{name}"
    if owner is not None and not hasattr(owner, "__path__") and type(owner).__name__ != "module":
        if type(owner).__name__ == "RandomState":
            return f"numpy.random.{name}"
        return f"{class_name(type(owner))}.{name}"
    module = getattr(function, "__module__", None)
    if module is None:
        module = "numpy" if type(function).__name__ == "ufunc" else str(getattr(owner, "__name__", "builtins"))
    if isinstance(function, type):
        return class_name(function)
    if not hasattr(function, "__name__"):  # an object that is called
        return class_name(type(function))
    return _public_name(function, str(module), str(getattr(function, "__qualname__", name)))


def _public_name(what: Any, module: str, name: str) -> str:
    """Return the name in the outermost package that offers the same object."""
    if module == "builtins":
        return name
    if (module, name) in _KNOWN:
        return _KNOWN[module, name]
    found = f"{module}.{name}"
    parts = module.split(".")
    if "." not in name:
        for end in range(1, len(parts) + 1):
            package = sys.modules.get(".".join(parts[:end]))
            if package is not None and getattr(package, "__dict__", {}).get(name) is what:
                found = f"{'.'.join(parts[:end])}.{name}"
                break
    if module != "__main__":
        _KNOWN[module, name] = found
    return found

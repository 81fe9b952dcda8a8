"""Plain data as YAML that people read: mappings and lists in block style, texts in double quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["yaml_text"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def yaml_text(value: Any, depth: int = 0) -> str:
    """Return data as lines of YAML.

    Examples
    --------
    >>> print(yaml_text({"a": [1, "x: y"], "b": {"no": True}}), end="")
    a:
      - 1
      - "x: y"
    b:
      "no": true
    """
    margin = "  " * depth
    if isinstance(value, Mapping):
        lines = [margin + f"{_scalar(str(key))}:{_below(inner, depth + 1)}" for key, inner in value.items()]
    else:
        lines = []
        for inner in value:
            if isinstance(inner, (Mapping, list)) and inner:
                lines.append(margin + "- " + yaml_text(inner, depth + 1).lstrip(" "))
            else:
                lines.append(margin + "-" + _below(inner, depth + 1))
    return "".join(lines)


def _below(value: Any, depth: int) -> str:
    if isinstance(value, (Mapping, list)) and value:
        return "\n" + yaml_text(value, depth)
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)

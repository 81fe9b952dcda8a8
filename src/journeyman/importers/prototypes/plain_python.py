"""What only a notebook understands, as plain Python: magics, shell lines, help, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from journeyman.entities.prototype import parse_program
from journeyman.errors import InputError

__all__ = ["PlainCell", "is_python", "plain_python"]

_LINE = re.compile(r"^(?P<indent>\s*)(?P<assigned>[\w.,\s]+=\s*)?(?P<mark>%|!)\s?(?P<name>[\w.]*)(?P<rest>.*)$")
_SAVED = re.compile(
    r"^(?P<indent>\s*)(?P<assigned>[\w.,\s]+=\s*)?get_ipython\(\)\.(?:run_line_magic|magic)\(u?'(?P<name>\w+)(?:',\s*u?')?(?P<rest>.*)'\)\s*$"
)
_SYSTEM = re.compile(r"^\s*get_ipython\(\)\.(?:system|getoutput|run_cell_magic)\(")
_HELP = re.compile(r"^\s*(\?{1,2}[\w.]+|[\w.\[\]']+\?{1,2})\s*;?\s*$")
_WHOLE_CELL = ("time", "timeit", "capture", "prun", "memit", "python", "python3")
_NAMES = (
    "matplotlib load_ext reload_ext autoreload config precision env set_env who whos reset timeit prun lsmagic history "
    "pinfo pdb xmode colors alias cd pwd ls pip conda watermark tensorboard store logstart notebook doctest_mode run "
    "load sx system R sql bash writefile debug macro rerun recall"
)
_LEFT_OUT = frozenset(_NAMES.split())
_TYPED = re.compile(r"^\s*(pip|conda|ls|ll|head|tail|cat|cd|pwd|mkdir|rm|cp|mv|wget|curl|unzip)\b(?!\s*[=(.\[])[^=]*$")
"""Lines that IPython takes for commands of the shell, or magics without their sign."""


@dataclass(frozen=True)
class PlainCell:
    """A cell in plain Python, and what was left out of it."""

    source: str
    left_out: tuple[str, ...] = ()


def plain_python(source: str) -> PlainCell:
    """Return a cell without what only a notebook understands; lines keep their numbers.

    Examples
    --------
    >>> plain_python("%matplotlib inline\\n%time model.fit(x, y)\\n!pip install xgboost")
    PlainCell(source='pass\\nmodel.fit(x, y)\\npass', left_out=('%matplotlib inline', '!pip install xgboost'))
    """
    lines, left_out = source.split("\n"), list[str]()
    first = next((k for k, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        word = lines[first][2:].split(maxsplit=1)
        name = word[0] if word else ""
        if name in _WHOLE_CELL:
            lines[first] = "pass"
        else:
            return PlainCell("\n".join(["pass", *[""] * (len(lines) - 1)]), (f"%%{' '.join(word)} and its cell",))
    inside = _Quotes()
    plain = [line if inside.holds(line) else _plain_line(line, left_out.append) for line in lines]
    if not is_python("\n".join(plain)):
        for number, line in enumerate(plain):
            if _TYPED.match(line):
                left_out.append(line.strip())
                plain[number] = _indent(line) + "pass"
    return PlainCell("\n".join(plain), tuple(left_out))


def is_python(source: str) -> bool:
    """Return whether a text is Python of today."""
    try:
        parse_program(source)
    except InputError:
        return False
    return True


class _Quotes:
    """Whether a line begins inside a text over several lines."""

    def __init__(self) -> None:
        self._open = ""

    def holds(self, line: str) -> bool:
        """Return whether the line begins inside such a text, and go on to its end."""
        began = bool(self._open)
        position = 0
        while position < len(line):
            if self._open:
                end = line.find(self._open, position)
                if end < 0:
                    return began
                position, self._open = end + 3, ""
                continue
            if line[position] == "#":
                return began
            if line.startswith(('"""', "'''"), position):
                self._open, position = line[position : position + 3], position + 3
            elif line[position] in "\"'":
                end = _end_of_text(line, position)
                position = end + 1
            else:
                position += 1
        return began


def _end_of_text(line: str, begin: int) -> int:
    position = begin + 1
    while position < len(line):
        if line[position] == "\\":
            position += 2
            continue
        if line[position] == line[begin]:
            return position
        position += 1
    return len(line)


def _plain_line(line: str, leave_out: Callable[[str], None]) -> str:
    found = _LINE.match(line) or _SAVED.match(line)
    if _SYSTEM.match(line) or (_HELP.match(line) and not found):
        leave_out(line.strip())
        return _indent(line) + "pass"
    if found is None:
        return line
    parts = found.groupdict()
    indent, name, rest = parts["indent"], parts["name"], parts["rest"].strip()
    assigned = parts.get("assigned") or ""
    if parts.get("mark") == "!":
        leave_out(line.strip())
        return f"{indent}{assigned}[]" if assigned else f"{indent}pass"
    if name in ("time", "timeit") and rest and not rest.startswith("-"):
        return f"{indent}{assigned}{rest}"
    if name == "pylab":
        return f"{indent}import numpy as np; import matplotlib.pyplot as plt; from numpy import *; from pylab import *"
    if name in _LEFT_OUT or parts.get("mark") is None:
        leave_out(line.strip())
        return f"{indent}{assigned}None" if assigned else f"{indent}pass"
    # a line that goes on from the one before may begin with a remainder: %s of a text, or a % b
    return line


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]

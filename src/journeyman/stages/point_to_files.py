"""Point to files: rewrite the paths and addresses that a program reads, where its files lie elsewhere here."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.code_change import CodeChange, ModernCode
from journeyman.entities.prototype import parse_program

__all__ = ["FilesFound", "point_to_files", "wanted_files"]

_ENDINGS = re.compile(
    r"\.(csv|tsv|txt|data|dat|names|json|jsonl|xlsx?|parquet|feather|pkl|pickle|npy|npz|zip|gz|bz2|sqlite|db|html?)$",
    re.I,
)
_LONGEST = 300


@dataclass(frozen=True)
class FilesFound:
    """A program that reads what is there.

    Attributes
    ----------
    code : ModernCode
    missing : tuple of (int, str)
        Line and path of each file that the program reads and nobody gave.
    """

    code: ModernCode
    missing: tuple[tuple[int, str], ...]


def wanted_files(source: str) -> tuple[str, ...]:
    """Return the texts of a program that look like files or addresses which it reads.

    Examples
    --------
    >>> wanted_files("import pandas as pd\\ndf = pd.read_csv('../input/train.csv')\\ndf.to_csv('out.csv')\\n")
    ('../input/train.csv',)
    """
    return tuple(dict.fromkeys(text.value for text in _file_texts(parse_program(source))))


def point_to_files(source: str, files: Sequence[str]) -> FilesFound:
    """Return a program whose paths lead to files of its folder.

    A path that is not there becomes that of the only file of the same name; capitals and the sort of slash do not
    matter. What is there, and what the program writes itself, stays.

    Parameters
    ----------
    source : str
        In Python 3.
    files : sequence of str
        Of the folder in which it will run, relative to it, with ``/``.

    Raises
    ------
    InputError
        Where it is no Python.

    Examples
    --------
    >>> found = point_to_files("open('/home/ann/train.csv')\\nopen('b.csv')\\n", ["data/train.csv"])
    >>> print(found.code.source, found.missing)
    open('data/train.csv')
    open('b.csv')
     ((2, 'b.csv'),)
    """
    tree = parse_program(source)
    there = set(files)
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(posixpath.basename(file).lower(), []).append(file)
    written = {text.value for node in ast.walk(tree) if _writes(node) for text in _texts(node)}
    lines = source.splitlines(keepends=True)
    changes: list[CodeChange] = []
    missing: list[tuple[int, str]] = []
    for text in sorted(_file_texts(tree), key=lambda one: (-one.node.lineno, -one.node.col_offset)):
        node, path = text.node, text.value.replace("\\", "/")
        if posixpath.normpath(path) in there or path in written:
            continue
        same = by_name.get(posixpath.basename(path.partition("?")[0].rstrip("/")).lower(), [])
        if not same:
            missing.append((node.lineno, text.value))
        elif node.lineno == node.end_lineno:
            after = repr(max(same, key=lambda file: (_common_end(file, path), -len(file))))
            line = lines[node.lineno - 1].encode()
            begin, end = node.col_offset, node.end_col_offset or node.col_offset
            lines[node.lineno - 1] = (line[:begin] + after.encode() + line[end:]).decode()
            changes.append(CodeChange(node.lineno, line[begin:end].decode(), after, "the file lies elsewhere here"))
    code = ModernCode("".join(lines), tuple(reversed(changes)))
    return FilesFound(code, tuple(sorted(dict.fromkeys(missing))))


@dataclass(frozen=True)
class _Text:
    """A text that the program writes out."""

    node: ast.Constant
    value: str


def _file_texts(tree: ast.AST) -> list[_Text]:
    """Return the texts that look like files, where they are not written to."""
    writing = {id(text.node) for node in ast.walk(tree) if _writes(node) for text in _texts(node)}
    return [text for text in _texts(tree) if _looks_like_file(text.value) and id(text.node) not in writing]


def _looks_like_file(text: str) -> bool:
    return 2 < len(text) < _LONGEST and "\n" not in text and bool(_ENDINGS.search(text.partition("?")[0]))


def _texts(tree: ast.AST) -> list[_Text]:
    return [
        _Text(node, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _writes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and node.func.id == "open":
        mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
        return isinstance(mode, ast.Constant) and any(sign in str(mode.value) for sign in "wax")
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return name.startswith(("to_", "save", "write", "dump", "export"))


def _common_end(file: str, path: str) -> int:
    """Return how many of the last parts of two paths are the same."""
    count = 0
    for one, other in zip(reversed(file.lower().split("/")), reversed(path.lower().split("/")), strict=False):
        if one != other:
            break
        count += 1
    return count

"""The words of an R program."""

from __future__ import annotations

import re
from typing import NamedTuple

from journeyman.errors import InputError

__all__ = ["Token", "find_tokens"]


class Token(NamedTuple):
    """A word: its kind ("number", "text", "name", "operator", "newline", "end"), text, and line from 1."""

    kind: str
    text: str
    line: int


_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+L?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[Li]?")
_NAME = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*|\.\.\.|\.\.\d+")
_OPERATOR = re.compile(
    r"%[^%\n]*%|\*\*|<<-|->>|\|>|<-|->|<=|>=|==|!=|&&|\|\||:::|::|:=|\[\[|[-+*/^<>=!&|~?:$@(){}\[\],;\\]"
)
_RAW = re.compile(r"[rR](['\"])(-*)([(\[{])")
_CLOSED = {"(": ")", "[": "]", "{": "}"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CODE = re.compile(r"x([0-9a-fA-F]{1,2})|u\{?([0-9a-fA-F]{1,4})\}?|U\{?([0-9a-fA-F]{1,8})\}?")
_OLD_TEXT_QUOTES = str.maketrans("\u201c\u201d\u2018\u2019", "\"\"''")


def find_tokens(text: str) -> tuple[list[Token], dict[int, str]]:
    """Return the words of a program, and its comments by line, without their signs.

    Raises
    ------
    InputError
        A sign that R does not know, or a text without an end.

    Examples
    --------
    >>> [token.text for token in find_tokens("x <- c(1, 2)  # two")[0]]
    ['x', '<-', 'c', '(', '1', ',', '2', ')', '']
    """
    tokens: list[Token] = []
    comments: dict[int, str] = {}
    position, line = 0, 1
    while position < len(text):
        sign = text[position]
        if sign == "\n":
            tokens.append(Token("newline", "\n", line))
            position, line = position + 1, line + 1
        elif sign.isspace() or sign == "\ufeff":
            position += 1
        elif sign == "#":
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            comments[line] = text[position:end].lstrip("#'").strip()
            position = end
        elif (raw := _RAW.match(text, position)) is not None:
            closed = _CLOSED[raw.group(3)] + raw.group(2) + raw.group(1)
            end = text.find(closed, raw.end())
            if end < 0:
                raise InputError(f"line {line}: a text has no end", hint="close its quotes")
            tokens.append(Token("text", text[raw.end() : end], line))
            line += text.count("\n", position, end)
            position = end + len(closed)
        elif sign in "\"'`\u201c\u201d\u2018\u2019":
            value, end = _quoted(text, position, line)
            tokens.append(Token("name" if sign == "`" else "text", value, line))
            line += text.count("\n", position, end)
            position = end
        else:
            token, position = _word(text, position, line)
            tokens.append(token)
    return [*tokens, Token("end", "", line)], comments


def _word(text: str, position: int, line: int) -> tuple[Token, int]:
    for kind, pattern in (("number", _NUMBER), ("name", _NAME), ("operator", _OPERATOR)):
        found = pattern.match(text, position)
        if found is not None:
            return Token(kind, found.group(), line), found.end()
    raise InputError(f"line {line}: R knows no {text[position]!r} here", hint="give the script as R runs it")


def _quoted(text: str, begin: int, line: int) -> tuple[str, int]:
    """Return the value of a quoted text, and where it ends."""
    quote = text[begin].translate(_OLD_TEXT_QUOTES)
    typeset = text[begin] != quote
    parts, position = list[str](), begin + 1
    while position < len(text):
        sign = text[position]
        if sign == quote or (typeset and sign.translate(_OLD_TEXT_QUOTES) == quote):
            return "".join(parts), position + 1
        if sign == "\\" and position + 1 < len(text):
            code = _CODE.match(text, position + 1)
            if code is not None:
                number = int(next(one for one in code.groups() if one), 16)
                parts.append(chr(number) if number < 0x110000 else "")
                position = code.end()
                continue
            parts.append(_ESCAPES.get(text[position + 1], text[position + 1]))
            position += 2
            continue
        parts.append(sign)
        position += 1
    raise InputError(f"line {line}: a text has no end", hint="close its quotes")

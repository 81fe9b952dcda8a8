"""The words of a MATLAB or Octave script: numbers, texts, names and signs, told apart by what stands before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["BLOCK_ENDS", "KEYWORDS", "Token", "TokenKind", "tokenize"]

_KEYWORD_WORDS = (
    "if elseif else for parfor while switch case otherwise try catch do until break continue return function "
    "end endif endfor endwhile endswitch end_try_catch endfunction end_unwind_protect unwind_protect "
    "unwind_protect_cleanup classdef properties methods global persistent"
)
_END_WORDS = "end endif endfor endwhile endswitch end_try_catch endfunction end_unwind_protect"
_SIGN_WORDS = (
    ".^' && || == ~= != <= >= .* ./ .\\ .^ .' += -= *= /= ^= |= &= ++ -- "
    "+ - * / \\ ^ < > = & | ~ ! ( ) [ ] { } , ; : @ . '"
)
_COMMAND_WORDS = "clear clearvars close clc hold format more warning pkg figure grid axis load disp echo diary colormap"
KEYWORDS = frozenset(_KEYWORD_WORDS.split())
BLOCK_ENDS = frozenset(_END_WORDS.split())
_SIGNS = tuple(_SIGN_WORDS.split())
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|(?:\d+(?:\.(?![*/\\^'])\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?)([ij](?!\w))?")
_NAME = re.compile(r"[A-Za-z_]\w*")
_COMMAND = re.compile(r"[ \t]+(?![=(]|[^\w\s]+[ \t])[A-Za-z\-][^=(]*$")
_COMMANDS = frozenset(_COMMAND_WORDS.split())
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a"}


class TokenKind(StrEnum):
    """Kinds of words."""

    NUMBER = "number"
    TEXT = "text"
    STRING = "text in double quotes"
    NAME = "name"
    KEYWORD = "keyword"
    SIGN = "sign"
    LINE_END = "end of line"
    COMMAND = "command"
    COMMENT = "comment"
    FAULT = "fault"
    FILE_END = "end of file"


@dataclass(frozen=True)
class Token:
    """A word, where it stands, and whether blanks stand before and behind it."""

    kind: TokenKind
    text: str
    line: int
    space_before: bool = False
    space_behind: bool = False


def tokenize(source: str) -> tuple[Token, ...]:
    """Return the words of a script; what can be none becomes a fault that the parser tells.

    Examples
    --------
    >>> [token.text for token in tokenize("a = b' + 'c';")][:-1]
    ['a', '=', 'b', "'", '+', 'c', ';', '\\n']
    """
    return _Reader(source).read()


class _Reader:
    """Goes through the lines of a script."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._tokens: list[Token] = []
        self._brackets: list[str] = []

    def read(self) -> tuple[Token, ...]:
        """Return the words of all lines."""
        commented = 0
        for number, line in enumerate(self._lines, 1):
            bare = line.strip()
            if bare in ("%{", "#{"):
                commented += 1
            elif bare in ("%}", "#}") and commented:
                commented -= 1
            elif not commented:
                self._read_line(line, number)
        self._tokens.append(Token(TokenKind.FILE_END, "", len(self._lines)))
        return tuple(self._tokens)

    def _read_line(self, line: str, number: int) -> None:
        position, continued = 0, False
        while position < len(line):
            space = position
            while position < len(line) and line[position] in " \t\f\v\xa0":
                position += 1
            spaced = position > space or position == 0
            rest = line[position:]
            if not rest:
                break
            if rest.startswith("...") and not rest[3:4].isdigit():
                continued = True
                break
            if rest[0] == "%" or (rest[0] == "#" and not rest.startswith("#!")) or (rest[:2] == "#!" and number == 1):
                self._add(TokenKind.COMMENT, rest, number, spaced)
                break
            kind, text, length = self._next(rest, spaced)
            behind = rest[length : length + 1] in ("", " ", "\t")
            self._tokens.append(Token(kind, text, number, spaced, behind))
            self._follow_brackets(kind, text)
            position += length
        if not continued:
            self._add(TokenKind.LINE_END, "\n", number, spaced=True)

    def _add(self, kind: TokenKind, text: str, line: int, spaced: bool) -> None:
        self._tokens.append(Token(kind, text, line, spaced, space_behind=True))

    def _follow_brackets(self, kind: TokenKind, text: str) -> None:
        if kind is not TokenKind.SIGN:
            return
        if text in "([{":
            self._brackets.append(text)
        elif text in ")]}" and self._brackets:
            self._brackets.pop()

    def _next(self, rest: str, spaced: bool) -> tuple[TokenKind, str, int]:
        """Return the first word of a text, and how long it is."""
        first = rest[0]
        number = _NUMBER.match(rest)
        if number:
            if number.group(2):
                return TokenKind.FAULT, "a complex number", number.end()
            return TokenKind.NUMBER, number.group(1).lower().replace("d", "e"), number.end()
        name = _NAME.match(rest)
        if name:
            return self._named(name.group(), rest)
        if first == '"' or (first == "'" and not self._transposes(spaced)):
            return _text_of(rest)
        for sign in _SIGNS:
            if rest.startswith(sign):
                if len(sign) > 1 and sign in ("++", "--", "+=", "-=") and self._brackets:
                    sign = sign[0]
                if sign == ".^'":
                    sign = ".^"
                return TokenKind.SIGN, {"!=": "~=", "!": "~"}.get(sign, sign), len(sign)
        return TokenKind.FAULT, f"the sign {first!r}", 1

    def _named(self, name: str, rest: str) -> tuple[TokenKind, str, int]:
        before = self._tokens[-1] if self._tokens else None
        if before is not None and before.kind is TokenKind.SIGN and before.text == ".":
            return TokenKind.NAME, name, len(name)
        if name in KEYWORDS and not (self._brackets and name != "end"):
            return TokenKind.KEYWORD, name, len(name)
        if self._begins_statement(before) and not self._brackets and name in _COMMANDS:
            words = re.split(r"[%#;,]|\.\.\.", rest[len(name) :])[0].rstrip(" ;,\t")
            if _COMMAND.match(words):
                return TokenKind.COMMAND, f"{name} {words.strip()}", len(name) + len(words)
        return TokenKind.NAME, name, len(name)

    def _begins_statement(self, before: Token | None) -> bool:
        if before is None or before.kind in (TokenKind.LINE_END, TokenKind.COMMENT, TokenKind.COMMAND):
            return True
        return before.kind is TokenKind.SIGN and before.text in (";", ",")

    def _transposes(self, spaced: bool) -> bool:
        """Return whether a quote transposes what stands before it, and begins no text."""
        before = self._tokens[-1] if self._tokens else None
        if before is None or (spaced and self._brackets and self._brackets[-1] in "[{"):
            return False
        if before.kind is TokenKind.SIGN:
            return before.text in (")", "]", "}", "'", ".'")
        inside = before.kind is TokenKind.KEYWORD and before.text == "end" and bool(self._brackets)
        return inside or before.kind in (TokenKind.NAME, TokenKind.NUMBER, TokenKind.TEXT, TokenKind.STRING)


def _text_of(rest: str) -> tuple[TokenKind, str, int]:
    quote, found, position = rest[0], list[str](), 1
    kind = TokenKind.STRING if quote == '"' else TokenKind.TEXT
    while position < len(rest):
        letter = rest[position]
        if letter == quote:
            if rest[position + 1 : position + 2] != quote:
                return kind, "".join(found), position + 1
            position += 1
        elif letter == "\\" and quote == '"' and rest[position + 1 : position + 2] in _ESCAPES:
            position += 1
            letter = _ESCAPES[rest[position]]
        found.append(letter)
        position += 1
    return TokenKind.FAULT, "a text without its last quote", len(rest)

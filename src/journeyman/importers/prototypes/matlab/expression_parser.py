"""Expressions of a MATLAB or Octave script: words read from left to right, by the strength of the signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.tokens import Token, TokenKind

__all__ = ["ExpressionParser", "Fault", "shown"]

_DEEPEST = 60
_Read = TypeVar("_Read")
_POWERS = ("^", ".^")
_LEVELS = ("||", "&&", "|", "&", "< <= == ~= > >=", ":", "+ -", "* .* / ./ \\ .\\")
_STRENGTHS = {sign: level for level, signs in enumerate(_LEVELS, 1) for sign in signs.split()}


class Fault(Exception):
    """A statement that cannot be read."""


class ExpressionParser:
    """Reads expressions.

    Parameters
    ----------
    tokens : tuple of Token
    """

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.in_matrix = False

    # words

    @property
    def token(self) -> Token:
        """The word in turn."""
        return self.tokens[self.at]

    def is_sign(self, *signs: str) -> bool:
        """Return whether the word in turn is one of some signs."""
        return self.token.kind is TokenKind.SIGN and self.token.text in signs

    def is_word(self, *words: str) -> bool:
        """Return whether it is one of some words of the language."""
        return self.token.kind is TokenKind.KEYWORD and self.token.text in words

    def take(self) -> Token:
        """Return the word in turn, and go on."""
        token = self.token
        if token.kind is not TokenKind.FILE_END:
            self.at += 1
        return token

    def want(self, sign: str) -> None:
        """Pass a sign that must stand here."""
        if not self.is_sign(sign):
            raise Fault(f"{sign!r} is missing before {shown(self.token)}")
        self.take()

    def _pass_line_ends(self) -> None:
        while self.token.kind in (TokenKind.LINE_END, TokenKind.COMMENT):
            self.take()

    # expressions

    def name(self) -> str:
        """Read a name."""
        if self.token.kind is not TokenKind.NAME:
            raise Fault(f"a name is missing before {shown(self.token)}")
        return self.take().text

    def parameters(self) -> tuple[str, ...]:
        """Read the parameters of a function."""
        self.want("(")
        found = list[str]()
        while not self.is_sign(")"):
            if self.is_sign("~"):
                self.take()
                found.append("~")
            else:
                found.append(self.name())
            if self.is_sign(","):
                self.take()
            elif not self.is_sign(")"):
                raise Fault(f"')' is missing before {shown(self.token)}")
        self.take()
        return tuple(found)

    def deeper(self, read: Callable[[], _Read]) -> _Read:
        """Read what may hold more of its kind, down to some depth."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Fault("it is nested too deeply")
        found = read()
        self.depth -= 1
        return found

    def expression(self) -> s.Expression:
        """Read an expression."""
        return self.deeper(lambda: self._binary(1))

    def _binary(self, strength: int) -> s.Expression:
        """Read values and the signs between them that bind at least so strongly."""
        value = self._unary()
        while self.token.kind is TokenKind.SIGN and not self._begins_element():
            sign = self.token.text
            own = _STRENGTHS.get(sign, 0)
            if own < max(strength, 1) or (sign == ":" and self._next_closes()):
                break
            self.take()
            right = self._binary(own + 1)
            if sign != ":":
                value = s.Binary(sign, value, right)
            elif self.is_sign(":") and not self._next_closes():
                self.take()
                value = s.Range(value, right, self._binary(own + 1))
            else:
                value = s.Range(value, None, right)
        return value

    def _begins_element(self) -> bool:
        """Return whether a sign within a matrix begins the next element: ``[1 -2]``."""
        token = self.token
        return self.in_matrix and token.space_before and not token.space_behind and token.text in ("+", "-", "~", "@")

    def _next_closes(self) -> bool:
        behind = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return behind.kind is TokenKind.SIGN and behind.text in (")", ",", "}", "]")

    def _unary(self) -> s.Expression:
        if self.is_sign("-", "+", "~", "++", "--"):
            sign = self.take().text[0]
            return s.Unary(sign, self.deeper(self._unary))
        return self._power()

    def _power(self) -> s.Expression:
        value = self.postfix()
        while self.is_sign(*_POWERS):
            sign = self.take().text
            value = s.Binary(sign, value, self._exponent())
            while self.is_sign("'", ".'"):
                self.take()
                value = s.Transpose(value)
        return value

    def _exponent(self) -> s.Expression:
        if self.is_sign("-", "+", "~"):
            return s.Unary(self.take().text, self.deeper(self._exponent))
        return self.postfix()

    def postfix(self) -> s.Expression:
        """Read a value with what stands behind it: indices, fields, transpositions."""
        value = self._primary()
        while self.token.kind is TokenKind.SIGN:
            token = self.token
            apart = self.in_matrix and token.space_before
            if token.text in ("(", "{") and not apart:
                self.take()
                close = ")" if token.text == "(" else "}"
                value = s.Call(value, self._arguments(close), token.text == "{")
            elif token.text == "." and not apart:
                self.take()
                value = s.Field(value, self._field_name())
            elif token.text in ("'", ".'") and not apart:
                self.take()
                value = s.Transpose(value)
            else:
                break
        return value

    def _field_name(self) -> s.Expression:
        if self.is_sign("("):
            self.take()
            names = self._arguments(")")
            if len(names) != 1:
                raise Fault("a field without its name")
            return names[0]
        return s.Text(self.name())

    def _arguments(self, close: str) -> tuple[s.Expression, ...]:
        before, self.in_matrix = self.in_matrix, False
        found = list[s.Expression]()
        self._pass_line_ends()
        while not self.is_sign(close):
            found.append(self._argument())
            self._pass_line_ends()
            if self.is_sign(","):
                self.take()
                self._pass_line_ends()
            elif not self.is_sign(close):
                raise Fault(f"{close!r} is missing before {shown(self.token)}")
        self.take()
        self.in_matrix = before
        return tuple(found)

    def _argument(self) -> s.Expression:
        if self.is_sign(":") and self._next_closes():
            self.take()
            return s.Colon()
        value = self.expression()
        if self.is_sign("=") and isinstance(value, s.Name):  # a setting as it is written since 2021: f(x, Name=value)
            self.take()
            return s.Binary("=", s.Text(value.name), self.expression())
        return value

    def _primary(self) -> s.Expression:
        token = self.token
        if token.kind is TokenKind.NUMBER:
            self.take()
            return s.Number(token.text)
        if token.kind in (TokenKind.TEXT, TokenKind.STRING):
            self.take()
            return s.Text(token.text, token.kind is TokenKind.STRING)
        if token.kind is TokenKind.NAME:
            self.take()
            return s.Name(token.text)
        if token.kind is TokenKind.KEYWORD and token.text == "end":
            self.take()
            return s.End()
        if token.kind is TokenKind.FAULT:
            raise Fault(f"{self.take().text} is outside of what is read")
        if self.is_sign("("):
            self.take()
            before, self.in_matrix = self.in_matrix, False
            value = self.expression()
            self.in_matrix = before
            self.want(")")
            return value
        if self.is_sign("[", "{"):
            return self._elements()
        if self.is_sign("@"):
            return self._function_value()
        raise Fault(f"a value is missing before {shown(token)}")

    def _function_value(self) -> s.Expression:
        self.take()
        if not self.is_sign("("):
            return s.Handle(self.name())
        parameters = self.parameters()
        return s.Lambda(parameters, self.expression())

    def _elements(self) -> s.Expression:
        opening = self.take().text
        close = "]" if opening == "[" else "}"
        before, self.in_matrix = self.in_matrix, True
        rows, row = list[tuple[s.Expression, ...]](), list[s.Expression]()
        while not self.is_sign(close):
            if self.token.kind is TokenKind.FILE_END:
                raise Fault(f"{close!r} is missing")
            if self.is_sign(";") or self.token.kind in (TokenKind.LINE_END, TokenKind.COMMENT):
                self.take()
                if row:
                    rows.append(tuple(row))
                row = []
            elif self.is_sign(","):
                self.take()
            elif self.is_sign(":"):
                self.take()
                row.append(s.Colon())
            else:
                row.append(self.expression())
        self.take()
        self.in_matrix = before
        if row:
            rows.append(tuple(row))
        return s.Matrix(tuple(rows)) if opening == "[" else s.CellArray(tuple(rows))


def shown(token: Token) -> str:
    """Return a word as a message names it."""
    if token.kind is TokenKind.LINE_END:
        return "the end of the line"
    return "the end of the file" if token.kind is TokenKind.FILE_END else repr(token.text)

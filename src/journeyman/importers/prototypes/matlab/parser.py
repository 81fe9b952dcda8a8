"""Read a MATLAB or Octave script into statements; one that cannot be read is told, and the next is gone on with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.tokens import BLOCK_ENDS, Token, TokenKind, tokenize

__all__ = ["parse_matlab"]

_DEEPEST = 60
_Read = TypeVar("_Read")
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("|",),
    ("&",),
    ("<", "<=", "==", "~=", ">", ">="),
)
_SUMS, _PRODUCTS, _POWERS = ("+", "-"), ("*", ".*", "/", "./", "\\", ".\\"), ("^", ".^")
_CHANGES = {"+=": "+", "-=": "-", "*=": "*", "/=": "/", "^=": "^", "|=": "|", "&=": "&"}
_STOPS = frozenset("elseif else case otherwise catch until unwind_protect_cleanup function".split()) | BLOCK_ENDS


class _Fault(Exception):
    """A statement that cannot be read."""


def parse_matlab(source: str) -> s.Script:
    """Return the statements and functions of a script.

    Examples
    --------
    >>> parse_matlab("x = [1 -2];").body
    (Assign(line=1, targets=(Name(name='x'),), value=Matrix(rows=((Number(text='1'), Unary(sign='-', value=Number(text='2'))),))),)
    """
    return _Parser(tokenize(source)).script()


class _Parser:
    """Reads words from left to right."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._in_matrix = False
        self._functions: list[s.Function] = []

    # words

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *signs: str) -> bool:
        return self._token.kind is TokenKind.SIGN and self._token.text in signs

    def _is_word(self, *words: str) -> bool:
        return self._token.kind is TokenKind.KEYWORD and self._token.text in words

    def _take(self) -> Token:
        token = self._token
        if token.kind is not TokenKind.FILE_END:
            self._at += 1
        return token

    def _want(self, sign: str) -> None:
        if not self._is(sign):
            raise _Fault(f"{sign!r} is missing before {_shown(self._token)}")
        self._take()

    def _pass_line_ends(self) -> None:
        while self._token.kind in (TokenKind.LINE_END, TokenKind.COMMENT):
            self._take()

    # statements

    def script(self) -> s.Script:
        """Read the whole file."""
        body: list[s.Statement] = []
        while self._token.kind is not TokenKind.FILE_END:
            body += self._block()
            if self._is_word("function"):
                body += self._function()
            elif self._token.kind is not TokenKind.FILE_END:
                token = self._take()
                body.append(s.Faulty(token.line, f"{token.text!r} ends nothing"))
        return s.Script(tuple(body), tuple(self._functions))

    def _block(self) -> list[s.Statement]:
        found: list[s.Statement] = []
        while self._token.kind is not TokenKind.FILE_END and not self._is_word(*_STOPS):
            if self._token.kind is TokenKind.LINE_END or self._is(";", ","):
                self._take()
                continue
            line, begin = self._token.line, self._at
            try:
                found.append(self._statement())
            except _Fault as fault:
                found.append(s.Faulty(line, str(fault)))
                self._depth, self._in_matrix = 0, False
                self._at = max(self._at, begin)
                while self._token.kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
                    self._take()
        return found

    def _statement(self) -> s.Statement:
        token = self._token
        if token.kind is TokenKind.COMMENT:
            self._take()
            return s.Comment(token.line, token.text.lstrip("%#! ").rstrip())
        if token.kind is TokenKind.COMMAND:
            name, *words = self._take().text.split()
            return s.Command(token.line, name, tuple(words))
        if token.kind is TokenKind.KEYWORD:
            return self._deeper(lambda: self._compound(self._take()))
        return self._simple()

    def _compound(self, token: Token) -> s.Statement:
        match token.text:
            case "if":
                return self._if(token.line)
            case "for" | "parfor":
                return self._for(token.line)
            case "while":
                test = self._expression()
                return s.While(token.line, test, self._closed())
            case "switch":
                return self._switch(token.line)
            case "try":
                return self._try(token.line)
            case "break" | "continue" | "return":
                return s.Jump(token.line, token.text)
            case _:
                raise _Fault(f"{token.text!r} is outside of what is read")

    def _closed(self) -> s.Block:
        """Read a block and the word that ends it."""
        body = tuple(self._block())
        if self._is_word(*BLOCK_ENDS):
            self._take()
        elif self._token.kind is not TokenKind.FILE_END and not self._is_word("function"):
            raise _Fault(f"{self._take().text!r} stands where a block should end")
        return body

    def _if(self, line: int) -> s.Statement:
        branches = [(self._expression(), tuple(self._block()))]
        while self._is_word("elseif"):
            self._take()
            branches.append((self._expression(), tuple(self._block())))
        otherwise: s.Block = ()
        if self._is_word("else"):
            self._take()
            otherwise = self._closed()
        else:
            self._closed()
        return s.If(line, tuple(branches), otherwise)

    def _for(self, line: int) -> s.Statement:
        bracket = self._is("(")
        if bracket:
            self._take()
        if self._token.kind is not TokenKind.NAME:
            raise _Fault("a loop without its variable")
        variable = self._take().text
        self._want("=")
        value = self._expression()
        if bracket and self._is(")"):
            self._take()
        return s.For(line, variable, value, self._closed())

    def _switch(self, line: int) -> s.Statement:
        value, cases, otherwise = self._expression(), list[tuple[s.Expression, s.Block]](), s.Block()
        between = self._block()
        if any(not isinstance(one, s.Comment) for one in between):
            raise _Fault("statements before the first case")
        while self._is_word("case"):
            self._take()
            cases.append((self._expression(), tuple(self._block())))
        if self._is_word("otherwise"):
            self._take()
            otherwise = tuple(self._block())
        self._closed()
        return s.Switch(line, value, tuple(cases), otherwise)

    def _try(self, line: int) -> s.Statement:
        body, handler = tuple(self._block()), s.Block()
        if self._is_word("catch"):
            caught = self._take().line
            if self._token.kind is TokenKind.NAME and self._token.line == caught:
                self._take()
            handler = tuple(self._block())
        self._closed()
        return s.Try(line, body, handler)

    def _function(self) -> list[s.Statement]:
        """Read a function; where its head cannot be read, tell so."""
        line = self._take().line
        try:
            results, name = self._head()
            parameters = self._parameters() if self._is("(") else ()
        except _Fault as fault:
            while self._token.kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
                self._take()
            return [s.Faulty(line, str(fault)), *self._rest_of_function()]
        self._functions.append(s.Function(line, name, results, parameters, tuple(self._rest_of_function())))
        return []

    def _rest_of_function(self) -> list[s.Statement]:
        body = self._block()
        if self._is_word("end", "endfunction"):
            self._take()
        return body

    def _head(self) -> tuple[tuple[str, ...], str]:
        if self._is("["):
            self._take()
            results = list[str]()
            while not self._is("]"):
                token = self._take()
                if token.kind is TokenKind.NAME:
                    results.append(token.text)
                elif token.text != ",":
                    raise _Fault("a function whose results cannot be read")
            self._take()
            self._want("=")
            return tuple(results), self._name()
        first = self._name()
        if self._is("="):
            self._take()
            return (first,), self._name()
        return (), first

    def _name(self) -> str:
        if self._token.kind is not TokenKind.NAME:
            raise _Fault(f"a name is missing before {_shown(self._token)}")
        return self._take().text

    def _parameters(self) -> tuple[str, ...]:
        self._want("(")
        found = list[str]()
        while not self._is(")"):
            if self._is("~"):
                self._take()
                found.append("~")
            else:
                found.append(self._name())
            if self._is(","):
                self._take()
            elif not self._is(")"):
                raise _Fault(f"')' is missing before {_shown(self._token)}")
        self._take()
        return tuple(found)

    def _simple(self) -> s.Statement:
        line = self._token.line
        targets = self._several_targets()
        if targets is not None:
            return self._ended(s.Assign(line, targets, self._expression()))
        value = self._expression()
        if self._is("="):
            self._take()
            return self._ended(s.Assign(line, (_target(value),), self._expression()))
        if self._is(*_CHANGES):
            sign = _CHANGES[self._take().text]
            return self._ended(s.Assign(line, (_target(value),), s.Binary(sign, value, self._expression())))
        if self._is("++", "--"):
            sign = self._take().text[0]
            return self._ended(s.Assign(line, (_target(value),), s.Binary(sign, value, s.Number("1"))))
        return self._ended(s.Show(line, value))

    def _ended(self, statement: s.Statement) -> s.Statement:
        kinds = (TokenKind.LINE_END, TokenKind.FILE_END, TokenKind.COMMENT)
        if self._token.kind not in kinds and not self._is(";", ",") and not self._is_word(*_STOPS):
            raise _Fault(f"{_shown(self._token)} stands where the statement should end")
        return statement

    def _several_targets(self) -> tuple[s.Expression | None, ...] | None:
        """Read ``[a, ~, b] =``, where that is what stands here."""
        if not self._is("["):
            return None
        depth, at = 0, self._at
        while self._tokens[at].kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
            if self._tokens[at].kind is TokenKind.SIGN:
                depth += (self._tokens[at].text in "([{") - (self._tokens[at].text in ")]}")
            at += 1
            if not depth:
                break
        if self._tokens[at].kind is not TokenKind.SIGN or self._tokens[at].text != "=":
            return None
        self._take()
        found = list[s.Expression | None]()
        before, self._in_matrix = self._in_matrix, True
        while not self._is("]"):
            if self._is(","):
                self._take()
            elif self._is("~"):
                self._take()
                found.append(None)
            else:
                found.append(_target(self._postfix()))
        self._in_matrix = before
        self._take()
        self._want("=")
        return tuple(found)

    # expressions

    def _deeper(self, read: Callable[[], _Read]) -> _Read:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Fault("it is nested too deeply")
        found = read()
        self._depth -= 1
        return found

    def _expression(self) -> s.Expression:
        return self._deeper(lambda: self._level(0))

    def _level(self, level: int) -> s.Expression:
        if level == len(_LEVELS):
            return self._range()
        return self._left_to_right(_LEVELS[level], lambda: self._level(level + 1))

    def _left_to_right(self, signs: tuple[str, ...], operand: Callable[[], s.Expression]) -> s.Expression:
        value = operand()
        while self._is(*signs) and not self._begins_element():
            sign = self._take().text
            value = s.Binary(sign, value, operand())
        return value

    def _begins_element(self) -> bool:
        """Return whether a sign within a matrix begins the next element: ``[1 -2]``."""
        token = self._token
        return self._in_matrix and token.space_before and not token.space_behind and token.text in ("+", "-", "~", "@")

    def _range(self) -> s.Expression:
        first = self._sum()
        if not self._is(":") or self._next_closes():
            return first
        self._take()
        second = self._sum()
        if self._is(":") and not self._next_closes():
            self._take()
            return s.Range(first, second, self._sum())
        return s.Range(first, None, second)

    def _next_closes(self) -> bool:
        behind = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        return behind.kind is TokenKind.SIGN and behind.text in (")", ",", "}", "]")

    def _sum(self) -> s.Expression:
        return self._left_to_right(_SUMS, self._product)

    def _product(self) -> s.Expression:
        return self._left_to_right(_PRODUCTS, self._unary)

    def _unary(self) -> s.Expression:
        if self._is("-", "+", "~", "++", "--"):
            sign = self._take().text[0]
            return s.Unary(sign, self._deeper(self._unary))
        return self._power()

    def _power(self) -> s.Expression:
        value = self._postfix()
        while self._is(*_POWERS):
            sign = self._take().text
            value = s.Binary(sign, value, self._exponent())
            while self._is("'", ".'"):
                self._take()
                value = s.Transpose(value)
        return value

    def _exponent(self) -> s.Expression:
        if self._is("-", "+", "~"):
            return s.Unary(self._take().text, self._deeper(self._exponent))
        return self._postfix()

    def _postfix(self) -> s.Expression:
        value = self._primary()
        while self._token.kind is TokenKind.SIGN:
            token = self._token
            apart = self._in_matrix and token.space_before
            if token.text in ("(", "{") and not apart:
                self._take()
                close = ")" if token.text == "(" else "}"
                value = s.Call(value, self._arguments(close), token.text == "{")
            elif token.text == "." and not apart:
                self._take()
                value = s.Field(value, self._field_name())
            elif token.text in ("'", ".'") and not apart:
                self._take()
                value = s.Transpose(value)
            else:
                break
        return value

    def _field_name(self) -> s.Expression:
        if self._is("("):
            self._take()
            names = self._arguments(")")
            if len(names) != 1:
                raise _Fault("a field without its name")
            return names[0]
        return s.Text(self._name())

    def _arguments(self, close: str) -> tuple[s.Expression, ...]:
        before, self._in_matrix = self._in_matrix, False
        found = list[s.Expression]()
        self._pass_line_ends()
        while not self._is(close):
            found.append(self._argument())
            self._pass_line_ends()
            if self._is(","):
                self._take()
                self._pass_line_ends()
            elif not self._is(close):
                raise _Fault(f"{close!r} is missing before {_shown(self._token)}")
        self._take()
        self._in_matrix = before
        return tuple(found)

    def _argument(self) -> s.Expression:
        if self._is(":") and self._next_closes():
            self._take()
            return s.Colon()
        value = self._expression()
        if self._is("=") and isinstance(value, s.Name):  # a setting as it is written since 2021: f(x, Name=value)
            self._take()
            return s.Binary("=", s.Text(value.name), self._expression())
        return value

    def _primary(self) -> s.Expression:
        token = self._token
        if token.kind is TokenKind.NUMBER:
            self._take()
            return s.Number(token.text)
        if token.kind in (TokenKind.TEXT, TokenKind.STRING):
            self._take()
            return s.Text(token.text, token.kind is TokenKind.STRING)
        if token.kind is TokenKind.NAME:
            self._take()
            return s.Name(token.text)
        if token.kind is TokenKind.KEYWORD and token.text == "end":
            self._take()
            return s.End()
        if token.kind is TokenKind.FAULT:
            raise _Fault(f"{self._take().text} is outside of what is read")
        if self._is("("):
            self._take()
            before, self._in_matrix = self._in_matrix, False
            value = self._expression()
            self._in_matrix = before
            self._want(")")
            return value
        if self._is("[", "{"):
            return self._elements()
        if self._is("@"):
            return self._function_value()
        raise _Fault(f"a value is missing before {_shown(token)}")

    def _function_value(self) -> s.Expression:
        self._take()
        if not self._is("("):
            return s.Handle(self._name())
        parameters = self._parameters()
        return s.Lambda(parameters, self._expression())

    def _elements(self) -> s.Expression:
        opening = self._take().text
        close = "]" if opening == "[" else "}"
        before, self._in_matrix = self._in_matrix, True
        rows, row = list[tuple[s.Expression, ...]](), list[s.Expression]()
        while not self._is(close):
            if self._token.kind is TokenKind.FILE_END:
                raise _Fault(f"{close!r} is missing")
            if self._is(";") or self._token.kind in (TokenKind.LINE_END, TokenKind.COMMENT):
                self._take()
                if row:
                    rows.append(tuple(row))
                row = []
            elif self._is(","):
                self._take()
            elif self._is(":"):
                self._take()
                row.append(s.Colon())
            else:
                row.append(self._expression())
        self._take()
        self._in_matrix = before
        if row:
            rows.append(tuple(row))
        return s.Matrix(tuple(rows)) if opening == "[" else s.CellArray(tuple(rows))


def _target(value: s.Expression) -> s.Expression:
    if isinstance(value, s.Name | s.Call | s.Field):
        return value
    raise _Fault("a value is assigned to what is no variable")


def _shown(token: Token) -> str:
    if token.kind is TokenKind.LINE_END:
        return "the end of the line"
    return "the end of the file" if token.kind is TokenKind.FILE_END else repr(token.text)

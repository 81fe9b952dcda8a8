"""A parser of R by operator precedence.

Sources: R Language Definition 4.x, "Parser"; V. Pratt, "Top down operator precedence", POPL 1973.
"""

from __future__ import annotations

from dataclasses import replace

from journeyman.errors import InputError
from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.syntax import Argument, Node
from journeyman.importers.prototypes.r.tokens import Token, find_tokens

__all__ = ["parse_r"]

_DEEPEST = 60
_LONGEST_CHAIN = 400
_RIGHT = {"^", "<-", "<<-", "=", ":="}
_BINDING = {"?": 1, "=": 3, "<-": 5, "<<-": 5, ":=": 5, "->": 6, "->>": 6, "~": 8, "||": 10, "|": 10, "&&": 12, "&": 12}
_BINDING |= dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 16)
_BINDING |= {"+": 18, "-": 18, "*": 20, "/": 20, "|>": 22, ":": 24, "^": 28}
_ANY_PERCENT, _CALLED = 22, 32
_BEFORE = {"-": 26, "+": 26, "!": 14, "~": 8, "?": 1}
_CONSTANTS = {"TRUE", "FALSE", "NULL", "NA", "NA_integer_", "NA_real_", "NA_character_", "NaN", "Inf", "T", "F"}
_WORDS = {"if", "else", "for", "while", "repeat", "function", "break", "next", "in"}
_CLOSING = {"(": ")", "[": "]", "[[": "]]", "{": "}"}


def parse_r(text: str) -> tuple[tuple[Node, ...], dict[int, str]]:
    """Return the statements of an R program, and its comments by line.

    Raises
    ------
    InputError
        It is no R, or nested too deeply; the message begins with the line.

    Examples
    --------
    >>> parse_r("x <- 1")[0]
    (Assign(line=1, target=Name(line=1, name='x'), value=Number(line=1, text='1', whole=False)),)
    """
    tokens, comments = find_tokens(text)
    return _Parser(tokens).program(), comments


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._inside = [""]

    def program(self) -> tuple[Node, ...]:
        return self._statements("end")

    def _statements(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while True:
            while self._now.kind == "newline" or self._now.text == ";":
                self._at += 1
            if self._now.kind == "end" or self._is(end):
                return tuple(found)
            found.append(self._expression(0))
            if not (self._now.kind in ("newline", "end") or self._is(";") or self._is(end)):
                raise self._unexpected()

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _is(self, text: str) -> bool:
        return self._now.kind == "operator" and self._now.text == text

    def _is_word(self, text: str) -> bool:
        return self._now.kind == "name" and self._now.text == text

    def _unexpected(self) -> InputError:
        what = "its end" if self._now.kind == "end" else "a line's end" if self._now.kind == "newline" else ""
        return InputError(
            f"line {self._now.line}: the script is no R: {what or repr(self._now.text)} is not expected here",
            hint="Rscript FILE shows where",
        )

    def _take(self) -> Token:
        token = self._now
        if token.kind != "end":
            self._at += 1
        return token

    def _pass_lines(self) -> None:
        while self._now.kind == "newline":
            self._at += 1

    def _skip_insignificant(self) -> None:
        """Within round or square brackets a line's end means nothing."""
        if self._inside[-1] in ("(", "[", "[["):
            self._pass_lines()

    def _expect(self, text: str) -> None:
        self._skip_insignificant()
        if not self._is(text):
            raise self._unexpected()
        self._at += 1

    def _open(self, bracket: str) -> None:
        self._inside.append(bracket)

    def _close(self, bracket: str) -> None:
        for sign in _CLOSING[bracket] if bracket == "[[" else (_CLOSING[bracket],):
            self._expect(sign)
        self._inside.pop()

    def _expression(self, least: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InputError(
                f"line {self._now.line}: the script is nested too deeply to be read",
                hint="give steps names of their own",
            )
        try:
            self._pass_lines()
            left, chain = self._first(), 0
            while True:
                self._skip_insignificant()
                token = self._now
                binding = self._binding(token)
                if binding is None or binding < least:
                    return left
                chain += 1
                if chain > _LONGEST_CHAIN:
                    raise InputError(f"line {token.line}: an expression is too long to be read", hint="divide it")
                left = self._rest(left, token, binding)
        finally:
            self._depth -= 1

    def _binding(self, token: Token) -> int | None:
        if token.kind != "operator":
            return None
        if token.text in ("(", "[", "[[", "$", "@", "::", ":::"):
            return _CALLED
        if token.text.startswith("%") and len(token.text) > 1:
            return _ANY_PERCENT
        return _BINDING.get("^" if token.text == "**" else token.text)

    def _rest(self, left: Node, token: Token, binding: int) -> Node:
        """Return what an operator, or a bracket, makes of what stands before it."""
        self._at += 1
        sign, line = "^" if token.text == "**" else token.text, left.line
        if sign == "(":
            return syntax.Call(line, left, self._arguments("("))
        if sign in ("[", "[["):
            return syntax.Index(line, left, self._arguments(sign), sign == "[[")
        if sign in ("$", "@", "::", ":::"):
            return self._member(left, sign)
        right = self._expression(binding if sign in _RIGHT else binding + 1)
        if sign == "|>" or sign == "%>%":
            return _piped(left, right)
        if sign in ("<-", "<<-", "=", ":="):
            return syntax.Assign(line, left, right)
        if sign in ("->", "->>"):
            return syntax.Assign(line, right, left)
        if sign == "%<>%":
            return syntax.Assign(line, left, _piped(left, right))
        return syntax.Binary(line, sign, left, right)

    def _member(self, left: Node, sign: str) -> Node:
        self._pass_lines()
        token = self._take()
        if token.kind == "operator" and token.text == "(":
            self._open("(")
            inner = self._expression(0)
            self._close("(")
            return syntax.Index(left.line, left, (Argument(None, inner),), True)
        if token.kind not in ("name", "text"):
            self._at -= token.kind != "end"
            raise self._unexpected()
        return (
            syntax.Name(left.line, token.text) if sign.startswith("::") else syntax.Member(left.line, left, token.text)
        )

    def _arguments(self, bracket: str) -> tuple[Argument, ...]:
        self._open(bracket)
        end = _CLOSING[bracket][0]
        found: list[Argument] = []
        while True:
            self._skip_insignificant()
            if self._is(end):
                if found:
                    found.append(Argument(None, None))
                break
            if self._is(","):
                found.append(Argument(None, None))
                self._at += 1
                continue
            found.append(self._argument())
            self._skip_insignificant()
            if self._is(","):
                self._at += 1
                continue
            break
        self._close(bracket)
        return tuple(found)

    def _argument(self) -> Argument:
        token, after = self._now, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if token.kind in ("name", "text") and after.kind == "operator" and after.text == "=":
            self._at += 2
            self._skip_insignificant()
            empty = self._is(",") or self._is(")") or self._is("]")
            return Argument(token.text, None if empty else self._expression(4))
        return Argument(None, self._expression(4))

    def _first(self) -> Node:
        token = self._take()
        line, sign = token.line, token.text
        if token.kind == "number":
            return _number(token)
        if token.kind == "text":
            return syntax.Text(line, sign)
        if token.kind == "name":
            return self._name_or_word(token)
        if token.kind == "operator":
            if sign in _BEFORE:
                return syntax.Unary(line, sign, self._expression(_BEFORE[sign]))
            if sign == "(":
                self._open("(")
                inner = self._expression(0)
                self._close("(")
                return syntax.Unary(line, "(", inner)
            if sign == "{":
                self._open("{")
                statements = self._statements("}")
                self._close("{")
                return syntax.Block(line, statements)
            if sign == "\\":
                return self._function(line)
        self._at -= token.kind != "end"
        raise self._unexpected()

    def _name_or_word(self, token: Token) -> Node:
        line, word = token.line, token.text
        if word in _CONSTANTS:
            return syntax.Constant(
                line, {"T": "TRUE", "F": "FALSE"}.get(word, "NA" if word.startswith("NA_") else word)
            )
        if word not in _WORDS:
            return syntax.Name(line, word)
        if word == "function":
            return self._function(line)
        if word == "if":
            return self._if(line)
        if word == "for":
            return self._for(line)
        if word == "while":
            condition = self._bracketed()
            return syntax.While(line, condition, self._expression(4))
        if word == "repeat":
            return syntax.While(line, syntax.Constant(line, "TRUE"), self._expression(4))
        if word in ("break", "next"):
            return syntax.LoopExit(line, word)
        self._at -= 1
        raise self._unexpected()

    def _bracketed(self) -> Node:
        self._expect("(")
        self._open("(")
        inner = self._expression(0)
        self._close("(")
        return inner

    def _if(self, line: int) -> Node:
        condition = self._bracketed()
        then = self._expression(3)
        before = self._at
        self._pass_lines()
        if self._is_word("else"):
            self._at += 1
            return syntax.If(line, condition, then, self._expression(3))
        self._at = before
        return syntax.If(line, condition, then, None)

    def _for(self, line: int) -> Node:
        self._expect("(")
        self._open("(")
        self._pass_lines()
        name = self._take()
        self._pass_lines()
        if name.kind != "name" or not self._is_word("in"):
            raise self._unexpected()
        self._at += 1
        values = self._expression(0)
        self._close("(")
        return syntax.For(line, name.text, values, self._expression(3))

    def _function(self, line: int) -> Node:
        self._expect("(")
        return syntax.Function(line, self._arguments("("), self._expression(3))


def _number(token: Token) -> Node:
    text = token.text
    if text.endswith("i"):
        raise InputError(f"line {token.line}: complex numbers are not read", hint="leave the line out")
    whole = text.endswith("L")
    text = text.removesuffix("L")
    if text[:2].lower() != "0x":
        number = float(text)
        text = str(int(number)) if whole or (text.isdigit() and len(text) < 16) else repr(number)
    return syntax.Number(token.line, text, whole)


def _piped(left: Node, right: Node) -> Node:
    """Return the call that ``left %>% right`` stands for; a dot among its arguments is where it goes."""
    if isinstance(right, syntax.Call):
        marks = [
            k
            for k, argument in enumerate(right.arguments)
            if isinstance(argument.value, syntax.Name) and argument.value.name in (".", "_")
        ]
        if marks:
            given = tuple(
                Argument(argument.name, left) if k in marks else argument for k, argument in enumerate(right.arguments)
            )
            return replace(right, line=left.line, arguments=given)
        return replace(right, line=left.line, arguments=(Argument(None, left), *right.arguments))
    if isinstance(right, syntax.Unary) and right.operator == "(":
        return _piped(left, right.operand)
    return syntax.Call(left.line, right, (Argument(None, left),))

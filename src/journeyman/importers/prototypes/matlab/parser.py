"""Read a MATLAB or Octave script into statements; one that cannot be read is told, and the next is gone on with."""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.expression_parser import ExpressionParser, Fault, shown
from journeyman.importers.prototypes.matlab.tokens import BLOCK_ENDS, Token, TokenKind, tokenize

__all__ = ["parse_matlab"]

_CHANGES = {"+=": "+", "-=": "-", "*=": "*", "/=": "/", "^=": "^", "|=": "|", "&=": "&"}
_STOP_WORDS = "elseif else case otherwise catch until unwind_protect_cleanup function"
_STOPS = frozenset(_STOP_WORDS.split()) | BLOCK_ENDS


def parse_matlab(source: str) -> s.Script:
    """Return the statements and functions of a script.

    Examples
    --------
    >>> parse_matlab("x = 2;").body
    (Assign(line=1, targets=(Name(name='x'),), value=Number(text='2')),)
    """
    return _Parser(tokenize(source)).script()


class _Parser(ExpressionParser):
    """Reads statements."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        super().__init__(tokens)
        self._functions: list[s.Function] = []

    def script(self) -> s.Script:
        """Read the whole file."""
        body: list[s.Statement] = []
        while self.token.kind is not TokenKind.FILE_END:
            body += self._block()
            if self.is_word("function"):
                body += self._function()
            elif self.is_word(*_STOPS):
                token = self.take()
                body.append(s.Faulty(token.line, f"{token.text!r} ends nothing"))
        return s.Script(tuple(body), tuple(self._functions))

    def _block(self) -> list[s.Statement]:
        found: list[s.Statement] = []
        while self.token.kind is not TokenKind.FILE_END and not self.is_word(*_STOPS):
            if self.token.kind is TokenKind.LINE_END or self.is_sign(";", ","):
                self.take()
                continue
            line, begin, depth = self.token.line, self.at, self.depth
            try:
                found.append(self._statement())
            except Fault as fault:
                found.append(s.Faulty(line, str(fault)))
                self.depth, self.in_matrix = depth, False
                self.at = max(self.at, begin)
                while self.token.kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
                    self.take()
        return found

    def _statement(self) -> s.Statement:
        token = self.token
        if token.kind is TokenKind.COMMENT:
            self.take()
            return s.Comment(token.line, token.text.lstrip("%#! ").rstrip())
        if token.kind is TokenKind.COMMAND:
            name, *words = self.take().text.split()
            return s.Command(token.line, name, tuple(words))
        if token.kind is TokenKind.KEYWORD:
            return self.deeper(lambda: self._compound(self.take()))
        return self._simple()

    def _compound(self, token: Token) -> s.Statement:
        match token.text:
            case "if":
                return self._if(token.line)
            case "for" | "parfor":
                return self._for(token.line)
            case "while":
                test = self.expression()
                return s.While(token.line, test, self._closed())
            case "switch":
                return self._switch(token.line)
            case "try":
                return self._try(token.line)
            case "break" | "continue" | "return":
                return s.Jump(token.line, token.text)
            case _:
                raise Fault(f"{token.text!r} is outside of what is read")

    def _closed(self) -> s.Block:
        """Read a block and the word that ends it."""
        body = tuple(self._block())
        if self.is_word(*BLOCK_ENDS):
            self.take()
        elif self.token.kind is not TokenKind.FILE_END and not self.is_word("function"):
            raise Fault(f"{self.take().text!r} stands where a block should end")
        return body

    def _if(self, line: int) -> s.Statement:
        branches = [(self.expression(), tuple(self._block()))]
        while self.is_word("elseif"):
            self.take()
            branches.append((self.expression(), tuple(self._block())))
        otherwise: s.Block = ()
        if self.is_word("else"):
            self.take()
            otherwise = self._closed()
        else:
            self._closed()
        return s.If(line, tuple(branches), otherwise)

    def _for(self, line: int) -> s.Statement:
        bracket = self.is_sign("(")
        if bracket:
            self.take()
        if self.token.kind is not TokenKind.NAME:
            raise Fault("a loop without its variable")
        variable = self.take().text
        self.want("=")
        value = self.expression()
        if bracket and self.is_sign(")"):
            self.take()
        return s.For(line, variable, value, self._closed())

    def _switch(self, line: int) -> s.Statement:
        value, cases, otherwise = self.expression(), list[tuple[s.Expression, s.Block]](), s.Block()
        between = self._block()
        if any(not isinstance(one, s.Comment) for one in between):
            raise Fault("statements before the first case")
        while self.is_word("case"):
            self.take()
            cases.append((self.expression(), tuple(self._block())))
        if self.is_word("otherwise"):
            self.take()
            otherwise = tuple(self._block())
        self._closed()
        return s.Switch(line, value, tuple(cases), otherwise)

    def _try(self, line: int) -> s.Statement:
        body, handler = tuple(self._block()), s.Block()
        if self.is_word("catch"):
            caught = self.take().line
            if self.token.kind is TokenKind.NAME and self.token.line == caught:
                self.take()
            handler = tuple(self._block())
        self._closed()
        return s.Try(line, body, handler)

    def _function(self) -> list[s.Statement]:
        """Read a function; where its head cannot be read, tell so."""
        line = self.take().line
        try:
            results, name = self._head()
            parameters = self.parameters() if self.is_sign("(") else ()
        except Fault as fault:
            while self.token.kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
                self.take()
            return [s.Faulty(line, str(fault)), *self._rest_of_function()]
        self._functions.append(s.Function(line, name, results, parameters, tuple(self._rest_of_function())))
        return []

    def _rest_of_function(self) -> list[s.Statement]:
        body = self._block()
        if self.is_word("end", "endfunction"):
            self.take()
        return body

    def _head(self) -> tuple[tuple[str, ...], str]:
        if self.is_sign("["):
            self.take()
            results = list[str]()
            while not self.is_sign("]"):
                token = self.take()
                if token.kind is TokenKind.NAME:
                    results.append(token.text)
                elif token.text != ",":
                    raise Fault("a function whose results cannot be read")
            self.take()
            self.want("=")
            return tuple(results), self.name()
        first = self.name()
        if self.is_sign("="):
            self.take()
            return (first,), self.name()
        return (), first

    def _simple(self) -> s.Statement:
        line = self.token.line
        targets = self._several_targets()
        if targets is not None:
            return self._ended(s.Assign(line, targets, self.expression()))
        value = self.expression()
        if self.is_sign("="):
            self.take()
            return self._ended(s.Assign(line, (_target(value),), self.expression()))
        if self.is_sign(*_CHANGES):
            sign = _CHANGES[self.take().text]
            return self._ended(s.Assign(line, (_target(value),), s.Binary(sign, value, self.expression())))
        if self.is_sign("++", "--"):
            sign = self.take().text[0]
            return self._ended(s.Assign(line, (_target(value),), s.Binary(sign, value, s.Number("1"))))
        return self._ended(s.Show(line, value))

    def _ended(self, statement: s.Statement) -> s.Statement:
        kinds = (TokenKind.LINE_END, TokenKind.FILE_END, TokenKind.COMMENT)
        if self.token.kind not in kinds and not self.is_sign(";", ",") and not self.is_word(*_STOPS):
            raise Fault(f"{shown(self.token)} stands where the statement should end")
        return statement

    def _several_targets(self) -> tuple[s.Expression | None, ...] | None:
        """Read ``[a, ~, b] =``, where that is what stands here."""
        if not self.is_sign("["):
            return None
        depth, at = 0, self.at
        while self.tokens[at].kind not in (TokenKind.LINE_END, TokenKind.FILE_END):
            if self.tokens[at].kind is TokenKind.SIGN:
                depth += (self.tokens[at].text in "([{") - (self.tokens[at].text in ")]}")
            at += 1
            if not depth:
                break
        if self.tokens[at].kind is not TokenKind.SIGN or self.tokens[at].text != "=":
            return None
        self.take()
        found = list[s.Expression | None]()
        before, self.in_matrix = self.in_matrix, True
        while not self.is_sign("]"):
            if self.is_sign(","):
                self.take()
            elif self.is_sign("~"):
                self.take()
                found.append(None)
            else:
                found.append(_target(self.postfix()))
        self.in_matrix = before
        self.take()
        self.want("=")
        return tuple(found)


def _target(value: s.Expression) -> s.Expression:
    if isinstance(value, s.Name | s.Call | s.Field):
        return value
    raise Fault("a value is assigned to what is no variable")

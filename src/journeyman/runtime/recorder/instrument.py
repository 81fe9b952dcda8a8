"""Rewrite a program so that each of its expressions is told to an observer, and is worth what it was worth before.

The observer stands in the program's globals by the names of :data:`HOOKS`. Loops, functions and what is evaluated for
each element are kept in two forms: the one that tells, and, for when it has told enough, the one as it was written.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field

from journeyman.entities.recording import Span

__all__ = ["HOOKS", "Node", "Places", "grown_lists", "instrument"]

_HOOKS_TEXT = (
    "value called asked answered attribute item sliced operated unpacked looped listed entered grown index_set"
)
HOOKS = tuple(_HOOKS_TEXT.split())
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
    ast.LShift: "lshift", ast.RShift: "rshift", ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le",
    ast.Gt: "gt", ast.GtE: "ge", ast.Invert: "invert", ast.USub: "neg", ast.UAdd: "pos",
}  # fmt: skip
_FRAME_READERS_TEXT = (
    "query eval super locals globals vars dir exec ols gls wls glm logit probit poisson mnlogit rlm mixedlm quantreg "
    "from_formula dmatrices dmatrix anova_lm exit quit"
)
_FRAME_READERS = frozenset(_FRAME_READERS_TEXT.split())
"""What looks at the frame that it is called from: nothing may stand between."""


@dataclass(frozen=True)
class Node:
    """An expression that is observed: where it stands, what operator, attribute or variable it names."""

    span: Span
    word: str = ""


@dataclass
class Places:
    """The observed expressions of a program by number, and how many loops and functions are kept in two forms."""

    nodes: list[Node] = field(default_factory=list)
    doubled: int = 0


def instrument(statement: ast.stmt, places: Places) -> ast.Module:
    """Return a statement as a module whose expressions are observed; the statement itself is left as it is.

    Parameters
    ----------
    statement : ast.stmt
        At the top of a program.
    places : Places
        Grows by the expressions of the statement.
    """
    statement = copy.deepcopy(statement)
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        statement = _Declarations().visit(statement)  # at the top of a program all names are global
    done = _Rewriter(places).visit(statement)
    module = ast.Module(body=[done] if isinstance(done, ast.stmt) else list(done), type_ignores=[])
    return ast.fix_missing_locations(module)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, places: Places) -> None:
        self._places = places

    def _number(self, node: ast.expr, word: str = "") -> ast.Constant:
        span = Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)
        self._places.nodes.append(Node(span, word))
        return ast.Constant(len(self._places.nodes) - 1)

    def _hook(self, hook: str, node: ast.AST, *arguments: ast.expr) -> ast.Call:
        made = ast.Call(func=_hook_name(hook), args=list(arguments), keywords=[])
        for one in (made, made.func, *arguments):
            if not hasattr(one, "lineno"):
                ast.copy_location(one, node)
        return made

    def _value(self, node: ast.expr) -> ast.expr:
        number = self._number(node)
        return self._hook("value", node, number, self.generic_visit(node))  # type: ignore[arg-type]  # an expression stays one

    def _element(self, node: ast.expr) -> ast.expr:
        """Return what is evaluated for each element, in both forms."""
        told = self.visit(copy.deepcopy(node))
        test = ast.Subscript(value=_hook_name("looped"), slice=ast.Constant(self._double()), ctx=ast.Load())
        counted = ast.Call(func=ast.Attribute(test, "more", ast.Load()), args=[], keywords=[])
        return ast.copy_location(ast.IfExp(test=counted, body=told, orelse=node), node)

    def _double(self) -> int:
        self._places.doubled += 1
        return self._places.doubled - 1

    def _bodies(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return a body that asks, each time that it is run, whether it is still to tell."""
        plain = copy.deepcopy(body)
        told = [one for statement in body for one in _as_list(self.visit(statement))]
        test = ast.Subscript(value=_hook_name("looped"), slice=ast.Constant(self._double()), ctx=ast.Load())
        counted = ast.Call(func=ast.Attribute(test, "more", ast.Load()), args=[], keywords=[])
        return [ast.copy_location(ast.If(test=counted, body=told, orelse=plain), body[0])]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._hook("value", node, self._number(node, node.id), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            node.value = self.visit(node.value)
            return node
        if node.attr.startswith("__"):  # within a class such a name has another spelling
            return self._value(node)
        number = self._number(node, node.attr)
        return self._hook("attribute", node, number, self.visit(node.value))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            node.value = self.visit(node.value)
            node.slice = self.visit(node.slice)
            return node
        number = self._number(node)
        return self._hook("item", node, number, self.visit(node.value), self._key(node.slice))

    def _key(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Slice):
            parts: list[ast.expr] = [
                self.visit(one) if one is not None else ast.copy_location(ast.Constant(None), node)
                for one in (node.lower, node.upper, node.step)
            ]
            return self._hook("sliced", node, *parts)
        if isinstance(node, ast.Tuple):
            return ast.copy_location(ast.Tuple([self._key(one) for one in node.elts], ast.Load()), node)
        done: ast.expr = self.visit(node)
        return done

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        number = self._number(node, _receiver(function))
        if isinstance(function, ast.Attribute) and not function.attr.startswith("__"):
            function.value = self.visit(function.value)
        elif not isinstance(function, ast.Name):
            node.func = function = self.visit(function)
        args = [self.visit(one) for one in node.args]
        keywords = [ast.keyword(one.arg, self.visit(one.value)) for one in node.keywords]
        if name in _FRAME_READERS:
            if isinstance(function, ast.Name):
                plain = ast.Call(function, args, keywords)
                return self._hook("value", node, number, ast.copy_location(plain, node))
            asked = self._hook("asked", node, copy.copy(number), function)
            return self._hook("answered", node, number, ast.copy_location(ast.Call(asked, args, keywords), node))
        keys: list[ast.expr | None] = [None if one.arg is None else ast.Constant(one.arg) for one in keywords]
        positional = ast.copy_location(ast.Tuple(args, ast.Load()), node)
        named = ast.copy_location(ast.Dict(keys, [one.value for one in keywords]), node)
        return self._hook("called", node, number, function, positional, named)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        number = self._number(node, _OPERATORS[type(node.op)])
        return self._hook("operated", node, number, self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        word = _OPERATORS.get(type(node.ops[0]))
        if len(node.ops) > 1 or word is None:
            return self._value(node)
        number = self._number(node, word)
        return self._hook("operated", node, number, self.visit(node.left), self.visit(node.comparators[0]))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        word = _OPERATORS.get(type(node.op))
        if word is None or isinstance(node.operand, ast.Constant):
            return self._value(node) if word is None else node
        return self._hook("operated", node, self._number(node, word), self.visit(node.operand))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        return self._value(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return self._value(node)

    def visit_List(self, node: ast.List) -> ast.expr:
        return self._value(node) if isinstance(node.ctx, ast.Load) else node

    def visit_Dict(self, node: ast.Dict) -> ast.expr:
        return self._value(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        self.generic_visit(node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:  # before Python 3.12 what stands within has no place
        return self._hook("value", node, self._number(node), node)

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        number = self._number(node)
        only = len(node.generators) == 1 and not node.generators[0].ifs
        node.generators[0].iter = self._over(node.generators[0].iter)
        source: ast.expr = ast.copy_location(ast.Constant(None), node)
        if only and not node.generators[0].is_async:
            # the iterable is told by itself, so that the list's rows are known from it
            source = self._hook("listed", node, copy.copy(number), node.generators[0].iter)
            node.generators[0].iter = source
        self._comprehension(node.generators)
        node.elt = self._element(node.elt)
        return self._hook("value", node, number, node)

    def _over(self, node: ast.expr) -> ast.expr:
        done: ast.expr = self.visit(node)
        return done

    def _comprehension(self, generators: list[ast.comprehension]) -> None:
        for k, one in enumerate(generators):
            if k:
                one.iter = self._element(one.iter)
            one.ifs = [self._element(test) for test in one.ifs]

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        number = self._number(node)
        node.generators[0].iter = self._over(node.generators[0].iter)
        self._comprehension(node.generators)
        node.elt = self._element(node.elt)
        return self._hook("value", node, number, node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        number = self._number(node)
        node.generators[0].iter = self._over(node.generators[0].iter)
        self._comprehension(node.generators)
        node.key, node.value = self._element(node.key), self._element(node.value)
        return self._hook("value", node, number, node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        node.generators[0].iter = self._over(node.generators[0].iter)
        self._comprehension(node.generators)
        node.elt = self._element(node.elt)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        node.args = self.visit(node.args)
        node.body = self._element(node.body)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        tables = [t.value for t in node.targets if isinstance(t, ast.Attribute) and t.attr == "index"]
        tables = [copy.deepcopy(one) for one in tables if isinstance(one, ast.Name)]
        node.targets = [self.visit(one) for one in node.targets]
        node.value = self.visit(node.value)
        counts = {len(t.elts) for t in node.targets if isinstance(t, (ast.Tuple, ast.List)) and not _starred(t)}
        if len(counts) == 1:
            node.value = self._hook("unpacked", node.value, ast.Constant(counts.pop()), node.value)
        after = [ast.copy_location(ast.Expr(self._hook("index_set", node, one)), node) for one in tables]
        return [node, *after] if after else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        node.target = self.visit(node.target)
        node.value = self.visit(node.value) if node.value is not None else None
        return node

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        lists = grown_lists(node)
        source = self._number(node.iter)
        node.iter = self.visit(node.iter)
        if lists:
            names = ast.Tuple([ast.Name(one, ast.Load()) for one in lists], ast.Load())
            node.iter = self._hook("entered", node.iter, source, node.iter, ast.copy_location(names, node.iter))
        after = [
            ast.copy_location(ast.Expr(self._hook("grown", node, copy.copy(source), ast.Name(one, ast.Load()))), node)
            for one in lists
        ]
        node.target = self.visit(node.target)
        node.body = self._bodies(node.body)
        node.orelse = [one for statement in node.orelse for one in _as_list(self.visit(statement))]
        return [node, *after] if after else node

    def visit_While(self, node: ast.While) -> ast.stmt:
        node.test = self._element(node.test)
        node.body = self._bodies(node.body)
        node.orelse = [one for statement in node.orelse for one in _as_list(self.visit(statement))]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        opening = [one for one in node.body[:1] if _is_docstring(one)]
        rest = node.body[len(opening) :]
        declared = _Declarations()
        rest = [declared.visit(one) for one in rest]
        node.body = [*opening, *declared.found, *(self._bodies(rest) if rest else [])]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.body = [one for statement in node.body for one in _as_list(self.visit(statement))]
        return node

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        node.subject = self.visit(node.subject)
        for case in node.cases:
            case.body = [one for statement in case.body for one in _as_list(self.visit(statement))]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if not isinstance(node.value, ast.Constant):
            node.value = self.visit(node.value)
        return node


class _Declarations(ast.NodeTransformer):
    """Takes ``global`` and ``nonlocal`` out of a function, where both forms of its body can follow them."""

    def __init__(self) -> None:
        self.found: list[ast.stmt] = []

    def visit_Global(self, node: ast.Global) -> ast.stmt:
        self.found.append(node)
        return ast.copy_location(ast.Pass(), node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        self.found.append(node)
        return ast.copy_location(ast.Pass(), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        return node


def grown_lists(loop: ast.For) -> list[str]:
    """Return the lists that a loop makes longer by one element each time that it is run, whatever happens in it."""
    if loop.orelse or any(isinstance(one, (ast.Continue, ast.Break, ast.Return)) for one in ast.walk(loop)):
        return []
    found = []
    for statement in loop.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        function = call.func if isinstance(call, ast.Call) and len(call.args) == 1 else None
        if isinstance(function, ast.Attribute) and function.attr == "append" and isinstance(function.value, ast.Name):
            found.append(function.value.id)
    uses = [one.id for one in ast.walk(loop) if isinstance(one, ast.Name)]
    return [name for name in found if uses.count(name) == 1]


def _hook_name(hook: str) -> ast.Name:
    return ast.Name(f"__seen_{hook}__", ast.Load())


def _receiver(function: ast.expr) -> str:
    """Return the variable whose method is called: ``m`` of ``m.fit`` and of ``m.set_params(a=1).fit``."""
    while isinstance(function, (ast.Attribute, ast.Call, ast.Subscript)):
        if isinstance(function, ast.Call):
            function = function.func
            if not isinstance(function, ast.Attribute):
                return ""
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def _as_list(done: ast.stmt | list[ast.stmt]) -> list[ast.stmt]:
    return [done] if isinstance(done, ast.stmt) else done


def _starred(target: ast.Tuple | ast.List) -> bool:
    return any(isinstance(one, ast.Starred) for one in target.elts)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

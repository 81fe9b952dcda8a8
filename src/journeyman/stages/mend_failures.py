"""Mend failures: rewrite a line that failed when it ran, where its error tells what its libraries want today."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Sequence

from journeyman.entities.code_change import CodeChange, ModernCode
from journeyman.entities.prototype import parse_program
from journeyman.entities.recording import FailedStatement

__all__ = ["mend_failures"]

Mend = Callable[[ast.stmt, "re.Match[str]"], Iterator[tuple[ast.expr, str, str]]]
"""From the statement that failed and its error to expressions, what stands for each, and why."""

_METHODS = {"sort": "sort_values", "as_matrix": "to_numpy", "iteritems": "items", "get_value": "at", "ix": "loc"}
_PLACES = frozenset(("loc", "iloc", "at", "iat", "index", "columns", "values", "shape"))
_COLUMN_NAMES = {"sort": {"columns": "by"}}


def mend_failures(source: str, failures: Sequence[FailedStatement]) -> ModernCode:
    """Return a program in which failed lines are written as its libraries want them today.

    Only a line whose error says what is wrong is touched; what the line means stays the same.

    Parameters
    ----------
    source : str
        As it was run.
    failures : sequence of FailedStatement

    Raises
    ------
    InputError
        Where it is no Python.

    Examples
    --------
    >>> source = "rows = rows.sort('age')\\n"
    >>> message = "'DataFrame' object has no attribute 'sort'"
    >>> mend_failures(source, [FailedStatement(1, 1, 1, "AttributeError", message)]).source
    "rows = rows.sort_values('age')\\n"
    """
    tree = parse_program(source)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    changes: list[CodeChange] = []
    edits: list[tuple[ast.expr, str]] = []
    for failure in failures:
        node = _innermost(statements, failure.line)
        if node is None:
            continue
        for pattern, mend in _MENDS:
            found = pattern.search(f"{failure.error}: {failure.message}")
            if found is None:
                continue
            for expression, after, reason in mend(node, found):
                before = ast.get_source_segment(source, expression) or ""
                if before != after and not any(_touch(expression, other) for other, _ in edits):
                    edits.append((expression, after))
                    changes.append(CodeChange(expression.lineno, before, after, reason))
    return ModernCode(_applied(source, edits), tuple(changes))


def _innermost(statements: Sequence[ast.stmt], line: int) -> ast.stmt | None:
    """Return the smallest statement at a line."""
    found = [node for node in statements if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return min(found, key=lambda node: ((node.end_lineno or node.lineno) - node.lineno, -node.lineno), default=None)


def _touch(one: ast.expr, other: ast.expr) -> bool:
    first, second = _places(one), _places(other)
    return first[0] < second[1] and second[0] < first[1]


def _places(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _applied(source: str, edits: Sequence[tuple[ast.expr, str]]) -> str:
    lines = source.splitlines(keepends=True)
    for node, after in sorted(edits, key=lambda one: _places(one[0])[0], reverse=True):
        (first, column), (last, end) = _places(node)
        head = lines[first - 1].encode()[:column].decode()
        tail = lines[last - 1].encode()[end:].decode()
        # the lines behind keep their numbers
        lines[first - 1 : last] = [head + after + tail, *["" for _ in range(last - first)]]
        if last > first:
            lines[first - 1] = lines[first - 1].rstrip("\n") + "\n" * (last - first + 1)
    return "".join(lines)


def _renamed_method(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    name = found["name"]
    for call in _calls(node, name):
        if name in _METHODS and isinstance(call.func, ast.Attribute):
            changed = ast.Call(ast.Attribute(call.func.value, _METHODS[name], ast.Load()), call.args, call.keywords)
            renamed = _COLUMN_NAMES.get(name, {})
            changed.keywords = [ast.keyword(renamed.get(k.arg or "", k.arg), k.value) for k in call.keywords]
            yield call, ast.unparse(changed), f"{name} is {_METHODS[name]} today"
    if name == "ix":
        for inner in ast.walk(node):
            if isinstance(inner, ast.Subscript) and isinstance(inner.value, ast.Attribute) and inner.value.attr == "ix":
                yield inner.value, f"{ast.unparse(inner.value.value)}.{_place_kind(inner.slice)}", "ix is gone"


def _place_kind(index: ast.expr) -> str:
    """Return how an index of ``ix`` is meant: by number where its numbers say so, else by label."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    columns = parts[1] if len(parts) > 1 else parts[0]
    texts = [n for n in ast.walk(columns) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return "loc" if texts or (len(parts) > 1 and not isinstance(columns, ast.Slice | ast.Constant)) else "iloc"


def _appended(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    for call in _calls(node, "append"):
        if not isinstance(call.func, ast.Attribute) or len(call.args) != 1:
            continue
        other, own = call.args[0], ast.unparse(call.func.value)
        row = f"__import__('pandas').DataFrame([{ast.unparse(other)}])"
        added = row if isinstance(other, ast.Dict) else ast.unparse(other)
        options = "".join(
            f", {k.arg}={ast.unparse(k.value)}" for k in call.keywords if k.arg in ("ignore_index", "sort")
        )
        yield call, f"__import__('pandas').concat([{own}, {added}]{options})", "append of tables is gone"


def _named_arguments(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    """Name the arguments that may no longer be given by their place."""
    name = found["name"].removesuffix(".__init__").rpartition(".")[2]
    allowed = int(found["allowed"]) - ("__init__" in found["name"] or "." in found["name"])
    names = _parameters(name)
    for call in _calls(node, name):
        if len(call.args) <= allowed or len(call.args) > len(names) or allowed < 0:
            continue
        named = [ast.keyword(arg, value) for arg, value in zip(names[allowed:], call.args[allowed:], strict=False)]
        changed = ast.Call(call.func, call.args[:allowed], [*named, *call.keywords])
        yield call, ast.unparse(changed), f"arguments of {name} are named today"


def _parameters(name: str) -> list[str]:
    """Return the parameters of a class or function of scikit-learn by its name; none where nobody knows it."""
    for module in _MODULES:
        try:
            found = getattr(__import__(f"sklearn.{module}", fromlist=[name]), name, None)
        except ImportError:
            continue
        if found is not None:
            return list(inspect.signature(found).parameters)
    return []


_MODULES = (
    *("ensemble", "linear_model", "tree", "svm", "neighbors", "naive_bayes", "cluster", "decomposition"),
    *("feature_selection", "preprocessing", "model_selection", "metrics", "impute", "pipeline", "neural_network"),
    *("discriminant_analysis", "compose", "utils", "mixture", "manifold", "dummy", "calibration", "multiclass"),
)


def _dropped_argument(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    name = found["name"].removesuffix(".__init__").rpartition(".")[2]
    for call in _calls(node, name):
        if any(k.arg == found["argument"] for k in call.keywords):
            left = [k for k in call.keywords if k.arg != found["argument"]]
            yield call, ast.unparse(ast.Call(call.func, call.args, left)), f"{name} has no {found['argument']} today"


def _by_number(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    """Say of an index that it is a place: today a number is a label."""
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Subscript) or ast.unparse(inner.slice) != found["key"]:
            continue
        own = inner.value.attr if isinstance(inner.value, ast.Attribute) else ""
        if isinstance(inner.ctx, ast.Load) and own not in _PLACES:
            yield inner, f"{ast.unparse(inner.value)}.iloc[{found['key']}]", "a number is a label today"


def _numbers_only(node: ast.stmt, found: re.Match[str]) -> Iterator[tuple[ast.expr, str, str]]:
    for name in ("corr", "cov", "mean", "median", "std", "var", "sum", "min", "max", "quantile", "skew", "kurt"):
        for call in _calls(node, name):
            known = any(k.arg == "numeric_only" for k in call.keywords)
            if isinstance(call.func, ast.Attribute) and not known:
                changed = ast.Call(
                    call.func, call.args, [*call.keywords, ast.keyword("numeric_only", ast.Constant(True))]
                )
                yield call, ast.unparse(changed), "texts are no longer left out of themselves"


def _calls(node: ast.stmt, name: str) -> Iterator[ast.Call]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            called = inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
            if called == name:
                yield inner


_MENDS: tuple[tuple[re.Pattern[str], Mend], ...] = (
    (re.compile(r"'(?:DataFrame|Series)' object has no attribute '(?P<name>append)'"), _appended),
    (re.compile(r"'(?:DataFrame|Series|DataFrameGroupBy)' object has no attribute '(?P<name>\w+)'"), _renamed_method),
    (
        re.compile(r"(?P<name>[\w.]+)\(\) takes (?:from \d+ to )?(?P<allowed>\d+) positional arguments?"),
        _named_arguments,
    ),
    (re.compile(r"(?P<name>[\w.]+)\(\) got an unexpected keyword argument '(?P<argument>\w+)'"), _dropped_argument),
    (re.compile(r"^KeyError: (?P<key>-?\d+)$"), _by_number),
    (re.compile(r"could not convert string to float|does not support operation|Could not convert"), _numbers_only),
)

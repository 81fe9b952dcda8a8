"""Calls that learn from rows and give rows: encoders, scalers, dummies, bins, statistics of groups."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journeyman.entities.conversion import OperationKind
from journeyman.stages.plan_pipeline.places import span_of
from journeyman.stages.plan_pipeline.styles import Style, WritesCode

__all__ = ["NEIGHBOURS", "Special", "special_call"]

_NEIGHBOUR_WORDS = (
    "rank shift diff rolling expanding ewm cumsum cumprod cummax cummin cumcount ffill bfill pad interpolate pct_change"
)
NEIGHBOURS = frozenset(_NEIGHBOUR_WORDS.split())
"""Methods whose value for a row depends on the rows beside it."""

_SCALES = {
    "scale": "StandardScaler",
    "minmax_scale": "MinMaxScaler",
    "maxabs_scale": "MaxAbsScaler",
    "robust_scale": "RobustScaler",
}
_REDUCTION_WORDS = "mean median min max sum count std var first last size nunique"
_REDUCTIONS = frozenset(_REDUCTION_WORDS.split())


@dataclass(frozen=True)
class Special:
    """A call that is written anew: the nodes that predicting needs, what it is and why, its text in a style."""

    needed: tuple[ast.AST, ...]
    kind: OperationKind
    reason: str
    text: Callable[[Style], str]
    before: Callable[[Style], str] | None = None


def special_call(rewriter: WritesCode, node: ast.AST) -> Special | None:
    """Return how a call is written anew, None where it is not."""
    if isinstance(node, ast.Subscript):
        return None
    if not isinstance(node, ast.Call):
        return None
    value = rewriter.program.value(node)
    word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if value is None or word not in _WRITERS:
        return None
    called = value.called or ""
    if called and called.rpartition(".")[2] != word and word not in ("apply",):
        return None
    if word != "factorize" and not rewriter.on_path(value):
        return None
    return _WRITERS[word](rewriter, node)


def _division(rewriter: WritesCode, node: ast.Call) -> Special | None:
    def text(style: Style) -> str:
        tables = ", ".join(rewriter.text(one, style) for one in node.args)
        return f"learned.divide(lambda: {rewriter.inner_text(node, style)}, {tables})"

    return Special(tuple(node.args), OperationKind.SPLIT, "divides rows as the prototype did", text)


def _fit_transform(rewriter: WritesCode, node: ast.Call) -> Special | None:
    if not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    receiver = node.func.value
    after = "predict" if node.func.attr == "fit_predict" else "transform"
    name = ast.unparse(receiver) if isinstance(receiver, ast.Name) else _class_of(receiver)

    def fitted(style: Style) -> str:
        given = ", ".join(rewriter.program.text(one) for one in (*node.args, *node.keywords))
        return rewriter.learned(node, f"{rewriter.program.text(receiver)}.fit({given})", style, name)

    def text(style: Style) -> str:
        kept = name if span_of(node) in rewriter.fitted_before else fitted(style)
        return f"{kept}.{after}({rewriter.text(node.args[0], style)})"

    def before(style: Style) -> str:
        return f"{name} = {fitted(style)}"

    named = isinstance(receiver, ast.Name)
    return Special((node.args[0],), OperationKind.LEARNED, f"{name} is fitted on rows", text, before if named else None)


def _class_of(node: ast.AST) -> str:
    while isinstance(node, ast.Call | ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "transformer")


def _get_dummies(rewriter: WritesCode, node: ast.Call) -> Special | None:
    if not node.args:
        return None

    def text(style: Style) -> str:
        name = rewriter.name_of(node, "dummies")
        given, plain = rewriter.text(node.args[0], style), rewriter.program.text(node.args[0])
        whole = rewriter.program.text(node)
        begin = whole.index(plain, len(rewriter.program.text(node.func)))
        encode = f"{whole[:begin]}data{whole[begin + len(plain) :]}"
        return f'learned.get_dummies("{name}", lambda data: {encode}, {given})'

    return Special((node.args[0],), OperationKind.LEARNED, "the categories of columns are learned", text)


def _factorize(rewriter: WritesCode, node: ast.Call) -> Special | None:
    data = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
    if data is None or not rewriter.on_path(rewriter.program.value(data)):
        return None

    def text(style: Style) -> str:
        return f'learned.factorize("{rewriter.name_of(node, "values")}", {rewriter.text(data, style)})'

    return Special((data,), OperationKind.LEARNED, "the values of a column are numbered in the order of rows", text)


def _astype(rewriter: WritesCode, node: ast.Call) -> Special | None:
    kind = node.args[0] if node.args else None
    if not isinstance(node.func, ast.Attribute) or not isinstance(kind, ast.Constant) or kind.value != "category":
        return None
    data = node.func.value
    value = rewriter.program.value(data)
    if value is None or len(value.shape) != 1:
        return None

    def text(style: Style) -> str:
        plain = rewriter.program.text(data)
        kept = rewriter.learned(node, f'{plain}.astype("category").dtype', style, f"{_last(data)}_categories")
        return f"{rewriter.text(data, style)}.astype({kept})"

    return Special((data,), OperationKind.LEARNED, "the categories of a column are learned", text)


def _last(node: ast.AST) -> str:
    """Return the name of a column: "Sex" of ``df["Sex"]`` or ``df.Sex``."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return "".join(c if c.isalnum() else "_" for c in str(node.slice.value)) or "column"
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "column"


def _categorical(rewriter: WritesCode, node: ast.Call) -> Special | None:
    if len(node.args) != 1 or node.keywords:
        return None
    data, function = node.args[0], rewriter.program.text(node.func)

    def text(style: Style) -> str:
        plain = f"{function}({rewriter.program.text(data)}).dtype"
        kept = rewriter.learned(node, plain, style, f"{_last(data)}_categories")
        return f"{function}({rewriter.text(data, style)}, dtype={kept})"

    return Special((data,), OperationKind.LEARNED, "the categories of a column are learned", text)


def _bins(rewriter: WritesCode, node: ast.Call) -> Special | None:
    if len(node.args) < 2 or not isinstance(node.func, ast.Attribute):
        return None
    if any(one.arg in ("retbins", "duplicates") for one in node.keywords):
        return None
    equal_counts = node.func.attr == "qcut"
    number = rewriter.program.value(node.args[1])
    is_number = isinstance(node.args[1], ast.Constant) or (number is not None and number.type_name == "int")
    if not equal_counts and not is_number:
        return None
    data, module = node.args[0], rewriter.program.text(node.func.value)

    def text(style: Style) -> str:
        given = [rewriter.program.text(one) for one in (*node.args, *node.keywords)]
        fit = f"{module}.{node.func.attr}({', '.join(given)}, retbins=True)[1]"  # type: ignore[attr-defined]  # seen above
        kept = rewriter.learned(node, fit, style, f"{_last(data)}_bins")
        rest = [rewriter.program.text(one) for one in (*node.args[2:], *node.keywords)]
        rest += ["include_lowest=True"] if equal_counts and not any("include_lowest" in one for one in rest) else []
        return f"{module}.cut({', '.join([rewriter.text(data, style), kept, *rest])})"

    return Special((data,), OperationKind.LEARNED, "the edges of bins are learned", text)


def _group_transform(rewriter: WritesCode, node: ast.Call) -> Special | None:
    if not isinstance(node.func, ast.Attribute) or len(node.args) != 1:
        return None
    picked = node.func.value
    column: ast.AST | None = None
    groups = picked
    if isinstance(picked, ast.Subscript) and isinstance(picked.slice, ast.Constant):
        column, groups = picked.slice, picked.value
    if not (isinstance(groups, ast.Call) and isinstance(groups.func, ast.Attribute) and groups.func.attr == "groupby"):
        return None
    if column is None or len(groups.args) != 1 or groups.keywords or not isinstance(groups.args[0], ast.Constant):
        return None
    table, key = groups.func.value, groups.args[0]
    reduction, fills = _reduction(node.args[0])
    if reduction is None:
        return None

    def text(style: Style) -> str:
        plain, key_text = rewriter.program.text(table), rewriter.program.text(key)
        column_text = rewriter.program.text(column)
        kept = rewriter.learned(
            node, f"{plain}.groupby({key_text})[{column_text}].{reduction}()", style,
            f"{_word(column)}_{reduction}_by_{_word(key)}",
        )  # fmt: skip
        here = rewriter.text(table, style)
        mapped = f"{here}[{key_text}].map({kept})"
        return f"{here}[{column_text}].fillna({mapped})" if fills else mapped

    return Special((table,), OperationKind.LEARNED, f"the {reduction} of each group is learned", text)


def _word(node: ast.AST | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else "column"
    return "".join(c if c.isalnum() else "_" for c in str(value))


def _reduction(node: ast.expr) -> tuple[str | None, bool]:
    """Return the statistic that groups are reduced to, and whether only gaps are filled with it."""
    if isinstance(node, ast.Constant) and node.value in _REDUCTIONS:
        return str(node.value), False
    if isinstance(node, ast.Attribute) and node.attr in _REDUCTIONS:
        return node.attr, False
    if isinstance(node, ast.Lambda) and isinstance(node.body, ast.Call) and isinstance(node.body.func, ast.Attribute):
        body, name = node.body, node.args.args[0].arg if node.args.args else ""
        if body.func.attr == "fillna" and isinstance(body.func.value, ast.Name) and body.func.value.id == name:  # type: ignore[attr-defined]  # seen above
            inner = body.args[0] if body.args else None
            if (
                isinstance(inner, ast.Call)
                and isinstance(inner.func, ast.Attribute)
                and inner.func.attr in _REDUCTIONS
                and isinstance(inner.func.value, ast.Name)
            ):
                return inner.func.attr, True
        if body.func.attr in _REDUCTIONS and isinstance(body.func.value, ast.Name) and not body.args:  # type: ignore[attr-defined]  # seen above
            return body.func.attr, False  # type: ignore[attr-defined]  # seen above
    return None, False


def _apply(rewriter: WritesCode, node: ast.Call) -> Special | None:
    """Write ``df.apply(encoder.fit_transform)``: each column has a fitted encoder of its own."""
    if not isinstance(node.func, ast.Attribute) or len(node.args) != 1 or node.keywords:
        return None
    asked = node.args[0]
    if not (isinstance(asked, ast.Attribute) and asked.attr == "fit_transform"):
        return None
    table = node.func.value

    def text(style: Style) -> str:
        fit = f"{rewriter.program.text(asked.value)}.fit(column)"
        kept = rewriter.learned(node, fit, style, "encoder")
        return f"{rewriter.text(table, style)}.apply(lambda column: {kept}.transform(column))"

    return Special((table,), OperationKind.LEARNED, "an encoder is fitted on each column", text)


def _scale(rewriter: WritesCode, node: ast.Call) -> Special | None:
    word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if len(node.args) != 1 or node.keywords:
        return None

    def text(style: Style) -> str:
        fit = f"preprocessing.{_SCALES[word]}().fit({rewriter.program.text(node.args[0])})"
        kept = rewriter.learned(node, fit, style, "scaler")
        return f"{kept}.transform({rewriter.text(node.args[0], style)})"

    return Special((node.args[0],), OperationKind.LEARNED, "the scale of columns is learned", text)


def _constant(rewriter: WritesCode, node: ast.Call) -> Special | None:
    """Write ``add_constant``: of one row all columns are constant, and none would be added."""
    if len(node.args) != 1 or node.keywords:
        return None

    def text(style: Style) -> str:
        return f'{rewriter.program.text(node.func)}({rewriter.text(node.args[0], style)}, has_constant="add")'

    return Special((node.func, node.args[0]), OperationKind.ROW, "", text)


def _concat(rewriter: WritesCode, node: ast.Call) -> Special | None:
    """Write a table put together from parts of one: in predicting the first part is all there is."""
    if not node.args or not isinstance(node.args[0], ast.List | ast.Tuple):
        return None
    parts, whole = node.args[0].elts, rewriter.program.rows(node)
    held = [rewriter.program.rows(one) for one in parts]
    if whole is None or len(parts) < 2 or any(one is None or one.table != whole.table for one in held):
        return None
    if sum(len(one.numbers) for one in held if one is not None) != len(whole.numbers):
        return None

    def text(style: Style) -> str:
        original = f"{rewriter.program.text(node.func)}({', '.join(_arguments(rewriter, node, style))})"
        first = rewriter.text(parts[0], style)
        if style.name == "PREDICT":
            return first
        return original if style.name == "LEARN" else f"({original} if learned.learning else {first})"

    return Special((parts[0],), OperationKind.FILTER, "rows are put together, in training only", text)


def _arguments(rewriter: WritesCode, node: ast.Call, style: Style) -> Sequence[str]:
    given = [rewriter.text(one, style) for one in node.args]
    return [*given, *(_keyword(rewriter, one, style) for one in node.keywords)]


def _keyword(rewriter: WritesCode, node: ast.keyword, style: Style) -> str:
    text = rewriter.text(node.value, style)
    return f"**{text}" if node.arg is None else f"{node.arg}={text}"


_WRITERS: dict[str, Callable[[WritesCode, ast.Call], Special | None]] = {
    "train_test_split": _division,
    "add_constant": _constant,
    "fit_transform": _fit_transform,
    "fit_predict": _fit_transform,
    "get_dummies": _get_dummies,
    "factorize": _factorize,
    "astype": _astype,
    "Categorical": _categorical,
    "cut": _bins,
    "qcut": _bins,
    "transform": _group_transform,
    "apply": _apply,
    "concat": _concat,
    **dict.fromkeys(_SCALES, _scale),
}

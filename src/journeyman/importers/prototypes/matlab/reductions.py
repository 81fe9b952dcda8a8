"""Functions that make one number of many: sums, means, quantiles, as MATLAB defines them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.indexing import is_deletion
from journeyman.importers.prototypes.matlab.scope import Handler, Scope
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    Outside,
    Value,
    fill,
    flat,
    number,
    scalar,
)

__all__ = ["REDUCTIONS"]

_METHODS = frozenset(("mean", "median", "std", "var", "sum", "prod", "min", "max"))
_FLAGS = {"omitnan": "omit", "includenan": "keep", "omitmissing": "omit", "includemissing": "keep", "all": "all"}


def _flags(nodes: tuple[s.Expression, ...]) -> tuple[tuple[s.Expression, ...], set[str]]:
    """Return arguments without the words among them, and what these say."""
    found = {_FLAGS[node.value] for node in nodes if isinstance(node, s.Text) and node.value in _FLAGS}
    return tuple(node for node in nodes if not (isinstance(node, s.Text) and node.value in _FLAGS)), found


def _reduce(name: str, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return a statistic; of a matrix one of each column, or along the dimension that is told."""
    del wanted
    given, flags = _flags(nodes)
    value = scope.value(given[0]) if given else _missing(name)
    rest = [node for node in given[1:] if not is_deletion(node)]
    settings = ""
    if name in ("std", "var"):
        population = bool(rest) and rest.pop(0) == s.Number("1")
        settings = "" if population else ", ddof=1"
    return [_reduced(name, value, _dimension(rest), flags, settings)]


def _missing(name: str) -> Value:
    raise Outside(f"{name} of nothing")


def _dimension(nodes: list[s.Expression]) -> int | None:
    if not nodes:
        return None
    if nodes[0] in (s.Number("1"), s.Number("2")):
        return 1 if nodes[0] == s.Number("1") else 2
    raise Outside("a dimension that is 1 or 2")


def _reduced(name: str, value: Value, dimension: int | None, flags: set[str], settings: str) -> Value:
    if value.form is Form.ROWS and name == "sum":
        return scalar(fill("len({})", value.code), whole=True)
    kind, counted = value.kind, value.kind.element is Element.LOGICAL
    if not counted:
        value = number(value)
    if value.form is Form.SCALAR or _along_itself(value, dimension):
        return value
    if not kind.is_array:
        raise Outside(f"{name} of {value.form.value}")
    omits = "omit" in flags or (name in ("min", "max") and "keep" not in flags)
    if kind.series and name in _METHODS:
        said = [] if omits or counted else ["skipna=False"]
        said += ["ddof=0"] if name in ("std", "var") and not settings else []
        return scalar(fill(f"{{}}.{name}({', '.join(said)})", value.code), whole=counted and name == "sum")
    function = f"np.nan{name}" if omits else f"np.{name}"
    if value.form is not Form.MATRIX or "all" in flags:
        whole = fill(f"{function}({{}}{settings})", flat(value))
        return scalar(f"int({whole})" if counted and name == "sum" else whole, whole=counted and name == "sum")
    axis = 1 if dimension == 2 else 0
    reduced = fill(f"{function}({{}}, axis={axis}{settings})", value.code)
    return Value(reduced, Kind(Form.COLUMN if axis else Form.ROW))


def _along_itself(value: Value, dimension: int | None) -> bool:
    """Return whether a statistic goes along a dimension in which there is one element only."""
    return (value.form, dimension) in ((Form.COLUMN, 2), (Form.ROW, 1))


def _extreme(name: str, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return the least or the greatest, and where it stands; or the lesser of two, element by element."""
    given, _ = _flags(nodes)
    if len(given) == 2 and not is_deletion(given[1]):
        function = "np.fmax" if name == "max" else "np.fmin"
        return [_pairs(function, number(scope.value(given[0])), number(scope.value(given[1])))]
    found = _reduce(name, scope, nodes, 1)
    if wanted > 1:
        value = scope.value(given[0])
        function = f"np.nanarg{name}"
        if value.form is Form.MATRIX:
            axis = 1 if found[0].form is Form.COLUMN else 0
            kind = replace(found[0].kind, whole=True, predicted=value.kind.predicted)
            found.append(Value(fill(f"{function}({{}}, axis={axis}) + 1", value.code), kind))
        else:
            found.append(scalar(fill(f"int({function}({{}})) + 1", flat(value)), whole=True))
    return found


def _pairs(function: str, left: Value, right: Value) -> Value:
    if Form.SCALAR not in (left.form, right.form) and left.form is not right.form:
        raise Outside("the greater of two arrays of different forms")
    kind = left.kind if right.form is Form.SCALAR else right.kind
    return Value(f"{function}({left.code}, {right.code})", replace(kind, whole=False, element=Element.NUMBER))


def _quantile(hundredths: bool, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return quantiles of the values that are there, halfway between steps: Hazen's definition."""
    del wanted
    values, at = number(scope.value(nodes[0])), number(scope.value(nodes[1]))
    share = fill("{} / 100", at.code) if hundredths else at.code
    if values.form not in (Form.COLUMN, Form.ROW, Form.MATRIX):
        raise Outside(f"quantiles of {values.form.value}")
    if at.form is not Form.SCALAR and values.form is Form.MATRIX:
        raise Outside("several quantiles of a matrix")
    axis = ", axis=0" if values.form is Form.MATRIX else ""
    form = Form.ROW if values.form is Form.MATRIX else at.form if at.form is Form.SCALAR else values.form
    return [Value(fill(f"np.nanquantile({{}}, {share}{axis}, method='hazen')", flat(values)), Kind(form))]


def _mode(scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return the most frequent value, the least of several."""
    del wanted
    value = scope.value(nodes[0])
    if value.form not in (Form.COLUMN, Form.ROW):
        raise Outside(f"mode of {value.form.value}")
    code = value.code if value.kind.series else f"pd.Series({value.code})"
    text = value.kind.element in (Element.TEXT, Element.CATEGORY)
    kind = Kind(Form.TEXT, Element.TEXT) if text else Kind(Form.SCALAR, value.kind.element)
    return [Value(fill("{}.mode()[0]", code), kind)]


def _asked(name: str, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return whether any, or all, of the values hold."""
    del wanted
    given, flags = _flags(nodes)
    value = scope.value(given[0])
    if value.form is Form.SCALAR:
        return [value]
    if not value.kind.is_array:
        raise Outside(f"{name} of {value.form.value}")
    if value.form is not Form.MATRIX or "all" in flags:
        return [scalar(fill(f"bool(np.{name}({{}}))", value.code), element=Element.LOGICAL)]
    axis = 1 if _dimension(list(given[1:])) == 2 else 0
    kind = Kind(Form.COLUMN if axis else Form.ROW, Element.LOGICAL)
    return [Value(fill(f"np.{name}({{}}, axis={axis})", value.code), kind)]


def _running(name: str, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return sums or products up to each place."""
    del wanted
    value = number(scope.value(nodes[0]))
    if not value.kind.is_array:
        raise Outside(f"{name} of {value.form.value}")
    axis = ", axis=0" if value.form is Form.MATRIX else ""
    return [Value(fill(f"np.{name}({{}}{axis})", flat(value)), replace(value.kind, series=False, whole=False))]


def _norm(scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    order = 2 if len(nodes) == 1 else None
    if order is None:
        order_value = scope.value(nodes[1])
        text = repr(order_value.text) if order_value.text else order_value.code
    else:
        text = "2"
    return [scalar(fill(f"np.linalg.norm({{}}, {text})", flat(value)))]


def _paired(name: str, scope: Scope, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    """Return correlations or covariances."""
    del wanted
    values = [number(value) for value in scope.values(nodes)]
    if len(values) == 1 and values[0].form is Form.MATRIX:
        return [Value(fill(f"np.{name}({{}}, rowvar=False)", values[0].code), Kind(Form.MATRIX))]
    if len(values) == 2 and all(value.form in (Form.COLUMN, Form.ROW) for value in values):
        return [Value(f"np.{name}({values[0].code}, {values[1].code})", Kind(Form.MATRIX))]
    raise Outside(f"{name} of such values")


REDUCTIONS: dict[str, Handler] = {
    **{name: partial(_reduce, name) for name in ("mean", "median", "std", "var", "sum", "prod")},
    **{name: partial(_extreme, name) for name in ("min", "max")},
    **{name: partial(_asked, name) for name in ("any", "all")},
    **{name: partial(_running, name) for name in ("cumsum", "cumprod")},
    "quantile": partial(_quantile, False),
    "prctile": partial(_quantile, True),
    "mode": _mode,
    "norm": _norm,
    "corrcoef": partial(_paired, "corrcoef"),
    "corr": partial(_paired, "corrcoef"),
    "cov": partial(_paired, "cov"),
}

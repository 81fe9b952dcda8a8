"""Scores as scripts calculate them by hand, told by their names, so that all behind knows what was judged."""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.scope import Handler, Scope
from journeyman.importers.prototypes.matlab.values import Element, Form, Kind, Outside, Value, fill, flat, scalar

__all__ = ["SCORE_FUNCTIONS", "find_score"]

_Nodes = tuple[s.Expression, ...]
_COUNTS = frozenset(("numel", "length", "size", "height", "rows"))
_PASSED = frozenset(("double", "single"))


def find_score(scope: Scope, node: s.Expression) -> Value | None:
    """Return the score that an expression is; None where it is none of predictions.

    Root mean squared error, mean squared and mean absolute error, accuracy and R².
    """
    match node:
        case s.Call(s.Name("sqrt"), (inner,)):
            pair = _squares(inner, "mean")
            return _judged(scope, "root_mean_squared_error", pair) if pair else None
        case s.Call(s.Name("mean"), (inner,)):
            if pair := _squares(node, "mean"):
                return _judged(scope, "mean_squared_error", pair)
            if pair := _distances(inner):
                return _judged(scope, "mean_absolute_error", pair)
            return _accuracy(scope, inner)
        case s.Binary("/" | "./", s.Call(s.Name("sum"), (inner,)), s.Call(s.Name(count), _)) if count in _COUNTS:
            if pair := _squares(node.left, "sum"):
                return _judged(scope, "mean_squared_error", pair)
            return _accuracy(scope, inner)
        case s.Binary("-", s.Number("1"), s.Binary("/" | "./", above, below)):
            errors, spread = _squares(above, "sum"), _squares(below, "sum")
            if errors and spread and _is_mean(spread[1]):
                return _judged(scope, "r2_score", errors)
    return None


def _squares(node: s.Expression, function: str) -> tuple[s.Expression, s.Expression] | None:
    """Return a and b of ``mean((a - b).^2)``."""
    match node:
        case s.Call(s.Name(name), (s.Binary(".^" | "^", s.Binary("-", left, right), s.Number("2")),)) if (
            name == function
        ):
            return left, right
    return None


def _distances(node: s.Expression) -> tuple[s.Expression, s.Expression] | None:
    match node:
        case s.Call(s.Name("abs"), (s.Binary("-", left, right),)):
            return left, right
    return None


def _is_mean(node: s.Expression) -> bool:
    return isinstance(node, s.Call) and node.target == s.Name("mean")


def _accuracy(scope: Scope, node: s.Expression) -> Value | None:
    while isinstance(node, s.Call) and isinstance(node.target, s.Name) and node.target.name in _PASSED:
        node = node.arguments[0]
    match node:
        case s.Binary("~=", left, right) | s.Unary("~", s.Call(s.Name("strcmp"), (left, right))):
            share = _judged(scope, "accuracy_score", (left, right))
            return None if share is None else scalar(f"1 - {share.code}")
        case s.Binary("==", left, right) | s.Call(s.Name("strcmp"), (left, right)):
            return _judged(scope, "accuracy_score", (left, right))
    return None


def _judged(scope: Scope, name: str, pair: tuple[s.Expression, s.Expression]) -> Value | None:
    """Return a score where one of two is a prediction, and the other is none."""
    one, other = scope.value(pair[0]), scope.value(pair[1])
    if one.kind.predicted is other.kind.predicted or {one.form, other.form} - {Form.COLUMN, Form.ROW}:
        return None
    truth, told = (other, one) if one.kind.predicted else (one, other)
    return scalar(f"{name}({truth.code}, {told.code})")


def _root(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    one, other = scope.values(nodes[:2])
    return [scalar(f"root_mean_squared_error({flat(other)}, {flat(one)})")]


def _confusion(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    truth, told = scope.values(nodes[:2])
    found = [Value(f"confusion_matrix({truth.code}, {told.code})", Kind(Form.MATRIX))]
    if wanted > 1:
        found.append(Value(fill("np.unique({})", truth.code), Kind(Form.COLUMN, Element.UNKNOWN)))
    return found


def _curve(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the curve of perfcurve, and the area below it as the fourth."""
    truth, scores, positive = scope.values(nodes[:3])
    if len(nodes) > 3 or wanted > 4 or truth.form is not Form.COLUMN:
        raise Outside("perfcurve with settings")
    shown = f"({truth.code}) == ({positive.code})"
    found = [Value(f"roc_curve({shown}, {flat(scores)})[{k}]", Kind(Form.COLUMN)) for k in range(3)]
    return [*found, scalar(f"roc_auc_score({shown}, {flat(scores)})")][:wanted]


SCORE_FUNCTIONS: dict[str, Handler] = {
    "rmse": _root,
    "confusionmat": _confusion,
    "perfcurve": _curve,
}

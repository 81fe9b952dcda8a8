"""Scores: how R's scripts write them, and what they are called in scikit-learn."""

from __future__ import annotations

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, match_arguments, needed, whole_number
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.program import Operation, Program, Translation
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS", "OPERATIONS"]

_NOTHING = Value("None", Kind.NOTHING)
_NAMED = {"RMSE": "root_mean_squared_error", "rmse": "root_mean_squared_error", "MAE": "mean_absolute_error"}
_NAMED |= {"mae": "mean_absolute_error", "mse": "mean_squared_error", "MSE": "mean_squared_error"}


def _scored(program: Program, name: str, truth: Value, predicted: Value) -> Value:
    metric = program.need("sklearn.metrics", name)
    return Value(f"{metric}({truth.code}, {predicted.code})", Kind.SCALAR, Holds.NUMBERS)


def _peeled(node: Node | None) -> Node | None:
    while isinstance(node, syntax.Unary) and node.operator == "(":
        node = node.operand
    return node


def _pair(program: Program, node: Node | None, operator: str) -> tuple[Value, Value] | None:
    """Return truth and prediction of ``prediction == truth``, or of a difference; None where none was predicted."""
    node = _peeled(node)
    if not isinstance(node, syntax.Binary) or node.operator != operator:
        return None
    left, right = translate(program, node.left), translate(program, node.right)
    if not (left.is_rowwise and right.is_rowwise) or left.predicted == right.predicted:
        return None
    return (right, left) if left.predicted else (left, right)


def _of_mean(program: Program, call: Node) -> Value:
    """``mean(p == y)``, ``mean((p - y)^2)``, ``mean(abs(p - y))``: scores; anything else is none."""
    if not isinstance(call, Call) or called_name(call) not in ("mean", "sum") or not call.arguments:
        return _NOTHING
    if any(one.name != "na.rm" for one in call.arguments[1:]):
        return _NOTHING
    if called_name(call) == "sum":  # sum(diag(t) / sum(t))
        inner = _peeled(call.arguments[0].value)
        known = (
            isinstance(inner, syntax.Binary) and inner.operator == "/" and called_name(_peeled(inner.left)) == "diag"
        )
        return translate(program, inner) if known and inner is not None else _NOTHING
    node = _peeled(call.arguments[0].value)
    pair = _pair(program, node, "==")
    if pair is not None:
        return _scored(program, "accuracy_score", *pair)
    if isinstance(node, syntax.Binary) and node.operator == "^" and whole_number(node.right) == 2:
        pair = _pair(program, node.left, "-")
        if pair is not None:
            return _scored(program, "mean_squared_error", *pair)
    if called_name(node) == "abs" and isinstance(node, Call) and len(node.arguments) == 1:
        pair = _pair(program, node.arguments[0].value, "-")
        if pair is not None:
            return _scored(program, "mean_absolute_error", *pair)
    return _NOTHING


def _root(program: Program, call: Call) -> Value:
    """``sqrt(mean((p - y)^2))``."""
    inner = call.arguments[0].value if len(call.arguments) == 1 else None
    value = translate(program, inner) if inner is not None else _NOTHING
    if value.code.startswith("mean_squared_error("):
        return value.with_code(f"{program.need('sklearn.metrics', 'root_mean_squared_error')}{value.code[18:]}")
    return Value(f"np.sqrt({value.code})", value.kind, Holds.NUMBERS, value.frame, value.columns)


def _of_rest(program: Program, node: Node) -> Value:
    """``1 - sum((y - p)^2) / sum((y - mean(y))^2)``."""
    if not isinstance(node, syntax.Binary) or whole_number(node.left) != 1:
        return _NOTHING
    ratio = _peeled(node.right)
    if not isinstance(ratio, syntax.Binary) or ratio.operator != "/":
        return _NOTHING
    squares = [_summed_square(one) for one in (ratio.left, ratio.right)]
    pair = _pair(program, squares[0], "-") if squares[0] is not None and squares[1] is not None else None
    return _scored(program, "r2_score", *pair) if pair is not None else _NOTHING


def _summed_square(node: Node) -> Node | None:
    node = _peeled(node) or node
    inner = _peeled(node.arguments[0].value) if isinstance(node, Call) and len(node.arguments) == 1 else None
    if called_name(node) != "sum" or not isinstance(inner, syntax.Binary) or whole_number(inner.right) != 2:
        return None
    return inner.left if inner.operator == "^" else None


def _of_table(program: Program, node: Node) -> Value:
    """``sum(diag(t)) / sum(t)`` and its like."""
    if not isinstance(node, syntax.Binary):
        return _NOTHING
    left = _peeled(node.left)
    if not isinstance(left, Call | syntax.Binary):
        return _NOTHING
    if called_name(left) == "diag" and isinstance(left, Call) and left.arguments:
        table = _accuracy(program, left.arguments[0].value)
        return table if called_name(node.right) == "sum" else _NOTHING
    if called_name(left) == "sum" and isinstance(left, Call) and len(left.arguments) == 1:
        inner = _peeled(left.arguments[0].value)
        if called_name(inner) == "diag" and isinstance(inner, Call) and inner.arguments:
            return _accuracy(program, inner.arguments[0].value)
        if called_name(node.right) in ("length", "nrow", "NROW"):
            pair = _pair(program, inner, "==")
            return _scored(program, "accuracy_score", *pair) if pair is not None else _NOTHING
    if isinstance(left, syntax.Binary) and left.operator == "+":
        places = [_peeled(one) for one in _summands(left)]
        tables = {
            one.value.name for one in places if isinstance(one, syntax.Index) and isinstance(one.value, syntax.Name)
        }
        diagonal = all(
            isinstance(one, syntax.Index)
            and len(one.arguments) == 2
            and whole_number(one.arguments[0].value) == whole_number(one.arguments[1].value) is not None
            for one in places
        )
        if diagonal and len(tables) == 1:
            return _accuracy(program, syntax.Name(node.line, tables.pop()))
    return _NOTHING


def _summands(node: Node) -> list[Node]:
    if isinstance(node, syntax.Binary) and node.operator == "+":
        return [*_summands(node.left), node.right]
    return [node]


def _accuracy(program: Program, node: Node | None) -> Value:
    table = translate(program, node) if node is not None else _NOTHING
    if table.kind is not Kind.CROSS_TABLE or len(table.parts) != 2:
        return _NOTHING
    metric = program.need("sklearn.metrics", "accuracy_score")
    return Value(f"{metric}({table.parts[1]}, {table.parts[0]})", Kind.SCALAR, Holds.NUMBERS)


def _table(program: Program, call: Call) -> Value:
    given = [one.value for one in call.arguments if one.value is not None and one.name not in ("useNA", "dnn")]
    values = [translate(program, one) for one in given]
    if len(values) != 2 or not all(one.is_rowwise for one in values):
        if len(values) == 1 and values[0].kind is Kind.SERIES:
            return Value(f"{values[0].code}.value_counts()", Kind.UNKNOWN, Holds.NUMBERS)
        raise OutsideSubsetError("table() of other than two columns", call)
    first, second = values
    if second.predicted and not first.predicted:
        first, second = second, first
    if first.predicted:
        metric = program.need("sklearn.metrics", "confusion_matrix")
        code = f"{metric}({second.code}, {first.code})"
    else:
        code = f"pd.crosstab({first.plain}, {second.plain})"
    return Value(code, Kind.CROSS_TABLE, parts=(first.code, second.code))


def _confusion(program: Program, call: Call) -> Value:
    found = match_arguments(call, "data reference")
    data = translate(program, needed(found, "data", call))
    if data.kind is Kind.CROSS_TABLE:
        predicted, truth = data.parts
        code = data.code
    else:
        predicted, truth = data.code, translate(program, needed(found, "reference", call)).code
        code = f"{program.need('sklearn.metrics', 'confusion_matrix')}({truth}, {predicted})"
    metric = program.need("sklearn.metrics", "accuracy_score")
    program.emit(f"print('accuracy', {metric}({truth}, {predicted}))")
    return Value(code, Kind.CROSS_TABLE, parts=(predicted, truth))


def _named_score(program: Program, call: Call) -> Value:
    first = translate(program, call.arguments[0].value or call)
    second = translate(program, call.arguments[1].value or call) if len(call.arguments) > 1 else first
    truth, predicted = (second, first) if first.predicted or not second.predicted else (first, second)
    return _scored(program, _NAMED[called_name(call)], truth, predicted)


def _explained(program: Program, call: Call) -> Value:
    found = match_arguments(call, "pred obs")
    first, second = (translate(program, needed(found, name, call)) for name in ("pred", "obs"))
    return Value(f"(np.corrcoef({first.plain}, {second.plain})[0, 1] ** 2)", Kind.SCALAR, Holds.NUMBERS)


def _resampled(program: Program, call: Call) -> Value:
    found = match_arguments(call, "pred obs")
    predicted, truth = (translate(program, needed(found, name, call)) for name in ("pred", "obs"))
    return _scored(program, "root_mean_squared_error", truth, predicted)


def _curve(program: Program, call: Call) -> Value:
    found = match_arguments(call, "response predictor")
    truth, predicted = (translate(program, needed(found, name, call)) for name in ("response", "predictor"))
    metric = program.need("sklearn.metrics", "roc_auc_score")
    return Value(f"{metric}({truth.code}, {predicted.code})", Kind.SCALAR, Holds.NUMBERS, parts=("curve",))


def _area(program: Program, call: Call) -> Value:
    if len(call.arguments) == 2:
        return _curve(program, call)
    value = translate(program, call.arguments[0].value or call) if call.arguments else _NOTHING
    if value.parts != ("curve",):
        raise OutsideSubsetError("auc() of what is no curve", call)
    return value


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(_NAMED, _named_score),
    **dict.fromkeys(("auc", "AUC"), _area),
    "sqrt": _root,
    "table": _table,
    "confusionMatrix": _confusion,
    "R2": _explained,
    "postResample": _resampled,
    "roc": _curve,
}

OPERATIONS: dict[str, Operation] = {
    "score of a mean": _of_mean,
    "accuracy of a table": _of_table,
    "share explained": _of_rest,
}

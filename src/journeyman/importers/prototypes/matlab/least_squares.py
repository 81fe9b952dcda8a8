"""Linear models made by hand: ``theta = X \\ y`` or normal equations, and predictions ``X * theta``.

They are told as scikit-learn's linear model without an intercept, which gives the same numbers, so that all behind
sees a model that is fitted and asked.
"""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.scope import Scope, python_name
from journeyman.importers.prototypes.matlab.values import Form, Kind, Value, flat

__all__ = ["fit_by_hand", "predict_by_hand"]


def fit_by_hand(scope: Scope, name: str, node: s.Expression) -> list[str] | None:
    """Return the statements that fit a linear model whose weights a variable is to hold; None where it fits none.

    Only weights that something is multiplied by later are those of a model.
    """
    found = _fitted(node)
    if found is None or name not in scope.multiplied:
        return None
    features, target = (scope.value(one) for one in found)
    if features.form is not Form.MATRIX or target.form is not Form.COLUMN:
        return None
    model = scope.fresh(f"{python_name(name)}_model")
    scope.know(name, Kind(Form.COLUMN))
    scope.weights[name] = (model, scope.versions[name])
    fitted = f"LinearRegression(fit_intercept=False).fit({features.code}, {flat(target)})"
    return [f"{model} = {fitted}", f"{python_name(name)} = {model}.coef_"]


def _fitted(node: s.Expression) -> tuple[s.Expression, s.Expression] | None:
    """Return X and y of least squares, as they are written: ``X \\ y``, ``pinv(X) * y``, ``inv(X' * X) * X' * y``."""
    match node:
        case s.Binary("\\", s.Binary("*", s.Transpose(one), two), s.Binary("*", s.Transpose(three), target)):
            return (one, target) if one == two == three else None
        case s.Binary("\\", features, target) | s.Call(s.Name("regress"), (target, features)):
            return features, target
        case s.Binary("*", s.Call(s.Name("pinv"), (s.Name() as features,)), target):
            return features, target
        case s.Binary("*", s.Binary("*", inverse, s.Transpose(three)), target) | s.Binary(
            "*", inverse, s.Binary("*", s.Transpose(three), target)
        ):
            match inverse:
                case s.Call(s.Name("inv" | "pinv"), (s.Binary("*", s.Transpose(one), two),)):
                    return (one, target) if one == two == three else None
    return None


def predict_by_hand(scope: Scope, node: s.Binary) -> Value | None:
    """Return ``X * theta`` as predictions, where theta holds the weights of a model as it was fitted."""
    if node.sign != "*" or not isinstance(node.right, s.Name):
        return None
    model, version = scope.weights.get(node.right.name, ("", -1))
    if not model or scope.versions.get(node.right.name) != version:
        return None
    features = scope.value(node.left)
    if features.form is not Form.MATRIX:
        return None
    return Value(f"{model}.predict({features.code})", Kind(Form.COLUMN, predicted=True))

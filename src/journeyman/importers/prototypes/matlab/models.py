"""Functions that fit models, and what later lines ask of a model: predictions, losses, coefficients."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.indexing import column_names
from journeyman.importers.prototypes.matlab.learners import FITTED, Learner, learner_of
from journeyman.importers.prototypes.matlab.scope import Handler, Scope, settings_of
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    ModelFacts,
    ModelOutside,
    Outside,
    Value,
    fill,
    flat,
    scalar,
)

__all__ = ["MODEL_FUNCTIONS", "ask_model"]

_Nodes = tuple[s.Expression, ...]
_FORMULA = re.compile(r"^\s*([A-Za-z]\w*)\s*~\s*(.+)$")
_TERM = re.compile(r"[A-Za-z]\w*(?:\s*(?:[:*^]\s*\w+))*|[01]")


@dataclass(frozen=True)
class _Data:
    """What a model is fitted on: Python of features and target, and what predictions need of a table."""

    features: str
    target: str
    columns: str | None = ""
    products: tuple[tuple[str, ...], ...] = ()
    intercept: bool = True
    of_table: bool = False


def _fit(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a fitted model.

    Raises
    ------
    ModelOutside
        Where it, or what it is fitted on, is outside of the subset.
    """
    try:
        given, said = settings_of(nodes)
        if name in ("fitlm", "fitglm") and len(given) == 1 and len(nodes) % 2 == 0:
            given, said = nodes[:2], settings_of(nodes[2:])[1]
        if name == "TreeBagger":
            said["numlearningcycles"] = given[0]
            given = given[1:]
        learner = learner_of(name, scope, said)
        formula_sides = _formula_sides(given, said)
        data = _data(scope, given, said, formula_sides, learner)
    except ModelOutside:
        raise
    except Outside as outside:
        raise ModelOutside(str(outside)) from outside
    if wanted > 1:
        raise ModelOutside(f"{name} with several results")
    code = learner.code if data.intercept else learner.code.replace("()", "(fit_intercept=False)")
    code = _of_degree(code, given, data)
    if data.of_table and not data.products:
        drop = ", drop='first'" if learner.linear else ""
        code = f"coded({code}{drop})"
    facts = ModelFacts(
        learner.classes,
        data.features,
        data.target,
        data.columns,
        data.products,
        learner.probability,
        plain=not code.startswith(("coded(", "make_pipeline(")),
        decides=learner.decides,
    )
    model = Value(f"{code}.fit({data.features}, {data.target})", Kind(Form.MODEL, model=facts))
    if "kfold" in said or said.get("crossval") == s.Text("on"):
        return [_crossed(facts, code, scope.value(said["kfold"]).code if "kfold" in said else "10")]
    return [model]


def _formula_sides(given: _Nodes, said: dict[str, s.Expression]) -> tuple[str, str] | None:
    texts = [node.value for node in given[1:2] if isinstance(node, s.Text)]
    texts += [node.value for name, node in said.items() if name == "formula" and isinstance(node, s.Text)]
    found = _FORMULA.match(texts[0]) if texts else None
    return (found.group(1), found.group(2)) if found else None


def _of_degree(code: str, given: _Nodes, data: _Data) -> str:
    """Return a model of squares and products of columns where its shape is told by a word."""
    words = [node.value.lower() for node in given[1:] if isinstance(node, s.Text) and "~" not in node.value]
    words = [word for word in words if word in ("linear", "interactions", "quadratic", "purequadratic", "constant")]
    if not words or words == ["linear"] or data.of_table:
        return code
    if words == ["quadratic"]:
        return f"make_pipeline(PolynomialFeatures(2, include_bias=False), {code})"
    if words == ["interactions"]:
        return f"make_pipeline(PolynomialFeatures(2, interaction_only=True, include_bias=False), {code})"
    raise ModelOutside(f"a model of the shape {words[0]!r}")


def _data(
    scope: Scope, given: _Nodes, said: dict[str, s.Expression], formula: tuple[str, str] | None, learner: Learner
) -> _Data:
    if not given:
        raise ModelOutside("a model without what it is fitted on")
    first = scope.value(given[0])
    if first.form is Form.TABLE:
        return _data_of_table(scope, first, given, said, formula, learner)
    if len(given) < 2:
        raise ModelOutside("the target of the model")
    target = scope.value(given[1])
    if first.form is Form.COLUMN:
        first = Value(fill("{}[:, None]", flat(first)), Kind(Form.MATRIX))
    if first.form is not Form.MATRIX:
        raise ModelOutside(f"a model of {first.form.value}")
    if target.form is Form.TABLE:
        target = Value(fill("{}.iloc[:, 0]", target.code), Kind(Form.COLUMN, Element.UNKNOWN, series=True))
    if target.form is Form.LIST:
        target = Value(f"np.array({target.code})", Kind(Form.COLUMN, target.kind.element))
    if target.form is not Form.COLUMN:
        raise ModelOutside(f"a target that is {target.form.value}")
    return _Data(first.code, target.code)


def _data_of_table(
    scope: Scope,
    table: Value,
    given: _Nodes,
    said: dict[str, s.Expression],
    formula: tuple[str, str] | None,
    learner: Learner,
) -> _Data:
    if formula is not None:
        return _data_of_formula(scope, table, formula, learner)
    target = scope.value(said["responsevar"]) if "responsevar" in said else None
    second = scope.value(given[1]) if target is None and len(given) > 1 else None
    if second is not None and second.form is Form.COLUMN:
        return _Data(table.code, second.code, None, of_table=True)
    if second is not None and second.form is Form.TEXT:
        if second.text not in ("linear", "interactions", "quadratic", "purequadratic", "constant"):
            target = second
        elif second.text != "linear":
            raise ModelOutside(f"a model of a table of the shape {second.text!r}")
    predictors = said.get("predictorvars", said.get("predictornames"))
    if target is None:
        if not learner.linear:
            raise ModelOutside("the target of the model")
        name = _kept(scope, table, learner)
        return _Data(f"{name}.iloc[:, :-1]", f"{name}.iloc[:, -1]", None, of_table=True)
    if target.form is not Form.TEXT:
        raise ModelOutside("the name of the target")
    if predictors is not None:
        names = column_names(scope, predictors)
        if names is None:
            raise ModelOutside("the names of the columns that it learns from")
        names = f"[{names}]" if isinstance(predictors, s.Text) else names
        name = _kept(scope, table, learner, f"[*{names}, {target.code}]")
        return _Data(f"{name}[{names}]", f"{name}[{target.code}]", names, of_table=True)
    name = _kept(scope, table, learner)
    return _Data(f"{name}.drop(columns={target.code})", f"{name}[{target.code}]", None, of_table=True)


def _kept(scope: Scope, table: Value, learner: Learner, columns: str = "") -> str:
    """Return a name for the rows that MATLAB learns from: linear and other models leave out those with gaps."""
    if not learner.leaves_out:
        if table.code.isidentifier():
            return table.code
        name = scope.fresh("rows_of_model")
        scope.before.append(f"{name} = {table.code}")
        return name
    name = scope.fresh("complete_rows")
    chosen = f"({table.code})[{columns}]" if columns else f"({table.code})"
    scope.before.append(f"{name} = {chosen}.dropna()")
    return name


def _data_of_formula(scope: Scope, table: Value, formula: tuple[str, str], learner: Learner) -> _Data:
    target, right = formula
    terms, intercept = _terms(right)
    columns = tuple(dict.fromkeys(name for term in terms for name in term))
    products = tuple(term for term in terms if len(term) > 1)
    name = _kept(scope, table, learner, repr([*columns, target]))
    single = tuple(term[0] for term in terms if len(term) == 1)
    if products:
        features = scope.fresh("features_of_model")
        scope.before.append(f"{features} = np.column_stack([{_columns(name, terms)}])")
        return _Data(features, f"{name}[{target!r}]", repr(list(columns)), terms, intercept, of_table=True)
    return _Data(f"{name}[{list(single)!r}]", f"{name}[{target!r}]", repr(list(single)), (), intercept, of_table=True)


def _columns(table: str, terms: tuple[tuple[str, ...], ...]) -> str:
    return ", ".join(" * ".join(f"{table}[{name!r}]" for name in term) for term in terms)


def _terms(text: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Return the terms of Wilkinson's notation, each with its columns, and whether there is an intercept.

    Examples
    --------
    >>> _terms("a*b + c^2 - 1")
    ((('a',), ('b',), ('a', 'b'), ('c',), ('c', 'c')), False)
    """
    found, intercept = list[tuple[str, ...]](), True
    for sign, term in re.findall(r"([+-]?)\s*([^+-]+)", text):
        plain = term.replace(" ", "").strip()
        if not _TERM.fullmatch(plain):
            raise ModelOutside(f"the formula's term {plain!r}")
        if plain in ("1", "0"):
            intercept = (plain == "1") is (sign != "-")
        elif sign == "-":
            found = [one for one in found if one != tuple(sorted(plain.split(":")))]
        else:
            found += _expanded(plain)
    return tuple(dict.fromkeys(found)), intercept


def _expanded(term: str) -> list[tuple[str, ...]]:
    if "^" in term:
        name, _, power = term.partition("^")
        if not power.isdigit() or not 1 <= int(power) <= 9:
            raise ModelOutside(f"the formula's term {term!r}")
        return [(name,) * k for k in range(1, int(power) + 1)]
    if "*" in term:
        found: list[tuple[str, ...]] = [()]
        for name in term.split("*"):
            found += [tuple(sorted((*one, name))) for one in found]
        return sorted(found[1:], key=len)
    return [tuple(sorted(term.split(":")))]


# what is asked of a model


def _features(model: Value, given: Value) -> str:
    """Return Python for the features that a model is asked about."""
    facts = model.kind.model
    assert facts is not None
    if facts.products:
        if given.form is not Form.TABLE:
            raise Outside("predictions of a table, as the model was fitted on one")
        return f"np.column_stack([{_columns(f'({given.code})', facts.products)}])"
    if given.form is Form.TABLE:
        names = f"{model.code}.feature_names_in_" if facts.columns is None else facts.columns
        return f"({given.code})[{names}]" if facts.columns != "" else fill("{}.to_numpy(dtype=float)", given.code)
    if given.form is Form.COLUMN:
        return fill("{}[:, None]", flat(given))
    if given.form in (Form.ROW, Form.SCALAR):
        return f"np.atleast_2d({given.code})"
    if given.form is not Form.MATRIX:
        raise Outside(f"predictions of {given.form.value}")
    if facts.columns:
        return f"pd.DataFrame({given.code}, columns={facts.columns})"
    return given.code


def _predict(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    model = scope.value(nodes[0])
    if model.form is not Form.MODEL or len(nodes) < 2:
        raise Outside("predictions of a model")
    return _predicted(model, scope.value(nodes[1]), wanted)


def _predicted(model: Value, given: Value, wanted: int) -> list[Value]:
    facts = model.kind.model
    assert facts is not None
    features = _features(model, given)
    form = Form.SCALAR if given.form in (Form.ROW, Form.SCALAR) else Form.COLUMN
    first = "[0]" if form is Form.SCALAR else ""
    if facts.probability:
        kind = Kind(form, predicted=True)
        return [Value(f"{model.code}.predict_proba({features})[:, 1]{first}", kind)]
    element = Element.UNKNOWN if facts.classes else Element.NUMBER
    found = [Value(f"{model.code}.predict({features}){first}", Kind(form, element, predicted=True))]
    if wanted > 1 and facts.classes:
        if facts.decides:
            decided = f"{model.code}.decision_function({features})"
            scores = f"np.column_stack([-{decided}, {decided}])"
        else:
            scores = f"{model.code}.predict_proba({features})"
        found.append(Value(scores, Kind(Form.MATRIX, predicted=True)))
    return found


def _loss(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the share of wrong classes, or the mean squared error."""
    del wanted
    model = scope.value(nodes[0])
    facts = model.kind.model
    if facts is None or len(nodes) < 2:
        raise Outside("the loss of a model")
    given = scope.value(nodes[1])
    if len(nodes) > 2 and not isinstance(nodes[2], s.Text):
        truth = scope.value(nodes[2]).code
    elif given.form is Form.TABLE:
        name = repr(nodes[2].value) if len(nodes) > 2 and isinstance(nodes[2], s.Text) else _target_name(facts)
        truth = f"({given.code})[{name}]"
    else:
        raise Outside("the true values")
    return [_lost(model, _features(model, given), truth)]


def _target_name(facts: ModelFacts) -> str:
    found = re.search(r"\[('[^']+')\]$", facts.target)
    if found is None:
        raise Outside("the name of the target")
    return found.group(1)


def _lost(model: Value, features: str, truth: str) -> Value:
    facts = model.kind.model
    if facts is not None and facts.classes:
        return scalar(f"1 - accuracy_score({truth}, {model.code}.predict({features}))")
    return scalar(f"mean_squared_error({truth}, {model.code}.predict({features}))")


def _training_loss(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    model = scope.value(nodes[0])
    facts = model.kind.model
    if facts is None:
        raise Outside("the loss of a model")
    return [_lost(model, facts.given, facts.target)]


def _crossed(facts: ModelFacts, code: str, folds: str) -> Value:
    """Return a model that is cross-validated later: a partition of its own."""
    kind = "StratifiedKFold" if facts.classes else "KFold"
    scoring = "" if facts.classes else ", scoring='neg_mean_squared_error'"
    folding = f"{kind}({folds}, shuffle=True, random_state=0)"
    scores = f"cross_val_score({code}, {facts.given}, {facts.target}, cv={folding}{scoring})"
    return Value(scores, Kind(Form.PARTITION, other="losses" if facts.classes else "errors"))


def _cross_validate(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    given, said = settings_of(nodes)
    model = scope.value(given[0])
    facts = model.kind.model
    if facts is None or set(said) - {"kfold"}:
        raise Outside("cross-validation in folds")
    folds = scope.value(said["kfold"]).code if "kfold" in said else "10"
    return [_crossed(facts, f"clone({model.code})", folds)]


def _fold_loss(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    crossed = scope.value(nodes[0])
    if crossed.kind.other not in ("losses", "errors"):
        raise Outside("the loss of a cross-validated model")
    template = "1 - {}.mean()" if crossed.kind.other == "losses" else "-{}.mean()"
    return [scalar(fill(template, crossed.code))]


def ask_model(model: Value, path: tuple[str, ...]) -> Value:
    """Return what a field of a model holds: ``mdl.Coefficients.Estimate``."""
    facts = model.kind.model
    assert facts is not None
    inner = model.code if facts.plain else f"{model.code}[-1]"
    fitted = f"{model.code}.predict({facts.given})"
    match path:
        case ("Coefficients", "Estimate"):
            return Value(
                f"np.concatenate([np.atleast_1d({inner}.intercept_), np.ravel({inner}.coef_)])", Kind(Form.COLUMN)
            )
        case ("Fitted",) | ("Fitted", "Response"):
            return Value(fitted, Kind(Form.COLUMN, predicted=True))
        case ("Residuals",) | ("Residuals", "Raw"):
            return Value(f"{facts.target} - {fitted}", Kind(Form.COLUMN))
        case ("Rsquared", "Ordinary"):
            return scalar(f"r2_score({facts.target}, {fitted})")
        case ("Rsquared", "Adjusted"):
            degrees = f"(len({facts.target}) - np.size({inner}.coef_) - 1)"
            return scalar(f"1 - (1 - r2_score({facts.target}, {fitted})) * (len({facts.target}) - 1) / {degrees}")
        case ("MSE",) | ("RMSE",):
            degrees = f"(len({facts.target}) - np.size({inner}.coef_) - 1)"
            code = f"((({facts.target} - {fitted}) ** 2).sum() / {degrees})"
            return scalar(f"np.sqrt({code})" if path == ("RMSE",) else code)
        case ("NumPredictors",):
            return scalar(f"{model.code}.n_features_in_", whole=True)
        case ("ClassNames",):
            return Value(f"{model.code}.classes_", Kind(Form.COLUMN, Element.UNKNOWN))
        case ("NumObservations",):
            return scalar(f"len({facts.target})", whole=True)
    raise Outside(f"{'.'.join(path)} of a model")


def _importance(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    model = scope.value(nodes[0])
    if model.form is not Form.MODEL or (model.kind.model is not None and not model.kind.model.plain):
        raise Outside("the importance of a matrix's columns")
    return [Value(f"{model.code}.feature_importances_", Kind(Form.ROW))]


def _template(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return settings of the trees of an ensemble, as they are kept for it."""
    del scope, wanted
    return [Value("None", Kind(Form.SETTINGS, function=s.Call(s.Name("templateTree"), nodes)))]


def _regress(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if wanted > 1:
        raise ModelOutside("regress with several results")
    target, given = scope.values(nodes[:2])
    return [Value(f"np.linalg.lstsq({flat(given)}, {flat(target)}, rcond=None)[0]", Kind(Form.COLUMN))]


def _minimise(scope: Scope, nodes: _Nodes, wanted: int, method: str) -> list[Value]:
    """Return where a function of a vector is least; a function with two results gives its gradient with it."""
    if len(nodes) < 2 or not isinstance(nodes[0], s.Lambda | s.Name | s.Handle) or wanted > 3:
        raise ModelOutside("a function to minimise, and where to begin")
    begin = scope.value(nodes[1])
    if begin.form not in (Form.COLUMN, Form.ROW):
        raise ModelOutside(f"minimising over {begin.form.value}")
    function = scope.value(nodes[0]).kind.function
    if function is None or isinstance(function, s.Call):
        raise ModelOutside("a function to minimise")
    gradient = method == "BFGS" and len(nodes) > 2 and _has_gradient(scope, nodes[2])
    if isinstance(function, s.Handle):
        results = scope.call(function.name, [Value("t", begin.kind)], 2 if gradient else 1)
        code, parameter = results[0].code.removesuffix("[0]") if gradient else results[0].code, "t"
    else:
        (parameter,) = function.parameters
        before = scope.kinds.get(parameter)
        scope.kinds[parameter] = replace(begin.kind, series=False)
        body = function.body
        if gradient and isinstance(body, s.Call) and isinstance(body.target, s.Name):
            code = scope.call(body.target.name, scope.values(body.arguments), 2)[0].code.removesuffix("[0]")
        else:
            code, gradient = scope.value(body).code, False
        scope.kinds.pop(parameter)
        if before is not None:
            scope.kinds[parameter] = before
    settings = "jac=True, method='BFGS', options={'gtol': 1e-9, 'maxiter': 10000}"
    if not gradient:
        settings = f"method='{method}', options={{'maxiter': 100000}}"
        settings = settings if method == "BFGS" else "method='Nelder-Mead', options={'maxiter': 100000, 'xatol': 1e-8}"
    found = scope.fresh("least")
    scope.before.append(f"{found} = minimize(lambda {parameter}: {code}, {flat(begin)}, {settings})")
    return [Value(f"{found}.x", replace(begin.kind, series=False)), scalar(f"{found}.fun"), scalar(f"{found}.status")][
        :wanted
    ]


def _has_gradient(scope: Scope, node: s.Expression) -> bool:
    if isinstance(node, s.Name):
        kind = scope.kinds.get(node.name)
        return kind is not None and kind.form is Form.SETTINGS and "gradient" in kind.other
    return scope.value(node).kind.other == "gradient"


def _options(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del scope, wanted
    texts = [node.value.lower() if isinstance(node, s.Text) else "" for node in nodes]
    names = [node.name for node in nodes if isinstance(node, s.Name)]
    given = any(a in ("gradobj", "specifyobjectivegradient") for a in texts) and (
        any(b == "on" for b in texts) or "true" in names
    )
    return [Value("None", Kind(Form.SETTINGS, other="gradient" if given else ""))]


MODEL_FUNCTIONS: dict[str, Handler] = {
    **{name: partial(_fit, name) for name in FITTED},
    "predict": _predict,
    "feval": _predict,
    "loss": _loss,
    "resubLoss": _training_loss,
    "crossval": _cross_validate,
    "kfoldLoss": _fold_loss,
    "predictorImportance": _importance,
    "templateTree": _template,
    "regress": _regress,
    "fminunc": partial(_minimise, method="BFGS"),
    "fminsearch": partial(_minimise, method="Nelder-Mead"),
    "optimset": _options,
    "optimoptions": _options,
}

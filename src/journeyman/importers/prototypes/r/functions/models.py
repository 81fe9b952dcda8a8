"""Models: fitted, and asked."""

from __future__ import annotations

import ast
from dataclasses import replace

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import (
    called_name,
    given_text,
    is_true,
    match_arguments,
    needed,
    whole_number,
)
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.features import Features, make_features
from journeyman.importers.prototypes.r.formulas import column_names_in, read_formula
from journeyman.importers.prototypes.r.functions.estimators import Estimator, pipeline_code
from journeyman.importers.prototypes.r.program import Operation, Program, Translation
from journeyman.importers.prototypes.r.syntax import Argument, Call, Node
from journeyman.importers.prototypes.r.values import FittedModel, Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS", "MODELS", "OPERATIONS"]

_OUTSIDE = (
    "glmnet cv.glmnet gbm xgboost xgb.train lightgbm lgb.train nnet neuralnet lda qda step stepAIC gam nls lmer glmer "
    "coxph survfit survreg arima auto.arima ets kmeans prcomp princomp hclust multinom polr ctree cforest C5.0 J48 "
    "keras_model_sequential h2o.randomForest h2o.glm h2o.gbm loess smooth.spline rlm lmrob naiveBayes NaiveBayes ksvm "
    "bagging boosting ada adaboost earth plsr pcr lars MCMCglmm stan_glm brm workflow linear_reg logistic_reg "
    "rand_forest boost_tree decision_tree regsubsets mlp SuperLearner prophet knnreg kknn knn.reg"
)
MODELS = frozenset(
    [*_OUTSIDE.split(), *["lm", "glm", "rpart", "tree", "randomForest", "ranger", "svm", "train", "knn"]]
)
"""Functions that fit a model, with and without a translation."""


def _linear(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula data subset weights na.action")
    _refuse(found, ("weights", "subset", "offset"), call)
    return _fit(program, call, Estimator("lm"), "numbers")


def _generalised(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula family data weights subset")
    _refuse(found, ("weights", "subset", "offset"), call)
    family = _family(found.get("family"))
    if family == "gaussian":
        return _fit(program, call, Estimator("lm"), "numbers")
    return _fit(program, call, Estimator("logit" if family == "binomial" else "poisson"), "link")


def _family(node: Node | None) -> str:
    name = called_name(node) or given_text(node) or "gaussian"
    if isinstance(node, Call):
        link = next((given_text(one.value) for one in node.arguments if one.name in ("link", None)), None)
        usual = {"binomial": "logit", "poisson": "log", "gaussian": "identity"}
        if link is not None and link != usual.get(name):
            raise OutsideSubsetError(f"the link {link}", node)
    if name not in ("binomial", "poisson", "gaussian"):
        raise OutsideSubsetError(f"the family {name}", node)
    return name


def _tree(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula data weights subset na.action method")
    _refuse(found, ("weights", "subset", "parms"), call)
    settings: dict[str, float] = {}
    for one in [*call.arguments, *_control(found.get("control"))]:
        if one.name in ("cp", "minsplit", "minbucket", "maxdepth") and isinstance(one.value, syntax.Number):
            settings[one.name] = float(one.value.text)
    method = given_text(found.get("method"))
    told = {"class": "class", "anova": "number", None: None}
    if method not in told:
        raise OutsideSubsetError(f"the method {method} of rpart()", call)
    asked = "prob" if called_name(call) == "rpart" else "class"
    value = _fit(program, call, Estimator("tree", told[method], settings), asked)
    program.drawn_by = "rpart()"
    return value


def _control(node: Node | None) -> tuple[Argument, ...]:
    return node.arguments if isinstance(node, Call) else ()


def _forest(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula data")
    _refuse(found, ("classwt", "strata", "sampsize", "case.weights"), call)
    settings: dict[str, float] = {}
    for name in ("ntree", "num.trees", "mtry", "nodesize", "min.node.size", "max.depth"):
        number = whole_number(found.get(name))
        if number is not None:
            settings[name] = number
    ranger = called_name(call) == "ranger"
    told = "class" if is_true(found.get("classification")) or is_true(found.get("probability")) else None
    asked = "prob" if is_true(found.get("probability")) else "class"
    value = _fit(program, call, Estimator("ranger" if ranger else "forest", told, settings), asked)
    program.drawn_by = f"{called_name(call)}()"
    return value


def _support(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula data")
    _refuse(found, ("class.weights", "degree", "coef0"), call)
    told = {"C-classification": "class", "eps-regression": "number", None: None}
    kind = given_text(found.get("type"))
    if kind not in told:
        raise OutsideSubsetError(f"the type {kind} of svm()", call)
    settings: dict[str, float | str] = {
        "kernel": {"radial": "rbf"}.get(k := given_text(found.get("kernel")) or "rbf", k)
    }
    for name in ("cost", "gamma"):
        one = found.get(name)
        if isinstance(one, syntax.Number):
            settings[name] = float(one.text)
        elif one is not None:
            raise OutsideSubsetError(f"{name} that is not written out", call)
    if settings["kernel"] not in ("rbf", "linear"):
        raise OutsideSubsetError(f"the kernel {settings['kernel']}", call)
    return _fit(program, call, Estimator("svm", told[kind], settings), "class")


_CARET = {"lm": "lm", "glm": "logit", "rpart": "tree", "rf": "forest", "ranger": "ranger", "knn": "knn"}


def _train(program: Program, call: Call) -> Value:
    found = match_arguments(call, "formula data method")
    if "form" in found:
        found = {**found, "formula": found["form"]}
    _refuse(found, ("weights", "tuneGrid"), call)
    method = given_text(found.get("method")) or "rf"
    if method not in _CARET:
        raise OutsideSubsetError(f"the method {method} of train()", call)
    control = found.get("trControl")
    if isinstance(control, syntax.Name):
        control = program.controls.get(control.name)
    folds = next((whole_number(one.value) for one in _control(control) if one.name == "number"), None) or 10
    settings: dict[str, float | str] = {"folds": folds}
    steps = [one.value for one in _control(found.get("preProcess")) if isinstance(one.value, syntax.Text)]
    words = {one.value for one in steps} or {given_text(found.get("preProcess"))} - {None}
    if words - {"center", "scale"}:
        raise OutsideSubsetError(f"preProcess = {', '.join(sorted(map(str, words)))}", call)
    if words:
        settings["scaled"] = 1
    for name in ("ntree", "num.trees"):
        number = whole_number(found.get(name))
        if number is not None:
            settings[name] = number
    family = found.get("family")
    if family is not None and _family(family) == "gaussian":
        method = "lm"
    name = _CARET[method]
    value = _fit(
        program, call, Estimator(name, None, settings, chosen=name in ("tree", "forest", "ranger", "knn")), "class"
    )
    program.drawn_by = "train()"
    return value


def _control_of_training(program: Program, call: Call) -> Value:
    raise OutsideSubsetError("trainControl() by itself", call)


def _neighbours(program: Program, call: Call) -> Value:
    """``class::knn(train, test, cl, k)``: fitted and asked at once."""
    found = match_arguments(call, "train test cl k")
    train, test, classes = (translate(program, needed(found, name, call)) for name in ("train", "test", "cl"))
    number = translate(program, found["k"]).code if "k" in found else "1"
    name = program.fresh("neighbours")
    made = program.need("sklearn.neighbors", "KNeighborsClassifier")
    program.models.append(call.line)
    program.emit(f"{name} = {made}(n_neighbors={number})")
    program.emit(f"{name}.fit({train.code}, {classes.code})")
    return Value(f"{name}.predict({test.code})", Kind.ARRAY, Holds.FACTOR, predicted=True)


def _refuse(found: object, names: tuple[str, ...], call: Call) -> None:
    for name in names:
        if isinstance(found, dict) and name in found:
            raise OutsideSubsetError(f"{called_name(call)}() with {name}", call)


def _fit(program: Program, call: Call, estimator: Estimator, asked: str) -> Value:
    """State a model and its fit; return it."""
    if not program.may_state:
        raise OutsideSubsetError("a model within a function without a name", call)
    model = program.name_for("") if program.into is not None else program.fresh("model")
    features = _features(program, call, model)
    classes = features.holds in (Holds.FACTOR, Holds.LOGICAL, Holds.TEXTS) or (
        features.holds is Holds.UNKNOWN and program.classifies
    )
    kind = estimator.kind or ("class" if classes else "number")
    if estimator.family in ("logit", "poisson", "lm"):
        kind = "class" if estimator.family == "logit" else "number"
    code = pipeline_code(program, replace(estimator, kind=kind), features, _intercept(program, call, features))
    program.emit(f"{model} = {code}")
    given = f"{features.code}({features.rows})" if features.function else f"{features.rows}[{features.code}]"
    program.emit(f"{model}.fit({given}, {features.target})")
    program.models.append(call.line)
    family = estimator.family if asked == "link" else kind
    forest = estimator.family == "forest" and not estimator.chosen
    fitted = FittedModel(
        family,
        features.code,
        features.function,
        features.rows,
        features.target,
        asked,
        _second(model, features),
        forest,
    )
    return Value(model, Kind.MODEL, model=fitted)


def _second(model: str, features: Features) -> str:
    """Return code of the place of the second level among scikit-learn's classes, which stand in order."""
    if not features.levels:
        return "1"
    if "..." in features.levels:
        return f"1 - list({model}.classes_).index({features.levels[0]})"
    levels = [ast.literal_eval(level) for level in features.levels]
    return "1" if levels[0] == sorted(levels)[0] else "0"


def _intercept(program: Program, call: Call, features: Features) -> bool:
    """Whether there is an intercept; without one, a factor's levels stand for it."""
    node = _formula_node(program, call)
    formula = read_formula(node) if node is not None else None
    if formula is None or formula.intercept:
        return True
    if not features.numeric:
        raise OutsideSubsetError("a model without an intercept whose features are not known to be numbers", call)
    return False


def _formula_node(program: Program, call: Call) -> Node | None:
    found = match_arguments(call, "formula data")
    node = found.get("formula", found.get("form"))
    if isinstance(node, syntax.Name):
        node = program.formulas.get(node.name)
    while isinstance(node, Call) and called_name(node) in ("as.formula", "formula") and node.arguments:
        inner = node.arguments[0].value
        if not isinstance(inner, syntax.Binary):
            raise OutsideSubsetError("a formula that is written out", call)
        node = inner
    return node if isinstance(node, syntax.Binary) and node.operator == "~" else None


def _features(program: Program, call: Call, model: str) -> Features:
    node = _formula_node(program, call)
    order = {"glm": "formula family data", "train": "formula data method"}.get(called_name(call), "formula data")
    found = match_arguments(call, order)
    if node is None:
        return _of_tables(program, call, model)
    assert isinstance(node, syntax.Binary)  # as _formula_node gives
    data = found.get("data")
    if data is None and any(isinstance(one, syntax.Member) for one in syntax.walk(node)):
        node, data = _about_one_table(node)
    if data is None:
        return make_features(program, read_formula(node), _table_of_names(program, node, model), model)
    frame = translate(program, data)
    if frame.kind not in (Kind.TABLE, Kind.UNKNOWN):
        raise OutsideSubsetError("data that are a table", call)
    if not frame.code.isidentifier():
        name = program.fresh(f"{model}_table")
        program.emit(f"{name} = {frame.code}")
        frame = frame.with_code(name)
    return make_features(program, read_formula(node), frame, model)


def _about_one_table(node: syntax.Binary) -> tuple[syntax.Binary, Node]:
    """Return ``t$y ~ t$x`` as ``y ~ x``, and t."""
    tables = {
        one.value.name
        for one in syntax.walk(node)
        if isinstance(one, syntax.Member) and isinstance(one.value, syntax.Name)
    }
    if len(tables) != 1:
        raise OutsideSubsetError("a model without data", node)
    plain = _without_table(node)
    assert isinstance(plain, syntax.Binary)  # as it was one
    return plain, syntax.Name(node.line, tables.pop())


def _table_of_names(program: Program, node: Node, model: str) -> Value:
    """State a table of the vectors that a formula without data names; return it."""
    if program.attached is not None:
        return program.attached
    columns: dict[str, Value] = {}
    for name in column_names_in(node):
        known = program.variables.get(name)
        if known is None or not known.is_rowwise:
            raise OutsideSubsetError("a model without data", node)
        columns[name] = known
    own = program.fresh(f"{model}_table")
    given = ", ".join(f"{name!r}: {value.plain}" for name, value in columns.items())
    program.emit(f"{own} = pd.DataFrame({{{given}}})")
    return Value(own, Kind.TABLE, columns={name: value.holds for name, value in columns.items()})


def _without_table(node: Node) -> Node:
    if isinstance(node, syntax.Member):
        return syntax.Name(node.line, node.name)
    if isinstance(node, syntax.Binary):
        return replace(node, left=_without_table(node.left), right=_without_table(node.right))
    if isinstance(node, syntax.Unary):
        return replace(node, operand=_without_table(node.operand))
    if isinstance(node, Call):
        given = tuple(Argument(one.name, _without_table(one.value) if one.value else None) for one in node.arguments)
        return replace(node, arguments=given)
    return node


def _of_tables(program: Program, call: Call, model: str) -> Features:
    """``randomForest(x = table, y = column)``."""
    found = match_arguments(call, "x y")
    if "x" not in found or "y" not in found:
        raise OutsideSubsetError("a formula that is written out", call)
    x, y = translate(program, found["x"]), translate(program, found["y"])
    if x.kind is not Kind.TABLE:
        raise OutsideSubsetError("features that are a table", call)
    columns, rows = program.fresh(f"{model}_columns"), program.fresh(f"{model}_rows")
    program.emit(f"{rows} = {x.code}")
    program.emit(f"{columns} = {rows}.columns")
    numeric = x.columns is not None and all(one is Holds.NUMBERS for one in x.columns.values())
    names = tuple(x.columns) if x.columns is not None else None
    name = found["y"].name if isinstance(found["y"], syntax.Member) else ""
    holds = Holds.FACTOR if name in program.levels else y.holds
    return Features(columns, False, rows, y.code, holds, y.parts, numeric, (), names)


def _predict(program: Program, call: Call) -> Value:
    found = match_arguments(call, "object newdata type")
    if "data" in found and "newdata" not in found:
        found = {**found, "newdata": found["data"]}
    value = translate(program, needed(found, "object", call))
    model = value.model
    if model is None:
        raise OutsideSubsetError("predict() of something that is not a model", call)
    _refuse(dict(found), ("interval", "se.fit", "terms"), call)
    rows = translate(program, found["newdata"]).code if "newdata" in found else model.rows
    if "newdata" not in found and model.forest:
        raise OutsideSubsetError("predict() of a forest with newdata: without, R gives answers of trees left out", call)
    given = model.of(rows)
    asked = given_text(found.get("type")) or model.asked
    if model.family == "poisson":
        code = f"{value.code}.predict({given})"
        return Value(f"np.log({code})" if asked == "link" else code, Kind.ARRAY, Holds.NUMBERS, predicted=True)
    if model.family == "logit":
        if asked == "response":
            return Value(
                f"{value.code}.predict_proba({given})[:, {model.second}]", Kind.ARRAY, Holds.NUMBERS, predicted=True
            )
        if asked != "link":
            raise OutsideSubsetError(f"the type {asked} of predict()", call)
        sign = "" if model.second == "1" else "-" if model.second == "0" else f"(2 * ({model.second}) - 1) * "
        return Value(f"({sign}{value.code}.decision_function({given}))", Kind.ARRAY, Holds.NUMBERS, predicted=True)
    if model.family == "class" and asked in ("prob", "probability"):
        code = f"{value.code}.predict_proba({given})"
        return Value(code, Kind.PROBABILITIES, Holds.NUMBERS, predicted=True, parts=(value.code,))
    if asked not in ("class", "response", "raw", "numbers", "vector", "prob", "link"):
        raise OutsideSubsetError(f"the type {asked} of predict()", call)
    holds = Holds.NUMBERS if model.family == "number" else Holds.FACTOR
    return Value(f"{value.code}.predict({given})", Kind.ARRAY, holds, predicted=True)


def _fitted_values(program: Program, node: Node) -> Value:
    value, model = _model_in(program, node)
    asked = {"logit": f"predict_proba({{}})[:, {model.second}]"}.get(model.family, "predict({})")
    fitted = f"{value.code}.{asked.format(model.of(model.rows))}"
    name = node.name if isinstance(node, syntax.Member) else called_name(node)
    if name in ("residuals", "resid"):
        if model.family in ("logit", "class", "poisson"):
            raise OutsideSubsetError("residuals but of a linear model", node)
        return Value(f"({model.target}.to_numpy() - {fitted})", Kind.ARRAY, Holds.NUMBERS)
    return Value(fitted, Kind.ARRAY, Holds.NUMBERS, predicted=True)


def _model_in(program: Program, node: Node) -> tuple[Value, FittedModel]:
    inner = node.value if isinstance(node, syntax.Member) else None
    if isinstance(node, Call) and node.arguments:
        inner = node.arguments[0].value
    value = translate(program, inner) if inner is not None else Value("None")
    if value.model is None:
        raise OutsideSubsetError("a model", node)
    return value, value.model


def _share_explained(program: Program, node: Node) -> Value:
    value, model = _model_in(program, node)
    if model.family != "number":
        raise OutsideSubsetError("$r.squared but of a linear model", node)
    return Value(f"{value.code}.score({model.of(model.rows)}, {model.target})", Kind.SCALAR, Holds.NUMBERS)


def _summary(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "object"), "object", call))
    if value.kind is not Kind.MODEL:
        raise OutsideSubsetError("summary() of something that is not a model", call)
    return value


def _outside(_: Program, call: Call) -> Value:
    raise OutsideSubsetError(f"the model {called_name(call)}()", call)


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(_OUTSIDE.split(), _outside),
    **dict.fromkeys(("rpart", "tree"), _tree),
    **dict.fromkeys(("randomForest", "ranger"), _forest),
    **dict.fromkeys(("fitted", "residuals", "resid", "fitted.values"), _fitted_values),
    "lm": _linear,
    "glm": _generalised,
    "svm": _support,
    "train": _train,
    "trainControl": _control_of_training,
    "knn": _neighbours,
    "predict": _predict,
    "summary": _summary,
}

OPERATIONS: dict[str, Operation] = {
    **dict.fromkeys(("$fitted.values", "$residuals"), _fitted_values),
    "$r.squared": _share_explained,
}

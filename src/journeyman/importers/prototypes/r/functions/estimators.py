"""Estimators of scikit-learn that stand for R's models."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from journeyman.importers.prototypes.r.features import Features
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.values import OutsideSubsetError

__all__ = ["Estimator", "pipeline_code"]


@dataclass(frozen=True)
class Estimator:
    """A model as R has it.

    Attributes
    ----------
    family : str
        "lm", "logit", "poisson", "tree", "forest", "ranger", "svm" or "knn".
    kind : str or None
        "class" or "number"; None where the target tells.
    settings : mapping of str to float or str
        As R calls them.
    chosen : bool
        Whether caret chooses a setting by cross-validation.
    """

    family: str
    kind: str | None = None
    settings: Mapping[str, float | str] = field(default_factory=dict)
    chosen: bool = False


def pipeline_code(program: Program, estimator: Estimator, features: Features, intercept: bool) -> str:
    """Return the code of a pipeline: features encoded as R does it, then the model.

    Raises
    ------
    OutsideSubsetError
        The model does not go with these features.
    """
    family = estimator.family
    linear = family in ("lm", "logit", "poisson")
    steps = _encoding(program, features, linear)
    if family in ("logit", "poisson", "svm") or "scaled" in estimator.settings:
        steps.append(f"{program.need('sklearn.preprocessing', 'StandardScaler')}()")
    if not intercept and not (family == "lm" and estimator.kind == "number"):
        raise OutsideSubsetError("an intercept")
    code = _model(program, estimator, features, intercept)
    made = f"{program.need('sklearn.pipeline', 'make_pipeline')}({', '.join([*steps, code])})" if steps else code
    if estimator.chosen:
        made = _chosen(program, estimator, made, code.partition("(")[0].lower() if steps else "")
    return made


def _encoding(program: Program, features: Features, linear: bool) -> list[str]:
    if features.numeric and not features.products:
        return []
    encoder = f"{program.helper('treatment' if linear else 'levels')}()"
    if not features.products:
        return [encoder]
    if not linear:
        raise OutsideSubsetError("products of features but in a linear model")
    blocks = _blocks(features.products)
    products = program.need("sklearn.preprocessing", "PolynomialFeatures")
    pipeline = program.need("sklearn.pipeline", "make_pipeline")
    parts = [
        f"({pipeline}({encoder}, {products}({degree}, interaction_only=True, include_bias=False)), {list(block)!r})"
        for block, degree in blocks
    ]
    inside = {name for block, _ in blocks for name in block}
    if features.names is None:
        raise OutsideSubsetError("products beside a dot whose columns are not known")
    rest = [name for name in features.names if name not in inside]
    if rest:
        parts.append(f"({encoder}, {rest!r})")
    return [f"{program.need('sklearn.compose', 'make_column_transformer')}({', '.join(parts)})"]


def _blocks(products: tuple[tuple[str, ...], ...]) -> list[tuple[tuple[str, ...], int]]:
    """Return groups of features whose products are all wanted, up to a degree."""
    names = tuple(dict.fromkeys(name for one in products for name in one))
    highest = max(len(one) for one in products)
    wanted = {frozenset(one) for one in products}
    every = {frozenset(some) for size in range(2, highest + 1) for some in itertools.combinations(names, size)}
    if wanted == every:
        return [(names, highest)]
    if highest > 2:
        raise OutsideSubsetError("these products of three or more features")
    return [(one, 2) for one in products]


def _model(program: Program, estimator: Estimator, features: Features, intercept: bool) -> str:
    family, classes, told = estimator.family, estimator.kind == "class", estimator.settings
    if family == "lm":
        name = program.need("sklearn.linear_model", "LinearRegression")
        return f"{name}({'' if intercept else 'fit_intercept=False'})"
    if family == "logit":  # so little penalty changes no answer, and columns that make up one another do no harm
        name = program.need("sklearn.linear_model", "LogisticRegression")
        return f"{name}(C=1e10, solver='newton-cholesky', tol=1e-10, max_iter=200)"
    if family == "poisson":
        name = program.need("sklearn.linear_model", "PoissonRegressor")
        return f"{name}(alpha=1e-10, solver='newton-cholesky', tol=1e-10, max_iter=200)"
    if family == "tree":
        return _tree(program, told, classes, features)
    if family in ("forest", "ranger"):
        return _forest(program, estimator, classes)
    if family == "svm":
        name = program.need("sklearn.svm", "SVC" if classes else "SVR")
        kernel, cost = told.get("kernel", "rbf"), told.get("cost", 1)
        gamma = told.get("gamma", "auto")
        return f"{name}(C={cost}, kernel={kernel!r}, gamma={gamma!r})"
    name = program.need("sklearn.neighbors", "KNeighborsClassifier" if classes else "KNeighborsRegressor")
    return f"{name}(n_neighbors=5)"


def _tree(program: Program, told: Mapping[str, float | str], classes: bool, features: Features) -> str:
    name = program.need("sklearn.tree", "DecisionTreeClassifier" if classes else "DecisionTreeRegressor")
    split = int(told.get("minsplit", 20))
    leaf = int(told.get("minbucket", max(1, round(split / 3))))
    cost = float(told.get("cp", 0.01))
    given = [f"min_samples_split={max(2, split)}", f"min_samples_leaf={leaf}"]
    if "maxdepth" in told:
        given.append(f"max_depth={int(told['maxdepth'])}")
    if cost:  # R's cp is a share of the error of the tree without a split, which of classes is about half
        given.append(f"ccp_alpha={cost / 2}" if classes else f"ccp_alpha={cost} * {features.target}.var(ddof=0)")
    return f"{name}({', '.join([*given, 'random_state=0'])})"


def _forest(program: Program, estimator: Estimator, classes: bool) -> str:
    told, ranger = estimator.settings, estimator.family == "ranger"
    name = program.need("sklearn.ensemble", "RandomForestClassifier" if classes else "RandomForestRegressor")
    given = [f"n_estimators={int(told.get('ntree', told.get('num.trees', 500)))}"]
    if "mtry" in told:
        given.append(f"max_features={int(told['mtry'])}")
    else:
        given.append(f"max_features={'1 / 3' if not classes and not ranger else repr('sqrt')}")
    size = int(told.get("nodesize", told.get("min.node.size", 1 if classes else 5)))
    if size > 1:
        given.append(f"min_samples_{'split' if ranger else 'leaf'}={size}")
    if "max.depth" in told:
        given.append(f"max_depth={int(told['max.depth'])}")
    return f"{name}({', '.join([*given, 'random_state=0'])})"


def _chosen(program: Program, estimator: Estimator, made: str, step: str) -> str:
    """Return a search over the settings that caret tries, by cross-validation."""
    grid = program.need("sklearn.model_selection", "GridSearchCV")
    name, values = {
        "tree": ("ccp_alpha", "[0.0, 0.005, 0.02]"),
        "knn": ("n_neighbors", "[5, 7, 9]"),
    }.get(estimator.family, ("max_features", "['sqrt', 0.5, 1.0]"))
    prefix = f"{step}__" if step else ""
    scoring = "" if estimator.kind == "class" else ", scoring='neg_root_mean_squared_error'"
    folds = int(estimator.settings.get("folds", 10))
    return f"{grid}({made}, {{{prefix + name!r}: {values}}}, cv={folds}{scoring})"

"""Which model of scikit-learn stands for one of MATLAB's, with MATLAB's own defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.scope import Scope, settings_of
from journeyman.importers.prototypes.matlab.values import ModelOutside, as_int

__all__ = ["FITTED", "Learner", "learner_of"]

_Settings = dict[str, s.Expression]
_NO_MATTER_WORDS = (
    "classnames responsename predictornames predictorvars responsevar categoricalpredictors categoricalvars verbose "
    "formula kfold crossval holdout prior nprint oobprediction oobpredictorimportance oobvarimp surrogate "
    "prediction display numprint"
)
_NO_MATTER = frozenset(_NO_MATTER_WORDS.split())


@dataclass(frozen=True)
class Learner:
    """A model of scikit-learn.

    Attributes
    ----------
    code : str
        Python that makes it.
    classes, linear, leaves_out, probability, decides : bool
        Whether it tells classes; has coefficients, so that of a text column's categories the first is left out; leaves
        rows with gaps out of learning; predicts probabilities; and has a decision function in place of them.
    """

    code: str
    classes: bool
    linear: bool = False
    leaves_out: bool = False
    probability: bool = False
    decides: bool = False


def learner_of(name: str, scope: Scope, said: _Settings) -> Learner:
    """Return the model that a fitting function makes, by the settings that it was given.

    Raises
    ------
    ModelOutside
        Where one of them is outside of the subset.
    """
    maker, allowed = _LEARNERS[name]
    for one in said:
        if one not in _NO_MATTER and one not in allowed.split():
            raise ModelOutside(f"{name} with {one}; it is read with {', '.join(allowed.split()) or 'no settings'}")
    return maker(scope, said)


def _word(said: _Settings, name: str, default: str) -> str:
    node = said.get(name)
    if node is None:
        return default
    if not isinstance(node, s.Text):
        raise ModelOutside(f"the word for {name}")
    return node.value.lower()


def _whole(scope: Scope, said: _Settings, name: str, default: str) -> str:
    return as_int(scope.value(said[name])) if name in said else default


def _figure(scope: Scope, said: _Settings, name: str, default: str) -> str:
    return scope.value(said[name]).code if name in said else default


def _is_on(said: _Settings, name: str) -> bool:
    return said.get(name) in (s.Number("1"), s.Name("true"), s.Text("on"))


def _linear(scope: Scope, said: _Settings) -> Learner:
    del scope
    intercept = "" if said.get("intercept") not in (s.Name("false"), s.Number("0")) else "fit_intercept=False"
    return Learner(f"LinearRegression({intercept})", classes=False, linear=True, leaves_out=True)


def _generalised(scope: Scope, said: _Settings) -> Learner:
    """Return a model fitted by maximum likelihood, without a penalty."""
    distribution, link = _word(said, "distribution", "normal"), _word(said, "link", "")
    if distribution == "normal" and link in ("", "identity"):
        return _linear(scope, said)
    if distribution == "binomial" and link in ("", "logit"):
        code = "LogisticRegression(C=np.inf, solver='newton-cholesky', tol=1e-10, max_iter=1000)"
        return Learner(code, classes=True, linear=True, leaves_out=True, probability=True)
    if distribution == "poisson" and link in ("", "log"):
        code = "PoissonRegressor(alpha=0, solver='newton-cholesky', tol=1e-10, max_iter=1000)"
        return Learner(code, classes=False, linear=True, leaves_out=True)
    raise ModelOutside(f"fitglm of a {distribution} distribution{f' by {link}' if link else ''}")


def _tree_settings(scope: Scope, said: _Settings, splits: str = "") -> str:
    """Return settings of a tree; MATLAB divides no node of less than 10 rows where nothing else is told."""
    found = []
    leaf = _whole(scope, said, "minleafsize", _whole(scope, said, "minleaf", ""))
    parent = _whole(scope, said, "minparentsize", "")
    found.append(f"min_samples_split={parent or _least_divided(leaf)}")
    if leaf:
        found.append(f"min_samples_leaf={leaf}")
    most = _whole(scope, said, "maxnumsplits", splits)
    if most:
        found.append(f"max_leaf_nodes={int(most) + 1 if most.isdigit() else f'{most} + 1'}")
    return ", ".join([*found, "random_state=0"])


def _least_divided(leaf: str) -> str:
    if not leaf:
        return "10"
    return str(max(10, 2 * int(leaf))) if leaf.isdigit() else f"max(10, 2 * {leaf})"


def _tree(kind: str, scope: Scope, said: _Settings) -> Learner:
    criterion = {"gdi": "", "deviance": "criterion='entropy', "}.get(_word(said, "splitcriterion", "gdi"))
    if criterion is None or (criterion and kind == "Regressor"):
        raise ModelOutside("that criterion of splits")
    return Learner(f"DecisionTree{kind}({criterion}{_tree_settings(scope, said)})", classes=kind == "Classifier")


def _ensemble(kind: str, scope: Scope, said: _Settings) -> Learner:
    """Return bagged or boosted trees by the method that is told."""
    classes = kind == "Classifier"
    count = _whole(scope, said, "numlearningcycles", _whole(scope, said, "nlearn", "100"))
    rate = _figure(scope, said, "learnrate", "1.0")
    method = _word(said, "method", "logitboost" if classes else "lsboost")
    template = _template(scope, said)
    if method == "bag":
        share = said.get("numpredictorstosample") or template.get("numvariablestosample")
        trees = _tree_settings(scope, template).replace("min_samples_split=10, ", "")
        return Learner(f"RandomForest{kind}(n_estimators={count}, {trees}{_share(scope, share, classes)})", classes)
    trees = _tree_settings(scope, template, "10")
    if classes and method in ("adaboostm1", "adaboostm2"):
        tree = f"DecisionTreeClassifier({trees})"
        code = f"AdaBoostClassifier({tree}, n_estimators={count}, learning_rate={rate}, random_state=0)"
        return Learner(code, classes, leaves_out=True)
    if method in (("logitboost", "gentleboost") if classes else ("lsboost",)):
        boosted = f"GradientBoosting{kind}(n_estimators={count}, learning_rate={rate}, max_depth=None, {trees})"
        return Learner(boosted, classes, leaves_out=True)
    raise ModelOutside(f"an ensemble by the method {method!r}")


def _template(scope: Scope, said: _Settings) -> _Settings:
    node = said.get("learners")
    if isinstance(node, s.Name) and node.name in scope.kinds:
        node = scope.kinds[node.name].function
    if node is None or (isinstance(node, s.Text) and node.value.lower() in ("tree", "decisiontree")):
        return {}
    if isinstance(node, s.Call) and node.target == s.Name("templateTree"):
        found = settings_of(node.arguments)[1]
        if set(found) <= _OF_TEMPLATES:
            return found
    raise ModelOutside("an ensemble of other than trees")


def _share(scope: Scope, node: s.Expression | None, classes: bool) -> str:
    """Return how many columns a division may choose from: MATLAB's own default is a third of them for numbers."""
    if node is None:
        return "" if classes else ", max_features=1 / 3"
    return ", max_features=None" if node == s.Text("all") else f", max_features={as_int(scope.value(node))}"


def _bagger(scope: Scope, said: _Settings) -> Learner:
    kind = "Regressor" if _word(said, "method", "classification") == "regression" else "Classifier"
    count = _whole(scope, said, "numlearningcycles", "100")
    leaf = _whole(scope, said, "minleafsize", _whole(scope, said, "minleaf", "1" if kind == "Classifier" else "5"))
    settings = f"n_estimators={count}, min_samples_leaf={leaf}, random_state=0"
    share = said.get("numpredictorstosample", said.get("numvariablestosample"))
    shares = _share(scope, share, kind == "Classifier")
    return Learner(f"RandomForest{kind}({settings}{shares})", classes=kind == "Classifier")


def _scaled(code: str, said: _Settings) -> str:
    return f"make_pipeline(StandardScaler(), {code})" if _is_on(said, "standardize") else code


def _neighbours(scope: Scope, said: _Settings) -> Learner:
    metric = _word(said, "distance", "euclidean")
    known = {"euclidean": "", "cityblock": ", metric='manhattan'", "chebychev": ", metric='chebyshev'"}
    known |= {"cosine": ", metric='cosine'", "hamming": ", metric='hamming'"}
    weight = {"equal": "", "inverse": ", weights='distance'"}.get(_word(said, "distanceweight", "equal"))
    if metric not in known or weight is None:
        raise ModelOutside(f"neighbours by the distance {metric!r} of such weights")
    count = _whole(scope, said, "numneighbors", "1")
    return Learner(_scaled(f"KNeighborsClassifier({count}{known[metric]}{weight})", said), True, leaves_out=True)


def _vectors(kind: str, scope: Scope, said: _Settings) -> Learner:
    kernel = _word(said, "kernelfunction", "linear")
    cost = _figure(scope, said, "boxconstraint", "1.0")
    names = {"linear": "linear", "rbf": "rbf", "gaussian": "rbf", "polynomial": "poly"}
    if kernel not in names:
        raise ModelOutside(f"the kernel {kernel!r}")
    settings = f"kernel={names[kernel]!r}, C={cost}"
    width = said.get("kernelscale")
    if names[kernel] == "rbf":
        by_data = isinstance(width, s.Text)
        settings += ", gamma='scale'" if by_data else f", gamma=1 / ({_figure(scope, said, 'kernelscale', '1.0')}) ** 2"
    elif width is not None and not isinstance(width, s.Text) and width != s.Number("1"):
        raise ModelOutside("the width of a kernel that has none")
    if names[kernel] == "poly":
        settings += f", degree={_whole(scope, said, 'polynomialorder', '3')}, gamma=1.0, coef0=1.0"
    code = _scaled(f"{kind}({settings})", said)
    return Learner(code, classes=kind == "SVC", leaves_out=True, decides=kind == "SVC")


def _bayes(scope: Scope, said: _Settings) -> Learner:
    del scope
    if _word(said, "distributionnames", "normal") != "normal":
        raise ModelOutside("naive Bayes of other than normal distributions")
    return Learner("GaussianNB()", classes=True, leaves_out=True)


def _discriminant(scope: Scope, said: _Settings) -> Learner:
    del scope
    kind = {"linear": "Linear", "quadratic": "Quadratic"}.get(_word(said, "discrimtype", "linear"))
    if kind is None:
        raise ModelOutside("that kind of discriminant analysis")
    return Learner(f"{kind}DiscriminantAnalysis()", classes=True, leaves_out=True)


def _pairs(scope: Scope, said: _Settings) -> Learner:
    """Return machines of support vectors between each two classes."""
    del scope
    if said.get("learners", s.Text("svm")) != s.Text("svm"):
        raise ModelOutside("fitcecoc of other than its own learners")
    return Learner("OneVsOneClassifier(SVC(kernel='linear', C=1.0))", classes=True, leaves_out=True)


_OF_TEMPLATES = frozenset(
    ("maxnumsplits", "minleafsize", "minparentsize", "numvariablestosample", "reproducible", "surrogate")
)
_TREE = "minleafsize minleaf minparentsize maxnumsplits splitcriterion"
_ENSEMBLE = "method numlearningcycles nlearn learners learnrate numpredictorstosample"
_SUPPORT = "kernelfunction kernelscale boxconstraint standardize polynomialorder"
_LEARNERS: dict[str, tuple[Callable[[Scope, _Settings], Learner], str]] = {
    "fitlm": (_linear, "intercept"),
    "fitglm": (_generalised, "distribution link intercept"),
    "fitctree": (lambda scope, said: _tree("Classifier", scope, said), _TREE),
    "fitrtree": (lambda scope, said: _tree("Regressor", scope, said), _TREE),
    "fitcensemble": (lambda scope, said: _ensemble("Classifier", scope, said), _ENSEMBLE),
    "fitrensemble": (lambda scope, said: _ensemble("Regressor", scope, said), _ENSEMBLE),
    "TreeBagger": (_bagger, "method numlearningcycles minleafsize minleaf numpredictorstosample numvariablestosample"),
    "fitcknn": (_neighbours, "numneighbors distance distanceweight standardize nsmethod"),
    "fitcsvm": (lambda scope, said: _vectors("SVC", scope, said), _SUPPORT),
    "fitrsvm": (lambda scope, said: _vectors("SVR", scope, said), _SUPPORT),
    "fitcnb": (_bayes, "distributionnames"),
    "fitcdiscr": (_discriminant, "discrimtype"),
    "fitcecoc": (_pairs, "learners"),
}
FITTED = tuple(_LEARNERS)
"""Functions that fit a model of the subset."""

"""What a translated script begins with: imports, and functions for what MATLAB does in its own way.

They become part of the program, which needs nothing of ours; only those that it uses are written.
"""

from __future__ import annotations

import ast
import builtins
import textwrap

__all__ = ["RESERVED", "preamble"]

_LIBRARIES = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "math": "import math",
}
_MODULES = {
    "scipy.optimize": "minimize",
    "sklearn.base": "clone",
    "sklearn.cluster": "KMeans",
    "sklearn.compose": "make_column_selector make_column_transformer",
    "sklearn.datasets": "load_iris",
    "sklearn.decomposition": "PCA",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.ensemble": "AdaBoostClassifier BaggingClassifier BaggingRegressor GradientBoostingClassifier "
    "GradientBoostingRegressor RandomForestClassifier RandomForestRegressor",
    "sklearn.linear_model": "Lasso LinearRegression LogisticRegression PoissonRegressor Ridge",
    "sklearn.metrics": "accuracy_score confusion_matrix mean_absolute_error mean_squared_error r2_score roc_auc_score "
    "roc_curve root_mean_squared_error",
    "sklearn.model_selection": "KFold LeaveOneOut StratifiedKFold cross_val_score train_test_split",
    "sklearn.multiclass": "OneVsOneClassifier",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.neighbors": "KNeighborsClassifier",
    "sklearn.pipeline": "make_pipeline",
    "sklearn.preprocessing": "OneHotEncoder PolynomialFeatures StandardScaler",
    "sklearn.svm": "SVC SVR",
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor",
}
_IMPORTS = {name: module for module, names in _MODULES.items() for name in names.split()}

_FUNCTIONS = {
    "round_half_away": '''
        def round_half_away(x, digits=0):
            """Round to the nearest, and halves away from zero."""
            scaled = np.asarray(x, dtype=float) * 10.0**digits
            half = np.abs(scaled - np.trunc(scaled)) == 0.5
            return np.where(half, np.trunc(scaled) + np.sign(scaled), np.round(scaled)) / 10.0**digits
        ''',
    "saturated": '''
        def saturated(x, low, high):
            """Return whole numbers within the bounds of an integer type; what is missing becomes 0."""
            return np.clip(round_half_away(np.nan_to_num(x, nan=0.0)), low, high)
        ''',
    "valid_name": '''
        def valid_name(name):
            """Return the name that readtable gives a column: letters, digits and underscores."""
            words = str(name).split()
            name = "".join(words[:1] + [word[:1].upper() + word[1:] for word in words[1:]])
            name = "".join(one if one.isascii() and (one.isalnum() or one == "_") else "_" for one in name)
            return name if name[:1].isalpha() else "x" + name
        ''',
    "with_place": '''
        def with_place(x, place):
            """Return a vector with at least so many places; new ones hold 0."""
            return np.concatenate([x, np.zeros(max(0, place - len(x)))])
        ''',
    "below": '''
        def below(upper, lower):
            """Return a matrix with rows below another; an empty one has none."""
            return np.vstack([lower]) if np.size(upper) == 0 else np.vstack([upper, lower])
        ''',
    "group_numbers": '''
        def group_numbers(x):
            """Return the number of each value's group, from 1: numbers by size, texts as they come."""
            numbers, _ = pd.factorize(x, sort=pd.api.types.is_numeric_dtype(x))
            return np.where(numbers < 0, np.nan, numbers + 1.0)
        ''',
    "read_matrix": '''
        def read_matrix(path, skipped=None):
            """Return the numbers of a CSV file; a first line without numbers is left out, other texts are missing."""
            table = pd.read_csv(path, header=None, skiprows=skipped or 0, dtype=str)
            numbers = table.apply(pd.to_numeric, errors="coerce")
            named = skipped is None and bool(numbers.iloc[0].isna().all())
            return numbers.iloc[1 if named else 0 :].to_numpy(dtype=float)
        ''',
    "coded": '''
        def coded(model, drop=None):
            """Return a model behind a coding of text columns, one column for each category."""
            coder = OneHotEncoder(drop=drop, handle_unknown="error" if drop else "ignore", sparse_output=False)
            texts = make_column_selector(dtype_exclude=["number", "bool"])
            return make_pipeline(make_column_transformer((coder, texts), remainder="passthrough"), model)
        ''',
}
_BUILTIN_WORDS = (
    "len int float bool str range print list sorted min max sum abs dict zip any all open set tuple type id Exception"
)
_BUILTINS = _BUILTIN_WORDS.split()
RESERVED = frozenset([*_LIBRARIES, *_IMPORTS, *_FUNCTIONS, *_BUILTINS, *(n for n in dir(builtins) if n[0].isupper())])
"""Names of Python that a variable of the script must not take."""


def preamble(program: str) -> str:
    """Return the imports and the functions that a program uses.

    Examples
    --------
    >>> print(preamble("x = np.log(2)"), end="")
    import numpy as np
    """
    used = _names(program)
    functions = dict[str, str]()
    asked = [name for name in _FUNCTIONS if name in used]
    while asked:
        name = asked.pop()
        if name not in functions:
            functions[name] = textwrap.dedent(_FUNCTIONS[name]).strip()
            inner = _names(functions[name])
            used |= inner
            asked += [one for one in _FUNCTIONS if one in inner]
    lines = [line for name, line in sorted(_LIBRARIES.items(), key=lambda one: (len(one[0]), one)) if name in used]
    by_module = dict[str, list[str]]()
    for name, module in _IMPORTS.items():
        if name in used:
            by_module.setdefault(module, []).append(name)
    lines += [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(by_module.items())]
    text = "".join(f"{line}\n" for line in lines)
    return text + "".join(f"\n\n{functions[name]}\n" for name in _FUNCTIONS if name in functions)


def _names(program: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Name)}

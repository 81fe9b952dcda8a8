"""What has been renamed, moved or removed in the libraries that prototypes use, with the version that did so.

Sources: the release notes of scikit-learn (0.18 to 1.9), pandas (0.20 to 3.0), NumPy (1.20 to 2.0), SciPy and seaborn.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ATTRIBUTES",
    "BUILT_IN",
    "DROPPED_KEYWORDS",
    "KEYWORDS",
    "KEYWORD_VALUES",
    "METHODS",
    "MODULES",
    "NAMES",
    "POSITIONAL",
    "SCORINGS",
]

MODULES: Mapping[str, str] = {
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.metrics.scorer": "sklearn.metrics",
    "sklearn.metrics.classification": "sklearn.metrics",
    "sklearn.metrics.ranking": "sklearn.metrics",
    "sklearn.metrics.regression": "sklearn.metrics",
    "sklearn.ensemble.forest": "sklearn.ensemble",
    "sklearn.ensemble.gradient_boosting": "sklearn.ensemble",
    "sklearn.ensemble.weight_boosting": "sklearn.ensemble",
    "sklearn.ensemble.bagging": "sklearn.ensemble",
    "sklearn.tree.tree": "sklearn.tree",
    "sklearn.linear_model.logistic": "sklearn.linear_model",
    "sklearn.linear_model.base": "sklearn.linear_model",
    "sklearn.linear_model.ridge": "sklearn.linear_model",
    "sklearn.linear_model.stochastic_gradient": "sklearn.linear_model",
    "sklearn.svm.classes": "sklearn.svm",
    "sklearn.neighbors.classification": "sklearn.neighbors",
    "sklearn.neighbors.regression": "sklearn.neighbors",
    "sklearn.neural_network.multilayer_perceptron": "sklearn.neural_network",
    "sklearn.decomposition.pca": "sklearn.decomposition",
    "sklearn.cluster.k_means_": "sklearn.cluster",
    "sklearn.preprocessing.data": "sklearn.preprocessing",
    "sklearn.preprocessing.label": "sklearn.preprocessing",
    "sklearn.preprocessing.imputation": "sklearn.impute",
    "sklearn.feature_selection.univariate_selection": "sklearn.feature_selection",
    "sklearn.externals.joblib": "joblib",
    "sklearn.utils.testing": "sklearn.utils._testing",
    "pandas.tools.plotting": "pandas.plotting",
    "pandas.core.common": "pandas.api.types",
    "scipy.misc": "scipy.special",
    "cPickle": "pickle",
    "StringIO": "io",
    "urllib2": "urllib.request",
    "ConfigParser": "configparser",
}
"""Modules, by their name of today."""

NAMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("sklearn.preprocessing", "Imputer"): ("sklearn.impute", "SimpleImputer"),
    ("sklearn.externals", "joblib"): ("", "joblib"),
    ("sklearn.externals.six", "StringIO"): ("io", "StringIO"),
    ("sklearn.lda", "LDA"): ("sklearn.discriminant_analysis", "LinearDiscriminantAnalysis"),
    ("sklearn.qda", "QDA"): ("sklearn.discriminant_analysis", "QuadraticDiscriminantAnalysis"),
    ("sklearn.cross_validation", "LabelKFold"): ("sklearn.model_selection", "GroupKFold"),
    ("sklearn.metrics", "jaccard_similarity_score"): ("sklearn.metrics", "jaccard_score"),
    ("sklearn.mixture", "GMM"): ("sklearn.mixture", "GaussianMixture"),
    ("sklearn.decomposition", "RandomizedPCA"): ("sklearn.decomposition", "PCA"),
    ("sklearn.linear_model", "RandomizedLasso"): ("sklearn.linear_model", "Lasso"),
    ("sklearn.datasets", "fetch_mldata"): ("sklearn.datasets", "fetch_openml"),
    ("sklearn.gaussian_process", "GaussianProcess"): ("sklearn.gaussian_process", "GaussianProcessRegressor"),
    ("sklearn", "cross_validation"): ("sklearn", "model_selection"),
    ("sklearn", "grid_search"): ("sklearn", "model_selection"),
    ("sklearn", "learning_curve"): ("sklearn", "model_selection"),
    ("pandas", "scatter_matrix"): ("pandas.plotting", "scatter_matrix"),
    ("scipy.misc", "comb"): ("scipy.special", "comb"),
    ("scipy.misc", "logsumexp"): ("scipy.special", "logsumexp"),
    ("scipy", "interp"): ("numpy", "interp"),
    ("collections", "Iterable"): ("collections.abc", "Iterable"),
    ("collections", "Mapping"): ("collections.abc", "Mapping"),
    ("itertools", "izip"): ("builtins", "zip"),
    ("itertools", "imap"): ("builtins", "map"),
    ("itertools", "ifilter"): ("builtins", "filter"),
    ("urllib", "urlopen"): ("urllib.request", "urlopen"),
    ("urllib", "urlretrieve"): ("urllib.request", "urlretrieve"),
}
"""What is imported from where, by its place and name of today."""

BUILT_IN: Mapping[str, str] = {
    "xrange": "range",
    "unicode": "str",
    "basestring": "str",
    "raw_input": "input",
    "long": "int",
    "unichr": "chr",
    "reduce": "__import__('functools').reduce",
}
"""What Python 2 had built in, where a program does not make it itself."""

ATTRIBUTES: Mapping[tuple[str, str], str] = {
    ("numpy", "float"): "float",
    ("numpy", "int"): "int",
    ("numpy", "bool"): "bool",
    ("numpy", "object"): "object",
    ("numpy", "str"): "str",
    ("numpy", "complex"): "complex",
    ("numpy", "long"): "int",
    ("numpy", "NaN"): "{}.nan",
    ("numpy", "NAN"): "{}.nan",
    ("numpy", "Inf"): "{}.inf",
    ("numpy", "Infinity"): "{}.inf",
    ("numpy", "float_"): "{}.float64",
    ("numpy", "product"): "{}.prod",
    ("numpy", "cumproduct"): "{}.cumprod",
    ("numpy", "sometrue"): "{}.any",
    ("numpy", "alltrue"): "{}.all",
    ("numpy", "in1d"): "{}.isin",
    ("numpy", "trapz"): "{}.trapezoid",
    ("numpy", "unicode_"): "{}.str_",
    ("pandas", "scatter_matrix"): "{}.plotting.scatter_matrix",
    ("pandas", "np"): "__import__('numpy')",
    ("pandas", "datetime"): "__import__('datetime').datetime",
    ("seaborn", "factorplot"): "{}.catplot",
    ("seaborn", "distplot"): "{}.histplot",
    ("seaborn", "tsplot"): "{}.lineplot",
}
"""Attributes of modules; ``{}`` is the module as the program calls it."""

METHODS: Mapping[str, str] = {
    "as_matrix": "to_numpy",
    "iteritems": "items",
    "iterkeys": "keys",
    "itervalues": "values",
    "get_feature_names": "get_feature_names_out",
    "applymap": "map",
    "fit_sample": "fit_resample",
    "predict_classes": "predict",
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
}
"""Methods that are called otherwise today."""

KEYWORDS: Mapping[tuple[str, str], str] = {
    ("OneHotEncoder", "sparse"): "sparse_output",
    ("AdaBoostClassifier", "base_estimator"): "estimator",
    ("AdaBoostRegressor", "base_estimator"): "estimator",
    ("BaggingClassifier", "base_estimator"): "estimator",
    ("BaggingRegressor", "base_estimator"): "estimator",
    ("RFE", "n_features"): "n_features_to_select",
    ("SGDClassifier", "n_iter"): "max_iter",
    ("SGDRegressor", "n_iter"): "max_iter",
    ("Perceptron", "n_iter"): "max_iter",
    ("TSNE", "n_iter"): "max_iter",
    ("KFold", "n_folds"): "n_splits",
    ("StratifiedKFold", "n_folds"): "n_splits",
    ("ShuffleSplit", "n_iter"): "n_splits",
    ("StratifiedShuffleSplit", "n_iter"): "n_splits",
    ("AgglomerativeClustering", "affinity"): "metric",
    ("GaussianMixture", "n_iter"): "max_iter",
    ("SMOTE", "ratio"): "sampling_strategy",
    ("RandomOverSampler", "ratio"): "sampling_strategy",
    ("RandomUnderSampler", "ratio"): "sampling_strategy",
}
"""Keywords of calls, by their name of today."""

_CRITERIA: Mapping[object, object] = {"mse": "squared_error", "mae": "absolute_error"}
_LOSSES: Mapping[object, object] = {"deviance": "log_loss", "ls": "squared_error", "lad": "absolute_error"}
KEYWORD_VALUES: Mapping[tuple[str, str], Mapping[object, object]] = {
    **{
        (f"{name}{kind}", "criterion"): _CRITERIA
        for name in ("RandomForest", "DecisionTree", "ExtraTrees", "ExtraTree", "GradientBoosting")
        for kind in ("Regressor", "Classifier")
    },
    **{
        (f"{name}Classifier", "max_features"): {"auto": "sqrt"}
        for name in ("RandomForest", "DecisionTree", "ExtraTrees", "ExtraTree", "GradientBoosting")
    },
    **{
        (f"{name}Regressor", "max_features"): {"auto": 1.0}
        for name in ("RandomForest", "DecisionTree", "ExtraTrees", "ExtraTree", "GradientBoosting")
    },
    ("GradientBoostingClassifier", "loss"): _LOSSES,
    ("GradientBoostingRegressor", "loss"): _LOSSES,
    ("SGDClassifier", "loss"): {"log": "log_loss", "squared_loss": "squared_error"},
    ("SGDRegressor", "loss"): {"squared_loss": "squared_error"},
    ("LogisticRegression", "penalty"): {"none": None},
}
"""Values of keywords, by what they are called today."""

DROPPED_KEYWORDS: Mapping[str, frozenset[str]] = {
    "GridSearchCV": frozenset({"iid", "fit_params"}),
    "RandomizedSearchCV": frozenset({"iid", "fit_params"}),
    "KMeans": frozenset({"n_jobs", "precompute_distances"}),
    "OneHotEncoder": frozenset({"n_values", "categorical_features"}),
    "RandomForestClassifier": frozenset({"min_impurity_split"}),
    "RandomForestRegressor": frozenset({"min_impurity_split"}),
    "GradientBoostingClassifier": frozenset({"min_impurity_split", "presort"}),
    "GradientBoostingRegressor": frozenset({"min_impurity_split", "presort"}),
    "DecisionTreeClassifier": frozenset({"min_impurity_split", "presort"}),
    "DecisionTreeRegressor": frozenset({"min_impurity_split", "presort"}),
    "SimpleImputer": frozenset({"axis", "verbose"}),
    "Imputer": frozenset({"axis", "verbose"}),
    "AdaBoostClassifier": frozenset({"algorithm"}),
    "read_csv": frozenset({"infer_datetime_format", "mangle_dupe_cols", "prefix", "tupleize_cols"}),
    "to_datetime": frozenset({"infer_datetime_format"}),
    "XGBClassifier": frozenset({"use_label_encoder"}),
    "XGBRegressor": frozenset({"silent"}),
}
"""Keywords that are gone, or that no longer change anything."""

POSITIONAL: Mapping[tuple[str, int], str] = {
    ("drop", 1): "axis",
    ("concat", 1): "axis",
    ("read_csv", 1): "sep",
    ("sort_values", 1): "axis",
    ("fillna", 1): "method",
}
"""Arguments of pandas that have to be named today, by method and place."""

SCORINGS: Mapping[str, str] = {
    "mean_squared_error": "neg_mean_squared_error",
    "mean_absolute_error": "neg_mean_absolute_error",
    "median_absolute_error": "neg_median_absolute_error",
    "log_loss": "neg_log_loss",
}
"""Names of scores, where a search or a cross-validation is told one."""

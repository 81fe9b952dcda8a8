"""Leaks planted in programs: each is found, and not in the same program without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from journeyman.entities.code_leak import LeakKind
from journeyman.stages.trace_rows import trace_rows

pytestmark = pytest.mark.slow

IMPORTS = """
import numpy as np
import pandas as pd
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import ADASYN, BorderlineSMOTE, KMeansSMOTE, RandomOverSampler, SMOTE, SMOTENC, SVMSMOTE
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score, log_loss
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ParameterGrid, ShuffleSplit, StratifiedKFold
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, PolynomialFeatures, RobustScaler
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import resample
"""
FOLDER = Path(__file__).parent / "planted_programs"
KINDS = (
    LeakKind.PREPROCESSING,
    LeakKind.OVERLAP,
    LeakKind.RESAMPLED,
    LeakKind.TRAINING_SCORE,
    LeakKind.TARGET,
    LeakKind.CHOSEN,
)


def pairs_of(kind: LeakKind) -> list[tuple[str, str]]:
    """Return programs with a leak, each beside the same without it."""
    parts = re.split(r"^### (?:leak|clean)\n", (FOLDER / f"{kind.name.lower()}.txt").read_text(), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


PLANTED = {kind: pairs_of(kind) for kind in KINDS}
CASES = [(kind, leaky, clean) for kind, pairs in PLANTED.items() for leaky, clean in pairs]


def test_there_are_twenty_of_each_kind() -> None:
    assert {kind: len(pairs) for kind, pairs in PLANTED.items()} == dict.fromkeys(PLANTED, 20)
    assert len({leaky for _, leaky, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("kind", "leaky", "clean"), CASES, ids=[f"{c[0].name}-{k % 20}" for k, c in enumerate(CASES)])
def test_a_leak_is_found_and_its_absence_too(kind: LeakKind, leaky: str, clean: str) -> None:
    assert kind in {leak.kind for leak in trace_rows(IMPORTS + leaky)}
    assert trace_rows(IMPORTS + clean) == ()


OTHERS = re.split(r"^### (\w+)\n", (FOLDER / "other_styles.txt").read_text(), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize(("kind", "program"), list(zip(OTHERS[::2], OTHERS[1::2], strict=True)))
def test_programs_in_other_styles(kind: str, program: str) -> None:
    found = {leak.kind.name for leak in trace_rows(IMPORTS + program)}
    assert found in ([set()] if kind == "NONE" else [{kind}, {kind, "PREPROCESSING"}])

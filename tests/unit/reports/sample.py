"""Realistic build reports, made by fitting small scikit-learn models on the tables that it ships."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    precision_recall_curve,
    r2_score,
    roc_auc_score,
    roc_curve,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import Curve, Dependence, Evaluation, Explanation, Importance, Score, Slice
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.report import BuildReport
from journeyman.entities.task import Task
from journeyman.entities.trial import Member, Trial, TrialStatus
from journeyman.entities.weakness import Attempt, Cause, Condition, Place, Treatment, TreatmentKind, Weakness

Array = NDArray[np.float64]

_KINDS = {
    "clinic": (Kind.CATEGORY, Role.FEATURE, "5 distinct names in 541 values"),
    "admitted": (Kind.DATETIME, Role.FEATURE, "every value is a date as %Y-%m-%d"),
    "smoker": (Kind.BOOLEAN, Role.FEATURE, "only yes and no"),
    "patient_id": (Kind.IDENTIFIER, Role.IGNORED, "every value is different"),
    "discharge_code": (Kind.INTEGER, Role.IGNORED, "all values are whole numbers; left out, it gives the target away"),
    "country": (Kind.CONSTANT, Role.IGNORED, "one value only"),
}

_WEAK = (
    "where clinic = Harbour and smoker = yes it is no better than predicting without a model "
    "(share of wrong predictions 0.31 against 0.29 without a model)"
)


def _frame(loader: object, target: str) -> tuple[pd.DataFrame, NDArray[np.generic]]:
    """Take a shipped table and add what real tables have: categories, dates, identifiers, holes."""
    data = loader(as_frame=True)  # type: ignore[operator]
    frame, y = data.data.copy(), data.target.to_numpy()
    rng = np.random.default_rng(0)
    n = len(frame)
    shift = (y - y.mean()) / y.std()
    frame["clinic"] = np.array(["North", "South", "East", "West", "Harbour"])[rng.integers(0, 5, n)]
    frame.loc[rng.random(n) < 0.05, "clinic"] = None
    frame["admitted"] = pd.Timestamp("2019-03-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D")
    frame["smoker"] = (rng.random(n) < 0.3 + 0.05 * shift).astype(float)
    frame["patient_id"] = [f"P{k:05d}" for k in rng.permutation(n)]
    frame["discharge_code"] = np.round(shift * 10)
    frame["country"] = "SE"
    first = data.data.columns[0]
    frame.loc[rng.random(n) < 0.12, first] = np.nan
    frame[target] = np.asarray(data.target_names)[y] if len(set(y)) < 20 else y
    return frame, y


def _columns(frame: pd.DataFrame, target: str, kind: str, labels: tuple[str, ...]) -> tuple[Column, ...]:
    columns = []
    for name in frame.columns:
        if name == target:
            what = Kind.NUMBER if kind == "regression" else Kind.CATEGORY
            columns.append(Column(name, what, Role.TARGET, "the column to predict", categories=labels))
        elif name in _KINDS:
            what, role, reason = _KINDS[name]
            columns.append(Column(name, what, role, reason))
        else:
            unit = "mm" if name == "mean radius" else None
            columns.append(Column(name, Kind.NUMBER, reason=f"{len(frame)} of {len(frame)} are numbers", unit=unit))
    return tuple(columns)


def _profile(frame: pd.DataFrame, columns: tuple[Column, ...], y: Array) -> Profile:
    profiles = []
    for column in columns:
        values = frame[column.name]
        missing, distinct = int(values.isna().sum()), int(values.nunique())
        if column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME):
            x = (
                values.to_numpy("datetime64[s]").astype(float)
                if column.kind is Kind.DATETIME
                else values.to_numpy(float)
            )
            x = x[np.isfinite(x)]
            counts, edges = np.histogram(x, bins=20)
            strength = (
                abs(np.corrcoef(values.to_numpy(float), y)[0, 1])
                if not missing and column.kind is Kind.NUMBER
                else 0.03
            )
            profiles.append(
                ColumnProfile(
                    column.name,
                    column.kind,
                    missing,
                    distinct,
                    float(x.mean()),
                    float(x.std()),
                    float(x.min()),
                    float(x.max()),
                    0.1,
                    tuple(np.quantile(x, (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)).tolist()),
                    tuple(edges.tolist()),
                    tuple(int(c) for c in counts),
                    association=round(float(strength), 4),
                )
            )
        else:
            top = values.astype(object).dropna().astype(str).value_counts().head(20)
            profiles.append(
                ColumnProfile(
                    column.name,
                    column.kind,
                    missing,
                    distinct,
                    top_values=tuple(top.index),
                    top_counts=tuple(int(c) for c in top),
                    association=0.05,
                )
            )
    pairs = (("mean radius", "mean perimeter", 0.998), ("mean radius", "mean area", 0.987), ("s1", "s2", -0.897))
    return Profile(len(frame), len(frame), tuple(profiles), tuple(p for p in pairs if p[0] in frame))


def _findings(target: str, missing: str, rows: int) -> tuple[Finding, ...]:
    return (
        Finding(
            "DQ401",
            Severity.ERROR,
            ("discharge_code",),
            f"'discharge_code' alone tells '{target}' almost perfectly (association 0.998); such a column is usually "
            "written down after the outcome is known.",
            'If it is known at prediction time, keep it with accept = ["DQ401:discharge_code"].',
            {"association": 0.998},
            Remedy.IGNORE_COLUMN,
        ),
        Finding(
            "DQ101",
            Severity.WARNING,
            (missing,),
            f"'{missing}' is missing in 12 % of the rows, in no visible pattern.",
            "Find out whether 'missing' means something, and say so with a category of its own.",
            {"share": 0.12},
        ),
        Finding(
            "DQ501",
            Severity.WARNING,
            (),
            f"Only {rows} rows: scores have wide intervals.",
            "Collect more rows.",
        ),
        Finding("DQ301", Severity.NOTE, ("patient_id",), "'patient_id' identifies rows.", "", {}, Remedy.IGNORE_COLUMN),
        Finding("DQ201", Severity.NOTE, ("country",), "'country' has one value only.", "", {}, Remedy.IGNORE_COLUMN),
        Finding("DQ601", Severity.NOT_APPLICABLE, (), "Time order: no column of dates orders the rows."),
    )


def _trials(best: float, baseline: float, greater: bool) -> tuple[tuple[Trial, ...], tuple[float, ...]]:
    plan = (
        ("baseline", {}, "answers without looking at the columns", baseline, 0.1),
        ("linear", {"C": 1.0}, "a simple model first", best + (baseline - best) * 0.06, 1.3),
        ("extra_trees", {"n_estimators": 300}, "different from linear", best + (baseline - best) * 0.03, 2.9),
        (
            "lightgbm",
            {"num_leaves": 50, "learning_rate": 0.04},
            "strong by default",
            best + (baseline - best) * 0.025,
            4.1,
        ),
        ("catboost", {"depth": 7}, "best first strong model", best + (baseline - best) * 0.012, 9.0),
        ("catboost", {"depth": 9, "rsm": 0.3}, "a wider one", None, 0.4),
        (
            "lightgbm",
            {"num_leaves": 7, "extra_trees": True, "learning_rate": 0.024},
            "few leaves",
            best + (baseline - best) * 0.018,
            3.3,
        ),
        ("forest", {"n_estimators": 300}, "another view", best + (baseline - best) * 0.05, 2.2),
        ("lightgbm", {"num_leaves": 200}, "many leaves", None, 5.0),
    )
    trials, bests, clock, top = [], [], 0.4, baseline
    for name, parameters, reason, score, seconds in plan:
        status, cause = TrialStatus.DONE, ""
        if score is None:
            status = TrialStatus.FAILED if name == "catboost" else TrialStatus.OUT_OF_TIME
            cause = (
                "CatBoostError: rsm on GPU is supported for pairwise modes only"
                if name == "catboost"
                else "ran past its share of the budget"
            )
        else:
            top = max(top, score) if greater else min(top, score)
        folds = () if score is None else tuple(score * f for f in (0.99, 1.0, 1.01, 0.995, 1.005))
        treatment = (
            Treatment(TreatmentKind.CORRECTED, Condition("clinic", 1.0, 2.0)) if reason == "few leaves" else None
        )
        trials.append(
            Trial(
                Candidate(name, parameters, reason, treatment=treatment),
                status,
                score,
                folds,
                (0,) * 5,
                None,
                seconds,
                clock,
                cause=cause,
            )
        )
        clock += seconds
        bests.append(top + (best - top) * (0.3 if len(bests) > 3 else 0.0))
    return tuple(trials), tuple(bests)


def _weaknesses(kept: Trial) -> tuple[tuple[Weakness, ...], tuple[Attempt, ...]]:
    """Return one weakness that was put right, one against which nothing helped, and one that asks for a column."""
    harbour, smokers = Condition("clinic", 1.0, 2.0), Condition("smoker", 1.0, 2.0)
    weaknesses = (
        Weakness(
            Place("clinic = Harbour", harbour),
            104,
            0.31,
            0.12,
            0.2,
            0.0004,
            Cause.TOO_FEW_ROWS,
            "104 rows were too few to learn it; 44% of what is missed there can be told from the columns",
        ),
        Weakness(Place("all rows"), 331, 0.14, 0.14, 0.1, 0.0, Cause.LABEL_NOISE, "2% of the rows carry 60% of it"),
        Weakness(
            Place("smoker = yes", smokers), 88, 0.22, 0.13, 0.06, 0.002, Cause.MISSING_INFORMATION, "nothing tells it"
        ),
    )
    attempts = (
        Attempt(0, kept.candidate.key, "lightgbm (weak slice corrected)", True, True, 0.032, 0.274),
        Attempt(0, "catboost-0", "catboost (weak slice corrected)"),
        Attempt(1, "lightgbm-0", "lightgbm (doubtful rows weigh less)", True),
    )
    return weaknesses, attempts


def _score(metric: str, y: Array, answers: Array, dummy: Array, score: object, greater: bool) -> Score:
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(40):
        take = rng.integers(0, len(y), len(y))
        if len(np.unique(y[take])) > 1:
            draws.append((score(y[take], answers[take]), score(y[take], dummy[take])))  # type: ignore[operator]
    own, base = np.array(draws).T
    gain = own - base if greater else base - own
    low, high = np.quantile(own, (0.025, 0.975))
    low_b, high_b = np.quantile(base, (0.025, 0.975))
    low_g, high_g = np.quantile(gain, (0.025, 0.975))
    figures = (score(y, answers), low, high, score(y, dummy), low_b, high_b, low_g, high_g)  # type: ignore[operator]
    return Score(metric, *(float(f) for f in figures), greater)


def _pipeline(model: object) -> Pipeline:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    names = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    numeric, named = make_column_selector(dtype_include="number"), make_column_selector(dtype_exclude="number")
    return make_pipeline(make_column_transformer((numbers, numeric), (names, named)), model)


def _bins(values: Array, edges: Array) -> tuple[tuple[float, ...], tuple[int, ...]]:
    return tuple(edges.tolist()), tuple(int(c) for c in np.histogram(values, bins=edges)[0])


def _classification(y: Array, answers: Array, dummy: Array, labels: tuple[str, ...]) -> Evaluation:
    binary = len(labels) == 2

    def auc(t: Array, p: Array) -> float:
        return float(roc_auc_score(t, p[:, 1]))

    def loss(t: Array, p: Array) -> float:
        return float(log_loss(t, p, labels=range(len(labels))))

    def accuracy(t: Array, p: Array) -> float:
        return float(np.mean(t == p.argmax(axis=1)))

    plan = [("roc_auc", auc, True)] * binary + [("log_loss", loss, False), ("accuracy", accuracy, True)]
    scores = tuple(_score(name, y, answers, dummy, score, greater) for name, score, greater in plan)
    one = 1 if binary else int(np.bincount(y.astype(int)).argmax())
    hit, p = (y == one).astype(float), answers[:, one]
    order = np.argsort(-p)
    share = np.arange(1, len(y) + 1) / len(y)
    found = np.cumsum(hit[order]) / hit.sum()
    parts = np.array_split(np.argsort(p), 6)
    fpr, tpr, _ = roc_curve(hit, p)
    precision, recall, _ = precision_recall_curve(hit, p)
    return Evaluation(
        rows=len(y),
        on_holdout=True,
        scores=scores,
        confusion=tuple(tuple(int(c) for c in row) for row in confusion_matrix(y, answers.argmax(axis=1))),
        threshold=0.37 if binary else None,
        calibration=Curve(
            "calibration",
            "probability said",
            "share that happened",
            tuple(float(p[k].mean()) for k in parts),
            tuple(float(hit[k].mean()) for k in parts),
            tuple(float(len(k)) for k in parts),
        ),
        gain=Curve(
            "gain",
            "share of rows, the likeliest first",
            "share of positives found",
            (0.0, *share.tolist()),
            (0.0, *found.tolist()),
        ),
        roc=Curve("ROC", "false positive rate", "true positive rate", tuple(fpr.tolist()), tuple(tpr.tolist())),
        precision_recall=Curve(
            "precision and recall", "recall", "precision", tuple(recall.tolist()), tuple(precision.tolist())
        ),
        calibration_error=0.0231,
        prediction_bins=_bins(p, np.linspace(0, 1, 21))[0],
        prediction_counts=_bins(p, np.linspace(0, 1, 21))[1],
    )


def _regression(y: Array, answers: Array, dummy: Array) -> Evaluation:
    def rmse(t: Array, p: Array) -> float:
        return float(np.sqrt(np.mean((t - p[:, 0]) ** 2)))

    def r2(t: Array, p: Array) -> float:
        return float(r2_score(t, p[:, 0]))

    values = answers[:, 0]
    parts = np.array_split(np.argsort(values), 8)
    middle = tuple(float(values[k].mean()) for k in parts)
    quantiles = [
        Curve(
            f"residual, {name}",
            "predicted",
            "actual minus predicted",
            middle,
            tuple(float(np.quantile((y - values)[k], q)) for k in parts),
            tuple(float(len(k)) for k in parts),
        )
        for q, name in ((0.1, "10 % quantile"), (0.5, "median"), (0.9, "90 % quantile"))
    ]
    edges = np.histogram_bin_edges(values, bins=16)
    return Evaluation(
        rows=len(y),
        on_holdout=True,
        scores=(_score("rmse", y, answers, dummy, rmse, False), _score("r2", y, answers, dummy, r2, True)),
        residuals=(
            Curve("predicted against actual", "predicted", "actual", tuple(values.tolist()), tuple(y.tolist())),
            *quantiles,
        ),
        prediction_bins=_bins(values, edges)[0],
        prediction_counts=_bins(values, edges)[1],
    )


@functools.cache
def sample(kind: str) -> BuildReport:
    """Return a report as a build of that kind would give it."""
    loader, target, name = {
        "binary": (load_breast_cancer, "diagnosis", "tumours"),
        "multiclass": (load_wine, "cultivar", "wine"),
        "regression": (load_diabetes, "progression", "diabetes"),
    }[kind]
    frame, codes = _frame(loader, target)
    y = codes.astype(float)
    labels = tuple(loader().target_names) if kind != "regression" else ()
    labels = tuple(str(label) for label in labels)
    columns = _columns(frame, target, kind, labels)
    features = [c.name for c in columns if c.role is Role.FEATURE and c.kind is not Kind.DATETIME]
    x, x_test, t, t_test = train_test_split(frame[features], y, test_size=0.25, random_state=0)
    model = _pipeline(LogisticRegression(C=0.05) if kind != "regression" else Ridge(3.0)).fit(x, t)
    dummy = (DummyClassifier() if kind != "regression" else DummyRegressor()).fit(x, t)
    if kind != "regression":
        evaluation = _classification(t_test, model.predict_proba(x_test), dummy.predict_proba(x_test), labels)
    else:
        evaluation = _regression(t_test, model.predict(x_test)[:, None], dummy.predict(x_test)[:, None])
    main = evaluation.main
    rng = np.random.default_rng(2)
    importances, dependences = [], []
    for column in features:
        shuffled = x_test.copy()
        shuffled[column] = rng.permutation(shuffled[column].to_numpy())
        change = float(model.score(x_test, t_test) - model.score(shuffled, t_test))
        importances.append(Importance(column, round(change, 5), round(abs(change) * 0.2 + 0.001, 5)))
    importances.sort(key=lambda i: -i.mean)
    output = labels[1] if kind != "regression" else target
    for item in [*importances[:3], *(i for i in importances if i.column == "clinic")]:
        named = item.column == "clinic"
        grid = (
            sorted(frame["clinic"].dropna().unique())
            if named
            else np.nanquantile(frame[item.column], np.linspace(0.02, 0.98, 15))
        )
        means = []
        for value in grid:
            moved = x.copy()
            moved[item.column] = value
            means.append(
                float(model.predict_proba(moved)[:, 1].mean() if kind != "regression" else model.predict(moved).mean())
            )
        places = range(len(grid)) if named else grid
        dependences.append(
            Dependence(item.column, tuple(grid) if named else (), tuple(float(v) for v in places), tuple(means), output)
        )
    slices = (
        Slice("clinic = Harbour and smoker = yes", ("clinic", "smoker"), 31, 0.31, 0.12, 0.19, 0.44, 0.004),
        Slice(f"{features[1]} < 17.3", (features[1],), 58, 0.19, 0.12, 0.14, 0.25, 0.03),
    )
    trials, bests = _trials(main.value, main.baseline, main.greater_is_better)
    kept = [trials[4], trials[6], trials[1]]
    weaknesses, attempts = _weaknesses(trials[6])
    return BuildReport(
        name=name,
        version=3,
        created="2026-11-22T18:30:00Z",
        source=f"{name}.csv.gz",
        rows=len(frame),
        trained_rows=len(frame),
        holdout_rows=len(x_test),
        columns=columns,
        task=Task(target, kind, main.metric, labels, reason=f"'{target}' has {frame[target].nunique()} values"),
        split_reason=(
            "Shuffled and stratified: no column of time or groups was found. "
            "A quarter of the rows was kept for the end."
        ),
        findings=_findings(target, features[0], len(frame)),
        profile=_profile(frame, columns, y),
        trials=trials,
        members=tuple(Member(t.candidate, w, 120) for t, w in zip(kept, (0.52, 0.28, 0.2), strict=True)),
        ensemble_scores=bests,
        settings={"source": f"{name}.csv.gz", "budget": "120.0", "seed": "0"},
        weaknesses=weaknesses,
        attempts=attempts,
        stop_reason="the next candidate was expected to gain less than the noise of the score",
        evaluation=replace(
            evaluation,
            importances=tuple(importances),
            slices=slices,
            slices_tried=140,
            slice_loss="share of wrong answers",
        ),
        explanation=Explanation(tuple(dependences)),
        decision=Decision(
            Verdict.RELEASE_WITH_CARE,
            Action.PROMOTE,
            f"Release this model with care: {_WEAK}.",
            (
                _WEAK,
                "it was examined on few rows, so every figure is rough",
                "it is clearly better than predicting without a model",
            ),
            {"gain_low": main.gain_low},
        ),
        seconds=32.4,
        stage_seconds={
            "ingest": 0.21,
            "check": 0.4,
            "repair": 0.05,
            "split": 0.02,
            "profile": 0.3,
            "train": 28.3,
            "ensemble": 0.6,
            "evaluate": 1.4,
            "explain": 0.8,
            "package": 0.3,
        },
        versions={"python": "3.11.7", "journeyman": "0.1.0", "scikit-learn": "1.9.0", "lightgbm": "4.6.0"},
    )

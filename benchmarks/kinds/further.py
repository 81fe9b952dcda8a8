"""Ordered classes, survival and rankings: Journeyman beside plain peers on the same rows, in the same run.

    python benchmarks/kinds/further.py [--budget 60s] [--trials N] [--rows N] [--only NAME ...] [--data ../shared/data]

A quarter of the rows (of the queries) is kept from everybody; peers have LightGBM's usual settings with 300 rounds at
a rate of 0.05. Where lifelines is installed, its Cox model stands beside.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd

import journeyman
from journeyman.entities.plan import median_classes
from journeyman.inference.release import Release
from journeyman.metrics.ranking import RANKING, ranking_labels
from journeyman.metrics.survival import BrierScore, Concordance, curve_of_all, with_risk

HERE = Path(__file__).resolve().parent
Scores = dict[str, float]
PEER = {"n_estimators": 300, "learning_rate": 0.05, "num_leaves": 31, "verbosity": -1, "n_jobs": 1, "random_state": 0}


@dataclass
class Case:
    """Rows to learn from and rows that nobody saw, and how predictions are scored."""

    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    options: dict
    peers: Callable[["Case"], dict[str, Scores]]
    score: Callable[["Case", Release], Scores]


def coded(case: Case, left_out: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features as LightGBM takes them: texts as categories of the training rows."""
    both = []
    for frame in (case.train, case.test):
        features = frame.drop(columns=[case.target, *left_out])
        for name in features.select_dtypes(exclude="number"):
            kinds = pd.CategoricalDtype(sorted(case.train[name].dropna().astype(str).unique()))
            features[name] = features[name].astype(str).astype(kinds)
        both.append(features)
    return both[0], both[1]


def halves(frame: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = frame.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    cut = len(frame) * 3 // 4
    return frame[:cut], frame[cut:].reset_index(drop=True)


# ordered classes


def ordered(frame: pd.DataFrame, target: str, bins: int = 0) -> Case:
    if bins:
        cuts = frame[target].quantile(np.linspace(0, 1, bins + 1)[1:-1])
        frame = frame.assign(**{target: np.digitize(frame[target], cuts)})
    train, test = halves(frame.drop_duplicates())
    return Case(train, test, target, {"task": "ordered"}, ordered_peers, ordered_score)


def ordered_peers(case: Case) -> dict[str, Scores]:
    x, new = coded(case, ())
    levels = np.sort(case.train[case.target].unique())
    codes = np.searchsorted(levels, case.train[case.target])
    truth = np.searchsorted(levels, case.test[case.target])
    chances = lightgbm.LGBMClassifier(**PEER).fit(x, codes).predict_proba(new)
    number = lightgbm.LGBMRegressor(**PEER).fit(x, codes).predict(new)
    absolute = lightgbm.LGBMRegressor(**PEER, objective="l1").fit(x, codes).predict(new)
    told = {
        "median class": np.full(len(new), np.median(codes)),
        "multiclass LightGBM": chances.argmax(axis=1),
        "its median": median_classes(chances),
        "rounded regression": np.clip(np.rint(number), 0, len(levels) - 1),
        "the same, absolute errors": np.clip(np.rint(absolute), 0, len(levels) - 1),
    }
    return {name: {"rank error": float(np.abs(codes - truth).mean())} for name, codes in told.items()}


def ordered_score(case: Case, release: Release) -> Scores:
    labels = [float(label) for label in release.task.labels]
    told = np.searchsorted(labels, np.asarray(release.predict(case.test), dtype=float))
    return {"rank error": float(np.abs(told - np.searchsorted(labels, case.test[case.target])).mean())}


# survival


def survival(frame: pd.DataFrame, target: str, event: str, happened: object) -> Case:
    train, test = halves(frame[frame[target] > 0])
    case = Case(train, test, target, {}, survival_peers, survival_score)
    case.options = {"task": "survival", "task_options": {"event": event, "happened": str(happened)}}
    return case


def lifetimes(case: Case, frame: pd.DataFrame) -> np.ndarray:
    options = case.options["task_options"]
    happened = frame[options["event"]].astype(str) == options["happened"]
    return np.where(happened, frame[case.target], -frame[case.target]).astype(float)


def judged(y: np.ndarray, told: np.ndarray, times: np.ndarray) -> Scores:
    at = tuple(times.tolist())
    return {"C-index": Concordance(at).score(y, told), "Brier": BrierScore(at).score(y, told)}


def event_times(case: Case) -> np.ndarray:
    y = lifetimes(case, case.train)
    return np.unique(np.quantile(y[y > 0], np.arange(1, 10) / 10, method="higher"))


def survival_peers(case: Case) -> dict[str, Scores]:
    y, new_y, times = lifetimes(case, case.train), lifetimes(case, case.test), event_times(case)
    found = {"Kaplan-Meier": judged(new_y, np.repeat(with_risk(curve_of_all(y, times)), len(new_y), axis=0), times)}
    event = case.options["task_options"]["event"]
    try:
        from lifelines import CoxPHFitter  # noqa: PLC0415 - a peer that need not be there
    except ImportError:
        return found
    both = pd.concat([case.train, case.test]).drop(columns=[event, case.target])
    both = pd.get_dummies(both, drop_first=True, dtype=float)
    train = both[: len(case.train)].assign(time=np.abs(y), event=y > 0)
    cox = CoxPHFitter(penalizer=0.01).fit(train, "time", "event")
    curves = cox.predict_survival_function(both[len(case.train) :], times=times).to_numpy().T
    found["Cox (lifelines)"] = judged(new_y, with_risk(curves), times)
    return found


def survival_score(case: Case, release: Release) -> Scores:
    told = release.predict_outputs(case.test).to_numpy()
    times = np.array([float(name.split()[-1]) for name in release.task.output_names[1:]])
    return judged(lifetimes(case, case.test), told, times)


def weibull() -> pd.DataFrame:
    """Return rows whose hazard is a product of a line and of a bend, a third of them censored."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4_000, 5))
    score = 0.8 * x[:, 0] - 0.5 * x[:, 1] + 0.7 * np.abs(x[:, 2]) + 0.6 * (x[:, 3] > 0) * x[:, 0]
    times, censored = (rng.exponential(size=4_000) / np.exp(score)) ** (1 / 1.5), rng.exponential(1.6, 4_000)
    frame = pd.DataFrame(x.round(4), columns=list("abcde"))
    return frame.assign(time=np.minimum(times, censored).round(6), died=(times <= censored).astype(int))


# ranking


def ranking(frame: pd.DataFrame, target: str, query: str) -> Case:
    names = frame[query].drop_duplicates().sample(frac=1.0, random_state=0)
    kept = set(names[len(names) * 3 // 4 :])
    test = frame[query].isin(kept)
    options = {"task": "ranking", "group": query}
    train, new = frame[~test].reset_index(drop=True), frame[test].reset_index(drop=True)
    return Case(train, new, target, options, ranking_peers, ranking_score)


def gained(case: Case, scores: np.ndarray) -> Scores:
    query = case.test[case.options["group"]].factorize()[0]
    y = ranking_labels(case.test[case.target].to_numpy(float), query)
    return {words: metric.score(y, scores[:, None]) for words, metric in zip(("NDCG@10", "MAP"), RANKING, strict=True)}


def ranking_peers(case: Case) -> dict[str, Scores]:
    query = case.options["group"]
    train = case.train.sort_values(query, kind="stable")
    x, new = coded(Case(train, case.test, case.target, {}, None, None), (query,))
    sizes = train.groupby(query, sort=True).size().to_numpy()
    number = lightgbm.LGBMRegressor(**PEER).fit(x, train[case.target])
    pairs = lightgbm.LGBMRanker(**PEER).fit(x, train[case.target], group=sizes)
    told = {
        "by chance": np.zeros(len(new)),
        "pointwise LightGBM": number.predict(new),
        "LGBMRanker": pairs.predict(new),
    }
    numeric = [name for name in new if pd.api.types.is_numeric_dtype(new[name])]
    single = {
        (name, sign): gained(Case(train, train, case.target, case.options, None, None), sign * x[name].to_numpy())
        for name in numeric
        for sign in (1.0, -1.0)
    }
    name, sign = max(single, key=lambda one: single[one]["NDCG@10"])
    told[f"best column ({name})"] = sign * new[name].to_numpy()
    return {name: gained(case, np.asarray(scores, dtype=float)) for name, scores in told.items()}


def ranking_score(case: Case, release: Release) -> Scores:
    return gained(case, np.asarray(release.predict(case.test), dtype=float))


def meals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what a delivery centre offered in a week, graded by how much of it was ordered there."""
    offer = frame["center_id"].astype(str) + " in week " + frame["week"].astype(str)
    share = frame["num_orders"].groupby(offer).rank(pct=True)
    frame = frame.assign(offer=offer, grade=np.digitize(share, [0.5, 0.75, 0.9], right=True))
    frame = frame.drop(columns=["id", "week", "num_orders"])
    frame = frame[frame.groupby("offer")["grade"].transform("size") >= 5]
    return frame[frame["offer"].isin(set(frame["offer"].drop_duplicates().sample(1_000, random_state=0)))]


def searches() -> pd.DataFrame:
    """Return queries whose level says nothing: what counts is how an item differs from those beside it."""
    rng = np.random.default_rng(1)
    query = np.repeat(np.arange(500), rng.integers(5, 25, 500))
    level = rng.normal(size=500)[query] * 3.0
    x = rng.normal(size=(len(query), 4))
    worth = x[:, 0] + 0.5 * x[:, 1] ** 2 + rng.normal(size=len(query))
    grade = np.digitize(worth, np.quantile(worth, [0.6, 0.85, 0.96]))
    frame = pd.DataFrame({"query": query, "price": (x[:, 0] + level).round(4), "level": level.round(4)})
    return frame.assign(b=x[:, 1].round(4), c=x[:, 2].round(4), grade=grade)


CASES: dict[str, Callable[[Callable[[str], pd.DataFrame]], Case]] = {
    "wine-quality": lambda read: ordered(read("tabular/wine-quality.csv.gz"), "quality"),
    "abalone in 5": lambda read: ordered(read("tabular/abalone.csv.gz"), "Rings", 5),
    "california in 5": lambda read: ordered(read("tabular/california-housing.csv.gz"), "median_house_value", 5),
    "diamonds in 5": lambda read: ordered(read("tabular/diamonds.csv.gz"), "price", 5),
    "telco-churn": lambda read: survival(
        read("tabular/telco-churn.csv.gz").drop(columns=["TotalCharges", "customerID"]), "tenure", "Churn", "Yes"
    ),
    "weibull": lambda read: survival(weibull(), "time", "died", 1),
    "meal-demand": lambda read: ranking(meals(read("join/meal-demand/base.parquet")), "grade", "offer"),
    "searches": lambda read: ranking(searches(), "grade", "query"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--trials", type=int, help="instead of a budget: the same result however busy the machine")
    parser.add_argument("--rows", type=int, default=8_000, help="at most so many of a table")
    parser.add_argument("--only", nargs="*", default=list(CASES))
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared" / "data")
    options = parser.parse_args()

    def read(file: str) -> pd.DataFrame:
        path = options.data / file
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        whole = path.suffix == ".parquet" or len(frame) <= options.rows  # rankings take whole queries
        return frame if whole else frame.sample(options.rows, random_state=0)

    limit = {"trials": options.trials} if options.trials else {"budget": options.budget}
    for name in options.only:
        case = CASES[name](read)
        with tempfile.TemporaryDirectory() as place:
            begun = time.monotonic()
            release = journeyman.build(
                case.train, target=case.target, **case.options, **limit, workspace=place, name="m"
            )
            took = time.monotonic() - begun
            rows = {**case.peers(case), "Journeyman": case.score(case, release)}
        print(f"\n{name}: {len(case.train):,} rows, {len(case.test):,} kept; Journeyman took {took:.0f} s", flush=True)
        for who, scores in rows.items():
            print(f"  {who:28s}" + "".join(f"  {metric} {value:.4f}" for metric, value in scores.items()), flush=True)


if __name__ == "__main__":
    main()

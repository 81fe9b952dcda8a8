"""Tables with texts: a build of Journeyman beside TF-IDF with a linear model of scikit-learn, and the bars.

    python benchmarks/kinds/texts.py --data FOLDER [--budget 60s | --trials 12] [table ...]

FOLDER holds amazon-fine-foods.csv.gz, sms-spam.csv.gz and imdb-1000.csv.gz.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

import journeyman


@dataclass(frozen=True)
class TextTable:
    """A table, what is predicted from it, its texts, and the score that is wanted."""

    name: str
    target: str
    texts: tuple[str, ...]
    bar: float

    def parts(self, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return training and test rows: the official split where the table has one, else 75/25 with seed 0."""
        frame = pd.read_csv(folder / f"{self.name}.csv.gz")
        if "split" in frame:
            train = frame["split"] == "train"
            return frame[train].drop(columns="split"), frame[~train].drop(columns="split")
        first, second = train_test_split(frame, test_size=0.25, random_state=0)
        return first, second


TABLES = (
    TextTable("amazon-fine-foods", "score", ("review",), 0.405),
    TextTable("sms-spam", "label", ("text",), 0.025),
    TextTable("imdb-1000", "star_rating", ("title", "actors_list"), 0.330),
)


def plain(table: TextTable, train: pd.DataFrame, test: pd.DataFrame) -> float:
    """Return the score of TF-IDF of words and pairs with a linear model whose penalty is chosen by five folds."""
    weigh = [(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), name) for name in table.texts]
    numeric = pd.api.types.is_numeric_dtype(train[table.target])
    cs = np.logspace(-1, 2, 7)
    logistic = LogisticRegressionCV(Cs=cs, cv=5, scoring="neg_log_loss", solver="newton-cg", max_iter=100)
    learner = RidgeCV(1 / cs) if numeric else logistic
    model = make_pipeline(make_column_transformer(*weigh), learner).fit(train, train[table.target])
    if numeric:
        return float(root_mean_squared_error(test[table.target], model.predict(test)))
    return float(log_loss(test[table.target], model.predict_proba(test), labels=model.classes_))


def built(table: TextTable, train: pd.DataFrame, test: pd.DataFrame, limits: dict[str, object]) -> tuple[float, str]:
    """Return the score of a build on the test rows, and the members of its ensemble."""
    with tempfile.TemporaryDirectory() as workspace:
        release = journeyman.build(train, target=table.target, workspace=workspace, **limits)
        members = ", ".join(f"{m.weight:.2f} {m.candidate.name}" for m in release.report.members)
        rows = test.drop(columns=table.target)
        if pd.api.types.is_numeric_dtype(train[table.target]):
            return float(root_mean_squared_error(test[table.target], release.predict(rows))), members
        told = release.predict_proba(rows)
        return float(log_loss(test[table.target], told, labels=list(release.report.task.labels))), members


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", help="names of tables; all without")
    parser.add_argument("--data", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--trials", type=int, help="a repeatable build of so many trials instead of a budget")
    chosen = parser.parse_args(arguments)
    limits: dict[str, object] = {"trials": chosen.trials} if chosen.trials else {"budget": chosen.budget}
    warnings.simplefilter("ignore", FutureWarning)  # of names that scikit-learn will change
    print(f"load average {os.getloadavg()[0]:.1f}; {limits}")
    print(f"{'table':20} {'bar':>7} {'TF-IDF + linear':>16} {'Journeyman':>11} {'seconds':>8}  members")
    for table in TABLES:
        if chosen.tables and table.name not in chosen.tables:
            continue
        train, test = table.parts(chosen.data)
        simple = plain(table, train, test)
        started = time.monotonic()
        score, members = built(table, train, test, limits)
        seconds = time.monotonic() - started
        print(f"{table.name:20} {table.bar:7.3f} {simple:16.4f} {score:11.4f} {seconds:8.0f}  {members}", flush=True)


if __name__ == "__main__":
    main()

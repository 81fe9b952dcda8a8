"""Groups of the open tables beside what others do: adjusted Rand index to labels that nobody was shown.

    python benchmarks/kinds/groups.py FOLDER [--shuffled N]

FOLDER holds iris, penguins, wheat-seeds (with labels) and wholesale (without) as csv.gz.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from journeyman.algorithms.grouping.choose import choose_groups
from journeyman.algorithms.grouping.finder import fit_groups
from journeyman.algorithms.grouping.partition import METHODS, Method, partition
from journeyman.algorithms.grouping.stability import halved, matched
from journeyman.metrics.agreement import contingency
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.ingest import ingest
from journeyman.tasks.groups import Groups
from journeyman.transformers.grouped import FoldedNumbers

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LABELS = {"iris": "species", "penguins": "species", "wheat-seeds": "variety", "wholesale": None}
CODES = {"wholesale": ["Channel", "Region"]}
NUMBERS = range(2, 9)


def numbers_of(frame: pd.DataFrame) -> FloatArray:
    """Return columns of measurements, gaps filled with medians, shape (n_samples, n_columns)."""
    kept = frame.select_dtypes("number")
    return kept.fillna(kept.median()).to_numpy(np.float64)


def prepared(x: FloatArray) -> FloatArray:
    """Return rows as Journeyman prepares them."""
    names = tuple(map(str, range(x.shape[1])))
    block = dict(zip(names, x.T, strict=True))
    return FoldedNumbers.learned(names, block).transform(block)


def by_silhouette(x: FloatArray) -> IntArray:
    """Return groups of k-means with the best silhouette."""
    found = [KMeans(k, n_init=10, random_state=0).fit_predict(x) for k in NUMBERS]
    return max(found, key=lambda codes: silhouette_score(x, codes))


def by_criterion(x: FloatArray, kinds: Sequence[str] = ("spherical", "diag", "tied", "full")) -> IntArray:
    """Return groups of the mixture that the Bayesian criterion likes best."""
    found = [
        GaussianMixture(k, covariance_type=kind, n_init=3, random_state=0).fit(x) for k in range(1, 9) for kind in kinds
    ]
    return min(found, key=lambda model: model.bic(x)).predict(x)


def by_strength(x: FloatArray) -> IntArray:
    """Return groups of k-means of the largest number with a prediction strength of 0.8."""
    strong = [k for k in NUMBERS if halved(x, k, Method.KMEANS, 10, 0).strength >= 0.8]
    return partition(x, max(strong), Method.KMEANS, 0, 10).assign(x) if strong else np.zeros(len(x), dtype=np.int64)


def built(path: Path, label: str | None, options: dict[str, str]) -> tuple[IntArray, int, str]:
    """Return each row's group by the kind of task itself, their number and the way, of the table as it is read."""
    settings = BuildSettings(str(path), None, "t", task="groups", task_options=options)
    table = ingest(open_source(str(path), None), settings).table
    left = tuple(c for c in table.columns if c.name != label)
    table = replace(table, columns=left, frame=table.frame[[c.name for c in left]])
    task = Groups().frame(table, settings, "")
    posed = Groups().pose(table, task, 0)
    task = Groups().settle(posed, task)
    codes = posed.frame[task.target].cat.codes.to_numpy(np.int64)
    return codes, int(task.options["k"]), METHODS[int(task.options["method"])].value


def bootstrap_stability(x: FloatArray, k: int, method: Method, resamples: int = 20) -> float:
    """Return the mean adjusted Rand index between groups of all rows and of resampled ones."""
    own, rng = partition(x, k, method, 0, 5).assign(x), np.random.default_rng(0)
    drawn = (x[rng.integers(len(x), size=len(x))] for _ in range(resamples))
    return float(np.mean([adjusted_rand_score(own, partition(d, k, method, 0, 5).assign(x)) for d in drawn]))


def new_rows_agree(x: FloatArray, k: int, method: Method, draws: int = 10) -> float:
    """Return the share of left-out rows whose group is that of a refit with them, names matched."""
    rng, shares = np.random.default_rng(1), []
    whole = fit_groups(x, None, k, method, 0.01, 0).groups.assign(x)
    for draw in range(draws):
        new = rng.random(len(x)) < 0.2
        found = fit_groups(x[~new], None, k, method, 0.01, draw).groups.assign(x)
        names = matched(contingency(found, whole, k, k))
        shares.append((names[found[new]] == whole[new]).mean())
    return float(np.mean(shares))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shuffled", type=int, default=5)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        _labelled(asked.folder)
        _unlabelled(asked.folder, asked.shuffled)


def _labelled(folder: Path) -> None:
    print(
        "| table | journeyman (k, way) | k given | k-means, silhouette | mixture, BIC | prediction strength | CPU s |"
    )
    print("|---|---|---|---|---|---|---|")
    scores = []
    for name, label in LABELS.items():
        if label is None:
            continue
        path = folder / f"{name}.csv.gz"
        frame = pd.read_csv(path)
        y = frame.pop(label).astype(str)
        plain = StandardScaler().fit_transform(pd.get_dummies(frame).fillna(frame.median(numeric_only=True)))
        began = time.process_time()
        codes, k, way = built(path, label, {})
        seconds = time.process_time() - began
        given, _, _ = built(path, label, {"k": str(y.nunique())})
        line = [codes, given, by_silhouette(plain), by_criterion(plain), by_strength(plain)]
        scores.append([adjusted_rand_score(y, found) for found in line])
        told = " | ".join(f"{s:.3f}" + (f" ({k}, {way})" if i == 0 else "") for i, s in enumerate(scores[-1]))
        print(f"| {name} | {told} | {seconds:.0f} |", flush=True)
    print(f"| mean | {' | '.join(f'{s:.3f}' for s in np.mean(scores, axis=0))} | |", flush=True)


def _unlabelled(folder: Path, draws: int) -> None:
    print("\n| table | k | bootstrap stability | new rows as in the refit | shuffled copies without groups |")
    print("|---|---|---|---|---|")
    for name, label in LABELS.items():
        frame = pd.read_csv(folder / f"{name}.csv.gz").drop(columns=[*([label] if label else []), *CODES.get(name, [])])
        x = prepared(numbers_of(frame))
        blocks = tuple((k,) for k in range(x.shape[1]))
        found = choose_groups(x, blocks, 0, 0)
        rng = np.random.default_rng(2)
        copies = [np.column_stack([rng.permutation(column) for column in x.T]) for _ in range(draws)]
        none = [choose_groups(copy, blocks, 0, draw).k == 1 for draw, copy in enumerate(copies)]
        stable = bootstrap_stability(x, found.k, found.method)
        agree = new_rows_agree(x, found.k, found.method)
        print(f"| {name} | {found.k} | {stable:.3f} | {agree:.3f} | {sum(none)} of {draws} |", flush=True)


if __name__ == "__main__":
    main()

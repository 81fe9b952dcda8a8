"""Forecasts from a table to predictions, as a user gets them, scored like the peers' rolling windows.

usage: forecasts.py PEERS [--only NAME,..] [--budget 60s | --trials N] [--out FILE]
       forecasts.py --made SERIES [--budget 60s]

PEERS is a folder with ``forecast_peers.py``, whose loading, splitting and scoring are used, so that all systems see the
same windows: three of one horizon at the end of every series, panels of 20 series drawn with seed 0. The model is built
anew for each window from the table as it was then; times without a value stay out of the table, as they were. The
quantile loss of the seasonal naive, with normal quantiles, stands beside. ``--made`` builds once from so many made
series of 100 months, and tells seconds and memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

import journeyman


def peers_module(folder: Path) -> ModuleType:
    """Return the peers' own benchmark, loaded from its file."""
    spec = importlib.util.spec_from_file_location("forecast_peers", folder / "forecast_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def forecast(train: pd.DataFrame, known_time: bool, options: dict[str, Any], horizon: int) -> pd.DataFrame:
    """Build from rows with values, and return the forecast of the next steps in the peers' layout."""
    rows = train[train.seen] if known_time else train
    table = pd.DataFrame({"y": rows.y.to_numpy()})
    if known_time:
        table.insert(0, "when", rows.ds.to_numpy())
    if train.unique_id.nunique() > 1:
        table.insert(0, "series", rows.unique_id.to_numpy())
    with tempfile.TemporaryDirectory() as place:
        release = journeyman.build(
            table,
            target="y",
            task="forecast",
            task_options={"horizon": horizon},
            workspace=place,
            quiet=True,
            **options,
        )
        told = release.forecast()
        members = {m.candidate.learner: round(m.weight, 2) for m in release.report.members}
    found = pd.DataFrame({"unique_id": told["series"].astype(str) if "series" in told else ["s"] * len(told)})
    found["ds"] = told["when"] if known_time else np.nan
    found["point"] = told["y"] if "y" in told else told["0.5"]
    for level in [round(0.1 * k, 1) for k in range(1, 10)] + [0.025, 0.975]:
        found[f"q{level:g}"] = told[f"{level:g}"] if f"{level:g}" in told else told["y"]
    return found.assign(members=json.dumps(members))


def made_panel(series: int, options: dict[str, Any]) -> None:
    """Build from made series of 100 months, forecast a year, and print what it took and how good it was."""
    rng, steps, ahead = np.random.default_rng(0), 100, 12
    season = 0.2 * rng.normal(size=(series, 12))[:, np.arange(steps + ahead) % 12]
    walk = np.cumsum(0.03 * rng.normal(size=(series, steps + ahead)), axis=1)
    values = rng.lognormal(3, 1, (series, 1)) * np.exp(season + walk + 0.1 * rng.normal(size=season.shape))
    months = pd.date_range("2016-01-01", periods=steps, freq="MS").strftime("%Y-%m").to_numpy()
    names = np.array([f"item {k:05d}" for k in range(series)])
    table = pd.DataFrame({"item": np.repeat(names, steps), "month": np.tile(months, series)})
    began = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as place:
        release = journeyman.build(
            table.assign(sold=values[:, :steps].ravel()), target="sold", task="forecast", workspace=place, quiet=True,
            **options,
        )  # fmt: skip
        told = release.forecast()["sold"].to_numpy().reshape(series, ahead)
    members = {m.candidate.name: round(m.weight, 2) for m in release.report.members}
    came, before = values[:, steps:], values[:, steps - 12 : steps]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    error = float(np.abs(came - told).sum() / np.abs(came - before).sum())
    print(
        f"{series:,} series: {time.perf_counter() - began[0]:.0f} s wall, {time.process_time() - began[1]:.0f} s CPU, "
        f"{most:.1f} GB at most; error to the seasonal naive {error:.3f}; "
        f"{members}; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    """Print a line for each table, and the geometric means relative to the seasonal naive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", type=Path, nargs="?")
    parser.add_argument("--made", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--trials", type=int)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    options = {"trials": asked.trials} if asked.trials else {"budget": asked.budget}
    if asked.made:
        made_panel(asked.made, options)
        return
    if asked.peers is None:
        parser.error("name the folder of the peers, or --made SERIES")
    peers, results = peers_module(asked.peers), dict[str, Any]()
    for name, (_, _, time_column, _, _, season, horizon, seasons, _) in peers.S.items():
        if asked.only and name not in asked.only.split(","):
            continue
        table, scores, naive, members = peers.load(name), [], [], []
        costs: list[float] = []
        began = time.perf_counter(), time.process_time()
        for window in range(peers.WINDOWS - 1, -1, -1):
            train, test = peers.split(table, horizon, window)
            told = forecast(train, time_column is not None, options, horizon)
            if time_column is None:
                told["ds"] = test.ds.to_numpy()
            members.append(told.pop("members").iloc[0])
            told["unique_id"] = told["unique_id"].astype(str)
            told["ds"] = told["ds"].astype(test.ds.dtype)
            scores.append(peers.score(train, test, told, season))
            beside = [_naive(peers, train, test, m, season, horizon) for m in {season, *seasons}]
            naive.append(min(one["mase"] for one in beside))
            costs.append(min(one["wql"] for one in beside))
        mean = {key: float(np.mean([s[key] for s in scores])) for key in scores[0]}
        usual = [_naive(peers, *peers.split(table, horizon, w), season, season, horizon) for w in range(peers.WINDOWS)]
        plain, cost = (float(np.mean([one[key] for one in usual])) for key in ("mase", "wql"))
        seconds = time.perf_counter() - began[0], time.process_time() - began[1]
        results[name] = {**mean, "naive_mase": plain, "better_naive_mase": float(np.mean(naive)), "naive_wql": cost,
                         "better_naive_wql": float(np.mean(costs)), "members": members,
                         "seconds": seconds[0], "cpu_seconds": seconds[1]}  # fmt: skip
        print(
            f"{name:24} MASE {mean['mase']:.3f} (naive {plain:.3f}, better {np.mean(naive):.3f})  "
            f"WQL {mean['wql']:.4f} (naive {cost:.4f}, better {np.mean(costs):.4f})  "
            f"80% holds {mean['cover80']:.2f}  95% holds {mean['cover95']:.2f}  {seconds[0]:.0f} s wall "
            f"{seconds[1]:.0f} s CPU  {members[-1]}",
            flush=True,
        )
    ratio, by_cost = (
        np.exp(np.mean([np.log(r[key] / r[f"naive_{key}"]) for r in results.values()])) for key in ("mase", "wql")
    )
    worst = max(r["mase"] / r["better_naive_mase"] for r in results.values())
    covers = [np.mean([r[key] for r in results.values()]) for key in ("cover80", "cover95")]
    print(f"geometric means to the seasonal naive: MASE {ratio:.3f}, WQL {by_cost:.3f}; "
          f"worst beside the better naive {worst:.2f}; "
          f"80% holds {covers[0]:.2f}, 95% holds {covers[1]:.2f}; load {os.getloadavg()[0]:.1f}")  # fmt: skip
    if asked.out:
        asked.out.write_text(json.dumps({"python": platform.python_version(), "results": results}, indent=1))


def _naive(
    peers: ModuleType, train: pd.DataFrame, test: pd.DataFrame, lag: int, season: int, horizon: int
) -> dict[str, float]:
    """Return the scores of repeating the values of a season before, with normal quantiles of its changes."""
    told = []
    for key, rows in test.groupby("unique_id"):
        past = train[train.unique_id == key].y.to_numpy()
        lag_here = lag if len(past) > lag else 1
        values = np.array([past[len(past) - lag_here + k % lag_here] for k in range(horizon)])
        spread = np.sqrt(np.nanmean((past[lag_here:] - past[:-lag_here]) ** 2)) * np.sqrt(
            1 + np.arange(horizon) // lag_here
        )
        levels = {f"q{q:g}": values + spread * norm.ppf(q) for q in (*np.arange(1, 10) / 10, 0.025, 0.975)}
        told.append(pd.DataFrame({"unique_id": key, "ds": rows.ds.to_numpy(), "point": values, **levels}))
    return dict(peers.score(train, test, pd.concat(told), season))


if __name__ == "__main__":
    sys.exit(main())

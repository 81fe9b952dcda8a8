"""Score forecast algorithms, each alone, on open series and on made ones: MASE, WQL, coverage and processor seconds.

usage: forecast_models.py FOLDER [--part dev|test] [--only TABLE,..] [--algorithms NAME[:STYLE],..]
       [--made N] [--no-open] [--brief] [--out FILE]

Windows are rolling: `test` are the last three of one horizon, as the peers of other benchmarks are scored; `dev` are
six earlier ones, for choosing, so that the last three stay a test. Panels are 20 series drawn with seed 0.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.entities.metric import FORECAST_LOSS
from journeyman.entities.panel import Calendar, History, Panel, StepUnit
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.plugins import load_parts

LEVELS = ("0.5", "0.025", "0.1", "0.2", "0.3", "0.4", "0.6", "0.7", "0.8", "0.9", "0.975")
DECILES = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9")
SERIES = 20


@dataclass(frozen=True)
class Table:
    """Series with what is asked of them; ``measure`` is the season that MASE is scaled by."""

    name: str
    values: np.ndarray
    calendar: Calendar
    seasons: tuple[int, ...]
    measure: int
    horizon: int
    counts: bool = False


SECONDS = {"D": 86_400.0, "30min": 1_800.0}
OPEN = {
    # target, time, series, grid, season of the measure, horizon, seasons as they are found
    "airline-passengers": ("Passengers", "Month", [], 1, 12, 12, (12,)),
    "aus-tourism": ("Trips", "Quarter", ["Region", "State", "Purpose"], 3, 4, 8, (4,)),
    "daily-min-temperatures": ("Temp", "Date", [], "D", 7, 30, (7, 365)),
    "monthly-car-sales": ("Sales", "Month", [], 1, 12, 12, (12,)),
    "monthly-champagne": ("Sales", "Month", [], 1, 12, 12, (12,)),
    "monthly-sunspots": ("Sunspots", "Month", [], 1, 12, 12, (12, 120)),
    "uk-halfhour-load": ("x", None, [], "30min", 48, 96, (336, 48)),
}


def read(folder: Path, name: str) -> Table:
    """Read an open table onto its grid."""
    target, time_column, keys, grid, measure, horizon, seasons = OPEN[name]
    frame = pd.read_csv(next(folder.glob(name + ".*")))
    frame["y"] = pd.to_numeric(frame[target], errors="coerce")
    if time_column is None:
        frame["at"] = pd.date_range("2000-01-03", periods=len(frame), freq="30min")
    else:
        texts = frame[time_column].astype(str)
        if texts.str.contains("Q").all():
            frame["at"] = pd.PeriodIndex(texts.str.replace(" ", ""), freq="Q").to_timestamp()
        else:
            frame["at"] = pd.to_datetime(texts, format="mixed")
    seconds = np.asarray(frame["at"], "datetime64[s]").astype(np.int64).astype(float)
    origin = float(seconds.min())
    unit = StepUnit.MONTH if isinstance(grid, int) else StepUnit.SECOND
    calendar = Calendar(unit, float(grid) if isinstance(grid, int) else SECONDS[grid], origin)
    frame["step"] = calendar.steps(seconds)
    assert frame["step"].notna().all(), name
    key = frame[keys].astype(str).agg("|".join, axis=1) if keys else pd.Series("s", index=frame.index)
    wide = frame.assign(key=key).pivot_table(index="key", columns="step", values="y", aggfunc="mean")
    wide = wide.reindex(columns=np.arange(frame["step"].max() + 1))
    if len(wide) > SERIES:
        wide = wide.loc[sorted(np.random.default_rng(0).choice(np.array(sorted(wide.index)), SERIES, replace=False))]
    values = wide.to_numpy(float)
    counts = bool(np.nanmin(values) >= 0)
    return Table(name, values, calendar, seasons, measure, horizon, counts)


def windows(table: Table, part: str) -> Iterator[tuple[History, np.ndarray]]:
    """Yield histories and what came in the next horizon."""
    width = table.values.shape[1]
    for number in range(3) if part == "test" else range(3, 9):
        end = width - (number + 1) * table.horizon
        if end < max(2 * table.measure, 2 * table.horizon, 12) and part == "dev":
            return
        yield (
            History(table.values[:, :end], 0, np.empty((len(table.values), end, 0))),
            table.values[:, end : end + table.horizon],
        )


def request_of(table: Table, history: History, parameters: dict) -> tuple[FitRequest, Matrix]:
    """Return what a fit is given, and the rows that are asked after it."""
    panel = Panel(table.calendar, table.horizon, table.seasons, ("series",), (), table.counts)
    task = Task("y", "forecast", "mase", metric_loss=FORECAST_LOSS, output_names=(*LEVELS, "scale"), panel=panel)
    series, steps = np.nonzero(np.isfinite(history.values))
    x = Matrix(np.column_stack([series, steps]).astype(float), ("series", "step"), (), history)
    rows, ahead = np.meshgrid(np.arange(len(history.values)), np.arange(table.horizon), indexing="ij")
    asked = np.column_stack([rows.ravel(), history.end + ahead.ravel()]).astype(float)
    request = FitRequest(x, history.values[series, steps], None, None, task, parameters, 0, 0, 2, lambda: False)
    return request, Matrix(asked, ("series", "step"), (), history)


def measured(table: Table, history: History, came: np.ndarray, told: np.ndarray) -> dict[str, float]:
    """Score as the peers are scored: MASE by series, WQL over deciles, coverage over all points."""
    by_level = {name: told[:, place].reshape(came.shape) for place, name in enumerate(LEVELS)}
    season = table.measure if history.values.shape[1] > table.measure else 1
    scale = np.nanmean(np.abs(history.values[:, season:] - history.values[:, :-season]), axis=1)
    usable = (scale > 1e-9) & np.isfinite(came).any(axis=1)
    error = np.abs(came - by_level["0.5"])
    mase = float(np.mean(np.nanmean(error[usable] / scale[usable, None], axis=1)))
    seen = np.isfinite(came)
    y = came[seen]
    total = max(np.abs(y).sum(), 1e-9)
    losses = []
    for name in DECILES:
        apart = y - by_level[name][seen]
        level = float(name)
        losses.append(2 * np.maximum(level * apart, (level - 1) * apart).sum() / total)
    return {
        "mase": mase,
        "wql": float(np.mean(losses)),
        "c80": float(np.mean((y >= by_level["0.1"][seen]) & (y <= by_level["0.9"][seen]))),
        "c95": float(np.mean((y >= by_level["0.025"][seen]) & (y <= by_level["0.975"][seen]))),
    }


def contenders(table: Table, wanted: list[str]) -> Iterator[tuple[str, object, dict]]:
    """Yield names, algorithms and parameters."""
    history = next(windows(table, "test"))[0]
    task = request_of(table, history, {})[0].task
    for algorithm in load_parts("journeyman.algorithms").values():
        if FORECAST_LOSS not in getattr(algorithm, "losses", ()):
            continue
        answer = algorithm.candidates(task, int(np.isfinite(history.values).sum()), ())
        for candidate in answer if isinstance(answer, (tuple, list)) else ():
            name = f"{algorithm.name}:{candidate.style}"
            if not wanted or any(re.fullmatch(w, name) or w == algorithm.name for w in wanted):
                yield name, algorithm, dict(candidate.parameters)


def score_table(table: Table, part: str, wanted: list[str]) -> dict[str, dict[str, float]]:
    """Return for each contender the means over windows."""
    results = {}
    contending = [("snaive m", load_parts("journeyman.algorithms")["seasonal_naive"], {"season": table.measure})]
    contending += list(contenders(table, wanted))
    for name, algorithm, parameters in contending:
        rows, began, predicting = [], time.process_time(), 0.0
        for history, came in windows(table, part):
            if not np.isfinite(came).any():
                continue
            request, asked = request_of(table, history, parameters)
            model = algorithm.from_files(algorithm.fit(request).to_files())
            start = time.process_time()
            told = model.predict(asked)
            predicting += time.process_time() - start
            rows.append(measured(table, history, came, told))
        if not rows:
            return {}
        results[name] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        results[name] |= {"cpu": time.process_time() - began, "predict": predicting}
        results[name]["windows"] = [round(row["mase"], 3) for row in rows]
    return results


def relative(results: dict[str, dict], key: str, name: str) -> float:
    """Return the geometric mean over tables of a score divided by the seasonal naive's."""
    ratios = [r[name][key] / max(r["snaive m"][key], 1e-9) for r in results.values() if r and name in r]
    return float(np.exp(np.mean(np.log(np.maximum(ratios, 1e-6))))) if ratios else float("nan")


def show(results: dict[str, dict]) -> None:
    """Print a line for each table and contender, and the geometric means."""
    names: list[str] = []
    for table, scores in results.items():
        print(f"\n{table}")
        for name, row in scores.items():
            names += [name] if name not in names else []
            best = scores["snaive m"]
            print(
                f"  {name:38s} MASE {row['mase']:.3f} ({row['mase'] / max(best['mase'], 1e-9):.3f})"
                f"  WQL {row['wql']:.4f} ({row['wql'] / max(best['wql'], 1e-9):.3f})"
                f"  {100 * row['c80']:.0f}/{100 * row['c95']:.0f}"
                f"  cpu {row['cpu']:.2f} predict {row['predict']:.2f}  {row['windows']}"
            )
    print("\ngeometric means relative to the seasonal naive; mean coverage; tables")
    for name in names:
        own = [r[name] for r in results.values() if r and name in r]
        print(
            f"  {name:38s} MASE {relative(results, 'mase', name):.3f}  WQL {relative(results, 'wql', name):.3f}"
            f"  {100 * np.mean([r['c80'] for r in own]):.0f}/{100 * np.mean([r['c95'] for r in own]):.0f}"
            f"  cpu {sum(r['cpu'] for r in own):.1f}  {len(own)}"
        )


def brief(results: dict[str, dict]) -> None:
    """Print relative MASE and WQL of kinds of tables and contenders."""
    kinds: dict[str, dict[str, dict]] = {}
    for table, scores in results.items():
        kinds.setdefault(re.sub(r"-\d+$", "", table), {})[table] = scores
    names = list(dict.fromkeys(re.sub(r" \d+$", "", n) for scores in results.values() for n in scores))
    for scores in results.values():
        for name in list(scores):
            scores[re.sub(r" \d+$", "", name)] = scores[name]
    print(" " * 24 + " ".join(f"{name.replace('seasonal_naive', 'sn')[:19]:>19s}" for name in names))
    for kind, own in [*kinds.items(), ("ALL", results)]:
        line = []
        for name in names:
            rows = [r[name] for r in own.values() if name in r]
            cover = (
                f"{100 * np.mean([r['c80'] for r in rows]):.0f}/{100 * np.mean([r['c95'] for r in rows]):.0f}"
                if rows
                else ""
            )
            line.append(f"{relative(own, 'mase', name):6.3f} {relative(own, 'wql', name):5.3f} {cover:>6s}")
        print(f"{kind:24s}" + " ".join(line))


def made(number: int) -> Iterator[Table]:
    """Yield made tables of many kinds."""
    from made_series import tables  # noqa: PLC0415 - beside this file

    yield from tables(number)


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", default="test", choices=("dev", "test"))
    parser.add_argument("--only", default="")
    parser.add_argument("--algorithms", default="")
    parser.add_argument("--made", type=int, default=0)
    parser.add_argument("--no-open", action="store_true")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--out", type=Path)
    told = parser.parse_args()
    only = [name for name in told.only.split(",") if name]
    wanted = [name for name in told.algorithms.split(",") if name]
    tables = [] if told.no_open else [read(told.folder, name) for name in OPEN if not only or name in only]
    if told.made:
        tables += [t for t in made(told.made) if not only or t.name in only]
    results = {table.name: score_table(table, told.part, wanted) for table in tables}
    show(results) if not told.brief else brief(results)
    if told.out:
        told.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

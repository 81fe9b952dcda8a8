"""A column dies while the rest of a stream drifts, and an outage of a day: the loop beside fixed policies.

    python benchmarks/operate_dead_sensor.py [--data ../shared/data] [--rows 8000] [--only noaa] [--kinds missing noise]
        [--at 0.2 0.5 0.8] [--json FILE]

The column is the one that a first model relies on most. It dies at a share of the rows to come and is then missing, at
a constant, at its last value, at a sentinel, or noise of its own spread. The loop is that of ``journeyman simulate``,
with real builds; so is learning again as often, evenly spread, in use at once. Losses are in the unit of the table.
"within" is the loop's loss over the least of the fixed policies', less 1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.entities.decision import Action
from journeyman.entities.simulation import Simulated, SimulateSettings
from journeyman.pipelines.simulate import simulate

HERE = Path(__file__).resolve().parent
STREAMS = {
    "bike": ("bike-sharing-hourly.csv.gz", "cnt", "hr", ("instant",)),
    "electricity": ("electricity-elec2.parquet", "class", "nswprice", ()),
    "metro": ("metro-traffic.csv.gz", "traffic_volume", "temp", ()),
    "noaa": ("noaa-weather.csv.gz", "target", "feat_8", ()),
    "objects": ("outdoor-objects.csv.gz", "class", "h11", ()),
}
"""File, target, the column that dies, and columns that models may not use."""


def missing(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.full(len(values), np.nan)


def constant(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.full(len(values), float(np.nanmedian(values)))


def last(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.full(len(values), values[0])


def sentinel(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.full(len(values), -999.0)


def noise(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(values)


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "missing": missing,
    "constant": constant,
    "last": last,
    "sentinel": sentinel,
    "noise": noise,
}


def read(data: Path, file: str, rows: int) -> pd.DataFrame:
    path = data / "drift" / file
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    return frame.iloc[:rows].reset_index(drop=True)


def planted(frame: pd.DataFrame, column: str, kind: str, begin: int, end: int | None = None) -> pd.DataFrame:
    """Return the stream with a column that is dead from one row to another."""
    values = frame[column].to_numpy(dtype=np.float64, copy=True)
    values[begin:end] = KINDS[kind](values[begin:end], np.random.default_rng(4))
    return frame.assign(**{column: values})


def lived(frame: pd.DataFrame, stream: str, place: Path) -> Simulated:
    table = place / "table.parquet"
    frame.to_parquet(table, index=False)
    _, target, _, ignored = STREAMS[stream]
    wanted = SimulateSettings(str(table), target, place / "w", trials=3, ignore=ignored)
    return simulate(wanted, lambda _: None)


def row_of(name: str, done: Simulated, seconds: float) -> dict[str, object]:
    losses = {r.name: r.loss for r in done.results}
    ours = done.results[0]
    fixed = {name: loss for name, loss in losses.items() if name.startswith(("never", "learn again"))}
    best = min(fixed.values())
    again = next((loss for name, loss in fixed.items() if name.startswith("learn")), float("nan"))
    given_up = [o for o in done.operations if "given up" in o.move.reason]
    found = {
        "plant": name,
        "loop": ours.loss,
        "never": losses["never learn again"],
        "as often": again,
        "learned again": ours.retrainings,
        "promoted": sum(o.move.action is Action.PROMOTE for o in done.operations),
        "given up on": given_up[0].round + 1 if given_up else None,
        "within": ours.loss / best - 1.0,
        "seconds": seconds,
    }
    print(
        f"{name:34} loop {ours.loss:9.4g}  never {found['never']:9.4g}  as often {again:9.4g}  within "
        f"{found['within']:+6.1%}  learned again {ours.retrainings}, given up on day {found['given up on']}"
        f"  ({seconds:.0f} s)",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--only", nargs="*", default=list(STREAMS))
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--at", nargs="*", type=float, default=[0.2, 0.5, 0.8])
    parser.add_argument("--no-outage", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = []
    for stream in options.only:
        file, _, column, _ = STREAMS[stream]
        frame = read(options.data, file, options.rows)
        first = len(frame) // 5
        plants = [(f"{stream} {column} {k} at {at:.0%}", k, at, None) for k in options.kinds for at in options.at]
        if not options.no_outage:
            plants.append((f"{stream} {column} outage of a day", "missing", 0.5, 250))
        for name, kind, at, length in plants:
            begin = first + int((len(frame) - first) * at) // 250 * 250
            changed = planted(frame, column, kind, begin, None if length is None else begin + length)
            began = time.process_time()
            with tempfile.TemporaryDirectory(prefix="journeyman-dead-") as folder:
                found.append(row_of(name, lived(changed, stream, Path(folder)), time.process_time() - began))
    if options.json:
        options.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()

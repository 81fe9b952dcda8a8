"""Ingest, check and profile a CSV of a million rows and 20 mixed columns, and print the seconds and share of each.

    python benchmarks/ingest.py [--rows 1000000]

The table is made here: numbers, integers with gaps, categories, ordered grades, dates, currency, booleans, codes.
"""

import argparse
import os
import platform
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.engines import open_engine
from journeyman.quality_rules import BUILT_IN
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.check import check
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.profile import profile
from journeyman.stages.repair import repair
from journeyman.stages.split import split


def mixed_table(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    cities = np.array([f"city {i}" for i in range(500)])
    frame = pd.DataFrame({f"number {i}": np.round(rng.normal(size=rows), 4) for i in range(6)})
    for i in range(4):
        frame[f"count {i}"] = rng.poisson(5 + i, rows)
    frame["gaps"] = np.where(rng.uniform(size=rows) < 0.1, "NA", frame["count 0"].astype(str))
    frame["city"] = rng.choice(cities, rows)
    frame["colour"] = rng.choice(["red", "green", "blue"], rows)
    frame["grade"] = rng.choice(["low", "medium", "high"], rows)
    frame["member"] = rng.choice(["yes", "no"], rows)
    frame["price"] = [f"${v:,.2f}" for v in rng.uniform(1, 5000, rows)]
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, rows), unit="D")
    frame["code"] = [f"C{i:07d}" for i in rng.permutation(rows)]
    frame["share"] = [f"{v:.1f}%" for v in rng.uniform(0, 100, rows)]
    signal = frame["number 0"] + (frame["colour"] == "red") + rng.normal(size=rows)
    frame["bought"] = np.where(signal > 0.5, "yes", "no")
    return frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mixed.csv")
        mixed_table(rows).to_csv(path, index=False)
        print(
            f"{rows:,} rows x 20 columns, {path.stat().st_size / 1e6:.0f} MB of CSV; Python {platform.python_version()}"
        )
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
        settings = BuildSettings(str(path), "bought", "mixed")
        seconds: dict[str, float] = {}

        def timed(name, function, *facts):
            start = time.perf_counter()
            result = function(*facts)
            seconds[name] = time.perf_counter() - start
            return result

        source = timed("open", open_source, settings.source, None)
        ingested = timed("ingest", ingest, source, settings)
        task = timed("frame the task", frame_task, ingested.table, settings)
        findings = timed("check", check, ingested.table, task, BUILT_IN, 0)
        repaired = timed("repair", repair, ingested.table, task, findings, settings)
        division = timed("split", split, repaired.table, repaired.task, 0)
        timed("profile", profile, source, open_engine(), repaired.table, repaired.task, division)
        total = sum(seconds.values())
        for name, value in seconds.items():
            print(f"{name:16} {value:7.2f} s {value / total:6.1%}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{'together':16} {total:7.2f} s         peak memory {peak:,.0f} MB (making the table included)")


if __name__ == "__main__":
    main()

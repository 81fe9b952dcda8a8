"""A model's way on HDFS beside the same way on the local disk: build, release, score, archive, read back.

    python benchmarks/hdfs.py [--rows 200000] [--repeats 3]

A NameNode and a DataNode of this machine, as the tests start them: the network costs nothing, and the disk is the
same one: what is measured is the way through the client and the servers. Seconds of the clock depend on what else the
machine does; the ratio within a run is the figure.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.hadoop_cluster import Cluster, cluster, lacking

import journeyman
from journeyman.api.predict import load
from journeyman.api.score import score_file
from journeyman.arrow import pa
from journeyman.filesystems import Remote
from journeyman.sources import open_source
from journeyman.stores.archive_folder import archives, settle_archive

DAYS = [f"2026-11-{day:02d}" for day in range(1, 11)]


def main() -> None:
    """Measure each step on the disk and on HDFS, in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    if lacking():
        sys.exit(lacking())
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), datanodes=1) as hdfs:
        os.chdir(folder)
        table = _table(Path(folder), asked.rows)
        Remote(f"{hdfs.address}/tables/rows.parquet").upload(table)
        print(f"{asked.rows} rows, {table.stat().st_size / 1e6:.1f} MB of Parquet, load {os.getloadavg()[0]:.0f}")
        found: dict[str, tuple[list[float], list[float]]] = {}
        for number in range(asked.repeats):
            for step, seconds in _steps(Path(folder) / f"disk{number}", str(table), "").items():
                found.setdefault(step, ([], []))[0].append(seconds)
            elsewhere = f"{hdfs.address}/{number}"
            source = f"{hdfs.address}/tables/rows.parquet"
            for step, seconds in _steps(Path(folder) / f"hdfs{number}", source, elsewhere).items():
                found[step][1].append(seconds)
        for step, (disk, there) in found.items():
            one, other = statistics.median(disk), statistics.median(there)
            print(f"{step:28} disk {one:7.2f} s   hdfs {other:7.2f} s   ratio {other / one:5.2f}")
        _check(hdfs, table)


def _steps(workspace: Path, source: str, elsewhere: str) -> dict[str, float]:
    """Return the seconds of each step."""
    if elsewhere:
        os.environ["JOURNEYMAN_STORAGE"] = elsewhere
    else:
        os.environ.pop("JOURNEYMAN_STORAGE", None)
    workspace.mkdir()
    log = workspace / "log"
    log.mkdir()
    out = Remote(f"{elsewhere}/out.parquet") if elsewhere else workspace / "out.parquet"
    settle_archive(log, "rows")
    archive = archives(log)[-1]
    rows = pa.table({"id": [f"{i:016x}" for i in range(20_000)], "row": ['{"a": 1.5, "b": "word"}'] * 20_000})

    def build() -> None:
        journeyman.build(source, target="y", name="rows", trials=1, workspace=workspace / "w", quiet=True)

    def read() -> None:
        open_source(source, None).read(None, 0)

    def score() -> None:
        score_file(load("rows", version=1, workspace=workspace / "w"), source, lambda _: None, out=out)

    def write_archive() -> None:
        for day in DAYS:
            archive.write("predictions", day, "0-1", rows)

    def read_archive() -> None:
        for day in DAYS:
            archive.read("predictions", day, "0-1", ["id", "row"])

    steps: dict[str, Callable[[], None]] = {
        "read the table": read,
        "build and release": build,
        "score to a file": score,
        "archive ten files": write_archive,
        "read the archive back": read_archive,
    }
    return {name: _seconds(step) for name, step in steps.items()}


def _seconds(step: Callable[[], None]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _table(folder: Path, rows: int) -> Path:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(rows, 12)), columns=[f"x{i}" for i in range(12)])
    frame["y"] = frame.x0 - 2 * frame.x1 + generator.normal(size=rows)
    frame.to_parquet(folder / "rows.parquet", index=False)
    return folder / "rows.parquet"


def _check(hdfs: Cluster, table: Path) -> None:
    """Look whether both ways gave the same predictions."""
    there = pd.read_parquet(pa.BufferReader(Remote(f"{hdfs.address}/0/out.parquet").read()))
    here = pd.read_parquet(table.parent / "disk0" / "out.parquet")
    pd.testing.assert_frame_equal(here, there)
    print("the predictions are equal")


if __name__ == "__main__":
    main()

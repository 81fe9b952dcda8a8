"""Processor seconds a row of `journeyman score`, in one process and with --engine spark=local[2], on the same table.

    python benchmarks/spark_score.py --rows 1000000

Starting costs the same whatever the table: each way scores a tenth of the rows, too, and the difference is shown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.spark_kills import children
from tests.spark_cluster import environment, lacking

_TICKS = os.sysconf("SC_CLK_TCK")


def measured(command: list[str]) -> tuple[float, float]:
    """Return the processor seconds of a command with all that descends from it, and those on the clock."""
    began, used = time.monotonic(), dict[int, float]()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
        while process.poll() is None:
            for pid in [process.pid, *children(process.pid)]:
                try:
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                used[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
            time.sleep(0.1)
        log.seek(0)
        assert process.returncode == 0, log.read().decode()
    return sum(used.values()), time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    if lacking():
        print(f"skipped: {lacking()}")
        return
    from journeyman.api.build import build  # noqa: PLC0415 - where Spark lacks, nothing is loaded

    rng = np.random.default_rng(1)

    def table(rows: int) -> pd.DataFrame:
        numbers = {f"x{i}": rng.normal(size=rows).round(5) for i in range(8)}
        names = {f"c{i}": rng.choice(["red", "green", "blue", "white"], rows) for i in range(4)}
        return pd.DataFrame({**numbers, **names})

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        train = table(2_000)
        train["y"] = np.where(train["x0"] * train["x1"] + (train["c0"] == "red") > 0.3, "yes", "no")
        build(train, target="y", trials=3, workspace=place / "models", name="m")
        rows = table(asked.rows)
        for ending in ("csv", "parquet"):
            spent: dict[tuple[str, int], tuple[float, float]] = {}
            for count in (asked.rows // 10, asked.rows):
                path = place / f"t{count}.{ending}"
                some = rows.head(count)
                some.to_csv(path, index=False) if ending == "csv" else some.to_parquet(path, index=False)
                for way, more in (("one process", []), ("spark", ["--engine", "spark=local[2]"])):
                    out = place / f"{way[:3]}-{count}-{ending}.parquet"
                    words = ["score", "m", str(path), "--out", str(out), "--workspace", str(place / "models"), *more]
                    spent[way, count] = measured([sys.executable, "-m", "journeyman", *words])
                    print(
                        f"{ending} {way} {count:,} rows: processor {spent[way, count][0]:.1f} s, "
                        f"clock {spent[way, count][1]:.1f} s",
                        flush=True,
                    )
            each = {
                way: (spent[way, asked.rows][0] - spent[way, asked.rows // 10][0]) / (0.9 * asked.rows) * 1e6
                for way in ("one process", "spark")
            }
            print(
                f"{ending}: {each['one process']:.1f} and {each['spark']:.1f} us of a processor a row, starts aside: "
                f"Spark is {each['one process'] / each['spark']:.2f} times as fast a core",
                flush=True,
            )


if __name__ == "__main__":
    main()

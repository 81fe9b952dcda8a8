"""Profile a Parquet file of 20 million rows and 20 columns, and print the seconds, the peak of memory and some figures.

    python benchmarks/large.py [--rows 20000000]

The table is made here, by a process of its own, so that the peak is the profile's: numbers, numbers with gaps, integers
and categories of 5 to 5,000 names. A test compares the peaks of two sizes; the seconds are told here alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq

from journeyman.engines import open_engine
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.stages.profile import profile

HELD = 20_000


class Parquet:
    """A source that is read where it lies."""

    name = "large"

    def __init__(self, path):
        self.path = path
        self.names = tuple(pq.read_schema(path).names)

    def relation(self, reader):
        return reader.parquet(self.path, len(self.names))


def make(path, rows):
    numbers = ", ".join(
        f"(hash(i * 31 + {k}) / 18446744073709551615.0) * {k + 1} as n{k}" for k in (0, 1, *range(3, 12))
    )
    holes = "case when i % 4 = 0 then null else hash(i) % 1000 / 10.0 end as n2"
    integers = ", ".join(f"(hash(i * 17 + {k}) % {10 ** (2 * k + 1)})::bigint as i{k}" for k in range(4))
    names = ", ".join(f"'v' || (hash(i * 13 + {k}) % {5 * 10**k}) as c{k}" for k in range(4))
    duckdb.sql("set threads=2; set memory_limit='1GB'; set enable_progress_bar=false")
    duckdb.sql(
        f"copy (select {numbers}, {holes}, {integers}, {names} from range({rows}) t(i)) to '{path}' (format parquet)"
    )


def sampled(path, rows):
    """Return the table as ingest would: its first rows in memory, the others in the file."""
    frame = duckdb.sql(f"select * from read_parquet('{path}') limit {HELD}").df()
    frame = frame.astype({name: "category" if name[0] == "c" else "float64" for name in frame})

    def column(name):
        role = Role.TARGET if name == "n0" else Role.FEATURE
        if name[0] == "c":
            return Column(name, Kind.CATEGORY, role, categories=tuple(frame[name].cat.categories), native=True)
        return Column(name, Kind.INTEGER if name[0] == "i" else Kind.NUMBER, role, native=True)

    return Table("large", frame, tuple(column(name) for name in frame), "0", rows)


def peak_mb():
    """Return the highest resident memory of this process; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--make", type=Path, help="only make the table, there")
    options = parser.parse_args()
    if options.make is not None:
        make(options.make, options.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.parquet")
        subprocess.run([sys.executable, __file__, "--rows", str(options.rows), "--make", str(path)], check=True)
        table = sampled(path, options.rows)
        split = Split(Scheme.SHUFFLED, np.arange(HELD), np.arange(0), (), "")
        began = time.monotonic()
        found = profile(Parquet(path), open_engine(), table, Task("n0", "regression", "rmse"), split)
        seconds = time.monotonic() - began
    own = {column.name: column for column in found.columns}
    print(
        json.dumps(
            {
                "rows": found.rows,
                "seconds": round(seconds, 1),
                "peak_mb": peak_mb(),
                "mean": own["n1"].mean,
                "median": own["n1"].quantiles[3],
                "bins": sum(own["n1"].bin_counts),
                "top": sum(own["c0"].top_counts),
                "missing": own["n2"].missing,
                "distinct": own["i3"].distinct,
            }
        )
    )


if __name__ == "__main__":
    main()

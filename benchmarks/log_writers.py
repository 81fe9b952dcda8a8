"""How many rows a second a prediction log takes, by rows of an append and by writers: SQLite beside PostgreSQL.

``log_writers.py [--seconds 3] [--postgres postgresql://user@host/name]``; writers are processes. Without an address only
SQLite is measured. Prints one table; docs/scale.md says what follows from it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.stores.logs import open_log

_ROW = b'{"age":39,"workclass":"State-gov","education":"Bachelors","occupation":"Adm-clerical","hours":40}'
_OUTPUT = b'{"prediction":"<=50K","probabilities":{"<=50K":0.87,">50K":0.13}}'


def append_rows(address: str, rows: int, seconds: float, number: int) -> tuple[int, float]:
    """Append until the time is over; return the rows that were recorded, and the seconds of a processor."""
    entry = Prediction(1, Part.CHAMPION, "native", _ROW, _OUTPUT, b"0123456789abcdef")
    recorded = 0
    with closing(open_log(address)) as log:
        began, used = time.monotonic(), time.process_time()
        while time.monotonic() - began < seconds:
            log.append(LogEntries((entry,) * rows), time.time_ns() // 1_000_000)
            recorded += rows
        return recorded, time.process_time() - used


def measured(address: str, rows: int, writers: int, seconds: float) -> str:
    """Return a line of the table."""
    with closing(open_log(address)):
        pass  # made once, so that no writer's time has it
    with multiprocessing.get_context("spawn").Pool(writers) as pool:
        pool.map(abs, range(writers))  # started
        found = pool.starmap(append_rows, [(address, rows, seconds, k) for k in range(writers)])
    total, used = sum(one[0] for one in found), sum(one[1] for one in found)
    return f"{total / seconds:12,.0f} rows/s  {total / rows / seconds:8,.0f} appends/s  {1e6 * used / total:8.1f} us of a processor a row"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--postgres", default="")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        for rows in (1, 64, 1024):
            for writers in (1, 2, 4):
                places = {"SQLite": str(Path(folder) / f"{rows}-{writers}")}
                if given.postgres:
                    places["PostgreSQL"] = f"{given.postgres}#m{rows}-{writers}"
                for name, address in places.items():
                    line = measured(address, rows, writers, given.seconds)
                    print(f"{name:11} {rows:5} rows an append, {writers} writers: {line}", flush=True)


if __name__ == "__main__":
    main()

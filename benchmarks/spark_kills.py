"""Kills executors and drivers of Spark while a table is scored, and counts rows that were lost, came twice, or differ.

    python benchmarks/spark_kills.py --kills 50

Spark runs as local-cluster[2,1,1024]: two executors, processes of their own. Each life of the command is disturbed at
random moments; an executor that is killed is replaced by Spark, a driver by starting the same command again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.spark_cluster import environment, lacking

FILES, ROWS = 24, 4_000
LONGEST = 900.0  # seconds of a life


@dataclass
class Count:
    executors: int = 0
    drivers: int = 0
    tables: int = 0


def children(pid: int) -> list[int]:
    """Return the processes that descend from one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int((entry / "stat").read_text().rpartition(")")[2].split()[1]), []).append(
                    int(entry.name)
                )
            except OSError:
                continue
    found = list(parents.get(pid, []))
    for child in found:
        found.extend(parents.get(child, []))
    return found


def executors(pid: int) -> list[int]:
    """Return the executors of a driver."""
    found = []
    for child in children(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"java") and b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in words:
            found.append(child)
    return found


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def parts(out: Path) -> int:
    return len(list((out / "_journeyman").glob("part-*.json"))) if (out / "_journeyman").is_dir() else 0


def live(command: list[str], out: Path, rng: random.Random, count: Count) -> bool:
    """Run the command once, with executors killed, and often its driver; return whether it ended well."""
    plan = ["executor"] * rng.choice([1, 2, 3, 4]) + ["driver"] * rng.choice([0, 1, 1])
    lean = "spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # most of them live for seconds
    settings = environment()
    settings["PYSPARK_SUBMIT_ARGS"] = f"--conf '{lean}' {settings['PYSPARK_SUBMIT_ARGS']}"
    with (out.parent / "log.txt").open("ab") as log:
        process = subprocess.Popen(command, env=settings, stdout=log, stderr=log)
    end, before = time.monotonic() + LONGEST, parts(out)
    while process.poll() is None:
        if time.monotonic() > end:
            for pid in [*children(process.pid), process.pid]:
                kill(pid)
            raise SystemExit("a life took too long; see log.txt")
        if plan and parts(out) > before:
            before = parts(out)
            time.sleep(rng.uniform(0.0, 0.5))
            there = executors(process.pid)
            if plan[0] == "driver":
                plan.pop(0)
                # Its Java process and the executors see that it is gone, and go; some parts may be written meanwhile.
                count.drivers += process.poll() is None
                process.kill()
            elif there:
                plan.pop(0)
                count.executors += kill(rng.choice(there))
        time.sleep(0.05)
    return process.returncode == 0


def differences(out: Path, expected: pd.DataFrame) -> tuple[int, int, int]:
    """Return how many rows are lost, come twice, and have another prediction than on one machine."""
    found = pd.read_parquet(out)
    lost = len(set(expected["id"]) - set(found["id"]))
    twice = int(found["id"].duplicated().sum())
    merged = expected.merge(found, on="id", suffixes=("", " there"))
    others = [name for name in expected.columns if name != "id"]
    differ = sum((merged[name] != merged[f"{name} there"]).to_numpy() for name in others)
    return lost, twice, int((differ > 0).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if lacking():
        print(f"skipped: {lacking()}")
        return
    from journeyman.api.build import build  # noqa: PLC0415 - where Spark lacks, nothing is loaded
    from journeyman.api.predict import predict_file  # noqa: PLC0415 - as above

    rng, numbers = random.Random(asked.seed), np.random.default_rng(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        x, c = numbers.normal(size=300), numbers.choice(list("abc"), 300)
        y = np.where(x + (c == "a") + 0.3 * numbers.normal(size=300) > 0.3, "yes", "no")
        build(pd.DataFrame({"x": x, "c": c, "y": y}), target="y", trials=2, workspace=place / "models", name="m")
        table = place / "table"
        table.mkdir()
        for i in range(FILES):
            ids = [f"{i}-{j}" for j in range(ROWS)]
            rows = pd.DataFrame({"id": ids, "x": numbers.normal(size=ROWS), "c": numbers.choice(list("abc"), ROWS)})
            rows.to_parquet(table / f"part-{i:02d}.parquet", index=False)
        from journeyman.api.predict import Layout  # noqa: PLC0415 - as above

        whole = predict_file(
            "m", table, out=place / "whole.parquet", workspace=place / "models", layout=Layout(keep=("id",))
        )
        expected = pd.read_parquet(whole.path)
        count, sums, began = Count(), [0, 0, 0], time.monotonic()
        while count.executors + count.drivers < asked.kills:
            out = place / "out"
            words = ["score", "m", str(table), "--engine", "spark=local-cluster[2,1,1024]", "--out", str(out)]
            command = [sys.executable, "-m", "journeyman", *words, "--keep", "id", "--workspace", str(place / "models")]
            lives = 1
            while not live(command, out, rng, count):
                lives += 1
                if lives > 30:
                    print((place / "log.txt").read_text()[-3000:])
                    raise SystemExit("it does not end")
            found = differences(out, expected)
            sums = [a + b for a, b in zip(sums, found, strict=True)]
            count.tables += 1
            print(
                f"table {count.tables}: {lives} lives; {count.executors} executors, {count.drivers} drivers killed; "
                f"lost {found[0]}, twice {found[1]}, different {found[2]}",
                flush=True,
            )
            shutil.rmtree(out)
        print(
            f"{count.executors} executors and {count.drivers} drivers killed over {count.tables} tables of "
            f"{len(expected):,} rows in {time.monotonic() - began:.0f} s: "
            f"{sums[0]} rows lost, {sums[1]} twice, {sums[2]} with another prediction"
        )


if __name__ == "__main__":
    main()

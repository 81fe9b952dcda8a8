"""Builds on Spark beside builds in process, a profile of many rows, and one fit on all of them.

    python benchmarks/spark_build.py --data ../shared/data [--rows 20000000] [--memory 1g] [--only tables|rows]

1. adult, nyc-taxis and uci-protein with four trials each, in process and by spark=local[2]: the same findings, the same
   model to the last byte?
2. A table of 20 columns in eight Parquet files, made here: the peak of memory of a profile by Spark, its virtual
   machine and its workers of Python together, and its figures beside DuckDB's.
3. A build of that table by spark=local-cluster[2,1,MB], of which a sample is in memory: the fit on all rows beside the
   one on the sample, on rows that were held out.

Each build is a process of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import numpy as np

from journeyman import build
from journeyman.engines import open_engine
from journeyman.entities.split import Split
from journeyman.entities.task import Scheme
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.profile import profile

TABLES = ("nyc-taxis", "uci-protein", "adult")
PARTS = 8


def tables(data):
    """Yield name, file and target of each table that is there."""
    known = {entry["name"]: entry for entry in json.loads((data / "index.json").read_text())}
    for name in TABLES:
        entry = known.get(name)
        if entry is None:
            print(f"{name}: not in {data}", flush=True)
            continue
        yield name, data / entry["file"], entry["target"]


def run(arguments, memory):
    """Return what a process says in its last line, and the peak of memory of it and all that it started, in MB."""
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--conf spark.driver.memory={memory} --conf spark.executor.memory={memory} "
        "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=4 pyspark-shell",
    }
    process = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak, over = [0.0], threading.Event()

    def watch():
        while not over.wait(0.5):
            peak[0] = max(peak[0], sum(map(resident, family(process.pid))) / 1e6)

    watching = threading.Thread(target=watch)
    watching.start()
    out, err = process.communicate()
    over.set()
    watching.join()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        raise SystemExit(f"{arguments} failed:\n{err[-3000:]}")
    return json.loads(lines[-1]), peak[0]


def family(pid):
    """Return a process and all that descend from it."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def resident(pid):
    """Return the bytes of a process that no other shares, as far as the kernel says."""
    try:
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        return int(fields["Pss"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 0


def make(folder, rows):
    """Write the table: 12 numbers of which one has gaps, 4 integers, 3 categories, and a label that they tell."""
    duckdb.sql("set threads=2; set memory_limit='1GB'; set enable_progress_bar=false")
    unit = "(hash(i * 31 + {k}) / 18446744073709551615.0)"
    numbers = ", ".join(f"{unit.format(k=k)} as n{k}" for k in range(11))
    holes = "case when i % 4 = 0 then null else hash(i) % 1000 / 10.0 end as gaps"
    integers = ", ".join(f"(hash(i * 17 + {k}) % {10 ** (k + 1)})::bigint as i{k}" for k in range(4))
    names = ", ".join(f"'v' || (hash(i * 13 + {k}) % {5 * 10**k}) as c{k}" for k in range(3))
    told = (
        "case when sin(8 * n0 * n1) + n2 * n3 + 0.5 * (i0 % 3) + (hash(c1) % 100) / 100.0 + cos(9 * n4) * n5 "
        "+ 0.8 * (hash(i * 7 + 5) / 18446744073709551615.0) > 2.0 then 'yes' else 'no' end as label"
    )
    folder.mkdir(parents=True)
    for part in range(PARTS):
        low, high = rows * part // PARTS, rows * (part + 1) // PARTS
        made = f"select {numbers}, {holes}, {integers}, {names} from range({low}, {high}) t(i)"
        numbered = made.replace("select ", "select i, ", 1)
        duckdb.sql(
            f"copy (select * exclude (i), {told} from ({numbered})) "
            f"to '{folder / f'part-{part}.parquet'}' (format parquet)"
        )


def model_files(release):
    names = [release / "model.json", *release.glob("members/**/*"), *release.glob("preparations/**/*")]
    return {str(p.relative_to(release)): p.read_bytes() for p in names if p.is_file()}


def build_one(path, target, engine, workspace, memory, trials):
    """Build, and print what came of it."""
    began, cpu = time.monotonic(), time.process_time()
    release = build(
        path, target=target, trials=trials, engine=engine, workspace=workspace, memory=memory or None, quiet=True
    )
    report = release.report
    print(
        json.dumps(
            {
                "release": str(release.path),
                "findings": sorted(f"{f.code} {f.message}" for f in report.findings),
                "seconds": time.monotonic() - began,
                "cpu": time.process_time() - cpu,
                "rows": report.rows,
                "trained": report.trained_rows,
                "whole": [vars(fit) for fit in report.whole_fits],
            }
        )
    )


def profile_one(folder, engine):
    """Profile a folder of which a sample is in memory, and print some figures."""
    source = open_source(folder, None)
    settings = BuildSettings(folder, "label", "t", memory=600_000_000)
    opened = open_engine(engine)
    table = ingest(source, settings).table
    rows = np.arange(len(table.frame), dtype=np.int64)
    began = time.monotonic()
    found = profile(source, opened, table, frame_task(table, settings), Split(Scheme.SHUFFLED, rows, rows[:0], (), ""))
    columns = {c.name: [c.missing, c.mean, c.minimum, c.maximum, list(c.top_counts[:3])] for c in found.columns}
    print(json.dumps({"rows": found.rows, "seconds": time.monotonic() - began, "columns": columns}))


def compare_tables(data, scratch, memory):
    for name, path, target in tables(data):
        made = [
            run(["--build", str(path), target, engine, str(scratch / name / engine), "", "4"], memory)
            for engine in ("duckdb", "spark=local[2]")
        ]
        (here, _), (there, peak) = made
        same = model_files(Path(here["release"])) == model_files(Path(there["release"]))
        findings = here["findings"] == there["findings"]
        print(
            f"{name}: findings {'the same' if findings else 'DIFFER'} ({len(here['findings'])}), "
            f"model {'the same' if same else 'DIFFERS'}; {here['seconds']:.0f} s in process, "
            f"{there['seconds']:.0f} s by Spark, peak {peak:.0f} MB",
            flush=True,
        )


def compare_rows(scratch, rows, memory):
    folder = scratch / "rows"
    make(folder, rows)
    size = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
    print(f"{rows:,} rows, 20 columns, {PARTS} files, {size:.0f} MB", flush=True)
    here, peak_here = run(["--profile", str(folder), "duckdb"], memory)
    there, peak = run(["--profile", str(folder), "spark=local[2]"], memory)
    same = all(close(here["columns"][n], there["columns"][n]) for n in here["columns"])
    print(
        f"profile: figures {'the same' if same else 'DIFFER'}; DuckDB {here['seconds']:.0f} s, {peak_here:.0f} MB; "
        f"Spark {there['seconds']:.0f} s, {peak:.0f} MB, driver and executors together",
        flush=True,
    )
    mb = int(memory[:-1]) * (1024 if memory.endswith("g") else 1)
    engine = f"spark=local-cluster[2,1,{mb}]"
    built, peak = run(["--build", str(folder), "label", engine, str(scratch / "w"), "700MB", "3"], memory)
    print(
        f"build of {built['rows']:,} rows, {built['trained']:,} in memory: {built['seconds']:.0f} s, peak {peak:.0f} MB"
    )
    for fit in built["whole"]:
        print("  ", json.dumps(fit), flush=True)


def close(one, other):
    pairs = zip([*one[:4], *one[4]], [*other[:4], *other[4]], strict=True)
    return all(a == b or (a is not None and b is not None and abs(a - b) <= 1e-6 * max(1, abs(a))) for a, b in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--memory", default="1g", help="of the driver's virtual machine, and of each executor's")
    parser.add_argument("--only", choices=["tables", "rows"])
    parser.add_argument("--build", nargs=6)
    parser.add_argument("--profile", nargs=2)
    asked = parser.parse_args()
    if asked.build:
        path, target, engine, workspace, memory, trials = asked.build
        build_one(path, target, engine, workspace, memory, int(trials))
        return
    if asked.profile:
        profile_one(*asked.profile)
        return
    scratch = Path(tempfile.mkdtemp(prefix="spark-build-"))
    try:
        if asked.only != "rows":
            compare_tables(asked.data, scratch, asked.memory)
        if asked.only != "tables":
            compare_rows(scratch, asked.rows, asked.memory)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()

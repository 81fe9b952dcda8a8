"""Compare ten releases with their exports: equal rows, largest difference, size, time to load, rows a second.

    python benchmarks/exports.py [--data ../shared/data] [--releases adult thousand] [--targets c java] [--minutes 60]
                                 [--peers DIR] [--again] [--table]

Each release is built once (exports_releases.py says of what), and written to each target whose tools are here, which
answers 2,000 rows or more. "Equal" are rows whose scores and predictions have the same bits, "right" those that differ
by no more than the target's tolerance; the difference is a share of the largest prediction. Load is one row in a
process of its own. Seconds are the processor's where nothing else answers, so that other work on the machine counts
little; a database's are those of the clock.

Results are kept as lines of JSON in build/bench-exports, and what is there is not measured again: run it in parts, or
again after an interruption. --table prints what is there. With --peers DIR (a virtual environment of
benchmarks/peers/install_peers.sh) m2cgen and tl2cgen stand beside, on the models that they can express.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from exports_measure import measured
from exports_releases import RELEASES, built
from exports_rows import PEERS, one_row, peer
from journeyman.plugins import make_part, offered

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / "build" / "bench-exports"
LIMIT = 420.0  # seconds of one measurement
FAMILIES = {
    "project": "journeyman.project_exporters",
    "deployment": "journeyman.deployment_exporters",
    "release": "journeyman.release_exporters",
}
SERVERS = ("sql_postgresql",)  # whose seconds are another process's


def main() -> None:
    options = arguments()
    if options.one:
        sys.stdout.write(json.dumps(result(*options.one, options)) + "\n")
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    ending = time.monotonic() + 60 * options.minutes
    for release, target in [] if options.table else wanted(options):
        if time.monotonic() > ending:
            print("The time is over; the same command goes on.")
            break
        record = {"release": release, "target": target, **asked(release, target, options)}
        with (KEPT / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(line(record), flush=True)
    print_tables()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--releases", nargs="*", default=list(RELEASES), choices=list(RELEASES), metavar="NAME")
    parser.add_argument("--targets", nargs="*", default=[], metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--again", action="store_true", help="measure what is there anew")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def wanted(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return what is not measured yet: a build of each release, each target, one row alone, and peers."""
    done = {(one["release"], one["target"]) for one in records()}
    projects, *others = (sorted(offered(group)) for group in FAMILIES.values())
    peers = list(PEERS) if options.peers else PEERS[:1]
    parts = [["build", *options.targets]] if options.targets else [["build", *projects, "row c", "row java"], peers]
    parts += [] if options.targets else others
    pairs = [(release, target) for part in parts for release in options.releases for target in part]
    return [pair for pair in pairs if options.again or pair not in done]


def records() -> list[dict[str, Any]]:
    path = KEPT / "results.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    whole = [json.loads(one) for one in lines if one.endswith("}")]  # the last may be cut off
    return list({(one["release"], one["target"]): one for one in whole}.values())


def asked(release: str, target: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return a measurement by a process of its own, which is ended with its children where it takes too long."""
    command = [sys.executable, __file__, "--data", str(options.data), "--one", release, target]
    command += ["--peers", str(options.peers)] if options.peers else []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            told, errors = process.communicate(timeout=LIMIT)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, KeyboardInterrupt):
                raise
            return {"failed": f"not within {LIMIT:.0f} s"}
    if process.returncode:
        return {"failed": (errors.strip().splitlines() or ["it said nothing"])[-1]}
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def result(name: str, target: str, options: argparse.Namespace) -> dict[str, Any]:
    release = built(name, options.data, KEPT)
    if target == "build":
        members = [f"{m.candidate.algorithm} {m.weight:.2f}" for m in release.report.members]
        return {"members": members, "columns": len(release.columns)}
    if target.startswith("row "):
        return one_row(release, target.removeprefix("row "))
    if target in PEERS:
        return peer(release, target, options.peers)
    family = next(family for family, group in FAMILIES.items() if target in offered(group))
    return measured(release, family, make_part(FAMILIES[family], target), KEPT)


def line(record: dict[str, Any]) -> str:
    """Return a result as a row of a table."""
    head = f"| {record['release']} | {record['target']} | "
    if "failed" in record:
        return f"{head}{record['failed']} |"
    if "rows" not in record:
        return head + ", ".join(f"{k} {v}" for k, v in record.items() if k not in ("release", "target")) + " |"
    clock = "wall" if record["target"] in SERVERS else "processor"
    seconds = record["answer"][clock]
    speed = f"{record['rows'] / seconds:,.0f}" if seconds > 0.005 else "not to be told"
    cells = [
        f"{record['rows']:,}",
        f"{record['equal']:,}",
        "all" if record["right"] == record["rows"] else f"{record['right']:,}",
        f"{record['difference']:.1e}",
        f"{record['bytes'] / 1e6:.2f}",
        f"{record['build'][clock]:.1f}",
        f"{1e3 * record['load'][clock]:.0f}",
        speed,
    ]
    without = f" without {', '.join(record['without'])}" if record.get("without") else ""
    return (
        head.replace(" | ", f"{without} | ") + " | ".join(cells) + " |" if without else head + " | ".join(cells) + " |"
    )


def print_tables() -> None:
    kept = records()
    loads = [one["machine_load"] for one in kept if "machine_load" in one]
    print(f"\n{os.cpu_count()} cores; load {min(loads, default=0)} to {max(loads, default=0)}\n")
    print("| release | target | rows | equal | right | difference | MB | build s | load ms | rows a second |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for record in kept:
        print(line(record))


if __name__ == "__main__":
    main()

"""Build every table of the shared collection in a fixed time and print score, baseline, seconds and findings.

    python benchmarks/tables.py [--budget 30s] [--trials N] [--only NAME ...] [--data ../shared/data]

Each build is a process of its own, as a user would run it; the clock is the whole process's. Columns that the
collection lists as to be dropped are left in: finding them is part of the task.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import journeyman

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", default="30s")
    parser.add_argument("--trials", type=int)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--groups", nargs="*", default=["tabular"])
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--workspace", type=Path)
    return parser.parse_args()


def seconds(budget: str) -> float:
    unit = {"s": 1, "m": 60, "h": 3600}
    return float(budget[:-1]) * unit[budget[-1]] if budget[-1] in unit else float(budget)


def command(entry: dict, options: argparse.Namespace, workspace: Path) -> list[str]:
    bound = ["--trials", str(options.trials)] if options.trials else ["--budget", options.budget]
    return [
        sys.executable,
        "-m",
        "journeyman",
        "build",
        str(options.data / entry["file"]),
        "--target",
        entry["target"],
        *bound,
        "--name",
        entry["name"],
        "--workspace",
        str(workspace),
        "--quiet",
    ]


def main() -> None:
    options = arguments()
    if not (options.data / "index.json").is_file():
        sys.exit(f"no tables in {options.data}: give --data")
    index = json.loads((options.data / "index.json").read_text())
    entries = [e for e in index if e["task_group"] in options.groups and e.get("target")]
    entries = [e for e in entries if not options.only or e["name"] in options.only]
    with tempfile.TemporaryDirectory() as folder:
        workspace = options.workspace or Path(folder)
        print(f"{len(entries)} tables, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
        print(
            f"{'table':26} {'metric':9} {'score':>9} {'baseline':>9} {'s':>6} {'over':>6} {'trials':>6}  verdict, traps"
        )
        worst = 0.0
        for entry in entries:
            start = time.monotonic()
            home = {"JOURNEYMAN_HOME": f"{folder}/home-{entry['name']}"}  # no table knows what another one has taught
            words = command(entry, options, workspace)
            done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **home})
            took = time.monotonic() - start
            if done.returncode:
                print(f"{entry['name']:26} FAILED {done.stderr.strip().splitlines()[:2]}", flush=True)
                continue
            report = journeyman.load(
                entry["name"], workspace=workspace, version=_latest(workspace, entry["name"])
            ).report
            main_score = report.evaluation.main
            over = 0.0 if options.trials else took - seconds(options.budget)
            worst = max(worst, over)
            print(
                f"{entry['name']:26} {main_score.metric:9} {main_score.value:9.4g} {main_score.baseline:9.4g} "
                f"{took:6.1f} {over:6.1f} {len(report.trials):6d}  "
                f"{report.decision.verdict.value}; {traps(entry, report)}",
                flush=True,
            )
        print(f"largest overrun: {worst:.1f} s; load at the end {os.getloadavg()[0]:.2f}")


def _latest(workspace: Path, name: str) -> int:
    return max(int(p.name) for p in (workspace / "releases" / name).iterdir() if re.fullmatch(r"\d+", p.name))


def traps(entry: dict, report) -> str:
    """Say which declared columns a finding names, and which columns were left out without being declared."""
    named = {
        subject for finding in report.findings for subject in finding.subject if finding.severity != "not applicable"
    }
    declared = entry.get("drop_columns") or []
    missed = [c for c in declared if c not in named]
    ignored = [c.name for c in report.columns if c.role == "ignored"]
    extra = [c for c in ignored if c not in declared]
    text = f"traps {len(declared) - len(missed)}/{len(declared)}"
    if missed:
        text += f" missed {missed}"
    if extra:
        text += f"; also left out {extra}"
    return f"{text}; split {report.task.scheme.value}"


if __name__ == "__main__":
    main()

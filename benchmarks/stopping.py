"""What the rule that ends a search saves and costs: full searches, and where the rule would have ended them.

    python benchmarks/stopping.py [--budget 300] [--only NAME ...] [--data ../shared/data] [--out FOLDER]

Each table is searched until its budget is used, with the rule watching but not obeyed. Printed are the seconds after
which it would have ended the search, and the out-of-fold score of the ensemble then and at the end. The later score is
the better of many, so what stopping costs is told too high rather than too low.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import journeyman
from journeyman.pipelines import search
from journeyman.stages import stop

HERE = Path(__file__).resolve().parent
TABLES = ("telco-churn", "wine-quality", "california-housing", "credit-g")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=300.0)
    parser.add_argument("--only", nargs="*", default=list(TABLES))
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)  # file, target, record: a search in a child process
    return parser.parse_args()


def watch(file: str, target: str, record: str, budget: float) -> None:
    """Build with a rule that is asked before each trial but never obeyed; write what it said."""
    said = []

    def unheard(remaining, seconds_left, trials_left, interrupted):
        if remaining and stop.choose_next(remaining, seconds_left) is not None:
            said.append(stop.chance_of_more(remaining, seconds_left))
        return "" if remaining else "every candidate was tried"

    search.reason_to_stop = unheard
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JOURNEYMAN_HOME"] = f"{folder}/home"  # nothing that an earlier table has taught
        release = journeyman.build(file, target=target, budget=budget, workspace=folder, name="watched")
        report = release.report
    trials = [
        {"name": t.candidate.name, "started": t.started, "ended": t.started + t.seconds, "status": t.status.value}
        for t in report.trials
    ]
    main = report.evaluation.main
    facts = {"chances": said, "trials": trials, "scores": list(report.ensemble_scores), "metric": main.metric}
    facts |= {"greater": main.greater_is_better, "holdout": main.value, "seconds": report.seconds}
    facts |= {"outcomes": [list(o) for o in report.outcomes]}
    Path(record).write_text(json.dumps(facts))


def ended(facts: dict, threshold: float) -> int:
    """Return after how many trials the rule would have ended the search; the first two are always run."""
    chances = facts["chances"]
    return next((k for k in range(2, len(chances)) if chances[k] < threshold), len(facts["trials"]))


def loss(facts: dict, after: int) -> float:
    score = facts["scores"][after - 1]
    return 1.0 - score if facts["greater"] else score


def show(found: dict[str, dict]) -> None:
    heads = "{:>7} {:>6} {:>11} {:>11} {:>11}".format("trials", "ended", "of s", "score then", "at the end")
    print(f"\n{'table':24} {'metric':9} {heads} lost")
    shares, costs = [], []
    for name, facts in found.items():
        at = ended(facts, stop.LEAST_CHANCE)
        searched = facts["trials"][-1]["ended"]
        used = facts["trials"][at - 1]["ended"]
        cost = 1.0 - loss(facts, len(facts["trials"])) / loss(facts, at)
        shares.append(used / searched)
        costs.append(cost)
        then, last = facts["scores"][at - 1], facts["scores"][-1]
        line = f"{name:24} {facts['metric']:9} {len(facts['trials']):7d} {at:6d} {used:5.0f}/{searched:5.0f}"
        print(
            f"{line} {then:11.5g} {last:11.5g} {abs(then - last) / abs(last):.3%} of the score, {cost:.2%} of the loss"
        )
    print(f"share of the search's time used: {np.mean(shares):.2f} in the mean; lost {np.mean(costs):.2%} of the loss")
    for threshold in (0.02, 0.05, 0.1, 0.2, 0.3):
        at = [ended(facts, threshold) for facts in found.values()]
        used = [f["trials"][a - 1]["ended"] / f["trials"][-1]["ended"] for f, a in zip(found.values(), at, strict=True)]
        lost = [abs(f["scores"][a - 1] / f["scores"][-1] - 1) for f, a in zip(found.values(), at, strict=True)]
        print(f"  below {threshold:.2f}: {np.mean(used):.2f} of the time, {np.mean(lost):.3%} of the score")


def main() -> None:
    options = arguments()
    if options.watch:
        watch(*options.watch, options.budget)
        return
    if not (options.data / "index.json").is_file():
        sys.exit(f"no tables in {options.data}: give --data")
    entries = {e["name"]: e for e in json.loads((options.data / "index.json").read_text())}
    print(f"{options.budget:.0f} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        out = options.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        for name in options.only:
            entry, record = entries[name], out / f"{name}.json"
            words = ["--watch", str(options.data / entry["file"]), entry["target"], str(record)]
            command = [sys.executable, __file__, "--budget", str(options.budget), *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name}: failed: {done.stderr.strip().splitlines()[-1:]}")
                continue
            found[name] = json.loads(record.read_text())
            print(f"{name}: {len(found[name]['trials'])} trials in {found[name]['seconds']:.0f} s", flush=True)
    if found:
        show(found)


if __name__ == "__main__":
    main()

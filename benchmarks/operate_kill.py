"""Kill the loop at every step and write with kill -9, let other workers go on, and compare with an undisturbed loop.

    python benchmarks/operate_kill.py [--kills 1000] [--seed 0] [--server USER:PASSWORD@HOST:PORT] [--json FILE]
    python benchmarks/operate_kill.py --sum FILE ...

The world is that of the tests: a real release, a log of 24 spans with a drift, people who ask for a return, a pause and
an end of it; retrainings are copies of the first release, so that the moments fall into the loop and not into fits.
Little is kept, so that housekeeping has rounds and releases to delete. An undisturbed life tells its points: each step,
each statement that writes, each commit, each file and folder; all kinds of points are aimed at equally often, three of
four times at the point itself, else up to 20 ms later, and one attempt of five is killed at a moment that is uniform
over a quarter of a life. In three worlds of ten two workers want the work at once. Compared are decisions, outcomes,
versions, moves of the champion, what is agreed about the shadow, the steps of all rounds, what was seen and remembered,
to the last bit, and which files and rows are left. Exits 1 where anything differs. --server does it on PostgreSQL.
--sum adds runs up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

HARNESS = Path(__file__).resolve().parents[1] / "tests" / "unit" / "operations" / "loop_kill_harness.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--server", help="address of a PostgreSQL server whose user may make databases")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--sum", type=Path, nargs="+", metavar="FILE", help="add up what --json wrote")
    options = parser.parse_args()
    if options.sum:
        runs = [json.loads(path.read_text()) for path in options.sum]
    else:
        with tempfile.TemporaryDirectory(prefix="journeyman-operate-kill-") as folder:
            command = [sys.executable, str(HARNESS), f"{folder}/k", str(options.seed), str(options.kills)]
            command += [options.server] if options.server else []
            runs = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)]
        if options.json:
            options.json.write_text(json.dumps(runs[0]))
    sys.exit(tell(runs))


def tell(runs: list[dict[str, Any]]) -> bool:
    """Print what runs have shown; return whether anything was wrong."""
    total = Counter({key: sum(run[key] for run in runs) for key in ("kills", "worlds", "pairs", "takeovers")})
    places = sum((Counter(run["places"]) for run in runs), Counter())
    kinds = list(dict.fromkeys(kind for run in runs for kind in run["kinds"]))
    print(f"{total['kills']} kills in {total['worlds']} worlds; undisturbed, one takes {runs[0]['seconds']} s")
    print(f"two workers at once in {total['pairs']} worlds: {total['takeovers']} times both came to work")
    print(f"operations of each: {', '.join(runs[0]['moves'])}")
    missed = [kind for kind in kinds if not places[kind]]
    print(f"kinds of points: {len(kinds)}; no kill was last seen at {len(missed)}: {'; '.join(missed) or 'none'}")
    steps: Counter[str] = Counter()
    for place, number in places.items():
        steps[place.split(": ")[0]] += number
    print("where a worker was when it was killed (the last point it had passed):")
    for step in dict.fromkeys(place.split(": ")[0] for place in [*kinds, *places]):
        print(f"  {steps[step]:5} {step}")
        for place in [p for p in dict.fromkeys([*kinds, *places]) if p.split(": ")[0] == step]:
            print(f"        {places[place]:5} {place.split(': ')[1]}")
    differing = [difference for run in runs for difference in run["differing"]]
    rewritten = [step for run in runs for step in run["rewritten"]]
    print(f"worlds that ended otherwise: {len(differing)}; steps written anew: {len(rewritten)}")
    for difference in differing[:3]:
        print(f"  {difference}")
    return bool(differing or rewritten)


if __name__ == "__main__":
    main()

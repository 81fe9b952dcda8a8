"""Kill the loop at random moments with kill -9, let other workers go on, and compare with an undisturbed loop.

    python benchmarks/operate_kill.py [--kills 1000] [--seed 0] [--json FILE]

The world is that of the tests: a real release, a log of 24 spans with a drift, people who ask for a return, a pause and
an end of it; retrainings are copies of the first release, so that the moments fall into the loop and not into fits.
Workers are killed at moments that are uniform over a quarter of an undisturbed life; three times of ten two of them
want the work at once. Compared are decisions, outcomes, versions, moves of the champion, what is agreed about the
shadow, the steps of all rounds and what was seen and remembered, to the last bit. Exits 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1] / "tests" / "unit" / "workflow" / "loop_kill_harness.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyman-operate-kill-") as folder:
        command = [sys.executable, str(HARNESS), f"{folder}/k", str(options.seed), str(options.kills)]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    seen = json.loads(said)
    print(f"{seen['kills']} kills in {seen['worlds']} worlds; undisturbed, one takes {seen['seconds']} s")
    print(f"operations of each: {', '.join(seen['moves'])}")
    print("last step that was journalled when a worker was gone:")
    for step, number in sorted(seen["places"].items(), key=lambda item: -item[1]):
        print(f"  {number:5} {step}")
    print(f"worlds that ended otherwise: {len(seen['differing'])}; steps written anew: {len(seen['rewritten'])}")
    for difference in seen["differing"][:3]:
        print(f"  {difference}")
    if options.json:
        options.json.write_text(said)
    sys.exit(bool(seen["differing"] or seen["rewritten"]))


if __name__ == "__main__":
    main()

"""Let worlds live, or one of them again: ``python -m tests.simulation --seed 7``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HOURS = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the first world")
    parser.add_argument("--worlds", type=int, default=1, help="how many, with seeds that follow")
    parser.add_argument("--hours", type=float, default=HOURS, help="simulated hours with faults of each")
    parser.add_argument("--template", type=Path, help="a folder that keeps the model that worlds begin with")
    parser.add_argument("--quiet", action="store_true", help="tell the sums alone")
    parser.add_argument(
        "--planted", metavar="NAME", help="plant a fault of tests/simulation/planted.py, or all in turn"
    )
    parser.add_argument("--search", type=int, metavar="N", help="try the first N seeds for a planted fault")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyman-simulation-") as folder:
        place = options.template or Path(folder)
        return plant(options, place) if options.planted else go(options, place)


def go(options: argparse.Namespace, place: Path) -> int:
    """Let worlds live; return 1 where an invariant did not hold."""
    from tests.simulation.world import WorldBroken, live  # noqa: PLC0415 - after the hash seed is fixed

    began, failed, hours = time.process_time(), 0, 0.0
    sums: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.worlds):
        try:
            told = live(seed, options.hours, place)
        except WorldBroken as error:
            failed += 1
            print(error, flush=True)
            continue
        sums.update(told.counts)
        hours += told.hours
        if not options.quiet:
            words = f"{told.hours:.2f} h, {told.steps} steps, {told.events} events"
            print(f"seed {seed}: {words}, {told.digest}", flush=True)
    seconds = time.process_time() - began
    print(f"{options.worlds} worlds, {hours:.0f} simulated hours, {seconds:.1f} s of a processor, {failed} broken")
    print("; ".join(f"{number} {name}" for name, number in sorted(sums.items())))
    return int(failed > 0)


def plant(options: argparse.Namespace, place: Path) -> int:
    """Plant faults; return 1 where one was not found."""
    from tests.simulation.planted import MENDED, PLANTED, planted  # noqa: PLC0415 - as above
    from tests.simulation.world import WorldBroken, live  # noqa: PLC0415 - as above

    every, missed = {**PLANTED, **MENDED}, 0
    for name in every if options.planted == "all" else options.planted.split(", "):
        fault = every[name]
        for seed in range(options.search) if options.search else [fault.seed]:
            try:
                with planted(fault.patches()):
                    live(seed, options.hours, place)
            except WorldBroken as error:
                if options.search and fault.invariant not in str(error).splitlines()[0]:
                    print(f"planted {name}, not as it should be: {str(error).splitlines()[0]}", flush=True)
                    continue
                told = str(error).replace(f"--seed {seed}", f'--planted "{name}"')
                print(f"planted {name}: {told.splitlines()[0] if options.planted == 'all' else told}", flush=True)
                break
        else:
            missed += 1
            print(f"planted {name}: not found", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets is part of what happens.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], environment)
    sys.exit(main())

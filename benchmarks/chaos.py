"""Let simulated worlds live until they have seen so many hours: hosts, disks, a network and faults, one seed a world.

    python benchmarks/chaos.py [--hours 10000] [--seed 1000] [--each 20] [--processes 1]

Each world is ``tests/simulation``: the product's service, log, loop, leases and registry on a simulated clock, disk and
network. Invariants are checked after each step. A world that breaks one is told with seed, step, last events and the
command that shows it again; then this exits 1. See docs/how-to/replay-a-failure.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=10_000.0, help="simulated hours with faults, of all together")
    parser.add_argument("--seed", type=int, default=1_000, help="of the first world")
    parser.add_argument("--each", type=float, default=20.0, help="hours with faults of a world")
    parser.add_argument("--processes", type=int, default=1, help="worlds side by side")
    options = parser.parse_args()
    worlds = max(1, round(options.hours / options.each))
    share = -(-worlds // options.processes)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="journeyman-chaos-") as folder:
        running = []
        for number in range(options.processes):
            some = min(share, worlds - number * share)
            if some < 1:
                break
            words = ["--seed", str(options.seed + number * share), "--worlds", str(some), "--hours", str(options.each)]
            command = [sys.executable, "-m", "tests.simulation", "--quiet", "--template", f"{folder}/{number}", *words]
            Path(folder, str(number)).mkdir()
            running.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}))
        failed = sum(process.wait() != 0 for process in running)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    hours, seconds = worlds * options.each, used.ru_utime + used.ru_stime
    print(f"{worlds} worlds, {hours:g} simulated hours with faults, {seconds:.0f} s of processors, ", end="")
    print(f"{hours / seconds:.1f} hours a second; {time.monotonic() - began:.0f} s by the clock")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""What the contract of a release costs a one-row request: with it and without, by turns, in one process.

    python benchmarks/contract_latency.py [--rounds 40] [--requests 100]

Answers are taken in process, without HTTP and without the log, so that the ratio errs against the contract.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import journeyman
from journeyman.entities.prediction import Part
from journeyman.inference.release import Release
from journeyman.serving.served_release import ServedRelease
from journeyman.stores.contract_files import CONTRACT


def table(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{i}": rng.normal(i, 1.0 + i, rows).round(3) for i in range(14)})
    frame["low"] = rng.lognormal(0, 1, rows).round(3)
    frame["high"] = (frame["low"] + rng.exponential(1, rows)).round(3)
    for i in range(4):
        frame[f"c{i}"] = rng.choice(["a", "b", "c"], rows)
    frame["y"] = (frame["x0"] + frame["high"] + rng.normal(0, 1, rows)).round(3)
    return frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    frame = table(3000)
    with tempfile.TemporaryDirectory() as folder:
        release = journeyman.build(frame, target="y", trials=2, workspace=Path(folder) / "w", name="m", quiet=True)
        files = {name: content for name, content in release._files.items() if name != CONTRACT}
        both = {
            "with": ServedRelease(release),
            "without": ServedRelease(Release(release.path, release.manifest, files)),
        }
        rows = table(options.rounds * options.requests).drop(columns="y").to_dict("records")
        for served in both.values():
            served.warm()
            for row in rows[:200]:
                served.answer([row], Part.CHAMPION)
        seconds: dict[str, list[float]] = {name: [] for name in both}
        for k in range(options.rounds):
            names = list(both) if k % 2 else list(both)[::-1]
            for name in names:
                for row in rows[k * options.requests : (k + 1) * options.requests]:
                    began = time.perf_counter()
                    both[name].answer([row], Part.CHAMPION)
                    seconds[name].append(time.perf_counter() - began)
        middle = {name: float(np.median(s)) for name, s in seconds.items()}
        count = len(seconds["with"])
        print(f"p50 of {count} requests: {middle['with'] * 1e6:.0f} us with, {middle['without'] * 1e6:.0f} us without")
        print(f"ratio {middle['with'] / middle['without']:.3f}")


if __name__ == "__main__":
    main()

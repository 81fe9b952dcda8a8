"""Time a released model in process: one row at a time, and 100,000 rows at once.

    python benchmarks/predict.py [--budget 60s] [--data ../shared/data]

Builds adult (with the budget given), then prints the median and the 99th percentile of one-row calls, for a mapping and
for a one-row frame, and the seconds of 100,000 rows as a raw frame, beside the ensemble's members.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import journeyman

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    options = parser.parse_args()
    path = options.data / "tabular" / "adult.csv.gz"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JOURNEYMAN_HOME"] = f"{folder}/home"
        release = journeyman.build(str(path), target="income", budget=options.budget, workspace=folder)
        print(f"members: {', '.join(f'{m.candidate.name} {m.weight:.2f}' for m in release.report.members)}")
        kept, free = release.report.ensemble_scores[-1], release.report.unlimited_score
        print(f"out of fold {kept:.5f}; without a limit on the time of an answer {kept if free is None else free:.5f}")
        print(f"score: {release.evaluation.main.metric} {release.evaluation.main.value:.4f}")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
        rows = frame.sample(500, random_state=0).drop(columns="income")
        singles = {
            "one row, mapping of lists": [{k: [v] for k, v in row.items()} for row in rows.to_dict("records")],
            "one row, pandas frame": [rows.iloc[[i]] for i in range(len(rows))],
        }
        for name, calls in singles.items():
            release.predict_proba(calls[0])
            times = []
            for call in calls:
                start = time.perf_counter()
                release.predict_proba(call)
                times.append(1e3 * (time.perf_counter() - start))
            print(f"{name:28} p50 {np.median(times):6.2f} ms   p99 {np.quantile(times, 0.99):6.2f} ms")
        many = frame.sample(100_000, replace=True, random_state=0).drop(columns="income").reset_index(drop=True)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            release.predict(many)
            times.append(time.perf_counter() - start)
        print(f"{'100,000 rows, pandas frame':28} {min(times):.2f} s best, {max(times):.2f} s worst of 3")


if __name__ == "__main__":
    main()

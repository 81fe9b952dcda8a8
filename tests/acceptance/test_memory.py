"""The limit on memory is kept by a whole build in a process of its own, and what it changed is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# 32 MB of numbers: four folds of them with a linear model's copies, two at a time, beside libraries are 0.8 GB.
ROWS, COLUMNS = 18_000, 250
LIMIT = 700_000_000

_CHILD = """
import json, sys
import journeyman
table, workspace, memory = sys.argv[1:]
release = journeyman.build(table, target="y", trials=2, memory=int(memory), workspace=workspace)
report = release.report
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
done = [t.candidate.algorithm for t in report.trials if t.score is not None]
print(json.dumps({"peak": peak, "limited": report.limited, "done": done, "rows": report.trained_rows,
    "causes": [t.cause for t in report.trials]}))
"""


def built(folder: Path, memory: int) -> dict[str, object]:
    command = [sys.executable, "-c", _CHILD, str(folder / "wide.parquet"), str(folder / str(memory)), str(memory)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1200)
    result: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    print(result)
    return result


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see a peak")
def test_a_wide_table_is_built_below_the_limit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, COLUMNS))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(COLUMNS)])
    frame["y"] = np.where(x[:, 0] + x[:, 1] + rng.normal(size=ROWS) > 0, "yes", "no")
    frame.to_parquet(tmp_path / "wide.parquet")
    limited = built(tmp_path, LIMIT)
    assert limited["peak"] < LIMIT
    assert limited["done"] == ["baseline", "linear"]
    assert str(limited["limited"]).startswith("within 0.7 GB of memory, ")
    free = built(tmp_path, 10 * LIMIT)
    assert free["done"] == ["baseline", "linear"]
    assert free["limited"] == ""
    assert free["peak"] > LIMIT, "the table is too small for the limit to have done anything"

"""Compares the model with ``selftest.csv``: what the release itself answered.

python test.py
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TOLERANCE = 1e-12  # of the larger of 1 and the range of a column


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder, "answers.csv")
        subprocess.run([sys.executable, str(HERE / "predict.py"), str(HERE / "selftest.csv"), str(answers)], check=True)
        told, wanted = read(answers), read(HERE / "selftest.csv")
    for name, values in told.items():
        if name == "label":
            assert values == wanted[name], "labels differ"
            continue
        ours, theirs = np.array(values, dtype=float), np.array(wanted[name], dtype=float)
        difference = np.nanmax(np.abs(ours - theirs), initial=0.0) / max(1.0, np.nanmax(theirs) - np.nanmin(theirs))
        assert difference <= TOLERANCE, f"{name} differs by {difference:.2g} of its range"
    print(f"{len(wanted[name])} rows agree")


def read(path: Path) -> dict[str, list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return dict(zip(header, map(list, zip(*rows))))


if __name__ == "__main__":
    main()

"""A real build on a real table that scikit-learn ships: 569 biopsies, malignant or benign."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

FOLDER = Path("build", "demo")
NEW_ROWS = 50


def write_tables() -> tuple[Path, Path]:
    """Write the table to learn from, and rows kept aside to predict, as CSV."""
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.assign(diagnosis=bunch.target.map(dict(enumerate(bunch.target_names))))
    frame = frame.sample(frac=1.0, random_state=0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    biopsies, new = FOLDER / "biopsies.csv", FOLDER / "new-biopsies.csv"
    frame.iloc[NEW_ROWS:].to_csv(biopsies, index=False)
    frame.iloc[:NEW_ROWS].drop(columns="diagnosis").to_csv(new, index=False)
    return biopsies, new


def journeyman(*words: str) -> None:
    """Run a command as one would type it."""
    print(f"\n$ journeyman {shlex.join(words)}", flush=True)
    environment = {**os.environ, "JOURNEYMAN_WORKSPACE": str(FOLDER / "workspace")}
    subprocess.run([sys.executable, "-m", "journeyman.cli.main", *words], check=True, env=environment)


def main() -> None:
    """Build, predict, list, and say where the report is."""
    biopsies, new = write_tables()
    journeyman("build", str(biopsies), "--target", "diagnosis", "--name", "biopsies", "--budget", "30s")
    journeyman("predict", "biopsies", str(new), "--out", str(FOLDER / "predictions.csv"))
    journeyman("list")
    journeyman("report", "biopsies")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)

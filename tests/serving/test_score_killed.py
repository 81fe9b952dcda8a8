"""`journeyman score` as a real process, killed at random moments: the same command goes on, no row is lost or twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow
ROWS = 640_000  # thirteen parts


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(5)
    path = tmp_path_factory.mktemp("tables") / "many.csv"
    pd.DataFrame({"x": rng.normal(size=ROWS).round(6), "c": rng.choice(list("abc"), ROWS)}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def expected(workspace: Path, table: Path) -> bytes:
    """Return what an undisturbed run writes."""
    out = table.with_name("undisturbed.csv")
    done = subprocess.run(
        command(workspace, str(table), "--out", str(out)), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().count(b"\n") == ROWS + 1
    return out.read_bytes()


def command(workspace: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "journeyman", "score", "m", *words, "--workspace", str(workspace)]


def progress(folder: Path) -> int:
    """Count parts and finished files; folders may go meanwhile."""
    names = [name for _, _, files in os.walk(folder) for name in files]
    return sum(name.endswith(".parquet") for name in names) + 100 * sum(".predictions." in name for name in names)


def live(words: list[str], folder: Path, rng: random.Random) -> bool:
    """Run once; kill it a moment after it has finished another part. Return whether it was killed."""
    before = progress(folder)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and progress(folder) <= before:
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, 0.1))
    killed = process.poll() is None
    process.kill()
    process.wait()
    assert killed or process.returncode == 0
    return killed


def test_killed_at_random_moments_it_writes_what_an_undisturbed_run_writes(
    workspace: Path, table: Path, expected: bytes, tmp_path: Path
) -> None:
    out, rng, kills = tmp_path / "killed.csv", random.Random(1), 0
    words = command(workspace, str(table), "--out", str(out), "--quiet")
    while live(words, tmp_path, rng):
        kills += 1
        assert kills < 40, "each life finishes a part, so that it must end"
        assert not out.exists() or out.read_bytes() == expected, "the file appears when it is whole"
    assert kills, "the first life is killed after the first of thirteen parts"
    assert out.read_bytes() == expected
    assert [path.name for path in tmp_path.iterdir()] == ["killed.csv"]


def test_a_watched_folder_goes_on_after_kills_and_scores_nothing_twice(
    workspace: Path, table: Path, expected: bytes, tmp_path: Path
) -> None:
    inbox, rng = tmp_path / "inbox", random.Random(2)
    inbox.mkdir()
    for name in ("one", "two"):
        (inbox / f"{name}.csv").write_bytes(table.read_bytes())
    words = command(workspace, "--watch", str(inbox))
    for _ in range(3):
        assert live(words, inbox, rng)
    outs = [inbox / f"{name}.predictions.csv" for name in ("one", "two")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not all(path.exists() for path in outs):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert [path.read_bytes() for path in outs] == [expected, expected]
    written = [path.stat().st_mtime_ns for path in outs]
    (inbox / "three.csv").write_bytes(b"x,c\n1.0,a\n")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"1 rows predicted: {inbox / 'three.predictions.csv'}\n"
    # The kill may have come before the parts of the second table were swept; this start does so when it comes to it.
    end = time.monotonic() + 60
    while list(inbox.glob(".*.parts")) and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert [path.stat().st_mtime_ns for path in outs] == written
    # The kill may have met the note of the third table while it was written; the next start sweeps that.
    assert not [path for path in inbox.iterdir() if path.name.startswith(".") and not path.name.startswith(".draft-")]

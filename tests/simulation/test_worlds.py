"""Fifty worlds hold, a world replays exactly, planted faults are found, and what worlds found stays mended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.planted import MENDED, PLANTED
from tests.simulation.sqlite_files import library

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or library() is None,
        reason="Python's sqlite3 has no SQLite library of its own here, below which a disk could be simulated",
    ),
]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulation")


def simulate(template: Path, *words: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    """Let worlds live in a process of its own, whose calls of the system are exchanged there alone."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--template", str(template), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=1_200,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": hash_seed},
    )


def test_fifty_worlds_hold(template: Path) -> None:
    told = simulate(template, "--worlds", "50", "--quiet")
    assert told.returncode == 0, told.stdout + told.stderr
    sums = told.stdout.splitlines()[-1]
    for what in (
        "kills",
        "losses of power",
        "partitions",
        "jumps of a clock",
        "full disks",
        "errors of a disk",
        "stops",
    ):
        assert f" {what}" in sums, f"no world had {what}: {sums}"


def test_a_seed_replays_exactly(template: Path) -> None:
    first, second = (simulate(template, "--seed", "1", "--worlds", "2", hash_seed=seed) for seed in ("1", "2"))
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr + second.stdout
    lines = [told.stdout.splitlines()[:2] for told in (first, second)]
    assert lines[0] == lines[1]
    assert "seed 1: " in lines[0][0]
    assert lines[0][0].split()[-1] != lines[0][1].split()[-1], "another seed is another world"


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, template: Path) -> None:
    told = simulate(template, "--planted", name)
    assert told.returncode == 1, told.stdout + told.stderr
    assert PLANTED[name].invariant in told.stdout
    assert "the last events:" in told.stdout
    assert "again: python -m tests.simulation --seed" in told.stdout


@pytest.mark.parametrize("name", MENDED)
def test_what_was_mended_is_found_where_it_is_planted_again(name: str, template: Path) -> None:
    told = simulate(template, "--planted", name)
    assert told.returncode == 1, told.stdout + told.stderr
    assert MENDED[name].invariant in told.stdout
    again = simulate(template, "--seed", str(MENDED[name].seed))
    assert again.returncode == 0, again.stdout

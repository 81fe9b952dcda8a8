"""Fifty worlds hold, a world replays exactly, planted faults are found, and what worlds found stays mended."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.planted import MENDED, PLANTED
from tests.simulation.sqlite_files import library

WITHIN = 50  # seeds: each planted fault is found by one of those that the fifty worlds have
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
    told = simulate(template, "--worlds", "50", "--hours", "1", "--quiet")
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
    first, second = (simulate(template, "--seed", "7", hash_seed=seed) for seed in ("1", "2"))
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr + second.stdout
    assert first.stdout.splitlines()[0] == second.stdout.splitlines()[0]
    assert re.fullmatch(r"seed 7: .* steps, .* events, [0-9a-f]{32}", first.stdout.splitlines()[0])


def test_planted_faults_are_found_by_their_seeds_and_what_was_mended_would_be_found_again(template: Path) -> None:
    told = simulate(template, "--planted", "all")
    lines = [line.removeprefix("planted ").partition(": ") for line in told.stdout.splitlines()]
    found = {name: rest for name, _, rest in lines}
    faults = {**PLANTED, **MENDED}
    assert found.keys() == faults.keys(), told.stdout + told.stderr
    for name, fault in faults.items():
        assert fault.seed < WITHIN
        assert fault.invariant
        assert re.match(rf"seed {fault.seed}, step \d+: {fault.invariant}: ", found[name]), f"{name}: {found[name]}"


def test_a_failure_tells_its_seed_its_step_and_the_last_events(template: Path) -> None:
    name = "repeated ids are new rows"
    told = simulate(template, "--planted", name)
    assert told.returncode == 0, told.stderr
    first, *lines = told.stdout.splitlines()
    assert re.fullmatch(r"planted .*: seed \d+, step \d+: .*: .*", first)
    assert lines[0] == "the last events:"
    assert len(lines) > 10
    assert lines[-1] == f'again: python -m tests.simulation --planted "{name}" --hours 2'

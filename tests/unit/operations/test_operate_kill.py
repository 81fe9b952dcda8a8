"""kill -9 at random moments of the loop, two workers at once: the same decisions as undisturbed, nothing done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HARNESS = Path(__file__).parent / "loop_kill_harness.py"


def torment(folder: Path, *words: str) -> dict[str, Any]:
    answer = subprocess.run(
        [sys.executable, str(HARNESS), str(folder / "k"), *words], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    seen: dict[str, Any] = json.loads(answer.stdout)
    assert {"retrain", "promote", "roll back"} <= set(seen["moves"]), "the loop did too little to show anything"
    assert seen["differing"] == []
    assert seen["rewritten"] == []
    return seen


@pytest.mark.slow
def test_thirty_kills_change_no_decision(tmp_path: Path) -> None:
    seen = torment(tmp_path, "1", "30")
    assert seen["kills"] >= 30
    # The benchmark with its thousand kills sees all of them.
    assert len(seen["places"]) >= 15, "the kills fell on too few different points to show anything"


@pytest.mark.slow
def test_nor_do_kills_on_postgresql(tmp_path: Path, server: str) -> None:
    seen = torment(tmp_path, "2", "10", f"ann:secret-word@{server}")
    assert seen["kills"] >= 10

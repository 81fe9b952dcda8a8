"""kill -9 at random moments of the loop, two workers at once: the same decisions as undisturbed, nothing done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parent / "loop_kill_harness.py"


@pytest.mark.slow
def test_thirty_kills_change_no_decision(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, str(HARNESS), str(tmp_path / "k"), "1", "30"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    seen = json.loads(answer.stdout)
    assert seen["kills"] >= 30
    assert {"retrain", "promote", "roll back"} <= set(seen["moves"]), "the loop did too little to show anything"
    assert seen["differing"] == []
    assert seen["rewritten"] == []
    # Where they fall is a matter of which steps take long; the benchmark with its thousand kills sees all of them.
    assert len(seen["places"]) >= 3, "the kills fell on too few different moments to show anything"

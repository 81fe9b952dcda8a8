"""kill -9 at random moments, then resume: the same result as undisturbed, and no finished step is done again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parent / "kill_harness.py"


@pytest.mark.slow
def test_forty_kills_change_nothing(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, str(HARNESS), str(tmp_path / "k"), "1", "40"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    seen = json.loads(answer.stdout)
    assert seen["kills"] >= 40
    assert seen["expected"]["status"] == "done"
    assert len(seen["expected"]["outputs"]) == 30
    assert seen["expected"]["version"] == [1, True, 1]
    assert seen["expected"]["drafts"] == []
    assert seen["differing"] == []
    assert seen["done_twice"] == []
    # The harness draws how many steps lie between kills, so that this follows from the seed and not from the machine.
    assert len(seen["moments"]) >= 10, "the kills fell on too few different moments to show anything"

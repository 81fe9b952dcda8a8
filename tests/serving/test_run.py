"""`journeyman run` as a user calls it: one command that builds, serves and operates, and ends as a whole."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.operations import overview
from journeyman.errors import JourneymanError

pytestmark = pytest.mark.slow


def test_run_builds_serves_and_operates_until_it_is_told_to_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=300).round(3), "c": rng.choice(list("abc"), 300)})
    frame.assign(y=np.where(frame["x"] > 0, "yes", "no")).to_csv(tmp_path / "t.csv", index=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["run", "t.csv", "--target", "y", "--budget", "5s", "--port", str(port), "--every", "2s"]
    with (tmp_path / "said.txt").open("wb") as said:
        command = [sys.executable, "-m", "journeyman", *words, "--workspace", "w"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=said, stderr=said)
    try:
        asked = 0
        for _ in range(600):
            assert process.poll() is None, (tmp_path / "said.txt").read_text()
            with contextlib.suppress(OSError):
                body = json.dumps({"rows": [{"x": 1.0, "c": "a"}]}).encode()
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/predict", body, timeout=10):
                    asked += 1
            with contextlib.suppress(JourneymanError):
                if asked > 3 and any(r.watched.rows for r in overview(tmp_path / "w", "t").rounds):
                    break
            time.sleep(0.2)
        else:
            raise AssertionError((tmp_path / "said.txt").read_text())
        process.terminate()
        assert process.wait(60) == 0, (tmp_path / "said.txt").read_text()
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
    finally:
        process.kill()

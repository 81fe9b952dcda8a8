"""A renamed column through a real service and the real loop: its rows are refused, and the loop sees a broken feed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.serving.conftest import Server, until

from journeyman.api.operations import overview
from journeyman.entities.signal import Signal

pytestmark = pytest.mark.slow


@pytest.fixture
def server(workspace: Path, tmp_path: Path) -> Iterator[Server]:
    """Return a server of a workspace of its own, because it is operated."""
    server = Server(Path(shutil.copytree(workspace, tmp_path / "w")), tmp_path / "log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


def test_a_renamed_column_is_a_broken_feed(server: Server) -> None:
    rng = np.random.default_rng(2)
    words = ["operate", "m", "--once", "--every", "1s", "--workspace", str(server.workspace), "--log", str(server.log)]

    def send(name: str) -> int:
        rows = [{name: float(rng.normal()), "c": str(rng.choice(list("abc")))} for _ in range(60)]
        return int(server.ask("/predict", {"rows": rows})[1]["failed"])

    def operated() -> list[Signal]:
        command = [sys.executable, "-m", "journeyman", *words]
        subprocess.run(command, check=True, timeout=600, capture_output=True)
        return [signal for one in overview(server.workspace, "m").rounds for signal in one.watched.signals]

    operated()  # begins the spans
    assert send("x") == 0
    assert send("xx") == 60
    told = [signal for signal in until(operated) if signal.code == "DR007"]
    assert [(one.alarming, one.columns) for one in told] == [(True, ("x",))]
    assert "of 60 rows could not be read" in told[0].message or "of 120 rows" in told[0].message
    assert "60 rows without 'x' were refused; one has 'xx'" in told[0].message

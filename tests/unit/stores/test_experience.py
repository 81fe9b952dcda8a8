"""Experience comes back as it was told, once a run."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.experience import Expectation, Experience
from journeyman.stores.workspace import Workspace


def an_experience(candidate: str, gain: float = 0.1) -> Experience:
    expected = Expectation(candidate, 0.5, 0.05, 3.0)
    return Experience({"rows": 100.0, "columns": 4.0}, "forest", candidate, expected, gain > 0, gain, 2.5)


def test_experience_comes_back_in_order(tmp_path: Path) -> None:
    rows = tuple(an_experience(f"forest-{i}", i / 10) for i in range(5))
    with Workspace(tmp_path) as workspace:
        workspace.experience.add("r1", rows[:3])
        workspace.experience.add("r2", rows[3:])
        workspace.experience.add("r3", ())
        assert workspace.experience.read() == rows
        assert workspace.experience.read(limit=2) == rows[3:]


def test_resumed_run_does_not_count_twice(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.experience.add("r1", [an_experience("a")])
        workspace.experience.add("r1", [an_experience("a"), an_experience("b")])
        assert [e.candidate for e in workspace.experience.read()] == ["a", "b"]

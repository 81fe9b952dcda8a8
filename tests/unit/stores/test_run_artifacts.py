"""Artifacts are found by the name that the run gave them; of runs of earlier versions by their steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman.entities.artifacts import BuildArtifacts, RoundArtifacts
from journeyman.stores.journal import Journal, StepRecord
from journeyman.stores.run_artifacts import build_artifacts, round_artifacts
from journeyman.stores.workspace import Workspace


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Workspace(tmp_path / "w") as workspace:
        workspace.journal.start("m", {}, "t")
        yield workspace.journal


def add_steps(journal: Journal, *names: str) -> None:
    for position, name in enumerate(names):
        journal.add_step("m-1", StepRecord(position, name, (), f"digest of {name}", "T", 0.1, 0.1, 1.0, "t", "t"))


def test_what_a_run_named_counts_whatever_its_steps_are_called(journal: Journal) -> None:
    add_steps(journal, "repair", "reference")
    journal.name_artifacts("m-1", 2, BuildArtifacts("old", "older"), "t")
    journal.name_artifacts("m-1", 2, BuildArtifacts("rows", "live"), "t")
    assert build_artifacts(journal, "m-1") == BuildArtifacts("rows", "live"), "the last word counts: a step may repeat"


def test_a_build_of_an_earlier_version_is_found_by_its_steps(journal: Journal) -> None:
    assert build_artifacts(journal, "m-1") is None
    add_steps(journal, "ingest", "repair")
    assert build_artifacts(journal, "m-1") == BuildArtifacts("digest of repair", "")


def test_a_round_of_an_earlier_version_is_found_by_its_steps_once_it_is_whole(journal: Journal) -> None:
    names = ("begin", "observe", "watch", "judge", "act", "remember")
    add_steps(journal, *names[:-1])
    assert round_artifacts(journal, "m-1") is None
    journal.add_step("m-1", StepRecord(5, "remember", (), "digest of remember", "T", 0.1, 0.1, 1.0, "t", "t"))
    assert round_artifacts(journal, "m-1") == RoundArtifacts(*(f"digest of {name}" for name in names))


def test_a_run_that_is_forgotten_has_no_artifacts(journal: Journal) -> None:
    journal.name_artifacts("m-1", 0, BuildArtifacts("rows", "live"), "t")
    journal.forget(["m-1"])
    assert build_artifacts(journal, "m-1") is None

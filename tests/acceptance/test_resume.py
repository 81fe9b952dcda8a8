"""Builds that are killed, interrupted or left by their frame: nothing is lost, done twice or half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import journeyman
from journeyman.api.build import resume
from journeyman.api.registry import models, rollback
from journeyman.entities.search import Choice
from journeyman.errors import InputError, SourceError, WorkspaceError
from journeyman.reports.progress import SilentProgress
from journeyman.stores.journal import Journal, RunStatus
from journeyman.stores.workspace import Workspace

KILL = Path(__file__).parents[2] / "benchmarks" / "kill.py"


class InterruptAt(SilentProgress):
    """A Ctrl-C at the beginning of a stage: the process's work is lost there as by a kill."""

    def __init__(self, stage: str) -> None:
        self.at = stage

    def stage(self, name: str, detail: str = "") -> None:
        if name == self.at:
            raise KeyboardInterrupt


def wait_for(process, words):
    """Read progress until a line holds the words."""
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"the build ended before it said {words!r}: {process.communicate()}")


def statuses(workspace):
    with Workspace(workspace) as place:
        return [run.status for run in place.journal.runs()]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tmp_path):
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, str(KILL), "--kills", "4", "--trials", "3", "--seed", "5", "--json", str(figures)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(figures.read_text())
    assert seen["kills"] >= 4
    assert seen["differences"] == seen["done_twice"] == seen["rewritten"] == seen["left_over"] == []


@pytest.mark.slow
@pytest.mark.parametrize("bound", [{"trials": 4}, {"budget": 12}], ids=["trials", "budget"])
def test_a_build_that_dies_after_every_step_ends_as_a_calm_one(tmp_path, wine_csv, wine_frame, monkeypatch, bound):
    """Each resume does one step more, so that whatever a later step takes in has been replayed."""
    add_step = Journal.add_step

    def add_and_die(journal, run, step):
        add_step(journal, run, step)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add_step", add_and_die)
        with pytest.raises(KeyboardInterrupt):
            journeyman.build(wine_csv, target="class_1", workspace=tmp_path / "w", **bound)
        releases = []
        while not releases:
            try:
                releases = resume(tmp_path / "w")
            except KeyboardInterrupt:
                assert statuses(tmp_path / "w") == [RunStatus.RUNNING]
    assert [version.version for version in models(tmp_path / "w")] == [1]
    with Workspace(tmp_path / "w") as place:
        names = [step.name for step in place.journal.steps("wine-1")]
    assert len(names) == len(set(names))
    if "trials" in bound:
        calm = journeyman.build(wine_csv, target="class_1", workspace=tmp_path / "calm", **bound)
        assert np.array_equal(releases[0].predict_proba(wine_frame), calm.predict_proba(wine_frame))
        assert releases[0].evaluation == calm.evaluation


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "bound"),
    [
        *((last, {"trials": 3}) for last in ("split", "trial 2: ", "evaluate", "date", "report", "release")),
        ("trial 2: ", {"budget": 30}),  # a busy machine must come to its second trial too
        ("release", {"budget": 8}),  # all that was done before is replayed
    ],
)
def test_what_a_process_did_at_one_go_is_replayed_as_it_was(tmp_path, wine_csv, monkeypatch, bound, last):
    """A fact that looked at the clock outside a step would not be the same again, and its reader would refuse it."""
    add_step = Journal.add_step

    def add_and_die(journal, run, step):
        add_step(journal, run, step)
        if step.name == last or (last.endswith(": ") and step.name.startswith(last)):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add_step", add_and_die)
        with pytest.raises(KeyboardInterrupt):
            journeyman.build(wine_csv, target="class_1", workspace=tmp_path, **bound)
    (release,) = resume(tmp_path)
    assert release.version == 1
    assert statuses(tmp_path) == [RunStatus.DONE]


@pytest.mark.slow
def test_one_interrupt_ends_the_search_and_still_releases(tmp_path, wine_csv, start):
    build = start(["build", str(wine_csv), "--target", "class_1", "--trials", "40", "--workspace", str(tmp_path / "w")])
    wait_for(build, "trial 3")
    os.kill(build.pid, signal.SIGINT)
    printed, errors = build.communicate()
    assert build.returncode == 0, errors
    assert "of the 40 trials asked for: you asked it to finish with what it had" in " ".join(printed.split())
    report = journeyman.load("wine", workspace=tmp_path / "w", version=1).report
    assert report.stop_reason == "you asked it to finish with what it had"
    assert 3 <= len(report.trials) < 40
    assert statuses(tmp_path / "w") == [RunStatus.DONE]


@pytest.mark.slow
def test_two_interrupts_leave_a_build_that_resume_finishes(tmp_path, wine_csv, wine_frame, start):
    place = tmp_path / "w"
    build = start(["build", str(wine_csv), "--target", "class_1", "--trials", "40", "--workspace", str(place)])
    wait_for(build, "trial 3")
    os.kill(build.pid, signal.SIGINT)
    # Only once the first was heard: two signals that arrive before the process looks are one signal to it.
    wait_for(build, "fit: the chosen models")
    os.kill(build.pid, signal.SIGINT)
    _, errors = build.communicate()
    assert build.returncode == 130, errors
    assert "journeyman resume" in errors
    assert "Traceback" not in errors
    assert statuses(place) == [RunStatus.RUNNING]
    assert models(place) == ()
    again = start(["resume", "--workspace", str(place)])
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    resumed = journeyman.load("wine", workspace=place, version=1)
    tried = len(resumed.report.trials)
    assert tried < 40
    calm = journeyman.build(wine_csv, target="class_1", trials=tried, workspace=tmp_path / "calm")
    assert np.array_equal(resumed.predict_proba(wine_frame), calm.predict_proba(wine_frame))


@pytest.mark.slow
def test_a_budget_counts_what_was_used_before_the_kill(tmp_path, wine_csv, start, monkeypatch):
    place, budget = tmp_path / "w", 600.0
    build = start(["build", str(wine_csv), "--target", "class_1", "--budget", "10m", "--workspace", str(place)])
    wait_for(build, "trial 2")
    build.kill()
    build.communicate()
    with Workspace(place) as workspace:
        before = workspace.journal.steps("wine-1")
    assert before[-1].elapsed > 0
    add_step = Journal.add_step

    def add_and_die(journal, run, step):
        add_step(journal, run, step)
        if step.name.startswith("choose"):
            raise KeyboardInterrupt  # one more shows it

    monkeypatch.setattr(Journal, "add_step", add_and_die)
    with pytest.raises(KeyboardInterrupt):
        resume(place)
    with Workspace(place) as workspace:
        steps = workspace.journal.steps("wine-1")
        later = [s for s in steps[len(before) :] if s.name.startswith("choose")]
        allowed = [workspace.artifacts.get(s.output, Choice).seconds for s in later]
    assert steps[: len(before)] == before
    assert [s.elapsed for s in steps] == sorted(s.elapsed for s in steps)
    assert steps[-1].elapsed > before[-1].elapsed
    assert len(later) > 0
    assert all(seconds is None or seconds <= budget - before[-1].elapsed for seconds in allowed)


def test_a_frame_that_was_not_ingested_is_gone(tmp_path, wine_frame):
    with pytest.raises(KeyboardInterrupt):
        journeyman.build(wine_frame, target="class_1", trials=1, workspace=tmp_path, progress=InterruptAt("ingest"))
    with pytest.raises(InputError, match="frame of this build was not kept") as told:
        resume(tmp_path)
    assert "Python" in told.value.hint
    assert statuses(tmp_path) == [RunStatus.FAILED]
    assert resume(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["check", "train", "package"])
def test_a_frame_that_was_ingested_is_in_the_journal(tmp_path, wine_frame, stage):
    with pytest.raises(KeyboardInterrupt):
        journeyman.build(wine_frame, target="class_1", trials=3, workspace=tmp_path / "w", progress=InterruptAt(stage))
    (resumed,) = resume(tmp_path / "w")
    calm = journeyman.build(wine_frame, target="class_1", trials=3, workspace=tmp_path / "calm")
    assert np.array_equal(resumed.predict_proba(wine_frame), calm.predict_proba(wine_frame))


@pytest.mark.slow
def test_a_table_that_is_gone_keeps_no_other_build_from_going_on(tmp_path, wine_frame):
    workspace = tmp_path / "w"
    for name in ("first", "second"):
        wine_frame.to_csv(tmp_path / f"{name}.csv", index=False)
        with pytest.raises(KeyboardInterrupt):
            journeyman.build(
                tmp_path / f"{name}.csv", target="class_1", trials=2, workspace=workspace, progress=InterruptAt("check")
            )
    (tmp_path / "first.csv").rename(tmp_path / "moved.csv")
    with pytest.raises(SourceError, match=r"first\.csv"):
        resume(workspace)
    assert [version.name for version in models(workspace)] == ["second"]
    (tmp_path / "moved.csv").rename(tmp_path / "first.csv")
    assert [release.name for release in resume(workspace)] == ["first"]


@pytest.mark.slow
def test_a_second_process_is_told_that_the_workspace_is_in_use(tmp_path, wine_csv, wine_frame, start):
    first = start(["build", str(wine_csv), "--target", "class_1", "--trials", "3", "--workspace", str(tmp_path / "w")])
    wait_for(first, "check")
    os.kill(first.pid, signal.SIGSTOP)  # it holds the workspace for as long as the others need, however slow they are
    words = [["build", str(wine_csv), "--target", "class_1", "--trials", "1"], ["resume"]]
    for command in words:
        second = start([*command, "--workspace", str(tmp_path / "w")])
        _, errors = second.communicate()
        assert second.returncode == 2
        assert f"in use by process {first.pid}" in errors
    with pytest.raises(WorkspaceError, match="in use"):
        rollback("wine", workspace=tmp_path / "w")
    first.kill()
    first.communicate()
    assert statuses(tmp_path / "w") == [RunStatus.RUNNING]

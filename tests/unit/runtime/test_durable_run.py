"""A finished step is replayed and never repeated; a changed one stops with a clear line; a failure is kept."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from journeyman.entities.artifacts import BuildArtifacts
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.table import Table
from journeyman.errors import JournalError, ReplayError, TargetError, WorkspaceError
from journeyman.interfaces import Run
from journeyman.runtime.durable_run import JournalRun, MemoryRun, resumable, resume_run, start_run
from journeyman.stores.journal import RunStatus
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace


class FakeClock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> str:
        return f"2026-01-01T00:00:{self.seconds:09.3f}"


class Stop(BaseException):
    """Stands for a kill: nothing handles it."""


def add(left: int, right: int) -> int:
    return left + right


def never(left: int, right: int) -> int:
    raise AssertionError("this step was to be replayed")


def a_table(rows: int) -> Table:
    return Table("t", pd.DataFrame({"a": np.arange(float(rows))}), (Column("a", Kind.NUMBER),), "d", rows)


def total(table: Table) -> float:
    return float(table.frame["a"].sum())


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "w") as opened:
        yield opened


def interrupted(workspace: Workspace, work: Callable[[JournalRun], object], clock: FakeClock | None = None) -> str:
    """Run some steps and stop as a kill would; return the run's id."""
    run = start_run(workspace, "m", {}, clock or FakeClock())
    work(run)
    with pytest.raises(Stop), run:
        raise Stop
    return run.id


def test_finished_steps_are_replayed_by_a_later_process(workspace: Workspace) -> None:
    def first(run: JournalRun) -> None:
        run.step("table", a_table, 9_000)
        run.step("add", add, 1, 2)

    identity = interrupted(workspace, first)
    with resume_run(workspace, identity, FakeClock()) as run:
        table = run.step("table", a_table, 9_000)
        assert len(table.frame) == 9_000
        assert run.step("add", never, 1, 2) == 3
        assert not run.replaying
        assert run.step("total", total, table) == 9_000 * 8_999 / 2
    assert [s.name for s in workspace.journal.steps(identity)] == ["table", "add", "total"]
    assert workspace.journal.run(identity).status is RunStatus.DONE
    assert resumable(workspace) == ()


def test_changed_name_stops_and_says_which(workspace: Workspace) -> None:
    identity = interrupted(workspace, lambda run: run.step("add", add, 1, 2))
    with pytest.raises(JournalError, match="step 0 of run m-1 was 'add' and is now 'sum'") as caught:
        resume_run(workspace, identity, FakeClock()).step("sum", add, 1, 2)
    assert "start the build anew" in caught.value.hint


def test_changed_input_stops_and_says_which(workspace: Workspace) -> None:
    identity = interrupted(workspace, lambda run: run.step("add", add, 1, 2))
    with pytest.raises(JournalError, match=r"fact 2 that goes into step 0 of run m-1 \(add\) is not what it was"):
        resume_run(workspace, identity, FakeClock()).step("add", add, 1, 3)
    with pytest.raises(JournalError, match="took 2 facts and now takes 1"):
        resume_run(workspace, identity, FakeClock()).step("add", functools.partial(add, 1), 2)


class Scaler:
    """A part, as a file of its own that nobody has installed."""

    name = "scaler"


def with_parts(*parts: object) -> Callable[[JournalRun], object]:
    return lambda run: run.step("add", add, 1, 2, using=parts)


def test_what_another_version_of_a_part_gave_is_not_replayed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = interrupted(workspace, with_parts(Scaler()))
    (step,) = workspace.journal.steps(identity)
    assert [text.partition("@")[0] for text in step.inputs[2:]] == ["scaler"]
    assert resume_run(workspace, identity, FakeClock()).step("add", never, 1, 2, using=[Scaler()]) == 3
    monkeypatch.setattr("journeyman.runtime.durable_run.part_version", lambda part: f"{part.name}@mine-2.0")
    with pytest.raises(ReplayError, match=r"step 0 of run m-1 \(add\) used scaler@\w+ and now uses scaler@mine-2.0"):
        with_parts(Scaler())(resume_run(workspace, identity, FakeClock()))


def test_a_step_of_a_version_that_named_no_parts_is_replayed(workspace: Workspace) -> None:
    identity = interrupted(workspace, with_parts())
    assert resume_run(workspace, identity, FakeClock()).step("add", never, 1, 2, using=[Scaler()]) == 3


def test_what_a_run_leaves_is_named_and_found_again(workspace: Workspace) -> None:
    with start_run(workspace, "m", {}, FakeClock()) as run:
        made = run.step("table", a_table, 9_000)
        run.name_artifacts(BuildArtifacts(run.store(made), ""))
    named = workspace.journal.artifacts(run.id, BuildArtifacts)
    assert named is not None
    assert named.repaired == workspace.journal.steps(run.id)[0].output, "stored once, whatever it is called"


def test_damaged_artifact_stops_the_replay(workspace: Workspace) -> None:
    identity = interrupted(workspace, lambda run: run.step("add", add, 1, 2))
    (path,) = workspace.artifacts.folder.iterdir()
    path.write_bytes(b"?")
    with pytest.raises(JournalError, match="is damaged"):
        resume_run(workspace, identity, FakeClock()).step("add", add, 1, 2)


def test_table_is_written_and_hashed_once_however_many_steps_take_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(run: JournalRun) -> None:
        table = run.step("table", a_table, 9_000)
        monkeypatch.setattr("journeyman.stores.artifacts.write_part", lambda *_: pytest.fail("encoded again"))
        for _ in range(3):
            run.step("total", total, table)

    identity = interrupted(workspace, work)
    work(resume_run(workspace, identity, FakeClock()))


def test_small_step_costs_three_fsyncs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fsyncs: list[int] = []
    commits: list[object] = []
    real = os.fsync
    run = start_run(workspace, "m", {}, FakeClock())
    monkeypatch.setattr(os, "fsync", lambda descriptor: (fsyncs.append(descriptor), real(descriptor))[1])
    sa.event.listen(workspace._database.engine, "commit", commits.append)
    run.step("add", add, 1, 2)
    assert (len(fsyncs), len(commits)) == (2, 1)  # the artifact, its folder; the row
    run.step("add", add, 2, 1)
    assert (len(fsyncs), len(commits)) == (2, 2)  # that artifact is known
    resumed = resume_run(workspace, run.id, FakeClock())
    resumed.step("add", add, 1, 2)
    assert (len(fsyncs), len(commits)) == (2, 2)  # a replay writes nothing


def test_a_head_start_counts_as_the_run_s_own_time_and_stays_after_a_restart(workspace: Workspace) -> None:
    clock = FakeClock()
    run = start_run(workspace, "m", {}, clock, head_start=4.0)
    assert run.elapsed() == 4.0
    clock.seconds += 2.0
    assert run.elapsed() == 6.0
    run.step("add", add, 1, 2)
    with pytest.raises(Stop), run:
        raise Stop
    later = resume_run(workspace, run.id, FakeClock())
    later.step("add", never, 1, 2)
    assert later.elapsed() == 6.0


def test_elapsed_goes_on_after_a_restart_and_is_the_recorded_one_in_between(workspace: Workspace) -> None:
    clock = FakeClock()

    def slow(number: int) -> int:
        clock.seconds += 10
        return number

    def work(run: JournalRun) -> None:
        for number in range(3):
            seen.append(run.elapsed())
            run.step("slow", slow, number)

    seen: list[float] = []
    identity = interrupted(workspace, work, clock)
    assert seen == [0, 10, 20]
    clock.seconds = 5_000
    run = resume_run(workspace, identity, clock)
    seen.clear()
    work(run)
    assert seen == [0, 10, 20]
    assert run.elapsed() == 30
    clock.seconds += 7
    assert run.elapsed() == 37
    assert run.stage_seconds() == {"slow": 30.0}


def test_step_records_what_it_cost(workspace: Workspace) -> None:
    clock = FakeClock()

    def slow(text: str) -> tuple[str, ...]:
        clock.seconds += 2.5
        return (text,)

    with start_run(workspace, "m", {}, clock) as run:
        run.step("slow", slow, "a")
    (step,) = workspace.journal.steps(run.id)
    assert (step.seconds, step.elapsed, step.kind) == (2.5, 2.5, "tuple[str, ...]")
    assert step.started < step.finished
    assert 10 < step.peak_mb < 100_000
    assert workspace.artifacts.get(step.output, tuple[str, ...]) == ("a",)


def test_known_failure_is_kept_and_not_resumed(workspace: Workspace) -> None:
    def fail(number: int) -> int:
        raise TargetError("the target is constant", hint="name another column")

    with pytest.raises(TargetError), start_run(workspace, "m", {}, FakeClock()) as run:
        run.step("fail", fail, 1)
    record = workspace.journal.run("m-1")
    assert record.status is RunStatus.FAILED
    assert record.cause == "the target is constant (hint: name another column)"
    assert resumable(workspace) == ()
    with pytest.raises(JournalError, match="failed and cannot go on: the target is constant"):
        resume_run(workspace, "m-1", FakeClock())


def test_bug_is_kept_with_its_kind(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), start_run(workspace, "m", {}, FakeClock()):
        _ = 1 / 0
    assert workspace.journal.run("m-1").cause == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(1), MemoryError(), WorkspaceError("full", hint="free")]
)
def test_what_may_be_better_next_time_stays_resumable(workspace: Workspace, error: BaseException) -> None:
    def stop(number: int) -> int:
        raise error

    run = start_run(workspace, "m", {}, FakeClock())
    run.step("add", add, 1, 2)
    with pytest.raises(type(error)), run:
        run.step("stop", stop, 1)
    assert [record.id for record in resumable(workspace)] == ["m-1"]
    with resume_run(workspace, "m-1", FakeClock()) as run:
        assert run.step("add", never, 1, 2) == 3


def test_run_that_is_done_is_not_resumed(workspace: Workspace) -> None:
    with start_run(workspace, "m", {}, FakeClock()):
        pass
    with pytest.raises(JournalError, match="is done"):
        resume_run(workspace, "m-1", FakeClock())


def test_second_process_on_one_run_is_refused(workspace: Workspace) -> None:
    run = start_run(workspace, "m", {}, FakeClock())
    other = resume_run(workspace, run.id, FakeClock())
    run.step("add", add, 1, 2)
    with pytest.raises(JournalError, match="recorded by another process"):
        other.step("add", add, 1, 2)


def test_event_is_recorded_before_the_step_and_again_only_when_it_happens_again(workspace: Workspace) -> None:
    def work(run: JournalRun) -> None:
        run.step("add", add, 1, 2)
        run.event("holdout read", "evaluate")
        run.step("evaluate", add, 3, 4)

    def killed_before_the_end(run: JournalRun) -> None:
        run.step("add", add, 1, 2)
        run.event("holdout read", "evaluate")

    identity = interrupted(workspace, killed_before_the_end)
    assert len(workspace.journal.events(identity)) == 1
    work(resume_run(workspace, identity, FakeClock()))
    assert len(workspace.journal.events(identity)) == 2
    work(resume_run(workspace, identity, FakeClock()))
    assert len(workspace.journal.events(identity)) == 2
    assert workspace.journal.events(identity)[0].kind == "holdout read"


def test_full_disk_in_a_step_records_nothing_and_can_go_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WorkspaceError, match="is full"), start_run(workspace, "m", {}, FakeClock()) as run:
            run.step("add", add, 1, 2)
    assert list(workspace.artifacts.folder.iterdir()) == []
    assert workspace.journal.steps("m-1") == ()
    with resume_run(workspace, "m-1", FakeClock()) as run:
        assert run.step("add", add, 1, 2) == 3


def noise(number: int) -> NDArray[np.float64]:
    return np.random.default_rng(number).normal(size=8_000)


def fill_with_steps(run: JournalRun) -> None:
    for number in range(10):
        run.step("noise", noise, number)


def test_disk_that_really_fills_can_be_freed_and_the_run_goes_on(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 250_000)
    with Workspace(small_disk / "w") as workspace, workspace.lock():
        run = start_run(workspace, "m", {}, FakeClock())
        with pytest.raises(WorkspaceError, match="is full") as caught, run:
            fill_with_steps(run)
        assert "journeyman resume" in caught.value.hint
        done = len(workspace.journal.steps(run.id))
        assert 0 < done < 9
        assert [p.name for p in workspace.artifacts.folder.iterdir() if p.name.startswith(".")] == []
        filler.unlink()
        with resume_run(workspace, run.id, FakeClock()) as again:
            for number in range(done + 1):
                assert again.step("noise", noise, number).tobytes() == noise(number).tobytes()


def unannotated(number):
    return number


class Part:
    def __call__(self, number: int) -> float:
        return number / 2

    def method(self, number: int) -> Candidate | None:
        return None if number else Candidate("a")


def wrong(number: int) -> str:
    return number  # type: ignore[return-value]  # the mistake under test


@pytest.mark.parametrize("kind", ["journal", "memory"])
def test_type_of_a_result_is_read_from_the_function(workspace: Workspace, kind: str) -> None:
    run: Run = MemoryRun(FakeClock()) if kind == "memory" else start_run(workspace, "m", {}, FakeClock())
    assert run.step("partial", functools.partial(functools.partial(add, 1), right=2)) == 3
    assert run.step("callable", Part(), 3) == 1.5
    assert run.step("method", Part().method, 0) == Candidate("a")
    assert run.step("none", Part().method, 1) is None
    with pytest.raises(TypeError, match="unannotated is no step"):
        run.step("unannotated", unannotated, 1)
    with pytest.raises(JournalError, match="cannot be read as str"):
        run.step("wrong", wrong, 1)


def reverse(values: NDArray[np.float64]) -> Mapping[str, NDArray[np.float64]]:
    return {"b": values[::-1], "a": values}


def test_first_time_replay_and_memory_hand_on_the_same_fact(workspace: Workspace) -> None:
    values = np.random.default_rng(0).normal(size=5_000)
    first = start_run(workspace, "m", {}, FakeClock())
    runs: list[Run] = [first, resume_run(workspace, first.id, FakeClock()), MemoryRun(FakeClock())]
    results = [runs[0].step("reverse", reverse, values)]
    results.append(resume_run(workspace, first.id, FakeClock()).step("reverse", reverse, values))
    results.append(runs[2].step("reverse", reverse, values))
    for result in results:
        assert list(result) == ["a", "b"]
        assert result["b"].strides == (8,)
        assert result["b"].tobytes() == values[::-1].tobytes()


def test_memory_run_tells_the_time() -> None:
    clock = FakeClock()

    def slow(number: int) -> int:
        clock.seconds += 3
        return number

    run = MemoryRun(clock)
    run.step("slow", slow, 1)
    run.event("holdout read", "")
    assert (run.elapsed(), run.stage_seconds()) == (3.0, {"slow": 3.0})


def package(folder: Path, run: str) -> str:
    return write_release(folder, {"model.txt": b"m", "members/0": b"x"}, {"run": run, "made": os.getpid()})


def register(workspace: Workspace, run: str, number: int, digest: str) -> int:
    path = workspace.release_path("m", number)
    workspace.registry.register(ModelVersion("m", number, path, digest, "t", "rmse", 1.0, "release", True, run))
    return number


def release(path: Path) -> None:
    with Workspace(path) as workspace, workspace.lock():
        waiting = resumable(workspace)
        clock = FakeClock()
        with resume_run(workspace, waiting[0].id, clock) if waiting else start_run(workspace, "m", {}, clock) as run:
            run.step("add", add, 1, 2)
            number = workspace.registry.reserve("m", run.id)
            folder = path / workspace.release_path("m", number)
            digest = run.step("package", functools.partial(package, folder, run.id))
            run.step("register", functools.partial(register, workspace, run.id), number, digest)


DURABLE_MOVES = ("fsync", "replace", "rename")


def die_at(call: int) -> None:
    """Let this process die, as a kill would, when it makes something durable for the ``call``-th time."""
    calls = 0

    def watch(real: Callable[..., None]) -> Callable[..., None]:
        def watched(*arguments: object) -> None:
            nonlocal calls
            calls += 1
            if calls == call:
                os._exit(9)
            real(*arguments)

        return watched

    for name in DURABLE_MOVES:
        setattr(os, name, watch(getattr(os, name)))
    sa.event.listen(sa.Engine, "commit", watch(lambda _: None))


@pytest.mark.slow
def test_death_at_any_durable_move_neither_loses_nor_duplicates_a_version(tmp_path: Path) -> None:
    call, deaths = 0, 0
    while True:
        call += 1
        path = tmp_path / str(call)
        child = os.fork()
        if child == 0:
            die_at(call)
            try:
                release(path)
            except BaseException:  # noqa: BLE001 - a forked child must never come back into pytest
                os._exit(1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 9)
        with Workspace(path) as workspace:
            unfinished = resumable(workspace) or not workspace.journal.runs()
        if unfinished:
            release(path)
        with Workspace(path) as workspace:
            (version,) = workspace.registry.list()
            assert (version.version, version.champion) == (1, True)
            assert len(workspace.registry.history("m")) == 1
            assert [s.name for s in workspace.journal.steps("m-1")] == ["add", "package", "register"]
            assert len(workspace.journal.runs()) == 1
            assert sorted(p.name for p in (path / "releases" / "m").iterdir()) == ["1"]
        if code == 0:
            break
        deaths += 1
    assert deaths > 20

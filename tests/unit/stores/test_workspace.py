"""A workspace is whole or absent, held by one process at a time, and says plainly why it cannot be used."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journeyman.errors import JourneymanError, WorkspaceError
from journeyman.stores.catalogue import check_there, journal_address, open_database
from journeyman.stores.workspace import Workspace

HOLD = """
import sys
from journeyman.stores.workspace import Workspace
with Workspace(sys.argv[1]) as workspace, workspace.lock():
    print("held", flush=True)
    sys.stdin.read()  # until it is killed, or whoever started it is gone
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "w")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()


def test_new_workspace_has_its_layout_and_opens_again(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a" / "w") as workspace, workspace.lock():
        assert {p.name for p in workspace.path.iterdir()} >= {"journal.db", "artifacts", "releases", "lock"}
        run = workspace.journal.start("m", {}, "now")
    with Workspace.existing(tmp_path / "a" / "w") as again:
        assert again.journal.runs() == (run,)


def test_looking_does_not_make_a_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="there is no workspace"):
        Workspace.existing(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_second_process_is_told_who_holds_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with Workspace(tmp_path / "w") as workspace:
        with pytest.raises(WorkspaceError, match=rf"in use by process {holder.pid} since 20\d\d-"), workspace.lock():
            pytest.fail("two processes hold one workspace")
        assert workspace.registry.list() == ()  # looking is allowed all the same


@pytest.mark.slow
def test_lock_is_freed_by_a_kill(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with Workspace(tmp_path / "w") as workspace, workspace.lock():
        assert (tmp_path / "w" / "lock").read_text() == str(os.getpid())


def test_lock_holds_within_a_process_too_and_can_be_taken_again(tmp_path: Path) -> None:
    with Workspace(tmp_path) as one, Workspace(tmp_path) as two:
        with one.lock(), pytest.raises(WorkspaceError, match="in use"), two.lock():
            pass
        with two.lock():
            pass


def test_lock_sweeps_what_a_killed_process_left(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        kept = workspace.artifacts.put((1,))
        (tmp_path / "artifacts" / ".draft-7-ab").write_bytes(b"half")
        draft = tmp_path / "releases" / "m" / ".draft-1"
        (draft / "inner").mkdir(parents=True)
        (draft / "inner" / "file").write_bytes(b"half")
        (draft / "inner").chmod(0o555)
        with workspace.lock():
            assert [p.name for p in (tmp_path / "artifacts").iterdir()] == [kept]
            assert list((tmp_path / "releases" / "m").iterdir()) == []


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("x")
    with pytest.raises(WorkspaceError, match="is not a folder"):
        Workspace(tmp_path / "w")
    with pytest.raises(WorkspaceError, match="is not a folder"):
        Workspace(tmp_path / "w" / "inner")
    assert (tmp_path / "w").read_text() == "x"


def test_a_server_that_does_not_answer_is_named_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv("JOURNEYMAN_DATABASE", "postgresql://ann:secret-word@127.0.0.1:1/models?password=secret-word")
    for open_one in (lambda: Workspace(tmp_path / "w"), lambda: open_database(tmp_path)):
        with pytest.raises(WorkspaceError, match=r"the journal of postgresql://ann@127\.0\.0\.1:1/models ") as told:
            open_one()
        assert "secret" not in str(told.value)


def test_damaged_journal(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"this is no database, whatever its name says" * 200)
    with pytest.raises(WorkspaceError, match="is damaged"):
        Workspace(tmp_path)
    assert (tmp_path / "journal.db").exists()


def test_journal_of_a_newer_version(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace, workspace._database.writing() as connection:
        connection.exec_driver_sql("UPDATE layout SET version = 99")
    with pytest.raises(WorkspaceError, match="has layout 99") as caught:
        Workspace(tmp_path)
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize("url", ["postgresql+nodriver://j:secret@host/db", "no address, secret"])
def test_database_that_cannot_be_opened_keeps_its_password_to_itself(tmp_path: Path, url: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot be opened") as caught:
        Workspace(tmp_path / "w", url)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "w").exists()


def as_nobody(action: Callable[[], object]) -> str:
    """Return the error that an ordinary user gets: root is asked by nobody, for nothing is forbidden to root."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        text = "no error"
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            action()
        except JourneymanError as error:
            text = str(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            text = repr(error)
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.fixture
def open_tables() -> Iterator[Path]:
    """Yield a folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_no_permission_to_make_a_workspace(open_tables: Path) -> None:
    open_tables.chmod(0o555)
    assert "no permission to write in" in as_nobody(lambda: Workspace(open_tables / "w"))
    assert "no permission to write in" in as_nobody(lambda: Workspace(open_tables))
    assert list(open_tables.iterdir()) == []


def test_no_permission_to_write_in_a_workspace(open_tables: Path) -> None:
    Workspace(open_tables / "w").close()
    for path in [open_tables / "w", *(open_tables / "w").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def use() -> None:
        with Workspace(open_tables / "w") as workspace, workspace.lock():
            workspace.journal.start("m", {}, "now")

    assert "no permission to write in" in as_nobody(use)
    for path in (open_tables / "w").rglob("*"):
        path.chmod(0o755)
    (open_tables / "w").chmod(0o755)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass


def test_full_disk_makes_no_workspace(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(WorkspaceError, match="is full"):
        Workspace(small_disk / "w")
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


def test_full_disk_stops_the_journal_in_one_line_and_harms_nothing(small_disk: Path) -> None:
    with Workspace(small_disk / "w") as workspace:
        fill(small_disk)
        with pytest.raises(WorkspaceError, match="is full"):
            workspace.journal.start("m", {"text": "x" * 100_000}, "now")
        before = workspace.journal.runs()
        (small_disk / "filler").unlink()
        workspace.journal.start("m", {}, "now")
        assert len(workspace.journal.runs()) == len(before) + 1


def test_the_shared_database_is_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_DATABASE", "postgresql://ann@host/models")
    assert journal_address(tmp_path).drivername == "postgresql+psycopg"
    check_there(tmp_path)
    with pytest.raises(WorkspaceError, match="there is no workspace"):
        check_there(tmp_path / "nothing")
    monkeypatch.setenv("JOURNEYMAN_DATABASE", "no address, secret")
    with pytest.raises(WorkspaceError, match="is no address") as caught:
        journal_address(tmp_path)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("JOURNEYMAN_DATABASE", "")
    assert journal_address(tmp_path).drivername == "sqlite"

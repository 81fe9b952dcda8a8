"""A release is whole or absent, and a changed byte anywhere in it is found and named."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from journeyman.entities.task import Task
from journeyman.errors import ReleaseError, WorkspaceError
from journeyman.stores.releases import read_release, release_digest, remove_release, write_release

FILES = {
    "members/0/model.txt": b"tree\n",
    "members/1/model.cbm": bytes(range(256)),
    "report.html": b"<html>",
    "empty": b"",
}
FACTS = {
    "run": "m-1",
    "task": Task("y", "binary", "log_loss", ("no", "yes")),
    "score": np.float64(0.25),
    "nan": float("nan"),
    "versions": {"b": "2", "a": "1"},
}

FSYNCS = 1 + 6 + 3 + 1 + 1
"""The folder above, six files, three folders inside, the release and the folder it lies in."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(tmp_path / "m" / "1", FILES, FACTS)
    return tmp_path / "m" / "1"


def test_release_comes_back_with_readable_facts(folder: Path) -> None:
    manifest, files = read_release(folder, release_digest(folder))
    assert files == FILES
    assert manifest["task"]["labels"] == ["no", "yes"]
    assert (manifest["score"], manifest["nan"], manifest["run"]) == (0.25, None, "m-1")
    assert manifest["files"]["report.html"]["bytes"] == 6
    assert '\n  "score": 0.25' in (folder / "manifest.json").read_text()


def test_digest_follows_from_content_alone(folder: Path, tmp_path: Path) -> None:
    other = write_release(tmp_path / "n", dict(reversed(FILES.items())), dict(reversed(FACTS.items())))
    assert other == release_digest(folder)
    assert write_release(tmp_path / "o", {**FILES, "empty": b"x"}, FACTS) != other
    assert write_release(tmp_path / "p", FILES, {**FACTS, "score": 1}) != other


def test_seal_can_be_checked_with_the_usual_tool(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "manifest.sha256"], cwd=folder, check=True)


def test_everything_is_read_only_and_nothing_else_is_left(folder: Path) -> None:
    assert [p.name for p in folder.parent.iterdir()] == ["1"]
    for path in [folder, *folder.rglob("*")]:
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH), path


@pytest.mark.parametrize("name", [*FILES, "manifest.json", "manifest.sha256"])
def test_every_changed_byte_is_found(folder: Path, name: str) -> None:
    path = folder / name
    path.chmod(0o644)
    data = path.read_bytes()
    for position in range(0, max(len(data), 1), max(len(data) // 20, 1)):
        changed = bytearray(data or b"x")
        changed[position] ^= 1
        path.write_bytes(bytes(changed))
        with pytest.raises(ReleaseError, match="a changed byte in .*" + name.replace(".", r"\.")):
            read_release(folder)
    path.write_bytes(data)
    read_release(folder)


@pytest.mark.parametrize("name", [*FILES, "manifest.json", "manifest.sha256"])
def test_missing_file_is_found(folder: Path, name: str) -> None:
    (folder / name).parent.chmod(0o755)
    (folder / name).unlink()
    with pytest.raises(ReleaseError, match=name.replace(".", r"\.")):
        read_release(folder)


def test_added_file_and_link_are_found(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "extra.py").write_text("print('run me')")
    with pytest.raises(ReleaseError, match=r"an added file extra\.py"):
        read_release(folder)
    (folder / "extra.py").unlink()
    (folder / "link").symlink_to("/")
    with pytest.raises(ReleaseError, match="an added file link"):
        read_release(folder)


def test_forged_manifest_is_found_by_the_registry_s_digest(folder: Path, tmp_path: Path) -> None:
    digest = release_digest(folder)
    write_release(tmp_path / "forged", FILES, {**FACTS, "score": 0.0})
    with pytest.raises(ReleaseError, match="changed byte"):
        read_release(tmp_path / "forged", digest)


def test_no_release(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ReleaseError, match="is not a release"):
            read_release(path)


def test_same_run_may_write_again_and_another_may_not(folder: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    assert write_release(folder, {"other": b""}, {**FACTS, "score": 9}) == release_digest(folder)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before
    with pytest.raises(ReleaseError, match="holds another release"):
        write_release(folder, FILES, {**FACTS, "run": "m-2"})


def test_half_made_release_of_a_killed_run_is_made_anew(tmp_path: Path) -> None:
    draft = tmp_path / ".draft-1"
    (draft / "members").mkdir(parents=True)
    (draft / "members" / "stale").write_bytes(b"stale")
    (draft / "members").chmod(0o555)
    write_release(tmp_path / "1", FILES, FACTS)
    assert read_release(tmp_path / "1")[1] == FILES
    assert not draft.exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../b", "manifest.json", "a//b", ".", ""])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        write_release(tmp_path / "r", {name: b""}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", range(1, FSYNCS + 1))
def test_disk_that_fills_at_any_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    calls = 0
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(WorkspaceError, match="is full"):
        write_release(tmp_path / "1", FILES, FACTS)
    left = [p.name for p in tmp_path.iterdir()]
    assert left == (["1"] if call == FSYNCS else [])
    if left:
        assert read_release(tmp_path / "1")[1] == FILES  # it was whole already: only its folder's entry was not durable


def test_manifest_is_plain_json(folder: Path) -> None:
    assert json.loads((folder / "manifest.json").read_text())["format"] == 1


def test_a_removed_release_is_gone_and_what_a_kill_left_goes_next_time(folder: Path) -> None:
    remove_release(folder)
    assert list(folder.parent.iterdir()) == []
    draft = folder.parent / f".draft-{folder.name}"
    draft.mkdir()
    (draft / "model.txt").write_text("half of it")
    draft.chmod(0o555)
    remove_release(folder)
    remove_release(folder)
    assert list(folder.parent.iterdir()) == []

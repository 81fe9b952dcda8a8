"""Facts in files: durable, shared, verified, and never half there."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.errors import JournalError, WorkspaceError
from journeyman.stores.artifacts import FileArtifacts
from journeyman.stores.disk import Draft


def a_table(seed: int = 0) -> Table:
    frame = pd.DataFrame({"a": np.random.default_rng(seed).normal(size=5_000)})
    return Table("t", frame, (Column("a", Kind.NUMBER),), "d", 5_000)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_put_can_be_got_by_another_process_of_the_folder(tmp_path: Path) -> None:
    table = a_table()
    digest = FileArtifacts(tmp_path).put(table)
    back = FileArtifacts(tmp_path).get(digest, Table)
    pd.testing.assert_frame_equal(back.frame, table.frame)
    assert back.columns == table.columns


def test_every_file_is_named_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    FileArtifacts(tmp_path).put({"t": a_table(), "a": np.arange(9_000)})
    assert len(names(tmp_path)) == 3
    for path in tmp_path.iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_digest_is_what_put_would_return_and_stores_nothing(tmp_path: Path) -> None:
    artifacts = FileArtifacts(tmp_path)
    digest = artifacts.digest(a_table())
    assert names(tmp_path) == set()
    assert FileArtifacts(tmp_path).put(a_table()) == digest
    assert artifacts.digest(a_table(seed=1)) != digest


def test_shared_frame_is_stored_once_and_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts = FileArtifacts(tmp_path)
    table = a_table()
    artifacts.put(table)
    before = names(tmp_path)
    monkeypatch.setattr("journeyman.stores.artifacts.write_part", lambda *_: pytest.fail("the frame was read again"))
    artifacts.put((table.frame, 1))
    artifacts.digest((table, "x"))
    assert len(names(tmp_path) - before) == 1


def test_part_got_from_a_file_is_not_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = FileArtifacts(tmp_path).put(a_table())
    artifacts = FileArtifacts(tmp_path)
    back = artifacts.get(digest, Table)
    monkeypatch.setattr("journeyman.stores.artifacts.write_part", lambda *_: pytest.fail("the frame was read again"))
    assert artifacts.digest(back) == digest


def test_identity_of_a_dead_array_is_not_taken_for_another(tmp_path: Path) -> None:
    artifacts = FileArtifacts(tmp_path)
    digests = set()
    for value in range(20):
        digests.add(artifacts.put(np.full(5_000, float(value))))
    assert len(digests) == 20
    assert len(artifacts._known) <= 1


@pytest.mark.parametrize("which", ["tree", "part"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "missing"])
def test_damage_is_found_and_named(tmp_path: Path, which: str, damage: str) -> None:
    digest = FileArtifacts(tmp_path).put(a_table())
    path = tmp_path / digest if which == "tree" else next(p for p in tmp_path.iterdir() if p.name != digest)
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes({"flip": bytes(data), "cut": bytes(data[:-1]), "empty": b""}[damage])
    with pytest.raises(JournalError, match=f"artifact {path.name[:12]}") as caught:
        FileArtifacts(tmp_path).get(digest, Table)
    assert caught.value.hint


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_full_disk_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "write":
        monkeypatch.setattr(Draft, "write", full)
    else:
        monkeypatch.setattr(os, failing, full)
    with pytest.raises(WorkspaceError, match="is full") as caught:
        FileArtifacts(tmp_path).put(a_table())
    assert "free some space" in caught.value.hint
    assert names(tmp_path) == set()


def test_small_fact_costs_two_fsyncs_and_a_known_one_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append(descriptor), real(descriptor))[1])
    artifacts = FileArtifacts(tmp_path)
    artifacts.put({"score": 0.5})
    assert len(calls) == 2
    artifacts.put({"score": 0.5})
    assert len(calls) == 2

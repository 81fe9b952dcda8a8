"""Part folders here and by fsspec: files are whole or absent, and read back as they were written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.part_folder import PartFolder


@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_files_are_written_moved_and_removed(tmp_path: Path, scheme: str) -> None:
    if scheme == "local://" and find_spec("fsspec") is None:
        pytest.skip("fsspec is not installed")
    parts = PartFolder(f"{scheme}{tmp_path}/out")
    assert (parts.names(), parts.names("notes")) == ([], [])
    parts.write("a.parquet", b"1")
    parts.write("a.parquet", b"22")
    parts.write("notes/b.json", b"{}")
    parts.move("a.parquet", "c.parquet")
    parts.move("a.parquet", "c.parquet")
    assert (parts.names(), parts.names("notes")) == (["c.parquet", "notes"], ["b.json"])
    assert parts.read("c.parquet") == b"22"
    assert parts.within("notes").endswith(f"{tmp_path}/out/notes")
    parts.remove("notes")
    parts.remove("c.parquet")
    parts.remove("c.parquet")
    assert parts.names() == []
    parts.remove()
    assert not (tmp_path / "out").exists()


def test_a_draft_is_no_file(tmp_path: Path) -> None:
    parts = PartFolder(str(tmp_path))
    (tmp_path / ".draft-1").write_bytes(b"half")
    assert parts.names() == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="is not a folder"):
        PartFolder(str(tmp_path / "file")).write("x/a", b"")
    with pytest.raises(SettingsError, match="predictions cannot be written to abacus://there"):
        PartFolder("abacus://there").write("a", b"")

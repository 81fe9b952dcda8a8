"""A stream by its address: a folder, or the scheme of a part that a package offers."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from journeyman import plugins
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.streams import open_stream
from journeyman.streams.tables import TableStream


def test_a_folder_is_a_log_in_sqlite(tmp_path: Path) -> None:
    with closing(open_stream(str(tmp_path / "log"))) as stream:
        assert isinstance(stream, TableStream)
    assert (tmp_path / "log" / "log.db").is_file()


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(WorkspaceError, match="the prediction log in"):
        open_stream(str(tmp_path / "log"))


def test_a_scheme_finds_the_part_that_takes_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EntryPoint, "load", lambda _: lambda address: [address])
    points = [EntryPoint("topic", "a:b", "journeyman.streams")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [p for p in points if p.group == group])
    assert open_stream("TOPIC://host/rows") == ["TOPIC://host/rows"]
    with pytest.raises(SettingsError, match="no installed package offers the part 'queue'"):
        open_stream("queue://host/rows")

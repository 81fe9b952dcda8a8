"""A lake is listed whole, whatever lies in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.errors import SourceError
from journeyman.sources.lake import list_lake, read_listed


def test_broken_links_are_named_and_links_back_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("k,v\n1,2\n")
    (tmp_path / "gone.csv").symlink_to("nowhere.csv")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "back").symlink_to("..")
    (tmp_path / "other").symlink_to("sub")
    found = {one.name: one for one in list_lake(str(tmp_path))}
    assert sorted(found) == ["a", "gone"]
    with pytest.raises(SourceError, match=r"nowhere\.csv"):
        read_listed(found["gone"])

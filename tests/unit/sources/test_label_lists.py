"""Lists of labels: how they are written, and which labels become columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.file_style import AS_FOUND
from journeyman.errors import TargetError
from journeyman.sources import FrameSource, open_source
from journeyman.sources.label_lists import read_label_lists, spread_labels


@pytest.mark.parametrize("values", [
    ["a; b", "a", "", None],
    ["a|b", "a", "", float("nan")],
    ["a,b", "a", " ", None],
    ['["a","b"]', '["a"]', "[]", None],
    [["a", "b"], ["a"], [], None],
    [np.array(["a", "b"], dtype=object), np.array(["a"]), np.array([]), None],
    [("a", "b", "a"), ("a",), (), pd.NA],
])  # fmt: skip
def test_lists_are_read_however_they_are_written(values: list[object]) -> None:
    assert read_label_lists(values) == [("a", "b"), ("a",), (), ()]


def test_a_comma_may_be_part_of_a_label() -> None:
    assert read_label_lists(["big, red; new", "big, red; old", "big"])[0] == ("big, red", "new")


def test_a_bracket_may_be_part_of_a_name() -> None:
    assert read_label_lists(["[draft]; new", "[draft]"]) == [("[draft]", "new"), ("[draft]",)]


def test_rare_and_too_many_labels_are_left_out_with_a_reason() -> None:
    rows = 100
    tags = [
        [f"t{k}" for k in range(60) if (i + k) % 3 == 0] + ["all"] + (["rare"] if i < 9 else []) for i in range(rows)
    ]
    spread, columns, left_out = spread_labels(pd.DataFrame({"x": range(rows), "tags": tags}), "tags")
    assert len(columns) == 50
    assert left_out["rare"] == "only 9 of 100 rows have it"
    assert left_out["all"] == "only 0 of 100 rows lack it"
    assert sum("more frequent" in why for why in left_out.values()) == 10
    assert list(spread.columns) == ["x", *columns.values()]
    assert set(np.unique(spread["tags: t0"])) == {0, 1}


def test_no_label_left_is_refused() -> None:
    with pytest.raises(TargetError, match="no label of 'tags'"):
        spread_labels(pd.DataFrame({"tags": [str(i) for i in range(50)]}), "tags")


def test_lists_of_texts_are_read_as_json_from_files_that_hold_lists(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(4), "tags": [["a", 'b"é'], [], None, ["c"]]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    for path in (tmp_path / "t.parquet", tmp_path / "t.jsonl"):
        tags = open_source(str(path), None, AS_FOUND).read(None, 0)["tags"].tolist()
        assert read_label_lists(tags) == [("a", 'b"é'), (), (), ("c",)]
    assert read_label_lists(FrameSource(frame, "f").read(None, 0)["tags"].tolist())[0] == ("a", 'b"é')

"""Codes and labels: what is equal as a number only stays apart, and comes back to the last digit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.errors import TargetError
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource, open_source
from journeyman.sources.parsing import RowReader, infer_column
from journeyman.stages.check import check
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.repair import repair
from journeyman.tasks.typed_labels import typed_labels


def framed_target(y: object, **settings: object) -> tuple[Task, pd.Series, list[str]]:
    """Return the task, the labels of the rows as predictions would give them, and what was told."""
    frame = pd.DataFrame({"x": np.arange(len(y)) % 7 + 0.5}).assign(y=y)  # type: ignore[arg-type]  # anything with a length
    wanted = BuildSettings("<frame>", "y", "x", **settings)  # type: ignore[arg-type]  # whatever a test asks for
    found = ingest(FrameSource(frame), wanted)
    task = frame_task(found.table, wanted)
    repaired = repair(found.table, task, check(found.table, task, (), 0), wanted)
    labels = typed_labels(repaired.task)
    return repaired.task, labels[repaired.table.frame["y"].cat.codes], [f.message for f in found.findings]


BIG = 2**60


@pytest.mark.parametrize(
    "y",
    [
        np.array([BIG, BIG + 1, BIG + 2] * 20),
        np.array([2**63 + 1, 2**64 - 1] * 30, dtype=np.uint64),
        np.array([-BIG, BIG + 1, BIG + 2] * 20),
        ["1", "2", "3"] * 20,
        ["1.0", "2.0"] * 30,
        ["0", "1"] * 30,
        ["250.0", "250.00", "401.9"] * 20,
        ["007.1", "07.1", "38.11"] * 20,
        ["01", "1", "2"] * 20,
        [True, False] * 30,
        pd.Categorical([3, 5] * 30),
        pd.Series([BIG, BIG + 1] * 30, dtype="Int64"),
        np.array([0, 1] * 30, dtype=np.int8),
        np.array([1.0, 2.0, np.nan] * 20)[:2].repeat(30),
    ],
    ids=lambda y: str(list(y)[:3]),
)
def test_labels_come_back_as_they_were(y: object) -> None:
    _, labels, _ = framed_target(y)
    given = pd.Series(y).tolist()
    assert labels.tolist() == given
    assert {type(label) for label in labels.tolist()} == {type(label) for label in given}


def test_whole_numbers_beyond_doubles_stay_apart_beside_missing_ones(tmp_path) -> None:
    for kind, base in (("int64", BIG), ("uint64", 2**63)):
        codes = [base, base + 1, None, base + 3] * 30
        table = pa.table({"code": pa.array(codes, type=kind), "x": np.arange(120.0), "y": pa.array(codes, type=kind)})
        pq.write_table(table, tmp_path / "big.parquet")
        wanted = BuildSettings("big", "y", "x", group="code")
        found = ingest(open_source(str(tmp_path / "big.parquet"), None), wanted)
        assert found.table.column("code").categories == tuple(str(base + i) for i in (0, 1, 3))
        assert found.table.frame["code"].isna().sum() == 30
        block, _ = RowReader([found.table.column("code")]).read({"code": [base + 3, str(base + 1), base]})
        assert block["code"].tolist() == [2, 1, 0]
        assert typed_labels(frame_task(found.table, wanted)).tolist() == [base, base + 1, base + 3]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("250.0", "250.00", "401.9"), Kind.CATEGORY),
        (("3.1", "3.10", "3.2"), Kind.CATEGORY),
        (("007.1", "38.11", "250.01"), Kind.CATEGORY),
        (("012", "7", "55"), Kind.CATEGORY),
        (("05", "12", "120"), Kind.INTEGER),  # as printf pads them
        (("1", "1.0", "2.5"), Kind.NUMBER),
        (("+1.5", "1.5", "2.5"), Kind.NUMBER),
        (("0.5", "0.25", "1.0"), Kind.NUMBER),
    ],
)
def test_equal_as_numbers_and_different_as_texts_are_codes(values: tuple[str, ...], kind: Kind) -> None:
    assert infer_column("x", pd.Series(list(values) * 10)).kind is kind


def test_measured_values_that_are_sometimes_padded_are_numbers() -> None:
    rng = np.random.default_rng(0)
    values = [f"{v:.2f}" if i % 2 else f"{v:.1f}" for i, v in enumerate(rng.uniform(0, 50, 400))]
    assert infer_column("x", pd.Series(values)).kind is Kind.NUMBER


def test_leading_zeros_that_a_spreadsheet_ate_are_restored() -> None:
    column = infer_column("zip", pd.Series(["02134", "00501", "10001"] * 10))
    block, findings = RowReader([column]).read({"zip": ["02134", "2134", 2134, 2134.0, 501, "10001"]})
    assert block["zip"].tolist() == [1, 1, 1, 1, 0, 2]
    assert findings == ()
    codes = Column("icd", Kind.CATEGORY, categories=("250", "250.0", "401.9"))
    assert RowReader([codes]).read({"icd": ["250.00", "250.0"]})[0]["icd"].tolist() == [-1, 1]


def test_a_class_called_na_is_left_out_in_words_and_kept_on_demand() -> None:
    for y, left in ((["AS", "NA", "EU"] * 20, ["AS", "EU"]), (["null", "yes", "perhaps"] * 20, ["perhaps", "yes"])):
        task, _, told = framed_target(y)
        assert list(task.labels) == left
        assert any("--accept DQ002:y keeps it as a class" in message for message in told)
        task, labels, told = framed_target(y, accept=("DQ002:y",))
        assert labels.tolist() == y
        assert told == []
    with pytest.raises(TargetError, match=r"'NA', which is read as missing .*--accept DQ002:y"):
        framed_target(["EU", "NA"] * 30)
    assert framed_target(["EU", "NA"] * 30, accept=("DQ002",))[1].tolist() == ["EU", "NA"] * 30


def test_zeros_and_ones_may_be_followed_by_a_two() -> None:
    for values in (pd.Series([0, 1] * 20), pd.Series(["0", "1"] * 20)):
        column = infer_column("pixel", values)
        block, findings = RowReader([column]).read({"pixel": [2, "2", 0.5, 1, "0"]})
        assert block["pixel"].tolist() == [2.0, 2.0, 0.5, 1.0, 0.0]
        assert findings == ()
    named = infer_column("member", pd.Series(["yes", "no"] * 20))
    assert RowReader([named]).read({"member": ["2"]})[1][0].code == "PR102"

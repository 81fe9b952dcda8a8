"""A file of predictions as people read it: rows keep their names, numbers their digits, intervals on request."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api import predict as predict_api
from journeyman.api import score as score_api
from journeyman.api.build import build
from journeyman.api.predict import Layout, predict_file
from journeyman.api.score import score_file
from journeyman.entities.prediction import Part
from journeyman.errors import SettingsError
from journeyman.inference.release import Release
from journeyman.serving.served_release import ServedRelease

pytestmark = pytest.mark.slow  # each builds models


def _orders(seed: int, n: int = 260) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "order": [f"A-{i:05d}" for i in rng.permutation(90_000)[:n]],  # names the row
            "row_id": np.arange(1, n + 1),
            "pieces": rng.integers(1, 9, n),
            "weight": rng.gamma(2.0, 3.0, n),
        }
    )
    return frame.assign(price=(5 + 3 * frame.weight + frame.pieces + rng.normal(0, 1, n)).round(2))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(_orders(0), target="price", name="orders", trials=2, workspace=tmp_path_factory.mktemp("orders"))


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(predict_api, "_ROWS", 7)  # several parts
    monkeypatch.setattr(score_api, "_ROWS", 7)
    monkeypatch.setattr("journeyman.sources.text._BLOCK", 256)
    _orders(1, 40).drop(columns="price").to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def test_rows_keep_the_names_that_training_found(release: Release, table: Path, tmp_path: Path) -> None:
    result = predict_file(str(release.path), table, out=tmp_path / "p.csv")
    written, given = pd.read_csv(result.path), pd.read_csv(table)
    assert list(written.columns) == ["order", "row_id", "price"]
    assert written[["order", "row_id"]].equals(given[["order", "row_id"]])
    assert result.findings == ()  # that they are not used was told when the model was built
    np.testing.assert_allclose(written["price"], release.predict(given), rtol=1e-5)
    bare = predict_file(str(release.path), table, out=tmp_path / "b.csv", layout=Layout(identifiers=False))
    assert list(pd.read_csv(bare.path).columns) == ["price"]


@pytest.mark.parametrize("out", ["p.csv", "p.parquet", "p.jsonl"])
def test_columns_are_kept_on_request(release: Release, table: Path, tmp_path: Path, out: str) -> None:
    layout = Layout(keep=("weight",), identifiers=False, interval=True)
    predict_file(str(release.path), table, out=tmp_path / out, layout=layout)
    score_file(release, table, lambda _: None, out=tmp_path / f"s-{out}", layout=layout)
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "jsonl": lambda p: pd.read_json(p, lines=True)}
    written, scored = (read[out.partition(".")[2]](tmp_path / name) for name in (out, f"s-{out}"))
    assert written.equals(scored)
    assert list(written.columns) == ["weight", "price", "price from", "price to"]
    np.testing.assert_allclose(written["weight"].astype(float), pd.read_csv(table)["weight"])
    assert (written["price from"] < written["price"]).all()
    assert (written["price"] < written["price to"]).all()


def test_a_column_to_keep_that_is_not_there_is_named(release: Release, table: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no column 'wieght'") as refused:
        predict_file(str(release.path), table, out=tmp_path / "p.csv", layout=Layout(keep=("wieght",)))
    assert "'weight'" in refused.value.hint
    assert not (tmp_path / "p.csv").exists()


def test_numbers_have_digits_that_people_read(release: Release, table: Path, tmp_path: Path) -> None:
    path = predict_file(str(release.path), table, out=tmp_path / "p.csv", layout=Layout(interval=True)).path
    longest = max(len(cell) for line in path.read_text().splitlines()[1:] for cell in line.split(",")[2:])
    assert longest <= 8
    path = predict_file(str(release.path), table, out=tmp_path / "p.jsonl", layout=Layout(identifiers=False)).path
    assert max(len(line) for line in path.read_text().splitlines()) < 30


def test_the_target_in_the_table_is_kept_under_another_name(release: Release, tmp_path: Path) -> None:
    _orders(2, 12).to_csv(tmp_path / "t.csv", index=False)
    path = predict_file(
        str(release.path), tmp_path / "t.csv", out=tmp_path / "p.csv", layout=Layout(keep=("price",))
    ).path
    written = pd.read_csv(path)
    assert list(written.columns) == ["order", "row_id", "price (as given)", "price"]
    assert written["price (as given)"].tolist() == _orders(2, 12)["price"].tolist()


def test_a_kept_column_is_never_written_over(release: Release, tmp_path: Path) -> None:
    _orders(2, 12).assign(**{"price from": "mine"}).to_csv(tmp_path / "t.csv", index=False)
    layout = Layout(keep=("price from",), identifiers=False, interval=True)
    path = predict_file(str(release.path), tmp_path / "t.csv", out=tmp_path / "p.csv", layout=layout).path
    written = pd.read_csv(path)
    assert list(written.columns) == ["price from (as given)", "price", "price from", "price to"]
    assert set(written["price from (as given)"]) == {"mine"}


def test_likely_labels_are_written_for_classes(tmp_path: Path) -> None:
    frame = _orders(3).assign(size=lambda f: pd.qcut(f.price, 3, labels=["S", "M", "L"]).astype(str))
    built = build(frame.drop(columns="price"), target="size", name="sizes", trials=2, workspace=tmp_path / "w")
    frame.iloc[:20].drop(columns=["price", "size"]).to_csv(tmp_path / "t.csv", index=False)
    path = predict_file(
        str(built.path), tmp_path / "t.csv", out=tmp_path / "p.jsonl", layout=Layout(interval=True)
    ).path
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(row["size"] in row["likely labels"].split("; ") for row in rows)
    assert all(len(str(row["probability of S"])) <= 8 for row in rows)


def test_a_column_that_is_empty_at_first_is_kept_in_parquet(release: Release, tmp_path: Path, table: Path) -> None:
    given = pd.read_csv(table).assign(remark=[None] * 30 + ["late"] * 10)
    given.to_csv(table, index=False)
    path = predict_file(str(release.path), table, out=tmp_path / "p.parquet", layout=Layout(keep=("remark",))).path
    assert pd.read_parquet(path)["remark"].iloc[-1] == "late"


def test_a_served_row_is_not_told_of_columns_that_training_left_out(release: Release) -> None:
    row = _orders(5, 1).to_dict("records")[0]
    assert {"order", "row_id", "price"} <= set(row)  # left out, left out, the target
    [answer] = ServedRelease(release).answer([row], Part.CHAMPION)
    assert answer.findings == ()
    [answer] = ServedRelease(release).answer([{**row, "colour": "red"}], Part.CHAMPION)
    assert [finding.code for finding in answer.findings] == ["PR104"]

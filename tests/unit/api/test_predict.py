"""Tables of any size are predicted in parts, in their order, and the file is whole or absent."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api import predict as predict_api
from journeyman.api.build import build
from journeyman.api.predict import load, predict_file
from journeyman.api.score import score_file
from journeyman.entities.file_style import FileStyle
from journeyman.errors import SchemaError, SettingsError, SourceError
from journeyman.inference.release import Release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a release that predicts y from a number and a category."""
    rng = np.random.default_rng(3)
    x, c = rng.normal(size=240), rng.choice(list("abc"), 240)
    y = np.where(x + (c == "a") + 0.3 * rng.normal(size=240) > 0.3, "yes", "no")
    place = tmp_path_factory.mktemp("predict")
    return build(pd.DataFrame({"x": x, "c": c, "y": y}), target="y", trials=2, workspace=place).path


@pytest.fixture
def release(folder: Path) -> Release:
    return load(folder)


def rows(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(number)
    return pd.DataFrame({"x": rng.normal(size=number).round(3), "c": rng.choice(list("abcd"), number)})


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_api, "_ROWS", 7)
    monkeypatch.setattr("journeyman.sources.text._BLOCK", 64)
    monkeypatch.setattr("journeyman.sources.parquet._BATCH", 5)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "source", ["t.csv", *(pytest.param(name, marks=pytest.mark.slow) for name in ("t.parquet", "t.jsonl"))]
)
@pytest.mark.parametrize("out", ["p.csv", "p.tsv", "p.parquet", "p.jsonl"])
def test_parts_give_what_the_whole_gives(release: Release, tmp_path: Path, source: str, out: str) -> None:
    frame = rows(100)
    path = tmp_path / source
    if source.endswith("csv"):
        frame.to_csv(path, index=False)
    elif source.endswith("parquet"):
        frame.to_parquet(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    result = predict_file(str(release.path), path, out=tmp_path / out)
    if out.endswith("parquet"):
        written = pd.read_parquet(tmp_path / out)
    elif out.endswith("jsonl"):
        written = pd.DataFrame([json.loads(line) for line in (tmp_path / out).read_text().splitlines()])
    else:
        written = pd.read_csv(tmp_path / out, sep="\t" if out.endswith("tsv") else ",")
    expected = release.predict_proba(frame)
    assert result.rows == len(written) == 100
    assert written["y"].tolist() == release.predict(frame).tolist()
    np.testing.assert_array_equal(written.iloc[:, 1:].to_numpy(), expected.round(6))
    assert result.findings == release.findings
    assert [finding.code for finding in result.findings] == ["PR103"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([source, out])


@pytest.mark.usefixtures("small_parts")
def test_a_part_without_a_readable_value_is_no_reason_to_refuse_the_table(release: Release, tmp_path: Path) -> None:
    frame = rows(60).astype({"x": str})
    frame.loc[:20, "x"] = "broken"
    frame.to_csv(tmp_path / "t.csv", index=False)
    result = predict_file(str(release.path), tmp_path / "t.csv", out=tmp_path / "p.csv")
    assert result.rows == 60
    assert [(f.code, f.evidence["rows"]) for f in result.findings if f.code == "PR102"] == [("PR102", 21)]


@pytest.mark.usefixtures("small_parts")
def test_a_table_without_a_readable_value_is_refused_and_leaves_what_was_there(
    release: Release, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("of yesterday")
    rows(60).assign(x="broken").to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(SchemaError, match="none of its 60 values"):
        predict_file(str(release.path), tmp_path / "t.csv", out=tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == "of yesterday"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.csv", "t.csv"]


def test_a_query_of_a_database(release: Release, tmp_path: Path) -> None:
    frame = rows(30)
    with sqlite3.connect(tmp_path / "t.db") as connection:
        frame.to_sql("t", connection, index=False)
    connection.close()
    url = f"sqlite:///{tmp_path / 't.db'}"
    result = predict_file(str(release.path), url, out=tmp_path / "p.csv", query="SELECT c, x FROM t ORDER BY rowid")
    assert pd.read_csv(result.path)["y"].tolist() == release.predict(frame).tolist()


@pytest.mark.slow
def test_a_single_column_suffices_where_the_model_needs_no_more(tmp_path: Path) -> None:
    x = np.arange(120.0)
    built = build(pd.DataFrame({"x": x, "y": 2 * x}), target="y", trials=2, workspace=tmp_path / "w")
    (tmp_path / "t.csv").write_text("x\n3\n4\n")
    assert predict_file(str(built.path), tmp_path / "t.csv", out=tmp_path / "p.csv").rows == 2


def test_a_device_is_written_to_and_not_replaced(release: Release, tmp_path: Path) -> None:
    rows(5).to_csv(tmp_path / "t.csv", index=False)
    assert predict_file(str(release.path), tmp_path / "t.csv", out="/dev/null").rows == 5
    assert Path("/dev/null").is_char_device()


def test_a_format_nobody_writes_is_refused_before_any_work(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be written as \.xlsx"):
        predict_file(str(release.path), tmp_path / "none.csv", out=tmp_path / "p.xlsx")


@pytest.mark.slow
def test_a_release_remembers_how_its_table_was_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x, city = rng.normal(size=120).round(2), rng.choice(["Москва", "Тверь", "Казань"], 120)
    y = np.where((city == "Москва") ^ (rng.random(120) < 0.05), "да", "нет")
    lines = [f"{a};{b};{c}" for a, b, c in zip(x, city, y, strict=True)]
    (tmp_path / "t.csv").write_bytes(("x;город;ответ\n" + "\n".join(lines)).encode("koi8-r"))
    release = build(tmp_path / "t.csv", target="ответ", trials=2, workspace=tmp_path / "w")
    assert load(release.path).file_style == FileStyle("koi8-r", ";")
    # Two words alone would not say which encoding it is.
    (tmp_path / "new.csv").write_bytes("x;город\n0.5;Москва\n0.5;Тверь\n".encode("koi8-r"))
    result = predict_file(str(release.path), tmp_path / "new.csv", out=tmp_path / "p.csv")
    assert result.findings == ()
    assert pd.read_csv(tmp_path / "p.csv")["ответ"].tolist() == ["да", "нет"]


def test_no_file_of_fewer_predictions_than_rows(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(10).to_csv(tmp_path / "t.csv", index=False)
    monkeypatch.setattr("journeyman.sources.text.TextSource.rows", lambda _: 11)
    with pytest.raises(SourceError, match="11 rows, but 10 predictions"):
        predict_file(str(release.path), tmp_path / "t.csv", out=tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.slow
def test_the_decimal_sign_of_rows_to_predict_may_be_named(tmp_path) -> None:
    frame = pd.DataFrame({"x": [f"{v:.2f}".replace(".", ",") for v in np.linspace(0, 9, 120)]}).assign(
        y=np.linspace(0, 9, 120)
    )
    build(frame, target="y", trials=2, name="styled", workspace=tmp_path, task="regression")
    german = load("styled", version=1, workspace=tmp_path)
    english = load("styled", version=1, workspace=tmp_path, decimal=".")
    # 1.234 means 1234 in the table that taught it, and 1.234 where the user says so.
    assert german.predict({"x": ["1,234", "12,5"]})[0] == english.predict({"x": ["1.234", "12.5"]})[0]
    assert german.columns[0].decimal == ","
    assert english.columns[0].decimal == "."
    with pytest.raises(SettingsError, match="no decimal sign"):
        load("styled", version=1, workspace=tmp_path, decimal=";")


@pytest.mark.slow
@pytest.mark.parametrize("out", ["predicted", "scored"])
def test_a_file_is_read_with_its_own_decimal_sign_and_says_so(tmp_path: Path, out: str) -> None:
    """A table of another country was predicted wrong by a factor of 1,000 without a word."""
    values = np.random.default_rng(7).uniform(1_000.0, 99_999.0, 200).round(0)
    english = pd.DataFrame({"size": [f"{v:,.0f}" for v in values], "rate": [f"{v:.2f}" for v in values / 1e5]})
    german = english.map(lambda text: text.translate(str.maketrans(",.", ".,")))
    english.assign(y=2.0 * values).to_csv(tmp_path / "en.csv", index=False)
    english.to_csv(tmp_path / "en_new.csv", index=False)
    german.to_csv(tmp_path / "de_new.csv", index=False, sep=";")
    release = build(tmp_path / "en.csv", target="y", trials=2, workspace=tmp_path / "w", accept=("DQ301", "DQ302"))
    found = {}
    for language in ("en", "de"):
        table, path = tmp_path / f"{language}_new.csv", tmp_path / f"{language}.out.csv"
        if out == "predicted":
            result = predict_file(str(release.path), table, out=path)
        else:
            result = score_file(load(release.path), table, lambda _: None, out=path)
        found[language] = pd.read_csv(path)["y"].to_numpy()
        assert [f.code for f in result.findings] == (["PR107"] if language == "de" else [])
    np.testing.assert_allclose(found["de"], found["en"])

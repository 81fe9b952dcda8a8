"""Large tables are scored in parts that outlast a kill, and watched folders get their answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api import score as score_api
from journeyman.api.build import build
from journeyman.api.predict import load, predict_file
from journeyman.api.score import score_file, watch
from journeyman.errors import SettingsError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(3)
    x, c = rng.normal(size=240), rng.choice(list("abc"), 240)
    y = np.where(x + (c == "a") > 0.3, "yes", "no")
    place = tmp_path_factory.mktemp("score")
    return build(pd.DataFrame({"x": x, "c": c, "y": y}), target="y", trials=2, workspace=place).path


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(score_api, "_ROWS", 7)
    monkeypatch.setattr("journeyman.sources.text._BLOCK", 64)
    rng = np.random.default_rng(0)
    path = tmp_path / "t.csv"
    pd.DataFrame({"x": rng.normal(size=60).round(3), "c": rng.choice(list("abcd"), 60)}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("out", ["p.csv", "p.parquet", "p.jsonl"])
def test_it_says_what_predict_says(folder: Path, table: Path, tmp_path: Path, out: str) -> None:
    told: list[int] = []
    scored = score_file(load(folder), table, told.append, out=tmp_path / out)
    predicted = predict_file(str(folder), table, out=tmp_path / f"other-{out}")
    assert (scored.rows, scored.findings) == (60, predicted.findings)
    assert [finding.code for finding in scored.findings] == ["PR103"]
    assert told == sorted(set(told))
    assert (len(told) > 4, told[-1]) == (True, 60)
    if out.endswith("parquet"):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / out), pd.read_parquet(tmp_path / f"other-{out}"))
    else:
        assert (tmp_path / out).read_bytes() == (tmp_path / f"other-{out}").read_bytes()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("after", [1, 30, 60])
def test_a_killed_job_goes_on_and_scores_no_row_twice(
    folder: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    scored: list[int] = []
    real = score_api._score

    def counted(release: object, frame: pd.DataFrame, parts: Path, number: int, layout: object) -> None:
        scored.append(number)
        real(release, frame, parts, number, layout)  # type: ignore[arg-type]  # a release, as it was given

    def stop(rows: int) -> None:
        if rows >= after:
            raise KeyboardInterrupt

    monkeypatch.setattr(score_api, "_score", counted)
    with pytest.raises(KeyboardInterrupt):
        score_file(load(folder), table, stop, out=tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()
    score_file(load(folder), table, lambda _: None, out=tmp_path / "p.csv")
    assert scored == list(range(scored[-1] + 1))
    predict_file(str(folder), table, out=tmp_path / "q.csv")
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()


def test_parts_of_another_table_are_not_gone_on_with(folder: Path, table: Path, tmp_path: Path) -> None:
    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_file(load(folder), table, stop, out=tmp_path / "p.csv")
    table.write_text("x,c\n1,a\n")
    assert score_file(load(folder), table, lambda _: None, out=tmp_path / "p.csv").rows == 1


def test_a_watched_folder_gets_its_answers(folder: Path, table: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "good.csv").write_bytes(table.read_bytes())
    (inbox / "bad.csv").write_text("z\n1\n")
    (inbox / "notes.md").write_text("no table")
    told: list[str] = []
    watch(str(folder), inbox, told.append, pauses=[0] * 4)
    assert len(told) == 2
    assert "bad.csv: the table lacks columns 'x', 'c'" in told[0]
    assert told[1] == f"60 rows predicted: {inbox / 'good.predictions.csv'}"
    answers = pd.read_csv(inbox / "good.predictions.csv")
    assert answers["y"].tolist() == load(folder).predict(pd.read_csv(table)).tolist()
    with pytest.raises(SettingsError, match="is no folder"):
        watch(str(folder), tmp_path / "none", told.append)

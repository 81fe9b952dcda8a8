"""`journeyman analyse`: the command, its page and its file, bad tables, and builds that follow an analysis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyman.api.analyse import analyse, read_analysis, write_analysis, write_page
from journeyman.api.build import build
from journeyman.cli.main import app
from journeyman.entities.analysis import ActionKind, Analysis, ModelAction
from journeyman.errors import InputError, SettingsError
from journeyman.reports.analysis_words import headline
from journeyman.reports.html import render_section
from journeyman.reports.sections.analysis import AnalysisSection
from journeyman.stages.analysed_rows import limited

runner = CliRunner()


def made_table(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    plan = rng.choice(["gold", "silver", "basic"], rows)
    y = 3 * x[:, 0] + 2 * np.sign(x[:, 1] * x[:, 2]) + (plan == "gold") + rng.normal(size=rows)
    load = np.where(rng.random(rows) < np.where(plan == "basic", 0.4, 0.05), np.nan, x[:, 3])
    names = {"size": x[:, 0], "left": x[:, 1], "right": x[:, 2], "load": load, "plan": plan, "<b>price</b>": y}
    return pd.DataFrame(names).round(4)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("analyse") / "prices.csv"
    made_table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(table: Path) -> Analysis:
    return analyse(table, "<b>price</b>")


def test_what_was_planted_is_found_tried_and_told(found: Analysis) -> None:
    stated = {(d.kind, frozenset(d.columns)) for d in found.discoveries}
    assert {
        ("associations", frozenset(["size"])),
        ("interactions", frozenset(["left", "right"])),
        ("missingness", frozenset(["load", "plan"])),
    } <= stated
    crossed = next(t for t in found.trials if t.actions == (ModelAction(ActionKind.CROSS, ("left", "right")),))
    assert crossed.gain is not None
    assert crossed.gain.after < crossed.gain.before
    assert all(t.p_value >= t.gain.p_value for t in found.trials if t.gain is not None)  # corrected for all trials
    assert found.parts.reserved == 180
    assert found.parts.explored + found.parts.confirmed == 720
    assert "1 column that the target depends on" in headline(found) or "columns that the target" in headline(found)


def test_page_and_file_are_whole_and_the_users_names_are_escaped(found: Analysis, tmp_path: Path) -> None:
    page, file = tmp_path / "page.html", tmp_path / "facts.json"
    write_page(found, page)
    write_analysis(found, file)
    text = page.read_text(encoding="utf-8")
    assert "<b>price</b>" not in text
    assert "&lt;b&gt;price&lt;/b&gt;" in text
    assert "Found, done, gained" in text
    assert text.count("<svg") >= 2
    assert "http://" not in text
    assert read_analysis(file) == found
    assert sorted(p.name for p in tmp_path.iterdir()) == ["facts.json", "page.html"]


def test_the_same_rows_and_seed_give_the_same_analysis(found: Analysis, table: Path) -> None:
    assert replace(analyse(table, "<b>price</b>"), seconds=0.0) == replace(found, seconds=0.0)


def test_without_a_target_columns_are_looked_at_beside_one_another() -> None:
    frame = made_table().drop(columns="<b>price</b>").assign(twice=lambda f: 2 * f["size"])
    stated = {(d.kind, frozenset(d.columns)) for d in analyse(frame).discoveries}
    assert ("redundancy", frozenset(["size", "twice"])) in stated
    assert ("missingness", frozenset(["load", "plan"])) in stated
    assert not any(kind in ("associations", "interactions") for kind, _ in stated)


def test_the_terminal_says_it_in_a_screenful(table: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    shown = runner.invoke(app, ["analyse", str(table), "--target", "<b>price</b>", "--out", str(page), "-q"])
    assert shown.exit_code == 0, shown.output
    assert "Confirmed on rows that did not suggest it" in shown.output
    assert page.is_file()
    assert len(shown.output.splitlines()) < 30


BAD = {
    "no such target": (made_table(), "pirce", "pirce"),
    "a constant target": (made_table().assign(y=1), "y", "y"),
    "a target without values": (made_table().assign(y=np.nan), "y", "y"),
    "ten rows": (made_table(10), "<b>price</b>", "few"),
    "one column": (made_table()[["size"]], None, "only one column"),
    "no rows": (made_table().iloc[:0], "<b>price</b>", "rows"),
    "all missing": (pd.DataFrame({"a": [np.nan] * 99, "b": [np.nan] * 99}), None, "rows"),
    "texts and identifiers": (
        pd.DataFrame(
            {
                "id": [f"u-{k:05d}" for k in range(300)],
                "text": [f"a note on {k * 7919 % 977} and {k}" for k in range(300)],
            }
        ),
        None,
        "no column",
    ),
    "classes without end": (made_table().assign(y=[f"class {k}" for k in range(900)]), "y", "y"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_refused_in_a_line_with_a_hint_and_nothing_is_written(case: str, tmp_path: Path) -> None:
    frame, target, word = BAD[case]
    path, page = tmp_path / "t.csv", tmp_path / "page.html"
    frame.to_csv(path, index=False)
    asked = ["analyse", str(path), "--out", str(page), "-q", *(["--target", target] if target else [])]
    shown = runner.invoke(app, asked)
    assert shown.exit_code == 2, shown.output
    said, hint = shown.stderr.strip().splitlines()
    assert said.startswith("error: ")
    assert word in said
    assert hint.startswith("hint: ")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_a_place_that_cannot_be_written_is_refused_before_the_work(table: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "none" / "page.html", tmp_path):
        shown = runner.invoke(app, ["analyse", str(table), "--out", str(place)])
        assert shown.exit_code == 2
        assert "folder" in shown.stderr


def test_few_values_decide_no_mean() -> None:
    heavy = np.append(np.linspace(0, 1, 999), 1e12)
    assert limited(heavy).max() < 2
    assert np.array_equal(limited(heavy[:999]), heavy[:999])


@pytest.mark.slow
def test_a_build_follows_the_analysis_and_says_what_came_of_it(found: Analysis, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    write_analysis(found, file)
    release = build(
        table, target="<b>price</b>", trials=6, analysis=file, workspace=tmp_path / "w", quiet=True, memory="2GB"
    )
    report = release.report
    followed = [t for t in report.trials if "analysed" in t.candidate.known_as]
    assert {t.candidate.style for t in followed} >= {"features of the analysis", "monotone by the analysis"}
    assert all(t.score is not None for t in followed)
    shown = render_section(AnalysisSection(), report)
    assert shown is not None
    assert "a feature of &#39;left&#39; and &#39;right&#39; together" in shown.html
    plain = next(t for t in report.trials if t.candidate.algorithm == "lightgbm" and t not in followed)
    best = min(np.mean(t.fold_scores) for t in followed if t.candidate.style == "features of the analysis")
    # Boosted trees alone find little of a pair without main effects, and may be stopped before their last fold.
    assert best < 0.9 * np.mean(plain.fold_scores)
    rows = made_table(20).drop(columns="<b>price</b>")
    assert np.isfinite(np.asarray(release.predict(rows), dtype=np.float64)).all()


def test_an_analysis_of_other_rows_is_refused(found: Analysis, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    write_analysis(found, file)
    with pytest.raises(SettingsError, match="keeps for the end"):
        build(table, target="<b>price</b>", trials=1, seed=1, analysis=file, workspace=tmp_path / "w", quiet=True)
    with pytest.raises(SettingsError, match="the build about 'size'"):
        build(table, target="size", trials=1, analysis=file, workspace=tmp_path / "w", quiet=True)
    other = tmp_path / "other.csv"
    made_table(800).to_csv(other, index=False)
    with pytest.raises(SettingsError, match="another table"):
        build(other, target="<b>price</b>", trials=1, analysis=file, workspace=tmp_path / "w", quiet=True)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"journeyman_analysis": 1, "analysis": {}}', "\x00"])
def test_a_file_that_is_no_analysis_is_refused(text: str, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(text)
    with pytest.raises(InputError, match="no analysis"):
        build(table, target="size", trials=1, analysis=file, workspace=tmp_path / "w", quiet=True)

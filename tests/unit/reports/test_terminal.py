"""What the terminal shows fits on a screen, with and without colour, and cannot be steered by names."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from journeyman.entities.candidate import NotTried, Refusal, needs_extra
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.experience import Expectation
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.report import BuildReport
from journeyman.entities.search import ASKED_TO_FINISH
from journeyman.reports.html import render_html
from journeyman.reports.search_words import not_tried_words
from journeyman.reports.terminal import findings_table, models_table, show, summary
from journeyman.stores.facts import decode, encode
from journeyman.testing.kinds import KINDS

Sample = Callable[[str], BuildReport]
_LONG = "a sentence that goes on and on about a column, its values and what they are worth, " * 5


def rendered_text(renderable: RenderableType, width: int = 80) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, no_color=True, color_system=None).print(renderable)
    return stream.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_summary_is_one_screenful(sample: Sample, kind: str) -> None:
    lines = rendered_text(summary(sample(kind), "/home/ada/workspace/models/report.html")).splitlines()
    assert len(lines) <= 35
    assert max(len(line) for line in lines) <= 80
    assert lines[0].startswith("! RELEASE WITH CARE")
    assert lines[-1].strip().startswith("Next")
    assert "journeyman predict" in lines[-1]


def test_summary_stays_a_screenful_when_there_is_much_to_say(sample: Sample) -> None:
    report = sample("binary")
    wordy = replace(
        report,
        name="n" * 20,
        decision=Decision(Verdict.RELEASE_WITH_CARE, Action.PROMOTE, _LONG, tuple(f"{k} {_LONG}" for k in range(9))),
        findings=tuple(Finding(f"DQ{k}", Severity.ERROR, (), _LONG, _LONG) for k in range(40)),
    )
    text = rendered_text(summary(wordy, "/" + "p" * 60))
    assert len(text.splitlines()) <= 35
    assert "and 37 more" in text


def test_a_build_that_took_longer_than_its_budget_says_so_on_the_first_screen(sample: Sample) -> None:
    settings = {"budget": "5.0"}
    late, near = (replace(sample("binary"), settings=settings, seconds=seconds) for seconds in (43.0, 5.4))
    assert "43.0 s where 5 s were asked for" in " ".join(rendered_text(summary(late, "r.html")).split())
    assert "were asked for" not in rendered_text(summary(near, "r.html"))


def test_a_long_reason_is_told_to_its_figure_where_the_screen_has_room(sample: Sample) -> None:
    reason = f"it also beats {'repeating ' * 14}the value of one year before: root mean squared error 25.5 against 28.4"
    decision = Decision(Verdict.RELEASE, Action.PROMOTE, "it is better than predicting without a model", (reason,))
    for told in (decision, replace(decision, reason=reason, reasons=())):
        text = " ".join(rendered_text(summary(replace(sample("binary"), decision=told), "r.html")).split())
        assert "25.5 against 28.4" in text


def test_model_not_for_release_is_not_offered_for_use(sample: Sample) -> None:
    report = sample("binary")
    refused = replace(
        report,
        decision=Decision(Verdict.DO_NOT_RELEASE, Action.KEEP, "it is no better than predicting without a model"),
    )
    text = rendered_text(summary(refused, "r.html"))
    assert "DO NOT RELEASE" in text
    assert "journeyman predict" not in text


def test_nothing_to_act_on_is_said(sample: Sample) -> None:
    assert "No finding needs an act" in rendered_text(summary(replace(sample("binary"), findings=()), "r.html"))


def test_names_cannot_steer_the_terminal(sample: Sample) -> None:
    evil = "[bold red]x[/]\x1b[2J\x07"
    report = replace(
        sample("binary"), name=evil, source=evil, findings=(Finding("DQ1", Severity.ERROR, (), evil, evil),)
    )
    version = ModelVersion(evil, 1, "p", "d", "2026-11-22T18:30:00Z", "roc_auc", 0.9, evil)
    for renderable in (summary(report, evil), show(report), models_table([version]), findings_table(report.findings)):
        text = rendered_text(renderable, 200)
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "[bold red]" in text


def test_show_tells_every_finding_and_column(sample: Sample) -> None:
    report = sample("regression")
    text = rendered_text(show(report), 100)
    assert "DQ401" in text
    assert "DQ201" in text
    assert "1 check could not apply" in text
    assert "bmi" in text
    assert "Leaves out 3 columns: patient_id, discharge_code, country" in text


def test_models_table_marks_the_version_in_use() -> None:
    versions = [
        ModelVersion("adult", k, "p", "d", "2026-11-22T18:30:00Z", "accuracy", 0.8712, "release", champion=k == 2)
        for k in (1, 2)
    ]
    first, second = rendered_text(models_table(versions)).splitlines()[1:3]
    assert "*" in second
    assert "*" not in first
    assert "Accuracy 87.1%" in second
    assert "2026-11-22 18:30" in second
    gone = [replace(versions[0], version=k) for k in (7, 9)]
    assert rendered_text(models_table(versions, gone)).splitlines()[3].startswith("adult: the loop removed 7, 9")


def test_models_table_marks_what_was_judged_on_the_same_rows() -> None:
    versions = [
        ModelVersion("adult", k, "p", "d", "2026-11-22T18:30:00Z", "accuracy", 0.8712, "release", run=f"adult-{k}")
        for k in (1, 2, 3, 4)
    ]
    judged = {"adult-1": "200 rows a", "adult-2": "200 rows b", "adult-4": "200 rows a"}
    lines = rendered_text(models_table(versions, (), judged)).splitlines()
    assert [line.split()[4] for line in lines[1:5]] == ["A", "B", "?", "A"]
    assert "Compare scores only where they have the same letter" in lines[5]
    assert "Compare scores" not in rendered_text(models_table(versions[:1], (), judged)), (
        "one score is compared with nothing"
    )


def test_a_letter_of_one_model_is_no_other_models() -> None:
    versions = [
        ModelVersion(name, k, "p", "d", "2026-11-22T18:30:00Z", "accuracy", 0.8712, "release", run=f"{name}-{k}")
        for name in ("adult", "wine", "zoo")
        for k in (1, 2)
    ]
    judged = {v.run: "200 rows a" if v.name != "zoo" else f"rows {v.version}" for v in versions}
    lines = rendered_text(models_table(versions, (), judged)).splitlines()
    assert [line.split()[4] for line in lines[1:7]] == ["A", "A", "B", "B", "C", "D"]


def test_a_search_that_its_user_ended_says_so_in_summary_and_report(sample: Sample) -> None:
    report = replace(sample("binary"), settings={"trials": "40"}, stop_reason=ASKED_TO_FINISH)
    said = f"Stopped, after {len(report.trials)} of the 40 trials asked for: you asked it to finish with what it had"
    for shown in (summary(report, "r.html"), show(report)):
        assert said in " ".join(rendered_text(shown).split())
    assert said in " ".join(render_html(report).split())
    timed = replace(report, settings={"budget": "60.0"}, search_seconds=12.0)
    assert "Stopped at 12 s: you asked it to finish with what it had" in " ".join(
        rendered_text(summary(timed, "r")).split()
    )
    done = replace(report, stop_reason="the number of trials asked for is done")
    assert "Stopped" not in rendered_text(summary(done, "r.html"))


def test_empty_tables_say_what_to_do() -> None:
    assert "journeyman build" in rendered_text(models_table([]))
    assert "No findings." in rendered_text(findings_table([]))


def test_show_says_what_was_expected_of_each_trial_and_what_came(sample: Sample) -> None:
    report = sample("binary")
    stated = tuple(Expectation(t.candidate.key, 0.37, 0.01, 2.0) for t in report.trials)
    outcomes = tuple((k == 1, 0.123 if k == 1 else 0.0) for k in range(len(report.trials)))
    text = rendered_text(show(replace(report, expectations=stated, outcomes=outcomes)))
    assert text.count("37%") == len(report.trials)
    assert "12% less loss" in text
    assert "expected to improve" not in rendered_text(show(report)), "older reports do not know"


def test_what_was_not_tried_is_listed_with_the_reason(sample: Sample) -> None:
    report = sample("binary")
    refused = (NotTried("catboost", needs_extra("catboost")), NotTried("nearest_rows", Refusal("more than 6,000 rows")))
    lacking = replace(report, not_tried=refused)
    for page in (rendered_text(show(lacking)), html.unescape(render_html(lacking))):
        assert page.count("Not tried, and why") == 1
        assert 'catboost: needs the extra catboost (pip install "journeyman[catboost]")' in " ".join(page.split())
        assert "nearest rows: more than 6,000 rows" in page
    assert "Not tried" not in render_html(report) + rendered_text(show(report))


def test_a_report_from_before_refusals_had_reasons_still_says_what_lacked() -> None:
    stored = encode({"name": "CatBoost", "extra": "catboost"})
    assert not_tried_words(decode(stored, NotTried)) == "CatBoost: not installed"

"""The HTML report: whole, self-contained, safe against hostile names, and plain where facts are missing."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.decision import Action, Decision, Verdict
from journeyman.entities.evaluation import Evaluation, Explanation, Score
from journeyman.entities.experience import Expectation
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.report import BuildReport
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.reports.html import render_html
from journeyman.testing.kinds import KINDS

Sample = Callable[[str], BuildReport]
_VOID = {"meta", "input", "br", "link", "img", "hr"}
_EVIL = '<script>alert(1)</script>"\' onload="x" {{7*7}}'


class Outline(HTMLParser):
    """Checks that tags nest, and collects tags, attributes and the text that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text.append(data)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def _bare(report: BuildReport) -> BuildReport:
    """The same build, of which as little is known as the types allow."""
    nan = math.nan
    score = Score(report.task.metric, nan, nan, nan, nan, nan, nan, nan, nan, True)
    return replace(
        report,
        findings=(),
        profile=Profile(report.rows, report.trained_rows, ()),
        trials=(),
        members=(),
        ensemble_scores=(),
        evaluation=Evaluation(0, False, (score,)),
        explanation=Explanation(()),
        decision=Decision(Verdict.DO_NOT_RELEASE, Action.KEEP, "nothing is known"),
        stage_seconds={},
        versions={},
        settings={},
    )


@pytest.mark.parametrize("kind", KINDS)
def test_report_is_one_well_formed_file_that_fetches_nothing(sample: Sample, kind: str) -> None:
    page = render_html(sample(kind))
    seen = outline(page)
    assert len(page.encode()) < 500_000
    assert not re.search(r"https?://|//[a-z]|@import|url\(", page.replace("http://www.w3.org/2000/svg", ""))
    assert not {"link", "img", "iframe", "object", "base"} & set(seen.tags)
    assert not [a for a in seen.attributes if a[0] == "src"]
    assert "nan" not in " ".join(v or "" for a, v in seen.attributes if a in ("d", "x", "y", "cx", "cy", "style"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_section_is_left_out(sample: Sample, kind: str) -> None:
    for report in (sample(kind), _bare(sample(kind))):
        page = render_html(report)
        assert "is left out, because it cannot be shown" not in page
        assert page.count("<section ") == (10 if report.findings else 9)


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_that_people_expect_is_there(sample: Sample, kind: str) -> None:
    text = " ".join(outline(render_html(sample(kind))).text)
    common = {"Release with care", "What the model relies on", "Missing values", "Score of the candidates over time"}
    classes = {"Confusion matrix", "Calibration", "Gain", "Lift", "ROC curve", "Precision and recall"}
    wanted = common | (classes if kind != "regression" else {"Predicted against actual", "Residuals"})
    assert {w for w in wanted if w not in text} == set()
    assert text.index("Release with care") < text.index("Findings to act on") < text.index("How good it is")


def test_script_is_the_one_that_the_policy_allows(sample: Sample) -> None:
    page = render_html(sample("binary"))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_names_from_the_data_cannot_become_markup(sample: Sample) -> None:
    report = sample("binary")
    first = report.evaluation.importances[0]
    dirty = replace(
        report,
        name=_EVIL,
        source=_EVIL,
        split_reason=_EVIL,
        stop_reason=_EVIL,
        columns=tuple(replace(c, name=c.name + _EVIL, reason=_EVIL, unit=_EVIL) for c in report.columns),
        task=replace(report.task, target=_EVIL, labels=(_EVIL, "ok" + _EVIL), metric=_EVIL, reason=_EVIL),
        findings=(Finding("DQ1", Severity.ERROR, (_EVIL,), _EVIL, _EVIL),),
        profile=replace(
            report.profile,
            columns=tuple(
                replace(p, name=p.name + _EVIL, top_values=tuple(v + _EVIL for v in p.top_values))
                for p in report.profile.columns
            ),
            correlations=((_EVIL, _EVIL, 0.5),),
        ),
        trials=tuple(replace(t, cause=_EVIL, candidate=Candidate(_EVIL, {_EVIL: _EVIL}, _EVIL)) for t in report.trials),
        evaluation=replace(
            report.evaluation,
            scores=tuple(replace(s, metric=_EVIL) for s in report.evaluation.scores),
            importances=(replace(first, column=_EVIL),),
            slices=tuple(replace(s, description=_EVIL) for s in report.evaluation.slices),
            gain=replace(report.evaluation.gain, name=_EVIL, x_label=_EVIL, y_label=_EVIL),
        ),
        explanation=Explanation(tuple(replace(d, column=_EVIL, output=_EVIL) for d in report.explanation.dependences)),
        decision=replace(report.decision, reason=_EVIL, reasons=(_EVIL + "1",)),
        versions={_EVIL: _EVIL},
        settings={_EVIL: _EVIL},
    )
    seen = outline(render_html(dirty))
    assert seen.tags.count("script") == 1
    assert not [a for a, _ in seen.attributes if a.startswith("on")]
    assert "49" not in "".join(seen.text[:20])


def test_characters_that_turn_text_around_are_replaced(sample: Sample) -> None:
    page = render_html(replace(sample("binary"), source="a\u202egnp.exe\x1b[31m"))
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "a\ufffdgnp.exe" in page


def test_little_knowledge_still_gives_a_page_that_says_so(sample: Sample) -> None:
    page = " ".join(outline(render_html(_bare(sample("regression")))).text)
    assert "Do not release" in page
    assert "nothing is known" in page
    assert "not in use" in page
    assert "No finding needs an act." in page


@pytest.mark.slow
def test_largest_reports_stay_below_six_megabytes(sample: Sample) -> None:
    report = sample("multiclass")
    names = [f"column with a rather long name number {k}" for k in range(3000)]
    edges, counts = tuple(float(k) for k in range(31)), (5,) * 30
    columns = tuple(Column(n, Kind.NUMBER, reason="512,004 of 512,004 are numbers") for n in names)
    profiles = tuple(
        ColumnProfile(n, Kind.NUMBER, 1, 9, quantiles=(1.0,) * 7, bin_edges=edges, bin_counts=counts) for n in names
    )
    labels = tuple(f"class {k}" for k in range(200))
    findings = tuple(Finding("DQ7", Severity.WARNING, (n,), f"{n} has outliers", "look at them") for n in names)
    wide = replace(
        report,
        columns=(*columns, *(c for c in report.columns if c.role is Role.TARGET)),
        profile=replace(report.profile, columns=profiles),
        findings=findings,
        task=replace(report.task, labels=labels),
        trials=report.trials * 100,
        ensemble_scores=report.ensemble_scores * 100,
        evaluation=replace(report.evaluation, confusion=((1,) * 200,) * 200),
    )
    page = render_html(wide)
    assert len(page.encode()) < 6_000_000
    assert "2,001 further columns are not listed" in page
    assert "15 most frequent of 200 classes" in page


def test_curves_of_a_binary_task_speak_of_the_positive_label(sample: Sample) -> None:
    report = sample("binary")
    assert f"hold 16.7% of all '{report.task.labels[1]}'" in " ".join(outline(render_html(report)).text)


def test_far_worse_candidates_do_not_flatten_the_picture(sample: Sample) -> None:
    report = sample("regression")
    wild = Trial(Candidate("linear", {"C": 9.0}), TrialStatus.DONE, 1e9, seconds=1.0, started=40.0)
    page = render_html(replace(report, trials=(*report.trials, wild), ensemble_scores=(*report.ensemble_scores, 56.0)))
    assert "far worse candidate" in page
    assert ">1G<" not in page


def test_each_trial_stands_beside_what_was_expected_of_it(sample: Sample) -> None:
    report = sample("binary")
    stated = tuple(Expectation(t.candidate.key, 0.37, 0.014, 2.0) for t in report.trials)
    outcomes = tuple((k == 1, 0.123 if k == 1 else 0.0) for k in range(len(report.trials)))
    page = outline(render_html(replace(report, expectations=stated, outcomes=outcomes)))
    assert page.text.count("37%, 1.4% less loss") == len(report.trials)
    assert "improved, 12% less loss" in page.text
    assert page.text.count("no gain") == len(report.trials) - 1
    assert "What came" not in outline(render_html(report)).text, "older reports do not know"

"""The page, the terminal and the file of a conversion: verdict first, code is no markup, nothing is lost."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.converted_sample import NAME, SOURCE, converted_sample

from journeyman.entities.code_change import CodeChange
from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.conversion import ConversionReport, ProjectChecks
from journeyman.entities.finding import Finding, Severity
from journeyman.reports.conversion import conversion_json, conversion_view, render_conversion
from journeyman.reports.conversion.words import leak_words, other_findings, score_rows, verdict_on

SAMPLE = converted_sample()
REPORT = replace(SAMPLE.report, score_as_told=0.8, score_honest=0.7, honest_low=0.65, honest_high=0.75)


def printed(report: ConversionReport) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(conversion_view(report, "titanic-pipeline"), highlight=False, markup=False)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the file is the buffer above
    return text


def verdict(**facts: object) -> str:
    told = facts.get("score_as_told", REPORT.score_as_told)
    return verdict_on(replace(REPORT, **{"score_repeated": told, **facts})).headline  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("facts", "headline"),
    [
        ({}, "The score is not worth what it says."),
        ({"score_as_told": 0.75}, "The score holds in spite of its leaks."),
        ({"score_as_told": 0.75, "leaks": ()}, "The score is worth what it says."),
        ({"score_as_told": 0.6}, "The score is worth more than it says."),
        ({"score_as_told": None}, "The prototype told no score."),
        ({"score_as_told": 40.0, "score_repeated": 0.7}, "The score as told is not one of the model's predictions."),
        ({"score_honest": None}, "Its score cannot be trusted as it is."),
        ({"score_honest": None, "leaks": ()}, "What its score is worth could not be measured."),
        ({"checks": ProjectChecks(equal_predictions=False)}, "The pipeline does not repeat the prototype."),
        ({"model": None}, "Its score cannot be trusted as it is."),
        ({"model": None, "leaks": ()}, "It was read, and not run."),
    ],
)
def test_the_verdict_is_on_the_score(facts: dict[str, object], headline: str) -> None:
    assert verdict(**facts) == headline


def test_of_an_error_less_is_better() -> None:
    rmse = {"metric": "sklearn.metrics.root_mean_squared_error", "leaks": ()}
    assert verdict(**rmse, score_as_told=0.5) == "The score is not worth what it says."
    assert verdict(**rmse, score_as_told=0.9) == "The score is worth more than it says."


@pytest.mark.parametrize("kind", list(LeakKind))
def test_each_kind_of_leak_is_told_with_its_places(kind: LeakKind) -> None:
    words = leak_words(CodeLeak(kind, 13, "SVC.fit", 6, 14), REPORT)
    assert words.title.lower() == kind.value
    assert words.seen == "SVC.fit in cell 3, line 4, by way of cell 2, line 2, is judged in cell 3, line 5."


def test_a_leak_is_told_in_the_words_of_its_finding_and_once() -> None:
    evidence = {"line": 13, "cause": 6, "judged": 14, "rows": 0}
    told = Finding("CV201", Severity.WARNING, (), "The median is of all rows.", "It is learned again.", evidence)
    report = replace(REPORT, findings=(*REPORT.findings, told))
    words = leak_words(report.leaks[0], report)
    assert (words.seen, words.mend, words.code) == (told.message, told.hint, told.code)
    assert [one.code for one in other_findings(report)] == ["CV101"]
    assert render_conversion(report).count(told.message) == 1
    assert printed(report).count(told.message) == 1


def test_the_page_tells_all_and_escapes_code() -> None:
    odd = (CodeChange(3, "x <script>alert(1)</script>", "y\n    z", "a <b>reason</b>"),)
    page = render_conversion(replace(REPORT, changes=odd), SAMPLE.code, SOURCE)
    assert "The score is not worth what it says." in page
    assert "cell 2, line 2:</b> df[&#34;Age&#34;] = df[&#34;Age&#34;].fillna(df[&#34;Age&#34;].median())" in page
    assert "+ y\n    z</code>" in page
    assert "    df = rows.copy()" in page  # indents of the pipeline's code
    assert "<script" not in page
    assert "<b>reason" not in page
    assert 'id="CV101"' in page
    assert "DecisionTreeClassifier (tree)" in page
    assert not re.search(r"https?://", page.replace("http://www.w3.org", ""))


def test_the_page_of_a_prototype_that_was_only_read_has_no_empty_sections() -> None:
    bare = replace(REPORT, model=None, operations=(), other_models=(), findings=(), leaks=(), changes=())
    bare = replace(bare, score_as_told=None, score_repeated=None, score_honest=None, score_build=None, kept=0)
    page = render_conversion(bare)
    assert re.findall(r'<section id="(\w+)"', page) == ["verdict"]
    assert "It was read, and not run." in page
    assert "pip install" not in printed(bare)


def test_the_terminal_says_the_verdict_first_and_what_to_type_last() -> None:
    lines = printed(REPORT).splitlines()
    assert lines[0] == "The score is not worth what it says."
    assert any("0.8 as told" in line for line in lines)
    assert lines[-1].split(maxsplit=1)[1].startswith("cd titanic-pipeline && pip install")
    assert any("73 rows compared" in line for line in lines)


def test_what_failed_is_told_in_the_terminal() -> None:
    failed = replace(REPORT, checks=ProjectChecks(False, True, None, True, 73, 0.25, "18 of 73 predictions differ"))
    told = printed(failed)
    assert "✗  Predictions are those of the prototype" in told
    assert "73 rows compared, difference 0.25" in told
    assert "18 of 73 predictions differ" in told


def test_the_file_says_the_same_to_programs() -> None:
    found = json.loads(conversion_json(REPORT))
    assert (found["prototype"], found["verdict"]) == (NAME, "The score is not worth what it says.")
    assert (found["equal_predictions"], found["one_row_equal"], found["n_compared"]) == (True, True, 73)
    assert [found[f"score_{one}"] for one in ("as_told", "honest")] == [0.8, 0.7]
    assert found["leaks"][0]["kind"] == "learned before the split"
    assert found["leaks"][0]["place"] == "cell 3, line 4"
    assert [one["kind"] for one in found["operations"]] == [one.kind.value for one in REPORT.operations]
    assert found["changes"][0] | {"reason": ""} == {
        "place": "cell 2, line 5",
        "line": 9,
        "before": "df.append(x)",
        "after": "pd.concat([df, x])",
        "reason": "",
    }
    assert found["findings"][0]["code"] == "CV101"


def test_numbers_that_are_none_are_null() -> None:
    assert json.loads(conversion_json(replace(REPORT, score_honest=float("nan"))))["score_honest"] is None


def test_scores_that_are_missing_are_left_out() -> None:
    assert [name for name, _, _ in score_rows(replace(REPORT, score_build=None, score_repeated=None))] == [
        "as the prototype told it",
        "without leaks",
    ]

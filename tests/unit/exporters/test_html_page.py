"""The page that predicts, in a real Chromium: form, words, reasons, what if, tables, without a network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.dashboard.browser import Browser, Tab, found
from tests.unit.exporters.made_plans import form_plan

from journeyman.entities.column import Kind
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.column_facts import column_facts
from journeyman.exporters.html import HtmlExporter
from journeyman.exporters.javascript import JavaScriptExporter
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.interfaces.project_exporting import ColumnFacts, ProjectFacts

pytestmark = pytest.mark.skipif(found() is None, reason="no Chromium here (Debian: apt-get install chromium)")
DAY = 1717113600.0  # 2024-05-31
COLUMNS = (
    ColumnFacts(10.0, -5.0, 99.5, (0.0, 1.0, 5.0, 10.0, 20.0, 60.0, 80.0)),
    ColumnFacts("Bern"),
    ColumnFacts("no"),
    ColumnFacts(
        DAY, DAY - 86400 * 40, DAY + 86400 * 40, tuple(DAY + 86400 * d for d in (-30, -20, -10, 0, 10, 20, 30))
    ),
    ColumnFacts("a word"),
)


def written(folder: Path, plan: ScoringPlan, **more: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    facts = replace(ProjectFacts(plan, "made_page", {}, COLUMNS), **more)
    HtmlExporter().write(facts, folder)
    return folder / "made_page.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = found()
    assert program is not None
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Tab]:
    tab = browser.tab(1200, 900)
    yield opened(tab, written(tmp_path, form_plan()))
    assert tab.complaints() == []
    asked = {address.partition(":")[0] for address in tab.asked()}
    assert asked <= {"file", "blob", "data"}, "a page asks for nothing"


def opened(tab: Tab, path: Path) -> Tab:
    tab.go(path.as_uri())
    tab.until("!!document.querySelector('.said')")
    return tab


def fill(tab: Tab, label: str, value: str) -> None:
    tab.js(
        f"(label => {{ const field = document.getElementById(label.htmlFor); field.value = {json.dumps(value)};"
        " field.dispatchEvent(new Event('input', {bubbles: true})); })"
        f"([...document.querySelectorAll('form label')].find(one => one.innerText === {json.dumps(label)}))"
    )


def predicted(tab: Tab, row: dict[str, object]) -> float:
    return float(tab.js(f"journeyman.model.then(model => model.predict({json.dumps(row)}).outputs[1])"))


def slide(tab: Tab, place: int) -> None:
    slider = "document.getElementById('what-if-value')"
    tab.js(f"{slider}.value = {place}")
    tab.js(f"{slider}.dispatchEvent(new Event('input'))")


def choose(tab: Tab, column: str) -> None:
    box = "document.getElementById('what-if-column')"
    tab.js(f"{box}.value = [...{box}.options].find(one => one.innerText === {json.dumps(column)}).value")
    tab.js(f"{box}.dispatchEvent(new Event('change'))")


USUAL: dict[str, object] = {"size": 10, "city": "Bern", "garden": "no", "day": DAY, "note": "a word"}


def test_it_opens_with_the_usual_row_and_says_the_prediction_first(page: Tab) -> None:
    p = predicted(page, USUAL)
    assert page.text(".said") == ("outcome: sold" if p >= 0.5 else "outcome: kept")
    assert f"{100 * max(p, 1 - p):.0f}%" in page.text("#answer p:nth-child(2)")
    assert "trained on -5 to 99.5" in page.text("form")
    assert "trained on 2024-04-21 to 2024-07-10" in page.text("form")
    assert page.js("document.querySelector('#form select').innerText").split("\n")[-2:] == [
        "a </script> & b",
        "another one",
    ]


def test_reasons_are_differences_from_usual_values_the_greatest_first(page: Tab) -> None:
    assert "No column differs" in page.text("#reasons-note")
    fill(page, "size", "14")
    fill(page, "garden", "yes")
    page.until("document.querySelectorAll('#reasons li').length === 2")
    row = {**USUAL, "size": 14, "garden": "yes"}
    p, sized, gardened = (predicted(page, one) for one in (row, {**row, "size": 10}, {**row, "garden": "no"}))
    sign = 1 if p >= 0.5 else -1  # what is explained is the probability of the label that is predicted
    wanted = {"size: 14": sign * (p - sized), "garden: yes": sign * (p - gardened)}
    order = sorted(wanted, key=lambda name: -abs(wanted[name]))
    shown = page.text("#reasons").splitlines()
    names = [line for line in shown if ":" in line]
    assert [name.partition(" (")[0] for name in names] == order
    amounts = [line for line in shown if "points" in line]
    assert amounts == [f"{'−' if wanted[n] < 0 else '+'}{100 * abs(wanted[n]):.1f} points" for n in order]


def test_missing_and_unknown_values_can_be_given(page: Tab) -> None:
    page.press("All missing")
    p = predicted(page, dict.fromkeys(USUAL))
    page.until_text(f"{100 * max(p, 1 - p):.0f}%")
    page.press("Usual values")
    fill(page, "city", "\0other")
    page.until_text("city: another one")
    assert predicted(page, {**USUAL, "city": "\0other"}) == predicted(page, {**USUAL, "city": None})


def test_a_slider_asks_what_if_and_hands_its_value_to_the_row(page: Tab) -> None:
    assert page.js("document.querySelector('#what-if-column').selectedOptions[0].innerText") == "size"
    assert page.text("#what-if-label") == "size: 10"
    slide(page, 200)
    p = predicted(page, {**USUAL, "size": 80})
    label = 0 if predicted(page, USUAL) < 0.5 else 1
    share = p if label else 1 - p
    wanted = (
        f"{100 * share:.{1 if share < 0.1 or share > 0.9 else 0}f}%"
        if 0.001 <= share <= 0.999
        else "9.9%"
        if share > 0.5
        else "0.1%"
    )
    said = page.text("#what-if-answer")
    assert said.startswith(f"With this value, the probability of {('kept', 'sold')[label]} would be ")
    assert said.endswith(f"{wanted}.")
    assert page.js("document.querySelectorAll('#curve path.line').length") == 1
    assert "from 0 to 80" in page.js("document.querySelector('#curve svg').getAttribute('aria-label')")
    page.press("Use this value in the row")
    page.until("document.getElementById('column-0').value === '80'")


def test_dates_move_by_whole_days(page: Tab) -> None:
    choose(page, "day")
    assert page.text("#what-if-label") == "day: 2024-05-31"
    assert page.js("document.getElementById('what-if-value').max") == "60"
    slide(page, 31)
    assert page.text("#what-if-label") == "day: 2024-06-01"


def paste(tab: Tab, text: str) -> None:
    tab.js(f"document.getElementById('pasted').value = {json.dumps(text)}")
    tab.press("Predict the table")


def test_a_pasted_table_is_predicted_and_can_be_downloaded(page: Tab) -> None:
    rows = 'id\tSIZE\tcity\tgarden\tday\tnote\n1\t1,250.5\tBern\tyes\t31/05/2024\t\n2\t\t\t\t\t"two\tparts"\n'
    paste(page, rows)
    page.until_text("2 rows are predicted.")
    head = page.js("[...document.querySelectorAll('#table-result th')].map(one => one.innerText)")
    assert head[-3:] == ["predicted outcome", "probability of kept", "probability of sold"]
    page.js("URL.createObjectURL = blob => { globalThis.blob = blob; return 'blob:none'; }")
    page.js("HTMLAnchorElement.prototype.click = function () { globalThis.saved = this.download; }")
    page.press("Download the predictions")
    assert page.js("saved") == "predictions.tsv"
    head, one, two = page.js("blob.text()").strip("\ufeff").splitlines()
    assert head.split("\t")[:6] == ["id", "SIZE", "city", "garden", "day", "note"]
    row = {"size": 1250.5, "city": "Bern", "garden": "yes", "day": DAY, "note": None}
    assert float(one.split("\t")[-1]) == predicted(page, row)
    assert '"two\tparts"' in two


def test_tables_that_cannot_be_read_are_refused_in_one_line(page: Tab) -> None:
    for text, said in (
        ("size;city\n1;Bern\n", "The table lacks the columns garden, day, note: the first row must name the columns."),
        ("", "There are no rows: paste the header and at least one row."),
        ('size,city,garden,day,note\n"1,,,,\n', "Row 2: a quote is opened and not closed."),
    ):
        paste(page, text)
        page.until_text(said)
        assert page.js("document.getElementById('download').hidden")


def test_values_with_an_interval_and_quantiles(browser: Browser, tmp_path: Path) -> None:
    path = written(tmp_path / "a", form_plan(labels=()), coverage=0.9)
    tab = opened(browser.tab(1200, 900), path)
    value = tab.js("journeyman.model.then(model => model.predict(" + json.dumps(USUAL) + ").value)")
    assert float(tab.text(".said").removeprefix("outcome: ")) == pytest.approx(value, abs=1e-3)
    assert "It is meant to hold the true value in 90 of 100 rows." in tab.text("#answer")
    plan = replace(form_plan(labels=()), outputs=(11, 12, 13), interval=None)
    tab = opened(browser.tab(1200, 900), written(tmp_path / "b", plan, outputs=("median", "10%", "90%")))
    assert tab.js("[...document.querySelectorAll('#answer dt')].map(one => one.innerText)") == ["median", "10%", "90%"]
    assert tab.complaints() == []


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1200, True)])
def test_it_fits_phones_and_dark_rooms(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    long = replace(
        form_plan(), name="a-very-long-name-of-a-model-that-nobody-would-give-but-somebody-will", target="x" * 90
    )
    tab = opened(browser.tab(width, 800, dark=dark), written(tmp_path, long))
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    background = tab.js("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
    assert (max(background) < 60) is dark


def test_every_field_has_a_label_and_can_be_reached_by_keys(page: Tab) -> None:
    unlabelled = "[...document.querySelectorAll('input, select, textarea')].filter(one => !one.labels.length).length"
    assert page.js(unlabelled) == 0
    assert page.js("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])').length") == 0


def test_a_large_plan_is_packed_and_answers_as_node_does(browser: Browser, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node.js here (Debian: apt-get install nodejs)")
    cities = PlanColumn("city", "category", tuple(f"city {i}" for i in range(3_000)))
    plan = form_plan()
    plan = replace(plan, columns=(plan.columns[0], cities, *plan.columns[2:]))
    path = written(tmp_path, plan)
    text = path.read_text(encoding="utf-8")
    assert 'data-packed="yes"' in text
    assert "city\\s2999" not in text
    rows = tmp_path / "rows.csv"
    rows.write_text(
        'size,city,garden,day,note\n1.5,city 1,yes,2024-05-31,"</script><b>"\n,city 9999,,,\n', encoding="utf-8"
    )
    HtmlExporter().run(tmp_path, rows, tmp_path / "page.csv")
    JavaScriptExporter().write(ProjectFacts(plan, "made", {}), tmp_path)
    JavaScriptExporter().run(tmp_path, rows, tmp_path / "node.csv")
    one, other = ((tmp_path / name).read_text().splitlines() for name in ("page.csv", "node.csv"))
    assert [line.split(",")[0] for line in one] == [line.split(",")[0] for line in other]
    assert one[0] == "score 0,prediction 0,prediction 1,label"
    assert [line.split(",")[-1] for line in one] == [line.split(",")[-1] for line in other]
    tab = opened(browser.tab(1200, 900), path)
    assert "3,000 names are known" in tab.text("form")


def test_a_page_of_another_plan_or_a_broken_one_is_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path, form_plan())
    (tmp_path / "rows.csv").write_text("size,city,garden,day,note\n1,,,,\n")
    plan = tmp_path / "plan.txt"
    text = plan.read_text()
    plan.write_text(text.replace("0.25", "0.5"))
    with pytest.raises(ReleaseError, match="another plan"):
        HtmlExporter().run(tmp_path, tmp_path / "rows.csv", tmp_path / "answers.csv")
    plan.write_text(text)
    path.write_text(path.read_text().replace("journeyman-plan 1", "journeyman-plan 0"))
    with pytest.raises(ReleaseError, match="answered nothing"):
        HtmlExporter().run(tmp_path, tmp_path / "rows.csv", tmp_path / "answers.csv")


def test_what_a_profile_says_of_columns() -> None:
    columns = [
        PlanColumn("a", "boolean", ("no", "yes")),
        PlanColumn("b", "category", ("x", "y")),
        PlanColumn("c", "number"),
    ]
    profiles = [
        ColumnProfile("a", Kind.BOOLEAN, 0, 2, top_values=("Yes", "No")),
        ColumnProfile("b", Kind.CATEGORY, 0, 3, top_values=("rare", "y")),
    ]
    assert [one.usual for one in column_facts(columns, profiles)] == ["yes", "y", None]

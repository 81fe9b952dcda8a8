"""The JavaScript module in a real Node.js: every operation, texts as Journeyman reads them, refusals in one line."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.unit.exporters.made_plans import CASES, form_plan, plan_of_cases
from tests.unit.exporters.read_texts import COLUMNS, TEXTS, wrongly_read

from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.javascript import SCRIPT_OPERATIONS, JavaScriptExporter
from journeyman.exporters.scoring_plan.columns import plan_column
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.interfaces.project_exporting import ProjectFacts

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt-get install nodejs)")


def project(folder: Path, plan: ScoringPlan, example: dict[str, str] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    JavaScriptExporter().write(ProjectFacts(plan, "made", example or {}), folder)
    return folder


def node(folder: Path, code: str) -> str:
    command = ["node", "--input-type=module", "--eval", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60).stdout


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def answers_of(folder: Path, rows: str) -> list[list[str]]:
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    JavaScriptExporter().run(folder, folder / "rows.csv", folder / "answers.csv")
    return [line.split(",") for line in (folder / "answers.csv").read_text(encoding="utf-8").splitlines()]


def same_bits(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or (
        one == other and math.copysign(1, one) == math.copysign(1, other)
    )


def test_every_operation_writes_what_the_page_says(tmp_path: Path) -> None:
    found = [float(text) for text in answers_of(project(tmp_path, plan_of_cases()), "nothing\n1\n")[1]]
    wrong = []
    for case in CASES:
        own, found = found[: len(case.expected)], found[len(case.expected) :]
        for one, other in zip(own, case.expected, strict=True):
            if not (same_bits(one, other) or (not case.exact and math.isclose(one, other, rel_tol=1e-13))):
                wrong.append(f"{case.operation} of {case.inputs}: {one!r}, and {other!r} was expected")
    assert not wrong, "\n".join(wrong)
    assert not found
    assert {case.operation for case in CASES} == SCRIPT_OPERATIONS - {"text", "shape"}  # test_free_texts has these


def test_the_operations_that_are_declared_are_those_that_are_known(tmp_path: Path) -> None:
    code = 'import { OPERATIONS } from "./steps.mjs"; console.log(JSON.stringify(Object.keys(OPERATIONS)))'
    assert set(json.loads(node(project(tmp_path, plan_of_cases()), code))) == SCRIPT_OPERATIONS


def test_texts_are_read_as_journeyman_reads_them(tmp_path: Path) -> None:
    """What Journeyman refuses is missing here."""
    folder = project(tmp_path, form_plan())
    asked = json.dumps([[plan_column(column).__dict__ for column in COLUMNS], TEXTS])
    code = f"""
        import {{ cellReader }} from "./cells.mjs";
        const [columns, texts] = {asked};
        const text = (x) => Object.is(x, -0) ? "-0.0" : String(x);
        console.log(JSON.stringify(columns.map((column) => texts.map(cellReader(column)).map(text))));
    """
    found = [[float(value) for value in values] for values in json.loads(node(folder, code))]
    wrong = wrongly_read(found)
    assert not wrong, "\n".join(wrong)


def test_typed_values_are_those_of_texts(tmp_path: Path) -> None:
    folder = project(tmp_path, form_plan())
    code = """
        import { readFileSync } from "node:fs";
        import { readPlan } from "./plan.mjs";
        const model = readPlan(readFileSync("plan.txt", "utf8"));
        const rows = [
          { size: 1234.5, city: "Bern", garden: true, day: new Date("2024-05-31T00:00Z"), note: "x" },
          { size: "1,234.5", city: " Bern ", garden: "YES", day: "31/05/2024", note: null },
          { size: Infinity, city: 7, garden: 0, day: 1717113600, note: null },
          { size: null, city: "7.0", garden: "no", day: "2024-05-31", note: null },
          { size: undefined, city: null, garden: null, day: NaN, note: null },
          { size: "", city: "", garden: "", day: "", note: "" },
        ];
        console.log(JSON.stringify(rows.map((row) => model.predict(row).scores)));
    """
    one, two, three, four, five, six = json.loads(node(folder, code))
    assert one == two
    assert three == four
    assert five == six
    assert len({tuple(one), tuple(three), tuple(five)}) == 3


def test_labels_and_intervals(tmp_path: Path) -> None:
    rows = "note,day,garden,city,size\nx,31/05/2024,yes,Bern,-2\nx,,,,\n"
    head, one, two = answers_of(project(tmp_path / "a", form_plan()), rows)
    assert head == ["score 0", "prediction 0", "prediction 1", "label"]
    assert [one[3], two[3]] == ["sold", "kept"]
    head, one, _ = answers_of(project(tmp_path / "b", form_plan(labels=())), rows)
    assert head == ["score 0", "prediction 0", "low", "high"]
    assert float(one[2]) < float(one[1]) < float(one[3])
    ordered = ScoringPlan(**{**form_plan().__dict__, "ordered": True, "threshold": None})
    assert answers_of(project(tmp_path / "c", ordered), rows)[1][3] == "sold"


def test_a_cut_off_plan_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = project(tmp_path, form_plan())
    whole = (folder / "plan.txt").read_text()
    (folder / "rows.csv").write_text("size\n1\n")
    rng = np.random.default_rng(0)
    ends = [match.start() for match in re.finditer(r"[ \n]", whole)][:-1]
    code = f"""
        import {{ readPlan, PlanError }} from "./plan.mjs";
        import {{ readFileSync }} from "node:fs";
        const whole = readFileSync("plan.txt", "utf8");
        let refused = 0;
        for (const end of {ends}) {{
          try {{ readPlan(whole.slice(0, end)); }}
          catch (error) {{ if (error instanceof PlanError) refused += 1; else throw error; }}
        }}
        console.log(refused);
    """
    assert int(node(folder, code)) == len(ends)
    (folder / "plan.txt").write_text(whole[: int(rng.choice(ends))])
    ended = command(folder, "answer.mjs", "rows.csv", "answers.csv")
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not (folder / "answers.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("journeyman-plan 1", "journeyman-plan 2", "newer version"),
        ("journeyman-plan 1", "<html>", "no scoring plan"),
        ("\nlogistic ", "\nconjure ", "operation conjure"),
        ("\nlogistic ", "\nconstructor ", "operation constructor"),
        ("size number", "size dream", "size is a dream"),
        ("registers", "register", '"register"'),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = project(tmp_path, form_plan())
    text = (folder / "plan.txt").read_text()
    assert old in text
    (folder / "plan.txt").write_text(text.replace(old, new, 1))
    (folder / "rows.csv").write_text("size,city,garden,day,note\n1,,,,\n")
    ended = command(folder, "answer.mjs", "rows.csv", "answers.csv")
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "    at " not in ended.stderr


def test_a_table_without_a_column_and_an_open_quote_are_refused(tmp_path: Path) -> None:
    folder = project(tmp_path, form_plan())
    for rows, said in (("size,city\n1,Bern\n", "lacks the column garden"), ('size,city\n"1,Bern\n', "not closed")):
        (folder / "rows.csv").write_text(rows)
        ended = command(folder, "answer.mjs", "rows.csv", "answers.csv")
        assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
        assert said in ended.stderr


def test_tables_are_read_by_rfc_4180(tmp_path: Path) -> None:
    folder = project(tmp_path, form_plan())
    text = '\ufeffa,"b ""x""",c\r\n"1,5","line\nend",\r\n,"",last'
    code = f"""
        import {{ readTable, writeTable }} from "./table.mjs";
        const rows = readTable({json.dumps(text)});
        console.log(JSON.stringify([rows, readTable(writeTable(rows))]));
    """
    rows = [["a", 'b "x"', "c"], ["1,5", "line\nend", ""], ["", "", "last"]]
    assert json.loads(node(folder, code)) == [rows, rows]


def test_the_self_test_tells_right_from_wrong(tmp_path: Path) -> None:
    folder = project(tmp_path, form_plan())
    rows = "size,city,garden,day,note\n" + "".join(f"{i}.5,Bern,yes,2024-01-0{1 + i % 9},x\n" for i in range(20))
    answers = answers_of(folder, rows)
    lines = [f"{row},{','.join(answer)}" for row, answer in zip(rows.splitlines(), answers, strict=True)]
    (folder / "selftest.csv").write_text("\n".join(lines) + "\n")
    right = command(folder, "test.mjs")
    assert (right.returncode, right.stdout) == (0, "20 rows agree\n")
    near = [str(np.nextafter(float(cell), 2)) if i == 1 else cell for i, cell in enumerate(answers[3])]
    for place, changed in ((1, [str(np.nextafter(float(answers[3][0]), 9)), *answers[3][1:]]), (0, near)):
        lines[3] = f"{rows.splitlines()[3]},{','.join(changed)}"
        (folder / "selftest.csv").write_text("\n".join(lines) + "\n")
        ended = command(folder, "test.mjs")
        assert ended.returncode == place, ended.stderr  # scores must have the same bits, predictions nearly


def test_the_call_of_the_readme_runs(tmp_path: Path) -> None:
    example = {"size": "12.5", "city": 'Bern "old"', "garden": "yes", "day": "2024-05-31", "note": ""}
    folder = project(tmp_path, form_plan(), example)
    readme = (folder / "README.md").read_text()
    (block,) = re.findall(r"```js\n(.*?)```", readme, re.DOTALL)
    (folder / "call.mjs").write_text(block)
    ended = command(folder, "call.mjs")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(("sold", "kept"))
    assert not re.findall(r"\b[A-Z]{4,}\b", readme.replace("README", "")), "a word of the template was left"
    assert json.loads((folder / "package.json").read_text())["name"] == "made"


def test_types_of_rows_and_labels(tmp_path: Path) -> None:
    types = (project(tmp_path, form_plan()) / "index.d.ts").read_text()
    assert '"city": "Bern" | "7" | "a </script> & b" | (string & {}) | number | boolean | null;' in types
    assert 'export type Label = "kept" | "sold";' in types
    many = PlanColumn("city", "category", tuple(map(str, range(100))))
    plan = ScoringPlan(**{**form_plan().__dict__, "columns": (many, *form_plan().columns[1:])})
    assert '"city": string | number | boolean | null;' in (project(tmp_path, plan) / "index.d.ts").read_text()

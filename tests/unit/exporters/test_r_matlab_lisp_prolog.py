"""Projects in R, MATLAB (in Octave), Lisp and Prolog answer as the Python reader does, each in its own interpreter."""

from __future__ import annotations

import csv
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.exporters.plan_samples import COLUMNS, sample_plan, sample_rows, table_text

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.lisp import LispExporter
from journeyman.exporters.matlab import MatlabExporter
from journeyman.exporters.prolog import PrologExporter
from journeyman.exporters.python_project.scorer import read_plan
from journeyman.exporters.r import RExporter
from journeyman.exporters.scoring_plan import every_operation, plan_text
from journeyman.interfaces.project_exporting import ProjectFacts

EXPORTERS: dict[str, Any] = {e.name: e for e in (RExporter(), MatlabExporter(), LispExporter(), PrologExporter())}
NO_PROLOG = frozenset({"text", "shape"})
SELFTESTS = {
    "r": ["Rscript", "--vanilla", "tests/selftest.R"],
    "matlab": ["octave-cli", "--norc", "selftest.m"],
    "lisp": ["sbcl", "--script", "selftest.lisp"],
    "prolog": ["swipl", "selftest.pl"],
}


def exporter_of(language: str) -> Any:
    exporter = EXPORTERS[language]
    refusal = exporter.toolchain()
    if refusal is not None:
        pytest.skip(f"{refusal.reason}: {refusal.hint}")
    return exporter


def write(exporter: Any, plan: ScoringPlan, folder: Path, rows: list[list[str]] | None = None) -> dict[str, str]:
    """Write a project, with a self-test of the Python reader's answers; return the row of its README."""
    folder.mkdir(parents=True)
    rows = sample_rows() if rows is None else rows
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    (folder / "LICENSE").write_text("as you like\n", encoding="utf-8")
    (folder / "rows.csv").write_text(table_text(rows), encoding="utf-8")
    read_plan(folder / "plan.txt").predict_file(folder / "rows.csv", folder / "answers.csv")
    names, *answers = table(folder / "answers.csv")
    whole = [[*rows[0], *names], *([*row, *told] for row, told in zip(rows[1:], answers, strict=True))]
    (folder / "selftest.csv").write_text(table_text(whole), encoding="utf-8")
    for name in ("rows.csv", "answers.csv"):
        (folder / name).unlink()
    example = dict(zip(rows[0], rows[1], strict=True))
    exporter.write(ProjectFacts(plan, "a_model", example), folder)
    return example


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def answers_of(exporter: Any, plan: ScoringPlan, folder: Path, rows: list[list[str]]) -> tuple[Any, Any]:
    """Return the project's answers and those of the Python reader, each a table with its header."""
    home = folder / "project"
    write(exporter, plan, home, rows)
    (folder / "rows.csv").write_text(table_text(rows), encoding="utf-8")
    exporter.run(home, folder / "rows.csv", folder / "answers.csv")
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    read_plan(folder / "plan.txt").predict_file(folder / "rows.csv", folder / "wanted.csv")
    return table(folder / "answers.csv"), table(folder / "wanted.csv")


def numbers(rows: list[list[str]], count: int) -> NDArray[np.float64]:
    return np.array([[float(cell) for cell in row[:count]] for row in rows[1:]])


@pytest.mark.parametrize("language", EXPORTERS)
def test_the_operations_are_those_of_the_page(language: str) -> None:
    lacking = NO_PROLOG if language == "prolog" else frozenset()
    assert EXPORTERS[language].operations == every_operation() - lacking


@pytest.mark.parametrize("language", EXPORTERS)
def test_every_operation_and_every_way_to_write_a_cell_give_the_same_answers(language: str, tmp_path: Path) -> None:
    exporter = exporter_of(language)
    plan = sample_plan(exporter.operations, trees=20)
    # the columns themselves are scores too, so that each text is read alike
    plan = replace(plan, scores=(*range(len(COLUMNS)), *plan.scores))
    told, wanted = answers_of(exporter, plan, tmp_path, sample_rows())
    assert told[0] == wanted[0]
    scores = len(plan.scores)
    count = scores + len(plan.outputs) + 2
    x, y = numbers(told, count), numbers(wanted, count)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    assert same[:, :scores].all(), [told[0][i] for i in np.flatnonzero(~same[:, :scores].all(axis=0))]
    with np.errstate(invalid="ignore"):
        near = same | (np.abs(x - y) <= 1e-12 * np.maximum(1.0, np.abs(y)))
    assert near.all(), [told[0][i] for i in np.flatnonzero(~near.all(axis=0))]
    assert np.isfinite(y).mean() > 0.5


LABELLED = frozenset(["fill", "code", "trees", "softmax"])


@pytest.mark.parametrize("language", EXPORTERS)
@pytest.mark.parametrize(
    ("changes", "outputs"), [({"ordered": True}, 3), ({"threshold": 0.4, "label_type": "bool"}, 2)]
)
def test_labels(language: str, changes: dict[str, Any], outputs: int, tmp_path: Path) -> None:
    exporter = exporter_of(language)
    plan = sample_plan(LABELLED, seed=1, outputs=outputs)
    labels = plan.labels if "ordered" in changes else ("False", "True")
    plan = replace(plan, texts=(*plan.texts, labels), labels=labels, **changes)
    told, wanted = answers_of(exporter, plan, tmp_path, sample_rows(count=60))
    assert told[0][-1] == "label"
    assert [row[-1] for row in told] == [row[-1] for row in wanted]
    assert len({row[-1] for row in wanted}) == outputs + 1


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("language", EXPORTERS)
def test_the_self_test_tells_other_bits(language: str, tmp_path: Path) -> None:
    exporter = exporter_of(language)
    plan = sample_plan(frozenset(["fill", "code", "lines", "trees", "softmax"]))
    home = tmp_path / "project"
    write(exporter, plan, home, sample_rows(count=60))
    command = SELFTESTS[language]
    if language == "r":
        (tmp_path / "library").mkdir()
        command = ["env", f"R_LIBS={tmp_path / 'library'}", *command]
        install = ["R", "CMD", "INSTALL", "--no-docs", f"--library={tmp_path / 'library'}", "."]
        assert run(install, home).returncode == 0
        held = next(iter((tmp_path / "library").glob("*/extdata/selftest.csv")))
    else:
        held = home / "selftest.csv"
    ended = run(command, home)
    assert ended.returncode == 0, ended.stderr
    rows = table(held)
    place = rows[0].index("score 3")
    rows[5][place] = repr(float(np.nextafter(float(rows[5][place]), np.inf)))
    held.write_text(table_text(rows), encoding="utf-8")
    assert run(command, home).returncode != 0


@pytest.mark.parametrize("language", ["matlab", "lisp", "r"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("journeyman-plan 1", "journeyman-plan 2", "newer version"),
        ("\nlines ", "\nbeams ", 'operation "beams" is not known'),
        ("\nend\n", "\n", "cut off"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_in_one_line(
    language: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    exporter = exporter_of(language)
    home = tmp_path / "project"
    write(exporter, sample_plan(frozenset({"fill", "lines"})), home)
    plan = home / ("inst/extdata/plan.txt" if language == "r" else "plan.txt")
    text = plan.read_text(encoding="utf-8")
    assert old in text
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "rows.csv").write_text(table_text(sample_rows()[:3]), encoding="utf-8")
    if language == "r":  # without an installed package: reading alone
        sources = "; ".join(f"source('R/{p.name}')" for p in sorted((home / "R").glob("*.R")))
        ended = run(["Rscript", "--vanilla", "-e", f"{sources}; load_model('inst/extdata/plan.txt')"], home)
        assert ended.returncode != 0
        assert said in ended.stderr
        return
    with pytest.raises(ReleaseError, match=re.escape(said)):
        exporter.run(home, tmp_path / "rows.csv", tmp_path / "answers.csv")
    assert not (tmp_path / "answers.csv").exists()


TYPED = {
    "r": """
        day <- as.POSIXct(c("2024-05-31 12:30:00", NA), tz = "UTC")
        rows <- data.frame(width = c(2.5, NA), `height, in m` = c(1L, 2L), old = c(TRUE, NA),
                           color = factor(c("3", NA)), day = day, note = "", moment = as.Date("2024-05-31"),
                           code = c(7, 12), exact = c(7, 8), flag = c(0, 1), check.names = FALSE)
        scores <- answers(load_model(), rows)$scores
        for (i in 1:2) cat(sprintf("%.17g", scores[i, ]), "\\n")
    """,
    "matlab": """
        rows = struct('width', [2.5; NaN], 'height_InM', [1; 2], 'old', [1; NaN], 'color', [3; NaN]);
        rows.day = [1717158600; NaN]; rows.note = {''; ''}; rows.moment = 1717113600 * [1; 1]; rows.code = [7; 12];
        rows.exact = [7; 8]; rows.flag = [false; true];
        p = a_model.predict(a_model.load_model(), rows);
        for i = 1:2, fprintf('%.17g ', p.scores(i, :)); fprintf('\\n'); end
    """,
    "lisp": """
        (load "load.lisp")
        (dolist (row '((("width" . 5/2) ("height, in m" . 1) ("old" . :true) ("color" . 3) ("day" . 1717158600)
                        ("moment" . 1717113600) ("code" . 7) ("exact" . 7) ("flag" . :false))
                       (("height, in m" . 2d0) ("moment" . 1717113600) ("code" . 12) ("exact" . 8) ("flag" . 1))))
          (let ((p (a-model:predict (a-model:load-model "plan.txt") row)))
            (format t "~{~a ~}~%" (map 'list #'a-model::number-text (a-model:prediction-scores p)))))
    """,
    "prolog": """
        :- use_module(a_model).
        row([width-2.5, 'height, in m'-1, old-true, color-3, day-1717158600, note-'', moment-1717113600, code-7,
             exact-7, flag-false]).
        row([width-null, 'height, in m'-2, old-null, color-null, day-null, note-null, moment-1717113600, code-12,
             exact-8, flag-1]).
        :- forall(row(Row), ( answer(Row, answer(Scores, _, _, _)), maplist(a_model:number_text, Scores, Texts),
                              atomic_list_concat(Texts, ' ', Line), format("~w~n", [Line]) )).
    """,
}
TYPED_FILES = {"r": "typed.R", "matlab": "typed.m", "lisp": "typed.lisp", "prolog": "typed.pl"}
TYPED_RUNS = {"matlab": ["octave-cli", "--norc"], "lisp": ["sbcl", "--script"], "prolog": ["swipl", "-g", "halt"]}


@pytest.mark.parametrize("language", EXPORTERS)
def test_typed_values_are_taken_as_they_are(language: str, tmp_path: Path) -> None:
    exporter = exporter_of(language)
    plan = sample_plan(frozenset({"fill", "constant"}))
    plan = replace(plan, scores=tuple(range(len(COLUMNS))), outputs=(0,))
    home = tmp_path / "project"
    write(exporter, plan, home)
    script = home / TYPED_FILES[language]
    text = TYPED[language]
    if language == "r":
        sources = "".join(f"source('R/{p.name}')\n" for p in sorted((home / "R").glob("*.R")))
        text = sources + text.replace("load_model()", "load_model('inst/extdata/plan.txt')")
    script.write_text(text, encoding="utf-8")
    ended = run([*TYPED_RUNS.get(language, ["Rscript", "--vanilla"]), script.name], home)
    assert ended.returncode == 0, ended.stderr
    told = np.array([[float(word) for word in line.split()] for line in ended.stdout.splitlines()])
    nan = np.nan
    first = [2.5, 1, 1, 2, 1717158600, nan, 1717113600, 0, 0, 0]
    np.testing.assert_array_equal(told, [first, [nan, 2, nan, -1, nan, nan, 1717113600, 1, -1, 1]])


@pytest.mark.parametrize("language", EXPORTERS)
def test_the_call_of_the_readme_runs(language: str, tmp_path: Path) -> None:
    exporter = exporter_of(language)
    plan = sample_plan(LABELLED)
    home = tmp_path / "project"
    example = write(exporter, plan, home)
    wanted = read_plan_text(plan, tmp_path).predict(example).label
    block = re.findall(r"```(?:r|matlab|lisp|prolog)\n(.*?)```", (home / "README.md").read_text("utf-8"), re.DOTALL)[0]
    if language == "r":
        sources = "".join(f"source('R/{p.name}')\n" for p in sorted((home / "R").glob("*.R")))
        block = sources + block.replace("library(a.model)\n", "").replace("()", "('inst/extdata/plan.txt')")
        command = ["Rscript", "--vanilla", "call.R"]
    elif language == "matlab":
        block = block.replace("/path/to/this/folder", str(home))
        command = ["octave-cli", "--norc", "call.R"]
    elif language == "lisp":
        head, tail = block.rsplit("(a-model:predict *model*", 1)
        block = f"{head}(princ (a-model:prediction-label (a-model:predict *model*{tail}))"
        command = ["sbcl", "--script", "call.R"]
    else:
        goals = re.sub(r"^\?- ", ":- ", block, flags=re.MULTILINE).replace(
            "Outputs).", "Outputs), print(Answer), print(Outputs)."
        )
        block = goals
        command = ["swipl", "-g", "halt", "call.R"]
    (home / "call.R").write_text(block, encoding="utf-8")
    ended = run(command, home)
    assert ended.returncode == 0, ended.stderr
    assert str(wanted) in ended.stdout


def read_plan_text(plan: ScoringPlan, folder: Path) -> Any:
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    return read_plan(folder / "plan.txt")


def test_prolog_explains_a_row(tmp_path: Path) -> None:
    exporter = exporter_of("prolog")
    home = tmp_path / "project"
    write(exporter, sample_plan(frozenset(["fill", "code", "lines", "trees", "softmax"])), home)
    row = "[width-'2.5','height, in m'-'1,5',old-yes,color-red,day-null,note-x,moment-0,code-'7',exact-'7',flag-1]"
    ended = run(["swipl", "-g", f"explain({row}, 2)", "-t", "halt", "a_model.pl"], home)
    assert ended.returncode == 0, ended.stderr
    trees = re.findall(r"^tree \d+ of step \d+ adds (\S+) to output \d$", ended.stdout, re.MULTILINE)
    assert len(trees) == 2
    assert abs(float(trees[0])) >= abs(float(trees[1]))
    assert re.search(r"^  .* = .*, (at most|one of) .*: (yes|no)$", ended.stdout, re.MULTILINE)
    assert re.search(r"^  height, in m: 2\.5 \* \S+ = \S+$", ended.stdout, re.MULTILINE)

"""Projects in C, C++ and Java by real compilers: operations, texts as Journeyman reads them, refusals in one line."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.unit.exporters.made_plans import CASES, form_plan, plan_of_cases
from tests.unit.exporters.native_projects import (
    C_FLAGS,
    CPP_FLAGS,
    EXPORTERS,
    SANITIZED,
    Built,
    answers,
    build,
    ran,
    table,
    written,
)
from tests.unit.exporters.read_texts import COLUMNS, TEXTS, wrongly_read

from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.scoring_plan import Named, every_operation, lower, plan_text
from journeyman.exporters.scoring_plan.columns import plan_column
from journeyman.exporters.scoring_plan.project import make_selftest
from journeyman.testing.project_checks import PROJECT_MEMBERS, sample_project_plan

pytestmark = pytest.mark.slow  # compiles

EXAMPLE = {"size": "12.5", "city": 'Bern "old"', "garden": "yes", "day": "2024-05-31", "note": "é\\?"}
TOOLS = {"c": ("gcc",), "cpp": ("gcc", "g++"), "java": ("javac",)}
PACKAGES = {"c": "gcc", "cpp": "g++", "java": "default-jdk-headless"}


def needed(language: str) -> None:
    lacking = [tool for tool in TOOLS[language] if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"no {lacking[0]} here (Debian: apt-get install {PACKAGES[language]})")


@pytest.fixture(scope="module", params=list(EXPORTERS))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    needed(request.param)
    return build(request.param, written(request.param, form_plan(), tmp_path_factory.mktemp(request.param), EXAMPLE))


def same_bits(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or (
        one == other and math.copysign(1, one) == math.copysign(1, other)
    )


def test_every_operation_writes_what_the_page_says(built: Built, tmp_path: Path) -> None:
    found = [float(text) for text in answers(built, plan_of_cases(), [["nothing"], ["1"]], tmp_path)[1]]
    wrong = []
    for case in CASES:
        own, found = found[: len(case.expected)], found[len(case.expected) :]
        for one, other in zip(own, case.expected, strict=True):
            if not (same_bits(one, other) or (not case.exact and math.isclose(one, other, rel_tol=1e-13))):
                wrong.append(f"{case.operation} of {case.inputs}: {one!r}, and {other!r} was expected")
    assert not wrong, "\n".join(wrong)
    assert not found


def test_texts_are_read_as_journeyman_reads_them(built: Built, tmp_path: Path) -> None:
    columns = tuple(plan_column(column) for column in COLUMNS)
    outputs = tuple(range(len(columns)))
    plan = ScoringPlan("texts", 1, "regression", "y", columns, (), (), len(columns), (), (), outputs)
    rows = [[column.name for column in columns], *([text] * len(columns) for text in TEXTS)]
    found = answers(built, plan, rows, tmp_path)[1:]
    assert not wrongly_read([[float(row[i]) for row in found] for i in outputs])


def test_labels_and_intervals(built: Built, tmp_path: Path) -> None:
    rows = [["note", "day", "garden", "city", "size"], ["x", "31/05/2024", "yes", "Bern", "-2"], ["x", "", "", "", ""]]
    head, one, two = answers(built, form_plan(), rows, tmp_path)
    assert head == ["score 0", "prediction 0", "prediction 1", "label"]
    assert [one[3], two[3]] == ["sold", "kept"]
    head, one, _ = answers(built, form_plan(labels=()), rows, tmp_path)
    assert head == ["score 0", "prediction 0", "low", "high"]
    assert float(one[2]) < float(one[1]) < float(one[3])
    ordered = ScoringPlan(**{**form_plan().__dict__, "ordered": True, "threshold": None})
    assert answers(built, ordered, rows, tmp_path)[1][3] == "sold"


def test_the_self_test_tells_right_from_wrong(built: Built, tmp_path: Path) -> None:
    rows = [["size", "city", "garden", "day", "note"]]
    rows += [[f"{i}.5", 'a "b", c', "yes", f"2024-01-0{1 + i % 9}", "two\nlines"] for i in range(20)]
    own = answers(built, form_plan(), rows, tmp_path)

    def compared(told: list[list[str]], code: int) -> str:
        both = [row + answer for row, answer in zip(rows, told, strict=True)]
        (tmp_path / "selftest.csv").write_text(table(both), encoding="utf-8")
        ended = ran([*built.selftest, "plan.txt", "selftest.csv"], tmp_path, code)
        return ended.stdout + ended.stderr

    assert compared(own, 0) == "20 rows, 0 differ\n"
    for place, changed, code, said in (
        (0, str(np.nextafter(float(own[3][0]), 9)), 1, "row 3: score 0 is"),  # scores must have the same bits
        (1, str(np.nextafter(float(own[3][1]), 2)), 0, "0 differ"),  # predictions nearly
        (1, str(float(own[3][1]) + 1e-9), 1, "row 3: prediction 0 is"),
        (3, "sold" if own[3][3] == "kept" else "kept", 1, "row 3: label is"),
    ):
        told = [*own[:3], [*own[3][:place], changed, *own[3][place + 1 :]], *own[4:]]
        assert said in compared(told, code)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("journeyman-plan 1", "journeyman-plan 2", "newer version"),
        ("journeyman-plan 1", "<html>", "is not a plan"),
        ("\nlogistic ", "\nconjure ", "operation .conjure. is not known"),
        ("size number", "size dream", "a kind of column was expected"),
        ("registers", "register", "registers"),
        ("\nlogistic 2 12 11", "\nlogistic 2 12 999", "logistic"),
        ("\nlogistic 2 12 11", "\nlogistic 2 12 13", "reads a register that no step before it writes"),
        ("\nlogistic 2 12 11", "\nlogistic 2 2 11", "writes a register that it may not"),
        ("%d/%m/%Y", "%d/%m/%Q", "is not known to this reader"),
        ("\nend", "", "end"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(built: Built, tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (built.folder / "plan.txt").read_text()
    assert old in text
    (tmp_path / "plan.txt").write_text(text.replace(old, new, 1))
    (tmp_path / "rows.csv").write_text("size,city,garden,day,note\n1,,,,\n")
    ended = ran([*built.answer, "plan.txt", "rows.csv", "answers.csv"], tmp_path, 1)
    assert re.search(said, ended.stderr), ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "answers.csv").exists()


def test_a_table_without_a_column_is_refused(built: Built, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("size,city\n1,Bern\n")
    ended = ran([*built.answer, str(built.folder / "plan.txt"), "rows.csv", "answers.csv"], tmp_path, 1)
    assert "no column 'garden' in the file" in ended.stderr


@pytest.mark.parametrize("language", list(EXPORTERS))
def test_run_builds_and_answers_and_tells_what_fails(language: str, tmp_path: Path) -> None:
    needed(language)
    folder = written(language, form_plan(), tmp_path / "project")
    before = sorted(folder.rglob("*"))
    (tmp_path / "rows.csv").write_text("size,city,garden,day,note\n1,,,,\n")
    exporter = EXPORTERS[language]
    exporter.run(folder, tmp_path / "rows.csv", tmp_path / "answers.csv")
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 2
    assert sorted(folder.rglob("*")) == before, "nothing is left in the project"
    source = next(path for path in before if path.stem in ("plan_predict", "ScoringPlan"))
    source.write_text("nonsense")
    with pytest.raises(ReleaseError, match=r"(javac|cc) ended with 1"):
        exporter.run(folder, tmp_path / "rows.csv", tmp_path / "answers.csv")


def test_the_call_of_the_readme_runs_and_no_word_of_the_template_is_left(built: Built, tmp_path: Path) -> None:
    folder, objects = built.folder, [str(path) for path in built.folder.glob("*.o")]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```(?:cpp|c|java)\n(.*?)```", readme, re.DOTALL)
    if "Call" in code:
        (tmp_path / "Call.java").write_text(code, encoding="utf-8")
        classes = str(folder / "classes")
        ran(["javac", "-encoding", "UTF-8", "-cp", classes, "-d", str(tmp_path), str(tmp_path / "Call.java")], folder)
        ended = ran(["java", "-cp", f"{classes}:{tmp_path}", "Call"], folder)
    else:
        own = "call.cpp" if "iostream" in code else "call.c"
        (tmp_path / own).write_text(code, encoding="utf-8")
        flags = CPP_FLAGS if own == "call.cpp" else (*C_FLAGS, *SANITIZED)
        ran([*flags, str(tmp_path / own), *objects, "-lm", "-o", str(tmp_path / "call")], folder)
        ended = ran([str(tmp_path / "call")], folder)
    assert ended.stdout.startswith(("sold", "kept"))
    for path in folder.rglob("*"):
        if path.suffix in (".c", ".h", ".hpp", ".cpp", ".java", ".md", ".xml", ".gradle", ".txt"):
            left = set(re.findall(r"@[A-Z_]+@", path.read_text(encoding="utf-8")))
            assert not {word for word in left if not word.startswith("@CMAKE")}, path


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_cmake_builds_tests_and_installs(language: str, tmp_path: Path) -> None:
    needed(language)
    if shutil.which("cmake") is None:
        pytest.skip("no cmake here (Debian: apt-get install cmake)")
    folder = written(language, form_plan(), tmp_path / "project", EXAMPLE)
    rows = "size,city,garden,day,note\n1,Bern,yes,2024-05-31,x\n"
    (tmp_path / "rows.csv").write_text(rows)
    EXPORTERS[language].run(folder, tmp_path / "rows.csv", tmp_path / "answers.csv")
    lines = zip(rows.splitlines(), (tmp_path / "answers.csv").read_text().splitlines(), strict=True)
    (folder / "selftest.csv").write_text("".join(f"{row},{answer}\n" for row, answer in lines))
    ran(["cmake", "-B", "build", "-DCMAKE_C_FLAGS=-Werror", "-DCMAKE_CXX_FLAGS=-Werror"], folder)
    ran(["cmake", "--build", "build"], folder)
    assert "100% tests passed" in ran(["ctest", "--test-dir", "build"], folder).stdout
    ran(["cmake", "--install", "build", "--prefix", str(tmp_path / "there")], folder)
    found = {path.relative_to(tmp_path / "there").name for path in (tmp_path / "there").rglob("*")}
    assert {"journeyman_plan.h", "libmade.a", "made.pc", "plan.txt"} <= found
    (pc,) = (tmp_path / "there").rglob("made.pc")
    assert "@" not in pc.read_text()
    if shutil.which("pkg-config") is not None:
        own = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
        words = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "made"], env=own, capture_output=True, text=True, check=True
        )
        flags = (*CPP_FLAGS[:-2], "-x", "c++") if language == "cpp" else C_FLAGS[:-3]
        (code,) = re.findall(r"```(?:cpp|c)\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        (tmp_path / "program.c").write_text(code, encoding="utf-8")
        ran([*flags, "program.c", "-x", "none", *words.stdout.split(), "-o", "program"], tmp_path)
        assert ran([str(tmp_path / "program")], folder).stdout


def test_rows_of_cpp_have_a_name_for_each_column(tmp_path: Path) -> None:
    needed("cpp")
    names = ("class", "Größe (m²)", "1st", "a-b", "A b", "a b 2", "*/", "values")
    columns = tuple(PlanColumn(name, "number") for name in names)
    plan = ScoringPlan("m", 1, "regression", "*/ y", columns, (), (), len(columns), (), (), (0,))
    folder = written("cpp", plan, tmp_path)
    (folder / "main.cpp").write_text(
        '#include "made.hpp"\nint main() { made::row r; r.class_ = 1; r.column_1st = 2; r.a_b_2 = 3; '
        "return r.values().size() == 8 ? 0 : 1; }\n"
    )
    ran([*CPP_FLAGS, "-fsyntax-only", "main.cpp"], folder)


_JAVA_TYPED = """
import made.*;
import java.nio.file.Paths;
import java.time.*;
import java.util.*;

public class Typed {
    static void show(Prediction prediction) {
        System.out.println(Arrays.toString(prediction.scores()) + prediction.label());
    }

    public static void main(String[] words) throws Exception {
        Model model = Model.load(Paths.get("plan.txt"));
        Object[][] rows = {
            {1234.5f, "Bern", true, LocalDate.of(2024, 5, 31), "x"},
            {"1,234.5", " Bern ", "YES", "31/05/2024", null},
            {Double.POSITIVE_INFINITY, 7, 0, 1717113600, null},
            {null, "7.0", "no", Instant.ofEpochSecond(1717113600), null},
            {-9, null, null, Double.NaN, null},
            {"", "", "", "", ""},
        };
        for (Object[] row : rows) {
            show(model.predict(Arrays.asList(row)));
        }
        show(model.predict(Map.of("size", 1234.5, "city", "Bern", "garden", true, "day", "2024-05-31")));
        List<Object> odd = Arrays.asList(new Object(), null, null, null, null);
        for (List<Object> row : List.of(List.<Object>of(1), odd)) {
            try {
                show(model.predict(row));
            } catch (PlanException error) {
                System.out.println(error.getMessage());
            }
        }
    }
}
"""
_CPP_TYPED = """
#include <iostream>
#include <limits>
#include "made.hpp"

static void show(const made::model &model, const journeyman::prediction &prediction)
{
    std::cout.precision(17);
    std::cout << prediction.scores[0] << ' ' << *model.label(prediction) << '\\n';
}

int main()
{
    const made::model model("plan.txt");
    made::row row;
    row.size = 1234.5;
    row.city = "Bern";
    row.garden = true;
    row.day = 1717113600.0;
    show(model, model.predict(row));
    show(model, model.predict_text({"1,234.5", " Bern ", "YES", "31/05/2024", std::nullopt}));
    show(model, model.predict({std::numeric_limits<double>::infinity(), 7.0, 0.0, 1717113600.0, std::monostate{}}));
    show(model, model.predict_text({"", "7.0", "no", "2024-05-31", "x"}));
    show(model, model.predict(made::row{}));
    show(model, model.predict_text({"", "", "", "", ""}));
    row.city = std::string_view("Berna").substr(0, 4);
    show(model, model.predict(row));
    for (int i = 0; i < 2; i++) {
        try {
            if (i == 0)
                model.predict_text({"1"});
            else
                made::model("no such file");
        } catch (const journeyman::plan_error &error) {
            std::cout << error.what() << '\\n';
        }
    }
}
"""


_C_TYPED = """
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "journeyman_plan.h"

static void show(const jm_model *model, const jm_prediction *prediction)
{
    printf("%.17g %s\\n", prediction->scores[0], jm_label(model, prediction->label));
}

int main(void)
{
    static const jm_value typed[][5] = {
        {{JM_NUMBER, 1234.5, 0, 0}, {JM_TEXT, 0, "Berna", 4}, {JM_NUMBER, 1, 0, 0}, {JM_NUMBER, 1717113600, 0, 0},
         {JM_TEXT, 0, "x", 1}},
        {{JM_NUMBER, INFINITY, 0, 0}, {JM_NUMBER, 7, 0, 0}, {JM_NUMBER, 0, 0, 0}, {JM_TEXT, 0, "2024-05-31", 10},
         {JM_MISSING, 0, 0, 0}},
        {{JM_NUMBER, -9, 0, 0}, {JM_NUMBER, NAN, 0, 0}, {JM_TEXT, 0, "", 0}, {JM_NUMBER, NAN, 0, 0},
         {JM_NUMBER, 1, 0, 0}},
    };
    static const char *const texts[][5] = {
        {"1,234.5", " Bern ", "YES", "31/05/2024", NULL}, {NULL, "7.0", "no", "2024-05-31", "x"}, {"", "", "", "", ""}};
    jm_model *model;
    jm_error error;
    jm_prediction prediction;
    double *workspace;
    if (jm_load("plan.txt", &model, &error) != JM_OK)
        return 1;
    workspace = malloc(jm_workspace_length(model) * sizeof *workspace);
    for (int i = 0; i < 3; i++) {
        jm_predict(model, typed[i], workspace, &prediction);
        show(model, &prediction);
        jm_predict_text(model, texts[i], workspace, &prediction);
        show(model, &prediction);
    }
    jm_predict(model, typed[0], workspace, &prediction);
    show(model, &prediction);
    free(workspace);
    jm_free(model);
    return jm_load("no such file", &model, &error) == JM_NO_FILE && model == NULL ? puts(error.message) < 0 : 1;
}
"""


def test_typed_values_are_those_of_texts(built: Built, tmp_path: Path) -> None:
    folder, objects = built.folder, [str(path) for path in built.folder.glob("*.o")]
    said: tuple[str, ...]
    if "made.Answer" in built.answer:
        said = ("a row of 1 values; wanted are 5", "column 'size' holds a Object; wanted is a number")
        (tmp_path / "Typed.java").write_text(_JAVA_TYPED)
        ran(["javac", "-cp", str(folder / "classes"), "-d", str(tmp_path), str(tmp_path / "Typed.java")], folder)
        told = ran(["java", "-cp", f"{folder / 'classes'}:{tmp_path}", "Typed"], folder).stdout.splitlines()
    elif (folder / "include" / "made.hpp").exists():
        said = ("a row of 1 values; wanted are 5", 'the file "no such file" cannot be opened')
        (tmp_path / "typed.cpp").write_text(_CPP_TYPED)
        ran([*CPP_FLAGS, str(tmp_path / "typed.cpp"), *objects, "-lm", "-o", str(tmp_path / "typed")], folder)
        told = ran([str(tmp_path / "typed")], folder).stdout.splitlines()
    else:
        said = ('the file "no such file" cannot be opened',)
        (tmp_path / "typed.c").write_text(_C_TYPED)
        ran([*C_FLAGS, *SANITIZED, str(tmp_path / "typed.c"), *objects, "-lm", "-o", str(tmp_path / "typed")], folder)
        told = ran([str(tmp_path / "typed")], folder).stdout.splitlines()
    one, two, three, four, five, six, seven = told[:7]
    assert (one, three, five) == (two, four, six)
    assert seven == one
    assert len({one, three, five}) == 3
    for line, start in zip(told[7:], said, strict=True):
        assert line.startswith(start)


@cache
def release_like(kind: str) -> tuple[str, str]:
    """Return plan.txt and selftest.csv of fitted members of every kind that a task has."""
    fitted = sample_project_plan(every_operation(), kind)
    assert fitted is not None
    plan = lower(fitted.plan, fitted.task, Named("tiny model", 1, fitted.members))
    assert isinstance(plan, ScoringPlan)
    return plan_text(plan), make_selftest(fitted.plan, plan, fitted.columns, (), 0).text()


# With sanitizers, which only C's programs have here; tests/contracts/test_project_exporters.py has all languages.
@pytest.mark.parametrize("built", ["c"], indirect=True)
@pytest.mark.parametrize("kind", list(PROJECT_MEMBERS))
def test_fitted_models_of_every_kind_predict_as_python_does(kind: str, built: Built, tmp_path: Path) -> None:
    for name, text in zip(("plan.txt", "selftest.csv"), release_like(kind), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = ran([*built.selftest, "plan.txt", "selftest.csv"], tmp_path).stdout
    assert int(told.split()[0]) > 1_900

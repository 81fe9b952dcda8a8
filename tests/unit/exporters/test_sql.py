"""Releases as SQL in real databases: every step, typed rows, whole projects; PostgreSQL where it is installed."""

from __future__ import annotations

import csv
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import pytest
from tests.unit.exporters.made_plans import CASES, Case, form_plan, plan_of_cases

from journeyman.entities.candidate import Refusal
from journeyman.entities.plan import NodeKind
from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.scoring_plan import Named, every_operation, lower
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.exporters.sql import DuckDBExporter, PostgreSQLExporter, SQLiteExporter
from journeyman.exporters.sql.dialect import DUCKDB, SQLITE
from journeyman.exporters.sql.local_server import server_programs
from journeyman.exporters.sql.steps import STEPS
from journeyman.exporters.sql.trees import double_bound
from journeyman.interfaces.project_exporting import ColumnFacts, ProjectFacts
from journeyman.testing.fitted_plans import fitted_plan
from journeyman.testing.project_checks import PROJECT_CHECKS, PROJECT_MEMBERS

DAY = 1717113600.0
Exporter = DuckDBExporter | SQLiteExporter | PostgreSQLExporter


@pytest.fixture(params=["duckdb", "sqlite", "postgresql"])
def exporter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporter]:
    if request.param != "postgresql":
        yield {"duckdb": DuckDBExporter, "sqlite": SQLiteExporter}[request.param]()
        return
    host, _, port = request.getfixturevalue("server").partition(":")
    words = {"PGHOST": host, "PGPORT": port, "PGUSER": "ann", "PGPASSWORD": "secret-word", "PGDATABASE": "postgres"}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    yield PostgreSQLExporter()


def written(exporter: Exporter, folder: Path, plan: ScoringPlan) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    facts = (ColumnFacts(10.0), ColumnFacts("Bern"), ColumnFacts("yes"), ColumnFacts(DAY), ColumnFacts("it's"))
    columns = facts if len(plan.columns) == len(facts) else ()
    exporter.write(ProjectFacts(plan, "made", {}, columns), folder)
    return folder


def answered(exporter: Exporter, folder: Path, plan: ScoringPlan, rows: str) -> list[dict[str, str]]:
    written(exporter, folder, plan)
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    exporter.run(folder, folder / "rows.csv", folder / "answers.csv")
    with (folder / "answers.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _finite(case: Case) -> Case:
    """Rows have no infinite numbers: they are read as missing."""
    return replace(case, inputs=tuple(x if math.isfinite(x) else math.nan for x in case.inputs))


def test_every_step_writes_what_the_page_says(exporter: Exporter, tmp_path: Path) -> None:
    cases = [_finite(case) for case in CASES if case.operation in STEPS]
    [row] = answered(exporter, tmp_path, plan_of_cases(cases), "nothing\n1\n")
    values = [float(text) for name, text in row.items() if name.startswith("prediction ")]
    wrong = []
    for case in cases:
        own, values = values[: len(case.expected)], values[len(case.expected) :]
        for one, other in zip(own, case.expected, strict=True):
            same = one == other or (math.isnan(one) and math.isnan(other))
            near = math.isclose(one, other, rel_tol=1e-13, abs_tol=1e-15)
            if not (same or (near and (not case.exact or case.operation == "logistic"))):
                wrong.append(f"{case.operation} of {case.inputs}: {one!r}, and {other!r} was expected")
    assert not wrong, "\n".join(wrong)
    assert {case.operation for case in cases} == set(STEPS)


def test_rows_are_typed_and_unknown_names_are_missing(exporter: Exporter, tmp_path: Path) -> None:
    head = "size,city,garden,day,note\n"
    rows = ["-2,Bern,yes,31/05/2024,x", "1e300,7,no,1969-12-31,", ',a </script> & b,,"",', "5,nowhere,yes,,"]
    found = answered(exporter, tmp_path / "a", form_plan(), head + "\n".join(rows) + "\n")
    plan = form_plan()
    weights, offset = plan.arrays[6], plan.arrays[7][0]

    def score(size: float, city: int, garden: float, day: float) -> float:
        z = [(size - 10.0) * 0.1, (garden - 0.5) * 2.0, (day - 1.7e9) * 1e-8]
        x = [*(min(max(v, -8.0), 8.0) for v in z), *(float(city == k) for k in range(3))]
        total = x[0] * weights[0]
        for value, weight in zip(x[1:], weights[1:], strict=True):
            total += value * weight
        return float(total + offset)

    wanted = [score(-2, 0, 1, DAY), score(1e300, 1, 0, -86400), score(10, 2, 0.5, 1.7e9), score(5, -1, 1, 1.7e9)]
    assert [float(row["score 0"]) for row in found] == wanted
    assert [row["label"] for row in found] == ["sold" if s >= 0 else "kept" for s in wanted]
    found = answered(exporter, tmp_path / "b", form_plan(labels=()), head + rows[0] + "\n")
    assert float(found[0]["low"]) == wanted[0] - 1.0
    assert float(found[0]["high"]) == wanted[0] + 2.0


@pytest.mark.parametrize(("ordered", "threshold"), [(True, None), (False, None), (False, 0.9)])
def test_labels_follow_the_order_the_threshold_or_the_most_probable(
    tmp_path: Path, ordered: bool, threshold: float | None
) -> None:
    plan = replace(form_plan(), ordered=ordered, threshold=threshold, labels=("it's {low}", "high"))
    rows = "size,city,garden,day,note\n" + "".join(f"{size},Bern,yes,,\n" for size in range(-40, 60, 5))
    for row in answered(DuckDBExporter(), tmp_path, plan, rows):
        p = float(row["prediction 1"])
        assert row["label"] == ("high" if p >= (threshold or 0.5) else "it's {low}")


def test_the_call_of_the_readme_runs(tmp_path: Path) -> None:
    for exporter in (DuckDBExporter(), SQLiteExporter()):
        folder = written(exporter, tmp_path / exporter.name, form_plan())
        readme = (folder / "README.md").read_text()
        call = readme.partition("```sql\n")[2].partition("```")[0]
        if isinstance(exporter, SQLiteExporter):
            with closing(sqlite3.connect(":memory:")) as database:
                database.executescript((folder / "model.sql").read_text())
                insert, _, select = call.strip().rpartition("\n")
                database.execute(insert)
                [row] = database.execute(select.rstrip(";")).fetchall()
        else:
            with closing(duckdb.connect()) as database:
                database.execute((folder / "model.sql").read_text())
                [row] = database.execute(call).fetchall()
        assert row[-1] in ("kept", "sold")


def test_rows_may_be_a_view_of_a_table_that_is_there(tmp_path: Path) -> None:
    folder = written(SQLiteExporter(), tmp_path, form_plan())
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE flats (id INTEGER, m2 REAL, town TEXT)")
        database.execute("INSERT INTO flats VALUES (7, 20.0, 'Bern'), (9, NULL, NULL)")
        database.execute(
            "CREATE VIEW made_rows AS SELECT id AS row_id, m2 AS size, town AS city, NULL AS garden, NULL AS day,"
            " NULL AS note FROM flats"
        )
        database.executescript((folder / "model.sql").read_text())
        rows = database.execute("SELECT row_id, label FROM made_predictions ORDER BY row_id").fetchall()
    assert [row[0] for row in rows] == [7, 9]


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(PROJECT_MEMBERS.keys() - {"texts"}))  # SQL is without free texts
def test_fitted_members_answer_as_the_release_does(exporter: Exporter, kind: str) -> None:
    members = PROJECT_MEMBERS[kind]
    if find_spec("catboost") is None:
        members = tuple(one for one in members if one[0] != "catboost")
    plan = fitted_plan(kind, members)
    PROJECT_CHECKS["answers as the release does"](exporter, plan)


def test_trees_deeper_than_a_turn_of_sqlite(exporter: Exporter, tmp_path: Path) -> None:
    """A tree of 20 levels beside one of a leaf alone: each value falls off at a level of its own."""
    depth = 20
    bounds = [float(depth - i) for i in range(depth)]
    left = [*range(1, depth), -1]
    right = [-2 - i for i in range(depth)]
    leaves = [0.1 * (i + 1) for i in range(depth + 1)] + [0.7]
    lists = [[0.0], [0.0] * depth, bounds, [6.0] * depth, left, right, leaves, [0, -1 - (depth + 1)], [0], []]
    plan = ScoringPlan(
        *("deep", 1, "regression", "y", (PlanColumn("x", "number"),), ()),
        tuple(np.asarray(one, dtype=np.float64) for one in lists),
        2,
        (PlanStep("trees", (1, 0, 1, *range(1, 10))),),
        (1,),
        (1,),
    )
    values = [*(i + 0.5 for i in range(depth + 1)), 0.0]
    found = answered(exporter, tmp_path, plan, "x\n" + "".join(f"{x}\n" for x in values) + '""\n')
    wanted = [leaves[0] if x <= 1 else leaves[1 + sum(x <= bound for bound in bounds)] for x in values]
    assert [float(row["score 0"]) for row in found] == [*(leaf + 0.7 for leaf in wanted), leaves[0] + 0.7]


def test_a_server_of_its_own_answers_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if server_programs() is None or find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL server is installed that this user can run")
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGDATABASE", "no such database")  # a server at the usual place does not answer then
    exporter = PostgreSQLExporter()
    assert exporter.toolchain() is None
    monkeypatch.delenv("PGDATABASE")
    [row] = answered(exporter, tmp_path, form_plan(), "size,city,garden,day,note\n20,7,yes,,\n")
    assert row["label"] in ("kept", "sold")
    monkeypatch.setenv("PGHOST", str(tmp_path))
    refusal = exporter.toolchain()
    assert refusal is not None
    assert refusal.reason.startswith("no PostgreSQL server answers")


def test_a_lookup_that_a_reader_lacks_can_be_left_out() -> None:
    plan = fitted_plan("binary", [("linear", "dense")])
    known = every_operation() - {"known"}
    told = lower(plan.plan, plan.task, Named("tiny", 1, plan.members), known)
    assert told == Refusal(
        "it has the step known in duplicate_lookup", "leave out what cannot be written: --without duplicate_lookup"
    )
    fewer = plan.plan.without(NodeKind.LOOKUP)
    assert isinstance(lower(fewer, plan.task, Named("tiny", 1, plan.members), known), ScoringPlan)


def test_names_with_quotes_are_quoted(exporter: Exporter, tmp_path: Path) -> None:
    columns = (
        PlanColumn('si"ze', "number"),
        PlanColumn("it's", "category", ("a'b", "7", '"')),
        *form_plan().columns[2:],
    )
    plan = replace(form_plan(), columns=columns)
    rows = '"si""ze",it\'s,garden,day,note\n1,a\'b,,,\n1,unknown,,,\n'
    one, two = answered(exporter, tmp_path, plan, rows)
    assert float(one["score 0"]) != float(two["score 0"])


def test_a_double_is_at_most_the_bound_where_its_float32_is_at_most_the_threshold() -> None:
    rng = np.random.default_rng(0)
    thresholds = [
        *rng.normal(size=300),
        0.0,
        -0.0,
        1e-35,
        1e30,
        3.4028234663852886e38,
        -3.5e38,
        1e-45,
        0.1,
        0.5,
        math.inf,
    ]
    with np.errstate(over="ignore"):
        for threshold in thresholds:
            bound = double_bound(float(threshold))
            near = [bound, np.nextafter(bound, -np.inf), np.nextafter(bound, np.inf), float(np.float32(threshold))]
            for x in [*near, *rng.normal(size=3)]:
                assert (float(np.float32(x)) <= float(threshold)) == (x <= bound) or math.isinf(x), (x, threshold)


def test_literals_keep_their_bits() -> None:
    rng = np.random.default_rng(0)
    values = [0.1, -1 / 3, 1e300, -5e-324, 2.0**70, 1.7976931348623157e308, 123456789.123, 0.0, *rng.normal(size=200)]
    values += (rng.normal(size=200) * 10.0 ** rng.integers(-300, 300, 200)).tolist()
    with closing(sqlite3.connect(":memory:")) as lite, closing(duckdb.connect()) as duck:
        for value in map(float, values):
            assert duck.execute(f"SELECT {DUCKDB.number(value)}").fetchone() == (value,)
            assert lite.execute(f"SELECT {SQLITE.number(value)}").fetchone() == (value,), SQLITE.number(value)


def test_long_lines_are_added_in_parts(tmp_path: Path) -> None:
    plan = form_plan()
    places = np.array([5.0, 6.0, 7.0, 8.0, 9.0, 10.0] * 167)
    weights = np.random.default_rng(0).normal(size=len(places))
    arrays = (*plan.arrays, places, weights)
    wide = [replace(step, arguments=(11, 8, 1, 9, 7)) if step.operation == "lines" else step for step in plan.steps]
    plan = replace(plan, arrays=arrays, steps=tuple(wide))
    [row] = answered(DuckDBExporter(), tmp_path, plan, "size,city,garden,day,note\n20,7,yes,,\n")
    x = [*(1.0, 1.0, 0.0), *(0.0, 1.0, 0.0)] * 167
    total = x[0] * weights[0]
    for value, weight in zip(x[1:], weights[1:].tolist(), strict=True):
        total += value * weight
    assert float(row["score 0"]) == total - 0.25


def test_a_row_of_too_many_numbers_is_refused(tmp_path: Path) -> None:
    plan = form_plan()
    arrays = (*plan.arrays, np.arange(14.0, 2_014.0), np.zeros(2_000))
    steps = [PlanStep("onehot", (14, 1, 2_000)), PlanStep("lines", (11, 8, 1, 9, 7)), *plan.steps[-1:]]
    with pytest.raises(ReleaseError, match="more than 1,500 numbers of a row at a time"):
        written(DuckDBExporter(), tmp_path, replace(plan, arrays=arrays, steps=tuple(steps), registers=2_014))
    assert not (tmp_path / "model.sql").exists()

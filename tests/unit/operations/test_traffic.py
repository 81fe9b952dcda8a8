"""Traffic from logged rows: read one by one as they were answered, with hidden columns told from lacking ones."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, Demand
from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.entities.prediction import Refused
from journeyman.entities.profile import Profile
from journeyman.entities.task import Task
from journeyman.inference.release import Release
from journeyman.inference.release_joins import ReleaseJoins
from journeyman.operations.traffic import hidden_columns, read_rows, read_traffic
from journeyman.stores.contract_files import CONTRACT, contract_text

COLUMNS = (Column("x", Kind.NUMBER), Column("c", Kind.CATEGORY, categories=("a", "b")))


def release(task: Task, contract: Contract | None = None) -> Release:
    report = SimpleNamespace(profile=cast(Profile, SimpleNamespace(columns=())), columns=COLUMNS, pictures=None)
    files = {} if contract is None else {CONTRACT: contract_text(contract).encode()}
    facts = {"columns": COLUMNS, "task": task, "report": report, "joins": ReleaseJoins(())}
    return cast(Release, SimpleNamespace(**facts, name="m", version=1, file=files.get))


CLASSES = release(Task("y", "binary", "roc_auc", ("no", "yes")))
NUMBERS = release(Task("y", "regression", "mae"))


def row(number: int, raw: str, output: str = "{}", truth: str | None = None, **shadows: str) -> LoggedRow:
    at = -1 if truth is None else 55
    return LoggedRow((50 << 20) + number, 1, raw, output, truth, at, {int(k[1:]): v for k, v in shadows.items()})


def span(*rows: LoggedRow, total: int | None = None) -> LoggedSpan:
    ids = np.array([r.id for r in rows], dtype=np.int64)
    return LoggedSpan(50, 60, len(rows) if total is None else total, 0, rows, ids)


def test_answers_truths_and_shadows_become_arrays() -> None:
    said = '{"prediction":"yes","probabilities":{"no":0.25,"yes":0.75}}'
    traffic, digests, hidden = read_traffic(
        span(row(1, '{"x":1.5,"c":"b"}', said, '"yes"', v2=said), row(2, '{"x":"2","c":null}', "{}", '"perhaps"')),
        CLASSES,
        np.empty(0, dtype=np.int64),
    )
    assert traffic.rows["x"].tolist() == [1.5, 2.0]
    assert traffic.rows["c"].tolist() == [1, -1]
    assert traffic.answers[0].tolist() == [0.25, 0.75]
    assert np.isnan(traffic.answers[1]).all()
    assert traffic.truths[0] == 1
    assert np.isnan(traffic.truths[1]), "a class that nobody knows"
    assert traffic.shadows[2][0].tolist() == [0.25, 0.75]
    assert np.isnan(traffic.shadows[2][1]).all()
    assert traffic.times.tolist() == [50, 50]
    assert (len(digests), hidden) == (2, ())


def test_numbers_of_a_regression() -> None:
    traffic, _, _ = read_traffic(
        span(row(1, '{"x":1,"c":"a"}', '{"prediction":3.5}', "4.0"), row(2, '{"x":1,"c":"a"}', '{"prediction":null}')),
        NUMBERS,
        np.empty(0, dtype=np.int64),
    )
    assert traffic.answers[0, 0] == 3.5
    assert np.isnan(traffic.answers[1, 0])
    assert traffic.truths[0] == 4.0


def test_what_does_not_fit_is_counted_by_column() -> None:
    traffic, _, _ = read_traffic(
        span(
            row(1, '{"x":"wide","c":"a"}'),
            row(2, '{"x":1,"c":"new"}'),
            row(3, '{"x":2,"c":"newer"}'),
            total=900,
        ),
        CLASSES,
        np.empty(0, dtype=np.int64),
    )
    assert (traffic.feed.rows, traffic.feed.refused, len(traffic.ids)) == (900, 1, 2)
    [finding] = traffic.feed.findings
    assert (finding.code, finding.subject, finding.evidence["rows"]) == ("PR103", ("c",), 2)


def test_rows_that_were_refused_when_they_came_are_part_of_the_feed() -> None:
    refused = (Refused(1, "PR101", "x", "xx", 40), Refused(1, "PR102", "x", "'wide'", 2))
    traffic, _, hidden = read_traffic(
        replace(span(row(1, '{"x":1,"c":"a"}')), refused=refused), CLASSES, np.empty(0, dtype=np.int64)
    )
    assert (traffic.feed.rows, traffic.feed.refused, len(traffic.ids), hidden) == (43, 42, 1, ())
    assert [(f.code, f.subject, f.evidence["rows"]) for f in traffic.feed.findings] == [
        ("PR101", ("x",), 40),
        ("PR102", ("x",), 2),
    ]
    assert [f.message for f in traffic.feed.findings] == [
        "40 rows without 'x' were refused; one has 'xx'.",
        "2 rows were refused for their 'x', such as 'wide'.",
    ]
    nothing, _, _ = read_traffic(replace(span(), refused=refused[:1]), CLASSES, np.empty(0, dtype=np.int64))
    assert (nothing.feed.rows, nothing.feed.refused, len(nothing.ids)) == (40, 40, 0)


def test_a_batch_that_comes_twice_is_noticed_also_in_the_next_span() -> None:
    rows = [row(n, f'{{"x":{n},"c":"a"}}') for n in range(3)]
    _, digests, _ = read_traffic(span(*rows), CLASSES, np.empty(0, dtype=np.int64))
    again, _, _ = read_traffic(span(*rows, row(9, '{"x":0,"c":"a"}'), row(10, '{"x":7,"c":"b"}')), CLASSES, digests)
    assert again.feed.repeated == 4


@pytest.mark.parametrize(
    ("raws", "hidden"),
    [
        (['{"x":1}', '{"x":2}'], ("c",)),
        (['{"x":1,"c":"h:0123456789abcdef"}', '{"x":2,"c":null}'], ("c",)),
        (['{"x":1,"c":null}', '{"x":2,"c":null}'], ()),
        (['{"x":1,"c":"h:0123456789abcdef"}', '{"x":2,"c":"a"}'], ()),
        ([], ()),
    ],
)
def test_hidden_columns_are_told_from_empty_ones(raws: list[str], hidden: tuple[str, ...]) -> None:
    read = read_rows([row(n, raw) for n, raw in enumerate(raws)], CLASSES)
    assert read.hidden == hidden
    assert (read.misfits, read.findings if hidden else ()) == (0, ())
    values: list[dict[str, Any]] = [{"x": 1}]
    assert hidden_columns(values, ("x",)) == ()


def test_rows_that_break_the_contract_of_the_release_are_part_of_the_feed() -> None:
    rules = (ColumnRule(COLUMNS[0], demand=Demand(at_least=0.0)), ColumnRule(COLUMNS[1]))
    model = release(Task("y", "binary", "roc_auc", ("no", "yes")), Contract("m", 90, rules))
    rows = [row(n, f'{{"x":{n - 2},"c":"a"}}') for n in range(5)]
    traffic, _, _ = read_traffic(span(*rows), model, np.empty(0, dtype=np.int64))
    [finding] = traffic.feed.findings
    assert (finding.code, finding.subject) == ("DC501", ("x",))
    assert (finding.evidence["rows"], finding.evidence["of"]) == (2, 5)
    assert finding.message == "'x' must be at least 0, and is not so in 2 of 5 rows."
    hashed = [row(n, '{"x":"h:c3df547de6c45ab8","c":"a"}') for n in range(5)]
    traffic, _, hidden = read_traffic(span(*hashed), model, np.empty(0, dtype=np.int64))
    assert hidden == ("x",)
    assert not traffic.feed.findings, "what the log does not hold breaks no rule"

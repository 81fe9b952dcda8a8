"""Lines that failed, written as libraries want them today."""

from __future__ import annotations

import pytest

from journeyman.entities.recording import FailedStatement
from journeyman.stages.mend_failures import mend_failures

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("line", "error", "message", "after"),
    [
        (
            "d = d.sort(columns='a')",
            "AttributeError",
            "'DataFrame' object has no attribute 'sort'",
            "d = d.sort_values(by='a')",
        ),
        ("x = d.ix[:, 'a']", "AttributeError", "'DataFrame' object has no attribute 'ix'", "x = d.loc[:, 'a']"),
        ("x = d.ix[3, 1:4]", "AttributeError", "'DataFrame' object has no attribute 'ix'", "x = d.iloc[3, 1:4]"),
        (
            "f = RFE(model, 8)",
            "TypeError",
            "RFE.__init__() takes 2 positional arguments but 3 were given",
            "f = RFE(model, n_features_to_select=8)",
        ),
        (
            "k = KMeans(3, n_jobs=2)",
            "TypeError",
            "KMeans.__init__() got an unexpected keyword argument 'n_jobs'",
            "k = KMeans(3)",
        ),
        ("m = d.Age.mode()[0] + d.index[0]", "KeyError", "0", "m = d.Age.mode().iloc[0] + d.index[0]"),
        ("c = d.corr()", "ValueError", "could not convert string to float: 'x'", "c = d.corr(numeric_only=True)"),
    ],
)
def test_a_line_is_written_as_its_library_wants_it(line: str, error: str, message: str, after: str) -> None:
    mended = mend_failures(f"a = 1\n{line}\nb = 2\n", [FailedStatement(2, 2, 2, error, message)])
    assert mended.source == f"a = 1\n{after}\nb = 2\n"
    assert [change.line for change in mended.changes] == [2]


def test_lines_behind_a_mend_keep_their_numbers() -> None:
    source = "f = RFE(\n    model,\n    8,\n)\nlast = 1\n"
    failure = FailedStatement(1, 4, 1, "TypeError", "RFE.__init__() takes 2 positional arguments but 3 were given")
    assert mend_failures(source, [failure]).source.split("\n")[4] == "last = 1"


def test_what_an_error_does_not_explain_stays() -> None:
    source = "x = 1 / 0\nd['b'] = d['a']\n"
    failures = [
        FailedStatement(1, 1, 1, "ZeroDivisionError", "division by zero"),
        FailedStatement(2, 2, 2, "KeyError", "'a'"),
    ]
    assert mend_failures(source, failures).source == source

"""Identifiers and split columns are set aside; measurements that happen to be unique are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from journeyman.quality_rules.identifiers import IdentifierRule, SplitColumnRule

N = 400


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Id", np.arange(1, N + 1)),
        ("row", np.arange(N)),
        ("PassengerId", np.random.default_rng(0).permutation(10 * N)[:N]),
        ("hospital_number", np.random.default_rng(0).integers(500_000, 5_000_000, N)),
        ("customer", np.array([f"{i * 7919 % 10007:05d}-QX" for i in range(N)], dtype=object)),
    ],
)
def test_identifiers_are_found(make_table: Any, run_rule: Any, name: str, values: Any) -> None:
    table = make_table({name: values, "y": np.arange(N) % 3 + 0.5})
    assert [f.subject for f in run_rule(IdentifierRule(), table)] == [(name,)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("area", np.random.default_rng(0).permutation(10 * N)[:N]),
        ("number_of_steps", np.random.default_rng(0).permutation(10 * N)[:N]),
        ("year", np.arange(1600, 1600 + N)),
        ("review", np.array([f"the {i}th film was rather good" for i in range(N)], dtype=object)),
        ("customer_id", np.arange(N) % 40),
        ("balance", np.random.default_rng(0).normal(size=N)),
    ],
)
def test_measurements_are_not(make_table: Any, run_rule: Any, name: str, values: Any) -> None:
    table = make_table({name: values, "y": np.arange(N) % 3 + 0.5})
    assert run_rule(IdentifierRule(), table) == []


def test_split_columns(make_table: Any, run_rule: Any) -> None:
    table = make_table(
        {
            "part": np.resize(["train", "train", "test"], N),
            "set": np.resize(["Training", "Validation"], N),
            "exam": np.resize(["test", "oral"], N),
            "outcome": np.resize(["valid", "test"], N),
            "y": np.arange(N) % 3 + 0.5,
        }
    )
    assert [f.subject for f in run_rule(SplitColumnRule(), table)] == [("part",), ("set",)]

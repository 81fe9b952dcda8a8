"""Every registered algorithm keeps the contract, on every kind of task."""

from importlib.util import find_spec

import pytest

from journeyman.entities.task import TaskKind
from journeyman.plugins import load_parts
from journeyman.testing.algorithm_checks import ALGORITHM_CHECKS

ALGORITHMS = load_parts("journeyman.algorithms")
NEEDS = {"neural": "keras", "catboost": "catboost"}


@pytest.mark.parametrize("kind", list(TaskKind), ids=lambda k: k.value)
@pytest.mark.parametrize("check", ALGORITHM_CHECKS, ids=lambda c: c.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_contract(name, check, kind):
    if find_spec(NEEDS.get(name, "numpy")) is None:
        pytest.skip(f"journeyman[{name}] is not installed")
    check(ALGORITHMS[name], kind)


def test_the_registered_names_are_the_algorithms_names():
    assert {name: part.name for name, part in ALGORITHMS.items()} == {name: name for name in ALGORITHMS}

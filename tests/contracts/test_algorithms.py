"""Every registered algorithm keeps the contract, on every kind of task."""

from dataclasses import dataclass, replace
from importlib.util import find_spec

import pytest

from journeyman.algorithms.linear import Linear
from journeyman.entities.candidate import Refusal
from journeyman.plugins import load_parts
from journeyman.tasks import all_task_types
from journeyman.testing.algorithm_checks import (
    ALGORITHM_CHECKS,
    check_names_a_preparation_with_each_candidate,
    check_refuses_with_a_reason,
    kinds_of,
)

ALGORITHMS = load_parts("journeyman.algorithms")
OF = {name: kinds_of(part) for name, part in ALGORITHMS.items()}
SAMPLED = {kind for kinds in OF.values() for kind in kinds}  # of others, rows depend on one another
NEEDS = {"neural": "keras", "convolution": "jax", "catboost": "catboost", "embedding_linear": "onnxruntime"}


@pytest.mark.parametrize("check", ALGORITHM_CHECKS, ids=lambda c: c.__name__.removeprefix("check_"))
@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in sorted(ALGORITHMS) for kind in OF[name]])
def test_contract(name, check, kind):
    if find_spec(NEEDS.get(name, "numpy")) is None:
        pytest.skip(f"journeyman[{name}] is not installed")
    check(ALGORITHMS[name], kind)


def test_every_kind_of_task_has_a_baseline_and_something_better():
    for kind in (name for name, does in all_task_types().items() if does.needs_target and name in SAMPLED):
        able = {name for name, kinds in OF.items() if kind in kinds}
        assert "baseline" in able
        assert len(able) > 1


def test_the_registered_names_are_the_algorithms_names():
    assert {name: part.name for name, part in ALGORITHMS.items()} == {name: name for name in ALGORITHMS}


@dataclass(frozen=True)
class Faulty(Linear):
    """A line whose further candidates, or whose answer about few rows, break the contract."""

    further: tuple[tuple[str, str], ...] = ()
    refusal: object = None

    def candidates(self, task, rows, columns):
        if rows < 100 and self.refusal is not None:
            return self.refusal
        (first,) = Linear().candidates(task, rows, columns)
        more = [replace(first, style=f"{k}", preparation=p, known_as=n) for k, (p, n) in enumerate(self.further)]
        return (first, *more)


@pytest.mark.parametrize(
    ("preparations", "further"),
    [
        (("dense", "encoded"), ()),  # nobody learns from the second
        (("dense",), (("encoded", "linear_encoded"),)),  # one that it does not name
        (("dense", "encoded"), (("encoded", ""),)),  # experience with both under one name
        (("encoded", "dense"), (("encoded", "linear_encoded"),)),  # the first candidate learns from the second
        (("dense",), (("", "linear_other"),)),  # a candidate without one
    ],
)
def test_a_fault_in_naming_preparations_is_told(preparations, further):
    sound = Faulty(preparations=("dense", "encoded"), further=(("encoded", "linear_encoded"),))
    check_names_a_preparation_with_each_candidate(sound, "binary")
    with pytest.raises(AssertionError):
        check_names_a_preparation_with_each_candidate(Faulty(preparations=preparations, further=further), "binary")


@pytest.mark.parametrize("refusal", [(), Refusal(""), Refusal("too few rows."), Refusal("too few\nrows")])
def test_a_refusal_without_a_proper_reason_is_told(refusal):
    check_refuses_with_a_reason(Faulty(refusal=Refusal("fewer than 100 rows")), "binary")
    with pytest.raises(AssertionError):
        check_refuses_with_a_reason(Faulty(refusal=refusal), "binary")

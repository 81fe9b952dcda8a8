"""LightGBM learns from two preparations: on columns as they are, and on features crafted of them."""

import json
from importlib.resources import files

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.candidate import Candidate
from journeyman.entities.task import Task

TASK = Task("y", "regression", "rmse")


def crafted(rows: int) -> list[Candidate]:
    return [c for c in LightGBM().candidates(TASK, rows, ()) if c.preparation == "crafted"]


def test_a_wider_matrix_costs_more():
    native, wide = LightGBM().candidates(TASK, 5000, ())[0], crafted(5000)[0]
    same = Candidate("lightgbm", native.parameters, preparation=wide.preparation)
    assert LightGBM().seconds(same, TASK, 5000, 10) > LightGBM().seconds(native, TASK, 5000, 10)


def test_few_rows_have_no_crafted_features():
    assert not crafted(150)
    assert len(crafted(150_000)) == 4
    assert LightGBM().candidates(TASK, 150, ())


def test_what_was_learned_while_it_was_an_algorithm_of_its_own_still_counts():
    """Names and keys are those under which experience, and reports, have kept it; shipped beliefs know it."""
    for candidate in crafted(5000):
        before = Candidate("lightgbm_crafted", candidate.parameters, "", candidate.style)
        assert (candidate.key, candidate.name) == (before.key, before.name)
        assert candidate.algorithm == "lightgbm"
    assert crafted(5000)[0].key == "lightgbm_crafted-08715c8a"
    prior = json.loads(files("journeyman.stages.rank").joinpath("prior.json").read_bytes())
    assert {c.learner for c in LightGBM().candidates(TASK, 5000, ())} <= set(prior["names"])

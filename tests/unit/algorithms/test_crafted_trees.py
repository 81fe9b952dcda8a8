"""LightGBM on crafted features says what it asks for and what it costs."""

from journeyman.algorithms.crafted_trees import CraftedLightGBM
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.task import Task, TaskKind

TASK = Task("y", TaskKind.REGRESSION, "rmse")


def test_a_wider_matrix_costs_more():
    candidate = CraftedLightGBM().candidates(TASK, 5000, ())[0]
    assert CraftedLightGBM().seconds(candidate, TASK, 5000, 10) > LightGBM().seconds(candidate, TASK, 5000, 10)


def test_few_rows_are_left_to_others():
    assert CraftedLightGBM().candidates(TASK, 150, ()) == ()
    assert len(CraftedLightGBM().candidates(TASK, 150_000, ())) == 4


def test_it_reads_its_own_preparation():
    assert CraftedLightGBM().preparation == "crafted"
    assert {c.algorithm for c in CraftedLightGBM().candidates(TASK, 5000, ())} == {"lightgbm_crafted"}

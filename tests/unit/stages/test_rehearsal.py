"""Rehearsal: what a first build's rows say of more rows, whatever their order; alone it promotes nothing."""

import numpy as np
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.column import Column, Kind
from journeyman.entities.decision import Action
from journeyman.entities.labelled import Labelled
from journeyman.entities.operation import Economics
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.staleness import Staleness
from journeyman.entities.task import Task
from journeyman.metrics.e_process import evidence, update
from journeyman.stages.promote import open_comparison, promote
from journeyman.stages.retrain import QuickModels, price, rehearse, rehearsed
from journeyman.transformers.preparations import NativePreparation

UNIT = 0.2
ECONOMICS = price(Economics(), UNIT)


def models() -> QuickModels:
    columns = tuple(Column(f"x{i}", Kind.NUMBER) for i in range(4))
    task = Task("y", "binary", "roc_auc", ("a", "b"))
    return QuickModels(LightGBM(), NativePreparation(), columns, task, 1.0, UNIT)


def table(rows: int, bent: bool = True, ordered: bool = False) -> Labelled:
    """A bent plane, which a few hundred rows cannot show; or a step, which they can."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    odds = 3.0 * (x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3]) if bent else 99.0 * x[:, 0]
    y = (rng.random(rows) < 1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float64)
    order = np.argsort(y, kind="stable") if ordered else np.arange(rows)
    never = np.zeros(rows, dtype=np.int64)
    return Labelled({f"x{i}": x[order, i] for i in range(4)}, y[order], never, never)


@pytest.mark.parametrize("ordered", [False, True], ids=["as it came", "sorted by class"])
def test_what_more_rows_are_worth_is_known_before_the_first_truth_comes(ordered: bool) -> None:
    blocks = rehearse(models(), table(2000, ordered=ordered))
    known = rehearsed(blocks, 2000)
    assert [block.known for block in blocks] == [1250, 1625, 2000]
    assert [block.age for block in blocks] == [375, 750, 1125]
    assert known.slope_total / known.slope_weight > 0.005
    assert evidence(known.recipe)[0] > 2.0
    assert (known.learned, known.tested, known.blocks, known.windows) == (2000, 2000, (), {})


def test_where_a_quarter_of_the_rows_tells_it_all_more_rows_are_worth_little() -> None:
    known = rehearsed(rehearse(models(), table(2000, bent=False)), 2000)
    assert known.slope_total / known.slope_weight < 0.003
    assert evidence(known.recipe)[0] < 2.0


def test_too_few_rows_are_not_rehearsed_on() -> None:
    assert rehearse(models(), table(199)) == ()
    assert rehearsed((), 199) == Staleness(199, tested=199)


def test_a_rehearsal_promotes_nothing_until_the_stream_agrees() -> None:
    recipe = rehearsed(rehearse(models(), table(4000)), 4000).recipe
    assert promote(open_comparison(1, 2, recipe), ECONOMICS).action is Action.KEEP

    def labels_wanted(contest: PairedComparison) -> int:
        rng = np.random.default_rng(1)
        while promote(contest, ECONOMICS).action is not Action.PROMOTE:
            contest = update(contest, np.clip(rng.normal(0.04, 0.2, 10), -1.0, 1.0))
        return contest.truths

    assert 0 < labels_wanted(open_comparison(1, 2, recipe)) < labels_wanted(open_comparison(1, 2))

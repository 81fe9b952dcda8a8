"""Both models are scored on the same rows, as the rows hang together, or it is told why not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.comparison import ChampionPredictions, JudgedRows
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.stages.evaluate.compare_champion import compare_champion, paired_interval
from journeyman.stages.evaluate.judged_rows import judging_rows, predict_judged_rows
from journeyman.tasks.quantiles import PinballLoss

TASK = Task("y", "regression", "rmse")
ROWS = 400
RNG = np.random.default_rng(3)
Y = RNG.normal(size=ROWS)
COLUMNS = (Column("a", Kind.NUMBER), Column("g", Kind.INTEGER, Role.GROUP), Column("y", Kind.NUMBER, Role.TARGET))
TABLE = Table("t", pd.DataFrame({"a": Y, "g": np.repeat(np.arange(20.0), 20), "y": Y}), COLUMNS, "0", ROWS)
HELD = np.arange(200, 400)
SPLIT = Split(Scheme.SHUFFLED, np.arange(200), HELD, (), "")


def predictions(error):
    return (Y[HELD] + error * np.random.default_rng(5).normal(size=200))[:, None]


def compared(new, old, split=SPLIT, task=TASK, **champion):
    values = {"rows": HELD, "predictions": old, "recorded": 200, "share": 0.9} | champion
    return compare_champion(2, JudgedRows(HELD, new), ChampionPredictions("m", 1, **values), TABLE, task, split, 0)


def test_both_are_scored_on_the_same_rows():
    found = compared(predictions(0.2), predictions(0.4))
    assert found.better
    assert not found.worse
    assert (found.rows, found.judged, found.confidence) == (200, 200, pytest.approx(0.95))
    assert found.champion_score == pytest.approx(2 * found.challenger_score)
    reverse = compared(predictions(0.4), predictions(0.2))
    assert reverse.worse
    assert (reverse.low, reverse.high) == pytest.approx((-found.high, -found.low))


def test_rows_come_in_any_order():
    mixed = np.random.default_rng(0).permutation(200)
    old = predictions(0.4)
    assert compared(predictions(0.2), old[mixed], rows=HELD[mixed]) == compared(predictions(0.2), old)


def test_the_same_predictions_are_no_difference():
    found = compared(predictions(0.2), predictions(0.2))
    assert (found.low, found.high) == (0.0, 0.0)
    assert not found.better


def test_the_interval_widens_with_every_challenger():
    spans = [compared(predictions(0.2), predictions(0.4), earlier=n) for n in (0, 3, 30)]
    assert spans[0].low > spans[1].low > spans[2].low
    assert spans[2].confidence > 0.999


@pytest.mark.parametrize(
    ("rows", "words"),
    [(0, "1 has learned from all"), (1, "only 1 of the 200 rows"), (49, "only 49 of the 200")],
)
def test_too_few_rows_are_told(rows, words):
    found = compared(predictions(0.2), predictions(0.4)[:rows], rows=HELD[:rows])
    assert words in found.obstacle
    assert not found.better
    assert np.isnan(found.champion_score)


def test_groups_and_copies_count_as_one():
    grouped = replace(TASK, scheme=Scheme.GROUPED, group_column="g")
    found = compared(predictions(0.2), predictions(0.4), replace(SPLIT, scheme=Scheme.GROUPED), grouped)
    assert "which count as 10 independent ones" in found.obstacle
    copies = replace(SPLIT, copies=np.repeat(np.arange(25), 16))
    assert "which count as 13 independent ones" in compared(predictions(0.2), predictions(0.4), copies).obstacle


def test_a_champion_that_lost_its_gain_asks_whether_the_table_is_sound():
    found = compared(predictions(0.2), predictions(0.9), recorded=0)
    assert found.low > 0
    assert "keeps less than half of the gain" in found.obstacle
    assert not found.better
    assert compared(predictions(0.2), predictions(0.9), recorded=200).better, "these rows judged it before"
    assert compared(predictions(0.2), predictions(0.4), recorded=0).better


def test_an_obstacle_is_handed_on():
    found = compared(predictions(0.2), predictions(0.4), obstacle="it cannot be read")
    assert (found.obstacle, found.rows) == ("it cannot be read", 0)


def test_without_a_holdout_out_of_fold_predictions_stand_in():
    folds = tuple(
        Fold(np.setdiff1d(np.arange(400), part), part) for part in (np.arange(0, 400, 2), np.arange(1, 400, 2))
    )
    split = Split(Scheme.SHUFFLED, np.arange(400), np.empty(0, np.int64), folds, "")
    given = np.concatenate([fold.validate for fold in folds]).astype(float)[:, None]
    ensemble = Ensemble((), 0.0, given, threshold=None)
    judged = predict_judged_rows(lambda _: pytest.fail("nothing is asked"), ensemble, TABLE, split, 0)
    assert judged.rows.tolist() == judged.predictions[:, 0].tolist() == list(range(400))


def test_rows_that_judge_are_told_apart_by_data_and_division():
    other = replace(SPLIT, holdout=HELD[1:])
    assert judging_rows("a", SPLIT) == judging_rows("a", replace(SPLIT, reason="another"))
    assert len({judging_rows("a", SPLIT), judging_rows("b", SPLIT), judging_rows("a", other)}) == 3


def test_models_of_several_numbers_are_compared_by_all_of_them() -> None:
    rng = np.random.default_rng(0)
    y, levels = rng.normal(size=2_000), (0.5, 0.1, 0.9)
    good = np.tile(np.quantile(y, levels), (len(y), 1))
    narrow = good * [1.0, 0.3, 0.3]  # the same medians
    metric, units = PinballLoss(levels), np.arange(len(y), dtype=np.int64)
    low, high = paired_interval(metric, y, (good, narrow), units, 0.025, 0)
    assert 0 < low < metric.score(y, narrow) - metric.score(y, good) < high

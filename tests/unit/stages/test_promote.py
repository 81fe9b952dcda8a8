"""Promote: what becomes of a challenger, by evidence alone."""

import numpy as np
import pytest

from journeyman.entities.contest import Contest
from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics
from journeyman.entities.task import Task, TaskKind
from journeyman.entities.traffic import Traffic
from journeyman.metrics.row_losses import bounded_losses
from journeyman.metrics.wagers import capped, wager
from journeyman.stages.promote import open_contest, paired, promote, watch_over

NOTHING = Contest(0, 0)
ECONOMICS = Economics(loss=0.02)


def after(contest: Contest, mean: float, rows: int = 3000, seed: int = 0) -> Contest:
    return wager(contest, np.random.default_rng(seed).normal(mean, 0.3, rows))


def test_the_better_one_is_promoted_and_the_worse_one_dropped() -> None:
    better = promote(after(open_contest(1, 2), 0.1), NOTHING, ECONOMICS)
    worse = promote(after(open_contest(1, 2), -0.1), NOTHING, ECONOMICS)
    assert (better.action, better.version) == (Action.PROMOTE, 2)
    assert (worse.action, worse.version) == (Action.KEEP, 2)
    assert "worse" in worse.reason
    assert better.benefit > 0


def test_swapping_champion_and_challenger_mirrors_the_decision() -> None:
    differences = np.random.default_rng(1).normal(0.1, 0.3, 3000)
    one = promote(wager(open_contest(1, 2), differences), NOTHING, ECONOMICS)
    other = promote(wager(open_contest(2, 1), -differences), NOTHING, ECONOMICS)
    assert (one.action, one.version) == (Action.PROMOTE, 2)
    assert (other.action, other.version) == (Action.KEEP, 1)
    assert one.evidence["evidence for"] == other.evidence["evidence against"]
    assert one.evidence["mean gain"] == -float(other.evidence["mean gain"])


def test_little_evidence_decides_nothing() -> None:
    move = promote(after(open_contest(1, 2), 0.1, rows=60), NOTHING, ECONOMICS)
    assert (move.action, move.version) == (Action.KEEP, None)


def test_a_challenger_without_proof_is_dropped_when_a_gain_worth_having_would_have_shown() -> None:
    equal = after(open_contest(1, 2), 0.0, rows=9000, seed=2)
    economics = Economics(loss=0.005)
    move = promote(equal, NOTHING, economics)
    assert (move.action, move.version) == (Action.KEEP, 2)
    assert "has not proved" in move.reason
    assert int(move.evidence["truths at most"]) < economics.horizon


def test_a_person_is_asked_where_they_approve() -> None:
    move = promote(after(open_contest(1, 2), 0.1), NOTHING, Economics(loss=0.02, approval=True))
    assert (move.action, move.wanted, move.version) == (Action.ASK, Action.PROMOTE, 2)


def test_the_former_champion_returns_by_the_same_evidence() -> None:
    guard = watch_over(open_contest(1, 2))
    assert (guard.champion, guard.challenger, guard.guard) == (2, 1, True)
    back = promote(after(guard, 0.1), NOTHING, Economics(loss=0.02, approval=True))
    assert (back.action, back.version) == (Action.ROLL_BACK, 1)
    stays = promote(after(guard, -0.1), NOTHING, ECONOMICS)
    assert (stays.action, stays.version) == (Action.KEEP, 1)


def test_what_learning_again_has_proved_before_counts_half() -> None:
    recipe = after(NOTHING, 0.1)
    at_once = promote(open_contest(1, 2), recipe, ECONOMICS)
    assert at_once.action is Action.PROMOTE
    assert "before it" in at_once.reason
    # Its own truths weigh against it, and speak for it where nothing was proved before.
    assert promote(after(open_contest(1, 2), -0.1, rows=300), capped(recipe), ECONOMICS).action is Action.KEEP
    assert promote(open_contest(1, 2), after(NOTHING, 0.0), ECONOMICS).action is Action.KEEP
    assert promote(after(open_contest(1, 2), 0.1), after(NOTHING, -0.1), ECONOMICS).action is Action.PROMOTE


def test_pairs_are_truths_of_the_span_that_both_answered_in_the_order_they_came() -> None:
    task = Task("y", TaskKind.REGRESSION, "rmse")
    shadow = np.array([[1.0], [2.0], [np.nan], [4.0], [5.0]])
    traffic = Traffic(
        begin=100,
        end=200,
        ids=np.arange(5),
        times=np.array([50, 60, 110, 120, 130]),
        versions=np.array([1, 1, 1, 1, 3]),
        rows={},
        answers=np.zeros((5, 1)),
        truths=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        labelled=np.array([150, 120, 130, 190, 140]),
        shadows={2: shadow},
    )

    def losses(truths: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return bounded_losses(truths, answers, task, 10.0)

    # Row 2 has no answer of the challenger, row 4 none of the champion; row 1's truth came before row 0's.
    np.testing.assert_allclose(paired(open_contest(1, 2), traffic, losses), [0.2, 0.1, 0.4])
    np.testing.assert_allclose(paired(open_contest(2, 1), traffic, losses), [-0.2, -0.1, -0.4])


@pytest.mark.parametrize("looks", [50])
def test_shuffled_rows_promote_what_is_worse_no_more_often_than_alpha(looks: int) -> None:
    """Two least-squares lines from different rows of one world: whichever is better is so by chance."""
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng([seed, 11])
        x = rng.normal(0, 1, (1500, 3))
        y = x @ np.array([0.4, -0.2, 0.1]) + rng.normal(0, 1, 1500)
        lines = [np.linalg.lstsq(x[part], y[part], rcond=None)[0] for part in (slice(0, 150), slice(150, 300))]
        losses = [np.minimum(np.abs(y[300:] - x[300:] @ line) / 6.0, 1.0) for line in lines]
        truly = [float(((line - [0.4, -0.2, 0.1]) ** 2).sum()) for line in lines]
        contest, steps = open_contest(1, 2), losses[0] - losses[1]
        for begin in range(0, len(steps), looks):
            contest = wager(contest, steps[begin : begin + looks])
            if promote(contest, NOTHING, ECONOMICS).action is Action.PROMOTE:
                wrong += truly[1] > truly[0]
                break
    assert wrong <= 10  # 5 % of 200

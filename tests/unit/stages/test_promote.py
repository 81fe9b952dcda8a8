"""Promote: what becomes of a challenger, by evidence alone."""

import numpy as np
import pytest

from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.task import Task
from journeyman.entities.traffic import Traffic
from journeyman.metrics.e_process import evidence, update
from journeyman.stages.promote import open_comparison, paired, promote, watch_over
from journeyman.tasks import task_type

ECONOMICS = Economics(loss=0.02)


def after(contest: PairedComparison, mean: float, rows: int = 3000, seed: int = 0) -> PairedComparison:
    return update(contest, np.clip(np.random.default_rng(seed).normal(mean, 0.3, rows), -1.0, 1.0))


def test_the_better_one_is_promoted_and_the_worse_one_dropped() -> None:
    better = promote(after(open_comparison(1, 2), 0.1), ECONOMICS)
    worse = promote(after(open_comparison(1, 2), -0.1), ECONOMICS)
    assert (better.action, better.version) == (Action.PROMOTE, 2)
    assert (worse.action, worse.version) == (Action.KEEP, 2)
    assert "worse" in worse.reason
    assert better.benefit > 0


def test_swapping_champion_and_challenger_mirrors_the_decision() -> None:
    differences = np.clip(np.random.default_rng(1).normal(0.1, 0.3, 3000), -1.0, 1.0)
    one = promote(update(open_comparison(1, 2), differences), ECONOMICS)
    other = promote(update(open_comparison(2, 1), -differences), ECONOMICS)
    assert (one.action, one.version) == (Action.PROMOTE, 2)
    assert (other.action, other.version) == (Action.KEEP, 1)
    assert one.evidence["evidence for"] == other.evidence["evidence against"]
    assert one.evidence["mean gain"] == -float(other.evidence["mean gain"])


def test_little_evidence_decides_nothing() -> None:
    move = promote(after(open_comparison(1, 2), 0.1, rows=60), ECONOMICS)
    assert (move.action, move.version) == (Action.KEEP, None)


def test_a_challenger_without_proof_is_dropped_when_a_gain_worth_having_would_have_shown() -> None:
    equal = after(open_comparison(1, 2), 0.0, rows=9000, seed=2)
    economics = Economics(loss=0.005)
    move = promote(equal, economics)
    assert (move.action, move.version) == (Action.KEEP, 2)
    assert "was not shown to be better" in move.reason
    assert int(move.evidence["truths at most"]) < economics.horizon


def test_a_person_is_asked_where_they_approve() -> None:
    move = promote(after(open_comparison(1, 2), 0.1), Economics(loss=0.02, approval=True))
    assert (move.action, move.wanted, move.version) == (Action.ASK, Action.PROMOTE, 2)


def test_the_former_champion_returns_by_the_same_evidence() -> None:
    guard = watch_over(open_comparison(1, 2))
    assert (guard.champion, guard.challenger, guard.guard) == (2, 1, True)
    back = promote(after(guard, 0.1), Economics(loss=0.02, approval=True))
    assert (back.action, back.version) == (Action.ROLL_BACK, 1)
    stays = promote(after(guard, -0.1), ECONOMICS)
    assert (stays.action, stays.version) == (Action.KEEP, 1)


def test_earlier_evidence_sets_stakes_and_promotes_nothing() -> None:
    recipe = after(PairedComparison(0, 0), 0.1)
    known = open_comparison(1, 2, recipe)
    assert promote(known, ECONOMICS).action is Action.KEEP
    assert evidence(known)[0] == pytest.approx(1.0)

    def labels_wanted(contest: PairedComparison) -> int:
        rng = np.random.default_rng(1)
        while promote(contest, ECONOMICS).action is not Action.PROMOTE:
            contest = update(contest, np.clip(rng.normal(0.06, 0.3, 10), -1.0, 1.0))
        return contest.truths

    assert 100 <= labels_wanted(known) < labels_wanted(open_comparison(1, 2))


def test_a_promotion_takes_a_hundred_labels_of_its_own() -> None:
    contest = update(open_comparison(1, 2), np.full(99, 0.9))
    assert promote(contest, ECONOMICS).action is Action.KEEP
    assert promote(update(contest, np.full(1, 0.9)), ECONOMICS).action is Action.PROMOTE


def test_nothing_is_promoted_or_dropped_while_the_latest_labels_contradict_the_rest() -> None:
    for sign, action in ((1.0, Action.PROMOTE), (-1.0, Action.KEEP)):
        contest = after(open_comparison(1, 2), sign * 0.1)
        assert (promote(contest, ECONOMICS).action, promote(contest, ECONOMICS).version) == (action, 2)
        turned = after(contest, -sign * 0.15, rows=400)  # in one look: all labels together still speak for it
        assert evidence(turned)[int(sign < 0)] > 20.0
        assert promote(turned, ECONOMICS).version is None


def test_odds_beyond_a_thousand_are_not_shown() -> None:
    for mean in (0.3, -0.3):
        reason = promote(after(open_comparison(1, 2), mean), ECONOMICS).reason
        assert "more than 1,000 to 1" in reason
        assert "prove" not in reason


def test_pairs_are_truths_of_the_span_that_both_answered_in_the_order_they_came() -> None:
    task = Task("y", "regression", "rmse")
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
        return task_type(task).live_losses(truths, answers, 10.0)

    # Row 2 has no answer of the challenger, row 4 none of the champion; row 1's truth came before row 0's.
    np.testing.assert_allclose(paired(open_comparison(1, 2), traffic, losses), [0.2, 0.1, 0.4])
    np.testing.assert_allclose(paired(open_comparison(2, 1), traffic, losses), [-0.2, -0.1, -0.4])


@pytest.mark.slow
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
        contest, steps = open_comparison(1, 2), losses[0] - losses[1]
        for begin in range(0, len(steps), looks):
            contest = update(contest, steps[begin : begin + looks])
            if promote(contest, ECONOMICS).action is Action.PROMOTE:
                wrong += truly[1] > truly[0]
                break
    assert wrong <= 10  # 5 % of 200

"""Judge: evidence before money, nothing on a broken feed, and a memory that a move leaves consistent."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.decision import Action
from journeyman.entities.finding import Severity
from journeyman.entities.judged import Judged, LearnedFrom, PolicyMemory
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics, Move
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import LastingFault, Signal, Tier, Watched
from journeyman.entities.staleness import Staleness
from journeyman.operations.decide_move import DecisionInputs, begun, decide_move, moved, sound
from journeyman.stages.retrain import ALL_ROWS, BlockLosses, absorb
from journeyman.stores.facts import decode, encode

UNIT = 0.2
BROKEN = Signal("DR001", Tier.FEED, Severity.ERROR, "A column is stuck.", 0)


class World:
    """Truths of a world in which the champion is worse than a fresh model by so much."""

    def __init__(self, worse: float, better: float = 0.0) -> None:
        self.worse, self.better, self.tests = worse, better, 0
        self.rng = np.random.default_rng(0)

    def seen(self, truths: int, signals: tuple[Signal, ...] = ()) -> DecisionInputs:
        def pairs(contest: PairedComparison) -> np.ndarray:
            return self.rng.normal(self.better, 0.1, 500)

        def test(staleness: Staleness, lessons: Lessons) -> Staleness:
            self.tests += 1
            fresh = self.rng.uniform(0.1, 0.3, 500)
            twin = fresh + self.worse + self.rng.normal(0, 0.05, 500)
            return absorb(staleness, BlockLosses(twin, fresh, {"all": 0.2}, truths - staleness.learned, truths))

        return DecisionInputs(Watched(signals, 500, 500), (), truths, UNIT, pairs, test)


def rounds(world: World, memory: PolicyMemory, truths: int, count: int) -> tuple[Judged, int]:
    """Judge until something is to be done; return that and the truths known then."""
    for _ in range(count):
        truths += 500
        judged = decide_move(world.seen(truths), memory, Economics())
        memory = judged.memory
        if judged.move.action is not Action.KEEP or judged.move.version is not None:
            break
    return judged, truths


def test_a_stale_champion_is_replaced_and_watched_over() -> None:
    world = World(worse=0.05, better=0.05)
    judged, truths = rounds(world, begun(2000), 2000, 10)
    assert judged.move.action is Action.RETRAIN
    assert judged.context["slope"] > 0
    memory = moved(judged.memory, judged.move, 1, 2, truths)
    assert memory.contest is not None
    assert (memory.contest.champion, memory.contest.challenger, memory.contest.truths) == (1, 2, 0)
    judged, truths = rounds(world, memory, truths, 10)
    assert (judged.move.action, judged.move.version) == (Action.PROMOTE, 2)
    built = memory.shadow
    memory = moved(judged.memory, judged.move, 1, None, truths)
    assert built is not None
    assert memory.staleness.learned == built.truths
    assert memory.contest == PairedComparison(2, 1, guard=True)
    assert decode(encode(memory), PolicyMemory) == memory


def test_what_was_promoted_wrongly_returns_and_learning_again_has_to_prove_itself_anew() -> None:
    world = World(worse=0.05, better=0.05)
    judged, truths = rounds(world, begun(2000), 2000, 10)
    judged, truths = rounds(world, moved(judged.memory, judged.move, 1, 2, truths), truths, 10)
    memory = moved(judged.memory, judged.move, 1, None, truths)
    world.worse = 0.0  # nothing fresher would be better, and the former champion is
    judged, truths = rounds(world, memory, truths, 10)
    assert (judged.move.action, judged.move.version) == (Action.ROLL_BACK, 1)
    memory = moved(judged.memory, judged.move, 2, None, truths)
    assert memory.staleness.learned == 2000
    assert (memory.contest, memory.staleness.recipe) == (None, PairedComparison(0, 0))
    assert decide_move(world.seen(truths), memory, Economics()).move.action is Action.KEEP


def test_a_person_who_goes_back_leaves_no_contest_behind() -> None:
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(3000, ALL_ROWS))
    memory = moved(running, Move(Action.ROLL_BACK, "A person asked.", version=1), 3, 1, 4000)
    assert (memory.contest, memory.shadow, memory.staleness.learned) == (None, None, 2000)


def test_nothing_is_learned_on_a_broken_feed_but_truths_of_sound_rows_go_on_to_say_who_is_better() -> None:
    world = World(worse=0.5, better=0.5)
    memory = begun(2000)
    for truths in range(2500, 10_001, 500):
        judged = decide_move(world.seen(truths, (BROKEN,)), memory, Economics())
        memory = judged.memory
        assert judged.move.action is Action.KEEP
    assert world.tests > 0
    assert not sound(Watched((BROKEN,), 1, 1))
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2))
    judged = decide_move(world.seen(3000, (BROKEN,)), running, Economics())
    assert judged.memory.contest is not None
    assert judged.memory.contest.truths == 500
    assert (judged.move.action, judged.move.version) == (Action.PROMOTE, 2)


def test_a_world_that_stays_is_left_alone() -> None:
    world = World(worse=0.0)
    judged, truths = rounds(world, begun(2000), 2000, 40)
    assert judged.move.action is Action.KEEP
    assert truths == 22_000


@pytest.mark.parametrize("version", [None, 2])
def test_a_retraining_is_paid_for_whether_or_not_it_gave_a_release(version: int | None) -> None:
    judged, truths = rounds(World(worse=0.05), begun(2000), 2000, 10)
    memory = moved(judged.memory, judged.move, 1, version, truths)
    assert memory.staleness.blocks == ()
    assert memory.staleness.paid == truths - 2000
    assert (memory.contest is None) is (version is None)


DEAD = LastingFault("DR002 temp", 0, 3, 900)


def losing(world: World, truths: int, *signals: Signal, settled: tuple[LastingFault, ...] = (DEAD,)) -> DecisionInputs:
    """Return a look that gives 'temp' up, in a world where a model without it is much better."""
    seen = world.seen(truths, signals)
    return replace(seen, watched=replace(seen.watched, settled=settled), spared=lambda _: 0.5)


def test_a_lost_column_is_learned_without_once_the_look_that_gave_it_up_is_over() -> None:
    world = World(worse=0.0)
    judged = decide_move(losing(world, 2500, BROKEN), begun(2000), Economics())  # another column is broken at that look
    assert judged.move.action is Action.KEEP
    assert decode(encode(judged.memory), PolicyMemory) == judged.memory
    judged = decide_move(losing(world, 3000, settled=()), judged.memory, Economics())
    assert (judged.move.action, judged.move.evidence["given up"]) == (Action.RETRAIN, "temp")
    assert "without 'temp'" in judged.move.reason
    assert not moved(judged.memory, judged.move, 1, 2, 3000).lost
    failed = moved(judged.memory, judged.move, 1, None, 3000)
    assert decide_move(losing(world, 3100, settled=()), failed, Economics()).move.action is Action.KEEP
    assert decide_move(losing(world, 3300, settled=()), failed, Economics()).move.action is Action.RETRAIN


def test_evidence_comes_before_a_lost_column_and_does_not_make_it_forgotten() -> None:
    world = World(worse=0.0, better=0.3)
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(2000, ALL_ROWS))
    judged = decide_move(losing(world, 2500), running, Economics())
    assert (judged.move.action, judged.move.version) == (Action.PROMOTE, 2)
    after = moved(judged.memory, judged.move, 1, None, 2500)
    world.better = 0.0
    assert decide_move(losing(world, 3000, settled=()), after, Economics()).move.action is Action.RETRAIN


def test_a_lost_column_that_delivers_again_or_is_not_missed_is_forgotten() -> None:
    world = World(worse=0.0)
    waiting = replace(begun(2000), lost=(DEAD,))
    back = losing(world, 2500, settled=())
    back = replace(back, watched=replace(back.watched, returned=("temp",)))
    assert decide_move(back, waiting, Economics()).move.action is Action.KEEP
    assert not decide_move(world.seen(2500), waiting, Economics()).memory.lost


def test_a_retraining_that_gave_no_release_leaves_the_challenger_where_it_is() -> None:
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(3000, ALL_ROWS))
    memory = moved(running, Move(Action.RETRAIN, "", window=ALL_ROWS), 1, None, 4000)
    assert (memory.contest, memory.shadow) == (running.contest, running.shadow)


def test_a_challenger_is_not_replaced_before_it_could_show_what_it_is_worth() -> None:
    """What a challenger is worth is not known to the row: four models followed each other, none was ever used."""
    replaced = 0
    for seed in range(20):
        world = World(worse=0.03)
        world.rng = np.random.default_rng(seed)

        def pairs(contest: PairedComparison, world: World = world) -> np.ndarray:
            return np.clip(world.rng.normal(0.02, 0.3, 200), -1.0, 1.0)

        memory = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(2000, ALL_ROWS))
        judged = decide_move(replace(world.seen(2500), pairs=pairs), memory, Economics())
        replaced += judged.move.action is Action.RETRAIN
    assert replaced <= 1


def test_a_challenger_makes_way_where_a_fresh_model_is_surely_better_by_far() -> None:
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(2000, ALL_ROWS))
    judged = decide_move(World(worse=0.1).seen(2500), running, Economics())
    assert judged.move.action is Action.RETRAIN


def test_a_challenger_without_labels_of_its_own_is_waited_for() -> None:
    running = PolicyMemory(Staleness(2000), PairedComparison(1, 2), LearnedFrom(2000, ALL_ROWS))
    late = replace(World(worse=0.6).seen(2500), pairs=lambda _: np.zeros(0))
    assert decide_move(late, running, Economics()).move.action is Action.KEEP

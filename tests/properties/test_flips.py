"""Champions do not flip while the world moves: at most one change of the champion for each change of concept."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from journeyman.entities.decision import Action
from journeyman.entities.judged import LearnedFrom
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Watched
from journeyman.entities.staleness import Staleness
from journeyman.operations.decide_move import DecisionInputs, begun, decide_move, moved
from journeyman.stages.promote import open_comparison, watch_over
from journeyman.stages.retrain import ALL_ROWS, BlockLosses, absorb

pytestmark = pytest.mark.slow
FIRST, DELAY, WINDOW, UNIT = 400, 100, 500, 0.15


@dataclass
class World:
    """Two classes by the sign of a line that changes with the concept; a model is the line of the rows it learned."""

    seed: int
    length: int
    noise: float
    look: int = 100
    concepts: int = 6
    models: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, self.length])
        rows = FIRST + self.concepts * self.length
        self.x = rng.normal(size=(rows, 3))
        lines = np.array([[1.0, 0.8, 0.0], [1.0, -0.8, 0.3]])
        self.concept = np.maximum(np.arange(rows) - FIRST, 0) // self.length
        self.y = np.sign((self.x * lines[self.concept % 2]).sum(axis=1) + rng.normal(0, self.noise, rows))

    def learn(self, begin: int, end: int) -> np.ndarray:
        return np.linalg.lstsq(self.x[begin:end], self.y[begin:end], rcond=None)[0]

    def losses(self, line: np.ndarray, begin: int, end: int) -> np.ndarray:
        chance = 1.0 / (1.0 + np.exp(-3.0 * self.x[begin:end] @ line))
        return np.square((self.y[begin:end] > 0) - chance)


def champions(world: World, learns: bool) -> list[tuple[int, int]]:
    """Return each change of the champion as (concept, release), through the judgement that the loop uses.

    Where it does not learn, a model of each concept is there from the beginning: one predicts, one is the challenger.
    """
    champion, memory, built = 1, begun(FIRST), {1: FIRST}
    world.models = {1: world.learn(0, FIRST)}
    if not learns:
        world.models[2], built[2] = world.learn(FIRST + world.length, FIRST + 2 * world.length), FIRST
        memory = replace(memory, contest=watch_over(open_comparison(2, 1)), shadow=LearnedFrom(FIRST, ALL_ROWS))
    changed = []
    for now in range(FIRST + DELAY + world.look, len(world.y) + 1, world.look):
        known = now - DELAY

        def pairs(contest: PairedComparison, known: int = known) -> np.ndarray:
            since = max(known - world.look, built[contest.champion], built[contest.challenger])
            old, new = (world.losses(world.models[v], since, known) for v in (contest.champion, contest.challenger))
            return old - new

        def test(staleness: Staleness, lessons: Lessons, known: int = known, champion: int = champion) -> Staleness:
            begin = max(staleness.tested, staleness.learned)
            if begin >= known or not learns:
                return staleness
            fresh = world.losses(world.learn(max(0, begin - WINDOW), begin), begin, known)
            twin = world.losses(world.models[champion], begin, known)
            return absorb(staleness, BlockLosses(twin, fresh, {}, begin - staleness.learned, known))

        economics = Economics(horizon=2_000) if learns else Economics(retraining=1e9, loss=0.1)
        judged = decide_move(
            DecisionInputs(Watched((), world.look, world.look), (), known, UNIT, pairs, test), memory, economics
        )
        move, memory, version = judged.move, judged.memory, None
        if move.action is Action.RETRAIN:
            version = max(world.models) + 1
            world.models[version], built[version] = world.learn(max(0, known - WINDOW), known), known
        if not learns and move.action is Action.KEEP and move.version is not None:
            memory = replace(
                memory, contest=PairedComparison(champion, 3 - champion, guard=True)
            )  # it stays in the shadow
            continue
        memory = moved(memory, move, champion, version, known)
        if move.action in (Action.PROMOTE, Action.ROLL_BACK) and move.version is not None:
            champion = move.version
            changed.append(((known - FIRST - 1) // world.length, champion))  # labels show a change that late
            if not learns:
                memory = replace(
                    memory,
                    contest=PairedComparison(champion, 3 - champion, guard=True),
                    shadow=LearnedFrom(FIRST, ALL_ROWS),
                )
    return changed


@pytest.mark.parametrize("look", [100, 250])
@pytest.mark.parametrize(("length", "noise"), [(1_000, 0.3), (1_000, 1.0), (2_000, 1.0)])
def test_of_two_releases_each_change_of_concept_changes_the_champion_at_most_once(
    look: int, length: int, noise: float
) -> None:
    for seed in range(10):
        concepts = [concept for concept, _ in champions(World(seed, length, noise, look), learns=False)]
        assert len(concepts) == len(set(concepts))
        assert len(concepts) >= 4


@pytest.mark.parametrize("length", [1_000, 2_000])
@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_what_a_concept_replaced_does_not_come_back_in_it(length: int, noise: float) -> None:
    """Models learned again replace each other, a mixed one first and a pure one later; there is no way back."""
    changes = 0
    for seed in range(10):
        changed, champion = champions(World(seed, length, noise), learns=True), 1
        for concept in range(6):
            releases = [champion, *(release for where, release in changed if where == concept)]
            assert len(releases) == len(set(releases))
            champion = releases[-1]
        changes += len(changed)
    assert changes <= 2 * 5 * 10

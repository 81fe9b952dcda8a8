"""Policies of retraining on one stream, all made of the same fits: the loop's judgement, and what it is beside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.decision import Action
from journeyman.entities.judged import Judged, PolicyMemory
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics, Move, Operation, Outcome
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Watched
from journeyman.entities.staleness import Staleness
from journeyman.operations.decide_move import DecisionInputs, begun, decide_move, moved
from journeyman.stages.retrain import BlockLosses, absorb, choose_window, reference_unit, window_name
from operate_fits import Fits

FloatArray = NDArray[np.float64]
ALL = "all"


@dataclass
class Course:
    """What a policy did on a stream.

    Attributes
    ----------
    losses : ndarray
        Of every answered row, in order.
    steps : list of Move
        What was decided at each step from the second on.
    operations : list of Operation
        Retrainings, with what came of them.
    promoted : list of (step, former champion, new champion)
    dropped, returned : list of int
        Steps.
    times : int
        Retrainings.
    """

    losses: FloatArray
    times: int = 0
    steps: list[Move] = field(default_factory=list)
    promoted: list[tuple[int, int, int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def cost(self, economics: Economics) -> float:
        return float(self.losses.sum()) * economics.loss + self.times * economics.retraining


def served(fits: Fits, models: Sequence[tuple[str, int]]) -> FloatArray:
    """Return the losses of every answered row; ``models`` says which (window, step) answers from each step on."""
    parts = [fits.loss(*model, int(fits.ends[i]), fits.end(i)) for i, model in enumerate(models)]
    return np.concatenate(parts)


def fixed(fits: Fits, window: str, steps: Sequence[int]) -> Course:
    """Learn again at fixed steps from one window, in use at once."""
    models, model = [], (ALL, 0)
    for step in range(len(fits.ends)):
        if step in steps:
            model = (window, step)
        models.append(model)
    return Course(served(fits, models), len(steps))


def periodic(fits: Fits, window: str, times: int) -> Course:
    """Learn again so many times, evenly spread."""
    spread = np.round(np.linspace(0, len(fits.ends), times + 2)[1:-1]).astype(int)
    return fixed(fits, window, sorted({int(s) for s in spread if s < len(fits.ends)} - {0}))


def every(fits: Fits, window: str, period: int) -> Course:
    return fixed(fits, window, list(range(period, len(fits.ends), period)))


def triggered(fits: Fits, window: str, alarm: Callable[[], Callable[[FloatArray], bool]]) -> Course:
    """Learn again whenever a detector of drift says so; it begins anew then."""
    models, steps, model, detector = [], [], (ALL, 0), alarm()
    for step in range(len(fits.ends)):
        if step:
            begin, end = int(max(fits.known[step - 1], fits.known[model[1]])), int(fits.known[step])
            if end > begin and detector(fits.loss(*model, begin, end)):
                model, detector = (window, step), alarm()
                steps.append(step)
        models.append(model)
    return Course(served(fits, models), len(steps))


@dataclass
class _Model:
    """A simulated model: its releases as (window, step), the one that answers, and what is to be measured."""

    releases: dict[int, tuple[str, int]]
    champion: int = 1
    unmeasured: dict[int, int] = field(default_factory=dict)  # release -> position of its operation


def operated(fits: Fits, economics: Economics, past: Sequence[Operation] | None = ()) -> Course:
    """Let the loop's own judgement decide, on the same fits.

    ``past`` are operations of other streams; None learns from no operations, its own ones neither.
    """
    unit = reference_unit(fits.reference)
    model, memory = _Model({1: (ALL, 0)}), begun(int(fits.known[0]), fits.rehearsal)
    course, models = Course(np.empty(0)), []
    for step in range(len(fits.ends)):
        if step:
            begin, end = int(fits.known[step - 1]), int(fits.known[step])
            _measure(fits, model, course, begin, end)
            seen = DecisionInputs(
                Watched((), end - begin, end - begin),
                () if past is None else (*past, *course.operations),
                end,
                unit,
                partial(_pairs, fits, model, begin, end),
                partial(_tested, fits, model, unit, end),
            )
            judged = decide_move(seen, memory, economics)
            memory = _act(fits, model, course, judged)
        models.append(model.releases[model.champion])
    return replace(course, losses=served(fits, models), times=len(course.operations))


def _pairs(fits: Fits, model: _Model, begin: int, end: int, contest: PairedComparison) -> FloatArray:
    old, new = model.releases[contest.champion], model.releases[contest.challenger]
    since = max(begin, int(fits.known[old[1]]), int(fits.known[new[1]]))
    return fits.loss(*old, since, end) - fits.loss(*new, since, end) if since < end else np.empty(0)


def _tested(fits: Fits, model: _Model, unit: float, end: int, staleness: Staleness, lessons: Lessons) -> Staleness:
    """What ``back_test`` would do, from fits that are known."""
    begin = max(staleness.tested, staleness.learned)
    step = int(np.searchsorted(fits.ends, begin, side="right")) - 1
    if begin >= end or step < 0:
        return replace(staleness, tested=end)
    known = int(fits.known[step])
    means = {name: float(fits.loss(name, step, begin, end).mean()) for name in fits.losses}
    chosen = window_name(choose_window(staleness.windows, lessons, unit, known))
    twin = fits.loss(*model.releases[model.champion], begin, end)
    fresh = fits.loss(chosen, step, begin, end)
    return absorb(staleness, BlockLosses(twin, fresh, means, known - staleness.learned, end))


def _act(fits: Fits, model: _Model, course: Course, judged: Judged) -> PolicyMemory:
    move, memory, step = judged.move, judged.memory, len(course.steps)
    course.steps.append(move)
    truths = int(fits.known[step + 1])
    if move.action is Action.RETRAIN:
        version = len(model.releases) + 1
        model.releases[version] = (window_name(move.window), step + 1)
        model.unmeasured = {version: len(course.operations)}
        number = len(course.operations) + 1
        course.operations.append(Operation(number, fits.name, step, step, move, model.champion, judged.context))
        return moved(memory, move, model.champion, version, truths)
    if move.action is Action.PROMOTE:
        course.promoted.append((step + 1, model.champion, move.version))
        model.champion = move.version
    elif move.action is Action.ROLL_BACK:
        course.returned.append(step + 1)
        model.champion = move.version
    elif move.version is not None and not memory.contest.guard:
        course.dropped.append(step + 1)
    return moved(memory, move, model.champion, None, truths)


def _measure(fits: Fits, model: _Model, course: Course, begin: int, end: int) -> None:
    """Add what the truths that came say of the latest retraining: the champion then against what it gave."""
    for version, position in model.unmeasured.items():
        operation = course.operations[position]
        steps = _pairs(fits, model, begin, end, PairedComparison(operation.champion, version))
        if not len(steps):
            continue
        known = operation.outcome or Outcome()
        labels = known.labels + len(steps)
        gain = (known.gain * known.labels + float(steps.sum())) / labels
        course.operations[position] = replace(operation, outcome=Outcome(gain, labels, 0.0, version))

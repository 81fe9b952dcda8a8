"""Back-test: on truths that came since the last look, a quick model as old as the champion against fresher ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import offered
from journeyman.entities.column import Column
from journeyman.entities.labelled import Labelled
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import WindowPlan
from journeyman.entities.staleness import Staleness, TestedBlock
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import Algorithm, FitRequest, Preparation
from journeyman.metrics.e_process import capped, update
from journeyman.stages.retrain.ageing import aged, rows_learned
from journeyman.stages.retrain.windows import (
    ALL_ROWS,
    choose_window,
    score_windows,
    window_name,
    window_plans,
    window_rows,
)
from journeyman.tasks import task_type

__all__ = [
    "BlockLosses",
    "QuickModels",
    "absorb",
    "back_test",
    "handicapped",
    "learned_again",
    "paid_for",
    "reference_unit",
    "wants_test",
]

FloatArray = NDArray[np.float64]
_LEAST = 100
_SHARE = 50
_MOST_BLOCKS = 128
_FADING = 0.97  # of what blocks say about how fast models go stale, from one block to the next


@dataclass(frozen=True)
class QuickModels:
    """What back-tests are made with: one small model of the project's parts.

    Attributes
    ----------
    algorithm, preparation : parts
        LightGBM, and the preparation of its quick candidate; of series the seasonal naive, from which a champion must
        not fall behind.
    columns : tuple of Column
        The model's.
    task : Task
        What is predicted.
    scale : float
        The loss's, from ``TaskType.loss_scale``.
    unit : float
        From ``reference_unit``.
    rounds, most_rows : int
        Length of a fit; rows of which it takes an even share where there are more.
    lost : tuple of str
        Columns that are given up: the champion's twin has them, and no fresh model.
    side : int
        Models that are fitted side by side, one a thread; what comes of them is the same.
    """

    algorithm: Algorithm
    preparation: Preparation
    columns: tuple[Column, ...]
    task: Task
    scale: float
    unit: float
    rounds: int = 60
    most_rows: int = 20_000
    lost: tuple[str, ...] = ()
    side: int = 2

    @property
    def fresh(self) -> QuickModels:
        """What fresh models are made with."""
        return replace(self, columns=tuple(c for c in self.columns if c.name not in self.lost), lost=())

    def plans(self, known: int) -> tuple[WindowPlan, ...]:
        """Return the windows worth testing; series are learned from whole, since a part of their rows has gaps."""
        return window_plans(known) if self.task.panel is None else (ALL_ROWS,)

    def learn(self, labelled: Labelled, known: int, plan: WindowPlan) -> Callable[[Block], FloatArray]:
        """Learn from a window of the first ``known`` truths; return what answers rows."""
        index, weights = window_rows(plan, known)
        if len(index) > self.most_rows and self.task.panel is None:
            even = np.linspace(0, len(index) - 1, self.most_rows).astype(np.int64)
            index, weights = index[even], None if weights is None else weights[even]
        part = labelled.take(index)
        proposed = offered(self.algorithm.candidates(self.task, len(index), self.columns))
        candidate = next(c for c in proposed if c.preparation == self.preparation.name)
        fitted, x = self.preparation.fit(part.rows, self.columns, part.truths, self.task, 0)
        request = FitRequest(
            x=x,
            y=part.truths,
            valid_x=None,
            valid_y=None,
            task=self.task,
            parameters=candidate.parameters,
            rounds=self.rounds,
            seed=0,
            threads=1,
            out_of_time=_never,
            weights=weights,
        )
        model = self.algorithm.fit(request)
        return lambda block: model.predict(fitted.transform(block))


@dataclass(frozen=True)
class BlockLosses:
    """Losses on the truths of one block, one array of ``(n_samples,)`` for each model.

    Attributes
    ----------
    twin : ndarray
        Of a quick model that learned from what the champion learned from.
    fresh : ndarray
        Of one that learned from what was known before the block, by the window that was chosen then.
    windows : mapping of str to float
        Mean loss of models of each window that learned from what was known before the block.
    age : int
        Truths that the fresh one had learned from and the twin had not; where there were none, the block says nothing.
    known : int
        Truths up to the block's end.
    champion : ndarray
        Of the champion itself; empty where it was not asked.
    """

    twin: FloatArray
    fresh: FloatArray
    windows: Mapping[str, float]
    age: int
    known: int
    champion: FloatArray = field(default_factory=lambda: np.empty(0))


def reference_unit(losses: FloatArray) -> float:
    """Return the standard deviation of a reference's row losses, in which staleness is told; never 0.

    Examples
    --------
    >>> reference_unit(np.array([0.0, 0.5]))
    0.25
    """
    known = losses[np.isfinite(losses)]
    unit = float(known.std()) if len(known) > 1 else 0.0
    return unit if unit > 0 else 1.0


def wants_test(staleness: Staleness, known: int, alarmed: bool) -> bool:
    """Say whether so many truths have come since the last test that another one is worth its fits.

    Examples
    --------
    >>> [wants_test(Staleness(5_000, tested=5_000), known, False) for known in (5_099, 5_110)]
    [False, True]
    """
    least = _LEAST if alarmed else max(_LEAST, known // _SHARE)
    return known - max(staleness.tested, staleness.learned) >= least


def back_test(
    models: QuickModels,
    labelled: Labelled,
    staleness: Staleness,
    lessons: Lessons,
    champion: Callable[[Block], FloatArray] | None = None,
) -> Staleness:
    """Test on the truths that came since the last test, as if each model had answered when the rows were asked about.

    Models of a block learn only from truths that had come when nine of ten of its rows had not been asked about yet.

    Parameters
    ----------
    models : QuickModels
        What is fitted: one model a window, the champion's twin, and the window that is chosen now.
    labelled : Labelled
        All truths that are known, those of the first build at the beginning.
    staleness : Staleness
        From the test before.
    lessons : Lessons
        From ``learn_operations``.
    champion : callable, optional
        The release that answers: its own losses are told beside its twin's, for it may age otherwise.

    Returns
    -------
    Staleness
        The same where there is nothing to test on.
    """
    begin = max(staleness.tested, staleness.learned)
    fresh_models = models.fresh
    if begin >= len(labelled) or not fresh_models.columns:
        return staleness
    block = np.arange(begin, len(labelled), dtype=np.int64)
    since = int(np.quantile(labelled.asked[block], 0.1, method="lower"))
    block = block[labelled.asked[block] >= since]
    known = int(np.searchsorted(labelled.labelled[:begin], since, side="left"))
    known = max(known, staleness.learned)  # the twin's truths were known, whatever a clock said
    part = labelled.take(block)

    def losses(some: QuickModels, before: int, plan: WindowPlan) -> FloatArray:
        answers = some.learn(labelled, before, plan)(part.rows)
        return task_type(models.task).live_losses(part.truths, answers, models.scale)

    plans = models.plans(known)
    chosen = choose_window(staleness.windows, lessons, models.unit, known)
    same = known == staleness.learned and window_name(chosen) == window_name(staleness.window)
    same = same and fresh_models.columns == models.columns
    with ThreadPoolExecutor(models.side) as pool:
        of_twin = None if same else pool.submit(losses, models, staleness.learned, staleness.window)
        of_windows = list(pool.map(lambda plan: losses(fresh_models, known, plan), plans))
    by_window = {window_name(plan): values for plan, values in zip(plans, of_windows, strict=True)}
    fresh = by_window[window_name(chosen)]
    twin = fresh if of_twin is None else of_twin.result()
    means = {name: float(values.mean()) for name, values in by_window.items()}
    age = known - staleness.learned if fresh_models.columns == models.columns else max(1, known - staleness.learned)
    own = np.empty(0)
    if champion is not None:
        own = task_type(models.task).live_losses(part.truths, champion(part.rows), models.scale)
    return absorb(staleness, BlockLosses(twin, fresh, means, age, len(labelled), own))


def absorb(staleness: Staleness, block: BlockLosses) -> Staleness:
    """Return the staleness after one more block."""
    staleness = replace(
        staleness, tested=block.known, windows=score_windows(staleness.windows, block.windows) if block.windows else {}
    )
    if block.age <= 0 or not len(block.twin):
        return staleness
    steps = block.twin - block.fresh
    rows, mean = len(steps), float(steps.mean())
    older = aged(block.age, rows_learned(staleness))
    tested = TestedBlock(rows, mean, float(steps.std()), block.age)
    if len(block.champion):
        own = block.champion - block.fresh
        tested = replace(tested, worse=float(own.mean()), worse_spread=float(own.std()))
    return replace(
        staleness,
        blocks=(*staleness.blocks, tested)[-_MOST_BLOCKS:],
        slope_weight=staleness.slope_weight * _FADING + rows * older**2,
        slope_total=staleness.slope_total * _FADING + rows * older * mean,
        recipe=capped(update(staleness.recipe, steps)),
    )


def learned_again(staleness: Staleness, learned: int, window: WindowPlan) -> Staleness:
    """Return the staleness of a new champion: its blocks begin anew, what the stream has taught stays."""
    plan = WindowPlan(window.kind, window.rows)
    return replace(staleness, learned=learned, window=plan, blocks=(), paid=0, handicap=0.0)


def paid_for(staleness: Staleness, truths: int) -> Staleness:
    """Return the staleness once a model was learned again, whether or not it will take the champion's place."""
    return replace(staleness, blocks=(), paid=max(0, truths - staleness.learned))


def handicapped(staleness: Staleness) -> Staleness:
    """Return the staleness once a challenger proved no better than a champion that quick models surpassed.

    What a build gives is then worse than a quick model of its age, too: by so much nothing is to be expected of another
    one. Told on the blocks since the challenger was built.

    Examples
    --------
    >>> handicapped(Staleness(0, blocks=(TestedBlock(100, 0.0, 0.1, 100, 0.03, 0.1),))).handicap
    0.03
    """
    rows = sum(b.rows for b in staleness.blocks)
    excess = sum(b.rows * (b.worse - b.mean) for b in staleness.blocks) / rows if rows else 0.0
    return replace(staleness, handicap=max(staleness.handicap, excess))


def _never() -> bool:
    return False

"""Final fit of a member of the ensemble, on all given rows."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.entities.trial import Member
from journeyman.interfaces import (
    Algorithm,
    Averaging,
    Ends,
    FitRequest,
    FittedModel,
)
from journeyman.stages.train.fit import fit_scaled
from journeyman.stages.train.folds import PreparedRows
from journeyman.transformers.target_scale import ScaledModel

__all__ = ["LEAST_ROUNDS", "FitTerms", "FittedPart", "fit_member"]

FloatArray = NDArray[np.float64]

LEAST_ROUNDS = 0.8
"""Share of a member's rounds that its final fit has at least, and for which there must be time when it is chosen: a fit
that is cut short there is worth far more than no such member, one that is cut shorter spoils the ensemble that gives it
its weight. Validation losses are flat where early stopping ends: on nine tables the loss on new rows was .97 to 1.04 of
the whole fit's with eight tenths of the rounds, 1.00 to 1.09 with six tenths. The least rounds of any fold, as a share
of their mean, are no better rule: they were .42 to .92 there, and the loss up to 1.20."""


@dataclass(frozen=True)
class FittedPart:
    """A fitted preparation or model as the files that a release stores."""

    name: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class FitTerms:
    """How a member is fitted.

    Attributes
    ----------
    threads : int
        For all fits together.
    seconds_left : callable or None
        Seconds until boosting must stop where it is, because the promise to end in time weighs more than a few rounds;
        a further copy that was cut short is thrown away, and the first one has the least share of its rounds whatever
        the time. None where no clock counts.
    enough : callable
        True once no further copy is begun.
    """

    threads: int
    seconds_left: Callable[[], float] | None
    enough: Callable[[], bool]


def fit_member(
    algorithm: Algorithm,
    parts: Sequence[Callable[[], PreparedRows]],
    terms: FitTerms,
    member: Member,
    task: Task,
    seed: int,
) -> tuple[FittedPart, ...]:
    """Fit a member on each of some parts of the rows, side by side, for as many rounds as its trial found best.

    Parameters
    ----------
    parts : sequence of callable
        Each gives prepared rows; called only when the fits are really run.
    """
    given_up, threads = threading.Event(), terms.threads
    ends = Ends(given_up.is_set, terms.seconds_left)
    side = max(1, min(threads // len(parts), member.copies))

    def learn(worker: int, rows: PreparedRows) -> dict[int, FittedModel]:
        """Fit every ``side``-th copy; who works beside others has bins of its own, since fits change them."""
        shared = rows.shared if worker == 0 else {}
        models: dict[int, FittedModel] = {}
        for copy in range(worker, member.copies, side):
            if copy > 0 and (ends.out_of_time() or terms.enough()):
                break
            request = FitRequest(
                x=rows.x,
                y=rows.y,
                valid_x=None,
                valid_y=None,
                shared=shared,
                task=task,
                parameters=member.candidate.parameters,
                rounds=member.rounds,
                least_rounds=math.ceil(LEAST_ROUNDS * member.rounds) if copy == 0 else 0,
                seed=seed + copy,
                threads=max(1, threads // (len(parts) * side)),
                out_of_time=ends.out_of_time,
                seconds_left=ends.seconds_left,
                weights=rows.weights,
            )
            try:
                model = fit_scaled(algorithm, request, member.candidate, rows.when)
            except TimeoutError:
                if copy > 0 or given_up.is_set():
                    break
                # What cannot stop where it is is fitted whole: a release that comes late is worth more than none.
                request = replace(request, out_of_time=given_up.is_set, seconds_left=None)
                model = fit_scaled(algorithm, request, member.candidate, rows.when)
            if copy == 0 or not ends.out_of_time():
                models[copy] = model
        return models

    def learn_part(part: Callable[[], PreparedRows]) -> dict[int, FittedModel]:
        rows = part()
        with ThreadPoolExecutor(side) as pool:
            some = list(pool.map(lambda worker: learn(worker, rows), range(side)))
        return {copy: model for models in some for copy, model in models.items()}

    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        try:
            done = list(pool.map(learn_part, parts))
        finally:
            given_up.set()
    # In the order of the copies whatever the number of threads, so that this does not change the sum of their trees.
    fitted = [_averaged(algorithm, [models[copy] for copy in sorted(models)]) for models in done]
    return tuple(FittedPart(member.candidate.key, model.to_files()) for model in fitted)


def _averaged(algorithm: Algorithm, models: Sequence[FittedModel]) -> FittedModel:
    """Return one model for all copies, on the scale that they learned on."""
    if len(models) == 1 or not isinstance(algorithm, Averaging):
        return models[0]
    scaled = [model for model in models if isinstance(model, ScaledModel)]
    if scaled:
        return replace(scaled[0], model=algorithm.average([model.model for model in scaled]))
    return algorithm.average(models)

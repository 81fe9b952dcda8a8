"""Installed components, the clock, and the receiver of progress messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from journeyman.engines import open_engine
from journeyman.entities.report import BuildReport
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.interfaces import (
    Algorithm,
    Clock,
    Engine,
    FitRunner,
    OffersFits,
    Preparation,
    Progress,
    QualityRule,
)
from journeyman.plugins import load_parts
from journeyman.quality_rules import BUILT_IN
from journeyman.runtime.finishing import finishing_seconds
from journeyman.settings import EMBEDDED
from journeyman.stages.train import LOCAL_FITS

__all__ = ["Components", "standard_components"]


@dataclass(frozen=True)
class Components:
    """Parts by name, and what comes from outside a run.

    Attributes
    ----------
    algorithms, preparations : mapping of str to part
        What candidates may name.
    rules : sequence of QualityRule
        What the check looks for.
    engine : Engine
        What goes over all rows of the source.
    render : callable
        Turns a finished build into the page that people read.
    clock : Clock
        Time.
    progress : Progress
        Where the run tells what it is doing.
    interrupted : callable
        True once the user wants the search to end with what it has.
    finishing : callable
        Gives the seconds that the job takes after its final fit, which the search leaves of a budget.
    fits : FitRunner
        Where the folds of trials are fitted.
    """

    algorithms: Mapping[str, Algorithm]
    preparations: Mapping[str, Preparation]
    rules: Sequence[QualityRule]
    engine: Engine
    render: Callable[[BuildReport], str]
    clock: Clock
    progress: Progress
    interrupted: Callable[[], bool]
    finishing: Callable[[Table, Split, float, float, float], float] = finishing_seconds
    fits: FitRunner = LOCAL_FITS


def standard_components(
    render: Callable[[BuildReport], str],
    clock: Clock,
    progress: Progress,
    interrupted: Callable[[], bool],
    engine: str = EMBEDDED,
) -> Components:
    """Return all installed components, and the engine of that name; it does the fits, too, where it can."""
    opened = open_engine(engine)
    fits = opened.fits if isinstance(opened, OffersFits) else None
    return Components(
        algorithms=load_parts("journeyman.algorithms"),
        preparations=load_parts("journeyman.preparations"),
        rules=(*BUILT_IN, *load_parts("journeyman.quality_rules").values()),
        engine=opened,
        render=render,
        clock=clock,
        progress=progress,
        interrupted=interrupted,
        fits=LOCAL_FITS if fits is None else fits,
    )

"""Staleness: how much worse the champion has become than a model that learned from what is known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeyman.entities.operation import WindowKind, WindowPlan
from journeyman.entities.paired_comparison import PairedComparison

__all__ = ["Staleness", "TestedBlock", "WindowScore"]


@dataclass(frozen=True)
class TestedBlock:
    """What the truths of one block said of the champion's twin and of a fresher model, both quick ones of one kind.

    Attributes
    ----------
    rows : int
        Truths.
    mean : float
        Loss of the twin less loss of the fresher one, in the mean: above 0 where the fresher one was better.
    spread : float
        Standard deviation of the rows' differences.
    age : int
        Truths that the fresher one had learned from and the twin had not.
    worse, worse_spread : float
        Loss of the champion itself less that of the fresher one, in the mean, and the standard deviation of the rows'
        differences; both 0 where the champion was not asked.
    """

    __test__ = False  # not a test, whatever pytest makes of the name

    rows: int
    mean: float
    spread: float
    age: int
    worse: float = 0.0
    worse_spread: float = 0.0


@dataclass(frozen=True)
class WindowScore:
    """Back-tests of one window, block by block, older ones faded: its loss less that of all rows.

    Attributes
    ----------
    weight, total, squares : float
        Sum of the weights, of the weighted differences and of their squares.
    """

    weight: float = 0.0
    total: float = 0.0
    squares: float = 0.0


@dataclass(frozen=True)
class Staleness:
    """What back-tests have said since a model was first operated, as one fact that the next round goes on from.

    Attributes
    ----------
    learned : int
        Truths that the champion learned from, in the order in which truths came.
    window : WindowPlan
        Which of them.
    tested : int
        Truths that have been tested on.
    paid : int
        Age of the champion, in truths it has not learned from, when a model was last learned again that did not take
        its place: what staleness had cost by then has been paid for.
    handicap : float
        Loss by which releases of this model are taken to be worse than quick models of one age: as much as the champion
        was while a challenger that was built against it proved no better.
    blocks : tuple of TestedBlock
        Since the champion learned or a model was learned again, the oldest first.
    slope_weight, slope_total : float
        Sums of ``rows * aged ** 2`` and ``rows * aged * mean`` over all blocks, older ones faded: their quotient is how
        fast models go stale here (``stages/retrain/ageing.py``).
    windows : mapping of str to WindowScore
        Back-tests of windows, by name.
    recipe : PairedComparison
        Evidence that learning again, as was proposed each time before its truths came, gives better models than those
        in use (docs/decisions/0025).

    Examples
    --------
    >>> Staleness(2000).recipe.truths
    0
    """

    learned: int
    window: WindowPlan = field(default_factory=lambda: WindowPlan(WindowKind.ALL))
    tested: int = 0
    paid: int = 0
    handicap: float = 0.0
    blocks: tuple[TestedBlock, ...] = ()
    slope_weight: float = 0.0
    slope_total: float = 0.0
    windows: Mapping[str, WindowScore] = field(default_factory=dict)
    recipe: PairedComparison = field(default_factory=lambda: PairedComparison(0, 0))

"""A contest: what paired, time-ordered truths have said so far of two releases."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BETS", "Contest"]

BETS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Share of its wealth that each bettor stakes on every group of truths; they begin with equal parts."""


@dataclass(frozen=True)
class Contest:
    """Champion against challenger, as one small fact that the next round goes on from.

    Differences are the champion's loss less the challenger's, of one row after the other in the order in which their
    truths came: positive where the challenger was better. They are wagered upon in groups of a few rows.

    Attributes
    ----------
    champion, challenger : int
        Releases; 0 for a challenger that has not been built yet (evidence of a rehearsal).
    guard : bool
        Whether the challenger is the former champion, which goes on in the shadow after a promotion.
    truths : int
        Rows with a truth that both have answered.
    gain : float
        Sum of their differences.
    squares : float
        Sum of the squared differences.
    groups : int
        Whole groups so far.
    group_squares : float
        Sum of the squared means of whole groups; it sets the scale on which the next ones are judged.
    open_rows, open_gain : int and float
        Rows of the group that is not whole yet, and the sum of their differences.
    better, worse : tuple of float
        Logarithm of what each bettor has made of 1, who bet that the challenger is better, or that it is worse; in the
        order of ``BETS``.

    Examples
    --------
    >>> Contest(3, 4).mean
    0.0
    """

    champion: int
    challenger: int
    guard: bool = False
    truths: int = 0
    gain: float = 0.0
    squares: float = 0.0
    groups: int = 0
    group_squares: float = 0.0
    open_rows: int = 0
    open_gain: float = 0.0
    better: tuple[float, ...] = (0.0,) * len(BETS)
    worse: tuple[float, ...] = (0.0,) * len(BETS)

    @property
    def mean(self) -> float:
        """Loss that the challenger spared each row, in the mean."""
        return self.gain / self.truths if self.truths else 0.0

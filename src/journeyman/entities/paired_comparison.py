"""A paired comparison of two releases on labels in the order of time, as evidence stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BLOCKS", "STAKES", "PairedComparison"]

STAKES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)
"""Share of its wealth that each betting strategy stakes on every row; they start with equal parts. The best stake is
about the mean difference over its variance. Half of the wealth is the most: three disasters that come together then
cost seven eighths of it, so that clusters of up to three keep the error rate; .95 would ask for a third fewer labels
where differences are small, and let clusters of three through in 20% of runs."""
BLOCKS = (4, 16, 64, 256)
"""Lengths of the blocks, in rows, whose means show how dependent neighbouring rows are."""


@dataclass(frozen=True)
class PairedComparison:
    """Champion against challenger, as one small fact that the next round goes on from.

    Differences are the champion's bounded loss less the challenger's, row after row in the order in which labels came:
    positive where the challenger was better.

    Attributes
    ----------
    champion, challenger : int
        Releases; 0 for a challenger that has not been built yet (evidence of a rehearsal).
    guard : bool
        Whether the challenger is the former champion, which goes on in the shadow after a promotion.
    truths : int
        Rows with a known outcome that both predicted.
    gain, squares : float
        Sums of their differences and of the squared differences.
    recent_gain, recent_rows : float
        Sums of the differences and of the rows, each weighted by half for every 200 rows that have come since.
    open_sums : tuple of float
        For each length of ``BLOCKS``, the sum of the differences of the block that is not full yet.
    block_squares : tuple of float
        For each length, the sum of the squared means of full blocks.
    log_better, log_worse : tuple of float
        Logarithm of each strategy's wealth over its equal part of 1, betting that the challenger is better, or that it
        is worse; in the order of ``STAKES``.

    Examples
    --------
    >>> PairedComparison(3, 4).mean
    0.0
    """

    champion: int
    challenger: int
    guard: bool = False
    truths: int = 0
    gain: float = 0.0
    squares: float = 0.0
    recent_gain: float = 0.0
    recent_rows: float = 0.0
    open_sums: tuple[float, ...] = (0.0,) * len(BLOCKS)
    block_squares: tuple[float, ...] = (0.0,) * len(BLOCKS)
    log_better: tuple[float, ...] = (0.0,) * len(STAKES)
    log_worse: tuple[float, ...] = (0.0,) * len(STAKES)

    @property
    def mean(self) -> float:
        """Loss that the challenger spared each row on average."""
        return self.gain / self.truths if self.truths else 0.0

    @property
    def recent_mean(self) -> float:
        """The same over the latest few hundred rows."""
        return self.recent_gain / self.recent_rows if self.recent_rows else 0.0

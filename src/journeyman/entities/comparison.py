"""Champion against challenger at build time: rows that taught neither, and what both score on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChampionPredictions", "Comparison", "JudgedRows", "Readings"]


@dataclass(frozen=True)
class JudgedRows:
    """Rows that a model is judged by, with its predictions; they taught that model nothing.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_samples,)
        Row positions, ascending. The holdout, or the validated rows of the folds where there is none.
    predictions : ndarray of shape (n_samples, n_outputs)
        Probabilities or values.
    threshold : float or None
        Probability from which the second of two classes is predicted.
    """

    rows: NDArray[np.int64]
    predictions: NDArray[np.float64]
    threshold: float | None = None


@dataclass(frozen=True)
class Readings:
    """How often the same rows have judged a build, this one included.

    Attributes
    ----------
    builds : int
        All builds.
    settings : int
        Different settings among them: the same ones again give the same model, and nothing to choose from.
    """

    builds: int = 1
    settings: int = 1


@dataclass(frozen=True)
class ChampionPredictions:
    """What the champion predicts for the rows that a new build is judged by.

    Attributes
    ----------
    name : str
        Of the model.
    version : int
        Of the champion.
    obstacle : str
        Why it cannot be compared, in words; empty where it can.
    rows : ndarray of int64, shape (n_samples,)
        Row positions that neither model has learned from.
    predictions : ndarray of shape (n_samples, n_outputs)
        In the order of the new task's classes.
    threshold : float or None
        The champion's own.
    recorded : int
        How many of the rows also judged the champion when it was built; the others are new to it.
    share : float
        Which share of the way from the baseline to a perfect score it went when it was built.
    set_aside : tuple of str
        Columns that the champion uses and the new build leaves out.
    reads : tuple of str
        Columns of which the new version reads a text otherwise than the champion, and how.
    earlier : int
        Challengers that this champion was compared with before.
    """

    name: str
    version: int
    obstacle: str = ""
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    predictions: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 1)))
    threshold: float | None = None
    recorded: int = 0
    share: float = float("nan")
    set_aside: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    earlier: int = 0


@dataclass(frozen=True)
class Comparison:
    """Both models' scores on the same rows, and the interval of their difference.

    Attributes
    ----------
    name : str
        Of the model.
    champion, challenger : int
        Their versions.
    rows, judged : int
        Rows compared, of how many that judged the new model.
    champion_score, challenger_score : float
        On the compared rows; NaN where nothing was compared.
    low, high : float
        Interval of the challenger's gain over the champion; above 0 is better whatever the metric's direction.
    confidence : float
        Of the interval. It rises with every challenger that this champion has met, so that all of them together
        replace a champion that is as good with a probability of at most 5%.
    earlier : int
        How many challengers it has met before.
    obstacle : str
        Why they could not be compared, or why the comparison does not count; empty where it does.
    set_aside : tuple of str
        Columns that the champion uses and the new build leaves out.
    reads : tuple of str
        Columns of which the new version reads a text otherwise than the champion, and how.
    """

    name: str
    champion: int
    challenger: int
    rows: int = 0
    judged: int = 0
    champion_score: float = float("nan")
    challenger_score: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    confidence: float = 0.95
    earlier: int = 0
    obstacle: str = ""
    set_aside: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def better(self) -> bool:
        """Whether the challenger was surely better, on rows that count."""
        return not self.obstacle and self.low > 0

    @property
    def worse(self) -> bool:
        """Whether the challenger was surely worse."""
        return not self.obstacle and self.high < 0

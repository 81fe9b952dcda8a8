"""LightGBM on crafted features: small random trees, which noise among many features misleads least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.algorithms.lightgbm_trees import LightGBM, categories_in_groups, categories_one_by_one
from journeyman.entities.candidate import Candidate, Parameter
from journeyman.entities.column import Column
from journeyman.entities.task import Task

__all__ = ["CraftedLightGBM"]

_LEAST_ROWS = 200  # on fewer, so many features mislead


@dataclass(frozen=True)
class CraftedLightGBM(LightGBM):
    """Boosted trees on the columns and on features made of several of them.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> task = Task("y", TaskKind.BINARY, "roc_auc", ("no", "yes"))
    >>> [c.style for c in CraftedLightGBM().candidates(task, 5000, ())]
    ['quick random', 'small random', 'narrow', 'wide random']
    """

    name: str = "lightgbm_crafted"
    preparation: str = "crafted"

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return settings for many noisy features: few leaves, random cuts, strong penalties, few features a tree."""
        if rows < _LEAST_ROWS:
            return ()
        few = max(2, min(40, rows // 50))
        random: dict[str, Parameter] = {
            "num_leaves": 7,
            "min_data_in_leaf": few,
            "extra_trees": True,
            "lambda_l1": 0.5,
            "lambda_l2": 1.0,
            "feature_fraction": 0.4,
            "bagging_fraction": 0.8,
            **categories_one_by_one(rows),
        }
        proposals: list[tuple[dict[str, Parameter], str, str]] = [
            ({**random, "learning_rate": 0.06}, "quick random", "small random trees on crafted features"),
            ({**random, "learning_rate": 0.024}, "small random", "many small random trees on crafted features"),
            (
                {
                    "learning_rate": 0.05,
                    "num_leaves": 16,
                    "min_data_in_leaf": few,
                    "lambda_l2": 2.0,
                    "feature_fraction": 0.3,
                    "bagging_fraction": 0.9,
                    **categories_in_groups(rows),
                },
                "narrow",
                "narrow trees on a third of the crafted features",
            ),
            (
                {**random, "learning_rate": 0.06, "num_leaves": 48, "feature_fraction": 0.5},
                "wide random",
                "wide random trees on crafted features",
            ),
        ]
        return tuple(Candidate(self.name, p, reason, style) for p, style, reason in proposals)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: as of LightGBM on the wider matrix."""
        return super().seconds(candidate, task, rows, features + min(60, int(1.5 * features) + 20, rows // 40))

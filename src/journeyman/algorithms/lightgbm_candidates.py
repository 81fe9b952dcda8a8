"""Settings of LightGBM worth trying: on columns as they are, and on features crafted of several of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.candidate import Candidate, Parameter, Turn
from journeyman.entities.column import Column
from journeyman.entities.task import Task

__all__ = ["MONOTONE", "categories_in_groups", "categories_one_by_one", "crafted_candidates", "plain_candidates"]

MONOTONE = "monotone"
"""A parameter that is not LightGBM's own: JSON of columns and directions, 1 or -1, in which predictions only move."""

_MOST_SEARCHED = 40
_MANY_COLUMNS = 8  # of fewer, a tree needs all


def plain_candidates(name: str, task: Task, rows: int, columns: Sequence[Column]) -> tuple[Candidate, ...]:
    """Return a quick one, the field's untuned best, and partners that differ from it (docs/decisions/0008)."""
    few = max(2, min(40, rows // 50))
    regression, many = not task.labels, len(columns) >= _MANY_COLUMNS
    groups, one_by_one = categories_in_groups(rows), categories_one_by_one(rows)
    proposals: list[tuple[dict[str, Parameter], str, str]] = [
        (
            {
                "learning_rate": 0.1,
                "num_leaves": 31,
                "min_data_in_leaf": few,
                "bagging_fraction": 0.8,
                "feature_fraction": 0.8 if many else 1.0,
                **one_by_one,
            },
            "quick",
            "boosted trees, quick settings",
        ),
        (
            {
                "learning_rate": 0.05 if regression else 0.04,
                "num_leaves": 100 if regression else 50,
                "min_data_in_leaf": 3 if regression else min(40, few),
                "bagging_fraction": 0.7 if regression else 0.75,
                "feature_fraction": 0.7 if many else 1.0,
                **one_by_one,
            },
            "deep",
            "boosted trees, slower and deeper",
        ),
        (
            {
                "learning_rate": 0.06,
                "num_leaves": 7,
                "min_data_in_leaf": few,
                "extra_trees": True,
                "lambda_l1": 0.5,
                "lambda_l2": 1.0,
                "feature_fraction": 0.6,
                "bagging_fraction": 0.8,
                **one_by_one,
            },
            "small random",
            "many small random trees: errs elsewhere",
        ),
        (
            {
                "learning_rate": 0.05,
                "num_leaves": 16,
                "min_data_in_leaf": few,
                "feature_fraction": 0.5,
                "bagging_fraction": 0.9,
                "lambda_l2": 2.0,
                "cat_smooth": 50.0,
                **groups,
            },
            "narrow",
            "narrow trees on half of the columns",
        ),
        (
            {
                "learning_rate": 0.06,
                "num_leaves": 128,
                "min_data_in_leaf": few,
                "extra_trees": True,
                "feature_fraction": 0.7,
                "bagging_fraction": 0.8,
                **groups,
            },
            "wide random",
            "wide random trees",
        ),
    ]
    untuned = [
        Candidate(name, p, reason, style, turn=Turn.EARLY if style == "deep" else Turn.RANKED, preparation="native")
        for p, style, reason in proposals
    ]
    return (*untuned, *_searched(name, rows, few))


def crafted_candidates(name: str, rows: int) -> tuple[Candidate, ...]:
    """Return settings for many noisy features: few leaves, random cuts, strong penalties, few features a tree.

    Small random trees are what noise among many features misleads least.
    """
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
    return tuple(
        Candidate(name, p, reason, style, preparation="crafted", known_as=f"{name}_crafted")
        for p, style, reason in proposals
    )


def categories_in_groups(rows: int) -> dict[str, Parameter]:
    """Return settings under which a split divides a column's categories into two groups.

    A category counts from as many rows on as a table of that size can spare. LightGBM's own hundred would leave small
    tables without most of theirs.

    Examples
    --------
    >>> categories_in_groups(800), categories_in_groups(50_000)
    ({'min_data_per_group': 32}, {'min_data_per_group': 100})
    """
    return {"min_data_per_group": max(5, min(100, rows // 25))}


def categories_one_by_one(rows: int) -> dict[str, Parameter]:
    """Return settings under which a split asks for one category of a column that has up to sixteen.

    It fits chance less than groups do, of which there are many more. What is split so and what is split by groups err
    differently, so that an ensemble profits from having both.
    """
    return {**categories_in_groups(rows), "max_cat_to_onehot": 16, "cat_l2": 1.0}


def _searched(name: str, rows: int, few: int) -> list[Candidate]:
    """Return settings drawn from the ranges that benchmarks of the field search, the same draws on every table.

    More of them where there are more rows to choose by; on few, much choosing finds what is good by chance.

    References
    ----------
    Erickson et al. 2025, "TabArena" (search space of LightGBM), with quicker learning rates.
    """
    rng, of_categories = np.random.default_rng(20_25), np.random.default_rng(20_26)
    drawn = []
    for number in range(1, _MOST_SEARCHED + 1):
        rate, leaves, least, l1, l2, smooth, cat_l2, columns, share = rng.random(9)
        group, one_by_one = of_categories.random(2)
        parameters: dict[str, Parameter] = {
            "learning_rate": _between(0.02, 0.12, rate),
            "num_leaves": round(_between(4, 160, leaves)),
            "min_data_in_leaf": min(few, round(_between(1, 64, least))),
            "lambda_l1": _between(1e-4, 1.0, l1),
            "lambda_l2": _between(1e-4, 2.0, l2),
            "cat_smooth": _between(1e-3, 100.0, smooth),
            "cat_l2": _between(5e-3, 10.0, cat_l2),
            "min_data_per_group": round(_between(2, 100, group)),
            "max_cat_to_onehot": round(_between(4, 100, one_by_one)),
            "feature_fraction": round(0.4 + 0.6 * columns, 3),
            "bagging_fraction": round(0.7 + 0.3 * share, 3),
            "extra_trees": number % 2 == 0,
        }
        reason, style = "settings drawn from the usual ranges", f"searched {number}"
        drawn.append(Candidate(name, parameters, reason, style, preparation="native"))
    return drawn[: max(4, min(_MOST_SEARCHED, round(0.4 * rows**0.5)))]


def _between(low: float, high: float, share: float) -> float:
    """Return the number that lies that share of the way from low to high, by ratio."""
    return float(f"{low * (high / low) ** share:.4g}")

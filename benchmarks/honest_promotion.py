"""Promotion under its nulls: how often what is not better is promoted, and how many labels what is better takes.

    python benchmarks/honest_promotion.py [--runs 160]

The nulls are those of tests/properties/test_promotion.py; every run is looked at every 50 labels, as the loop does.
"""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from journeyman.entities.decision import Action
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.metrics.e_process import capped, update
from journeyman.stages.promote import open_comparison, promote, watch_over

BETTER = ((0.01, 0.1), (0.02, 0.1), (0.05, 0.3), (0.03, 0.2), (0.005, 0.05))


def simulations() -> ModuleType:
    """Load the tests' module: one definition of the nulls for tests and figures."""
    path = Path(__file__).resolve().parent.parent / "tests" / "properties" / "test_promotion.py"
    spec = importlib.util.spec_from_file_location("test_promotion", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["test_promotion"] = module
    spec.loader.exec_module(module)
    return module


def labels_wanted(contest: PairedComparison, mean: float, spread: float, run: int, economics: object) -> int:
    rng, most = np.random.default_rng([run, 5]), 40_000
    while contest.truths < most:
        contest = capped(update(contest, np.clip(rng.normal(mean, spread, 50), -1.0, 1.0)))
        if promote(contest, economics).action is Action.PROMOTE:
            break
    return contest.truths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=160)
    runs = parser.parse_args().runs
    known = simulations()
    print("| not better: share of runs that ever | promote | take a promotion back |\n|---|---|---|")
    for name, null in known.NULLS.items():
        shares = [
            sum(known.ever(contest, null(np.random.default_rng([run, seed])), action) for run in range(runs)) / runs
            for contest, action, seed in (
                (open_comparison(1, 2), Action.PROMOTE, 1),
                (watch_over(open_comparison(1, 2)), Action.ROLL_BACK, 2),
            )
        ]
        print(f"| {name} | {shares[0]:.1%} | {shares[1]:.1%} |", flush=True)
    print(
        "\n| better: mean difference, spread | labels to promote, median | with stakes from earlier models |\n"
        "|---|---|---|"
    )
    for mean, spread in BETTER:
        earlier = capped(
            update(PairedComparison(0, 0), np.clip(np.random.default_rng(9).normal(mean, spread, 3_000), -1, 1))
        )
        medians = [
            np.median([labels_wanted(contest, mean, spread, run, known.ECONOMICS) for run in range(min(runs, 60))])
            for contest in (open_comparison(1, 2), open_comparison(1, 2, earlier))
        ]
        print(f"| {mean}, {spread} | {medians[0]:,.0f} | {medians[1]:,.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

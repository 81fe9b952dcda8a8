"""What trials took beside what sizes promise: learned from the cache, and how far off it is on tables not seen."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experience_replay import Tried, load, plain_seconds, proposal, took_by
from journeyman.entities.candidate import BASELINE, SIMPLE
from journeyman.stages.rank import Beliefs, Foresight, Took
from journeyman.stages.rank.costs import learn_costs

FIRST, ORDERS = 5, 3


def costs_of(cache: Path) -> dict[str, list[tuple[Tried, list[Took]]]]:
    """Return the tasks of each table with what is to be learned of their trials.

    The first trial of an algorithm is met twice: as the one that prepares the features, and as one that need not.
    """
    found: dict[str, list[tuple[Tried, list[Took]]]] = {}
    for path in sorted(cache.glob("*.trials")):
        tried, took = load(path), list[Took]()
        others = []
        for trial in tried.trials:
            if trial.candidate.algorithm == BASELINE:
                continue
            took.append(took_by(tried, trial, took))
            if proposal(tried, trial.candidate, took[:-1]).context["same"] == 0.0:
                asked = proposal(tried, trial.candidate, took)
                others.append(Took.of(asked, trial.seconds, plain_seconds(tried, trial)))
        found.setdefault(tried.table, []).append((tried, took + others))
    return found


def with_costs(beliefs: Beliefs, costs: dict[str, list[tuple[Tried, list[Took]]]], tables: set[str]) -> Beliefs:
    """Return beliefs that have learned costs from some tables."""
    return learn_costs(beliefs, [t for table in sorted(tables) for _, took in costs[table] for t in took])


def report_costs(costs: dict[str, list[tuple[Tried, list[Took]]]], unseen: Mapping[str, Beliefs]) -> None:
    """Print how far expected seconds were off, in searches in a random order on tables that were not seen."""
    missed: dict[str, list[list[float]]] = {"by sizes alone": [], "as believed": [], "and as this search shows": []}
    for table, tasks in sorted(costs.items()):
        for tried, _ in tasks:
            simple = [t for t in tried.trials if t.candidate.algorithm in SIMPLE and t.candidate.algorithm != BASELINE]
            others = [t for t in tried.trials if t.candidate.algorithm not in SIMPLE]
            for k in range(ORDERS):
                rng = np.random.default_rng([k, len(tried.y), *table.encode()])
                foresight, took = Foresight(unseen[table]), list[Took]()
                errors: dict[str, list[float]] = {name: [] for name in missed}
                for trial in [*simple, *(others[i] for i in rng.permutation(len(others)))]:
                    plain, asked = plain_seconds(tried, trial), proposal(tried, trial.candidate, took)
                    came = took_by(tried, trial, took)
                    if trial.candidate.algorithm not in SIMPLE:
                        errors["by sizes alone"].append(came.ratio)
                        for name, shown in (("as believed", ()), ("and as this search shows", took)):
                            said = foresight.seconds([asked], [plain], shown)[0]
                            errors[name].append(came.ratio - float(np.log(said / plain)))
                    took.append(came)
                for name, values in errors.items():
                    missed[name].append(values)
    print("\nexpected seconds, root mean square of the logarithm's error: all trials, the first five, within a search")
    for name, searches in missed.items():
        every, first = ([v for s in searches for v in s[:most]] for most in (None, FIRST))
        inside = [v - float(np.mean(s)) for s in searches if s for v in s]
        print(
            f"  {name:25} " + ", ".join(f"{np.sqrt(np.mean(np.square(some))):.2f}" for some in (every, first, inside))
        )

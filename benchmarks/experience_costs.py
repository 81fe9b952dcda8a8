"""What trials took beside what sizes promise: learned from the cache, and how far off it is on tables not seen."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from experience_replay import Tried, load, plain_seconds, proposal, took_by
from journeyman.entities.candidate import BASELINE, SIMPLE
from journeyman.stages.rank import CostModel, Prior, Proposal, TrialCost
from journeyman.stages.rank.costs import learn_costs

FIRST, ORDERS = 5, 3
PROBES_COUNT = 3
"""How much a probe counts: whole tables are few, and are what budgets are spent on."""

Costs = dict[str, list[tuple[Tried, list[TrialCost]]]]


def probes_of(cache: Path) -> dict[str, list[TrialCost]]:
    """Return what the probes of each table took, as who prepares the features and as who need not."""
    path, found = cache / "probes.ndjson", dict[str, list[TrialCost]]()
    for line in path.read_text().splitlines() if path.exists() else ():
        row = json.loads(line)
        for done, seconds in ((0, row["seconds"] + row["preparing"]), (1, row["seconds"])):
            asked = Proposal(row["algorithm"], row["candidate"], {**row["context"], "same": float(np.log1p(done))})
            found.setdefault(row["table"], []).append(TrialCost.of(asked, seconds, row["plain"]))
    return found


def costs_of(cache: Path) -> Costs:
    """Return the tasks of each table with what is to be learned of their trials.

    The first trial of an algorithm is met twice: as the one that prepares the features, and as one that need not.
    """
    found: Costs = {}
    for path in sorted(cache.glob("*.trials")):
        tried, took = load(path), list[TrialCost]()
        others = []
        for trial in tried.trials:
            if trial.candidate.algorithm == BASELINE:
                continue
            took.append(took_by(tried, trial, took))
            if proposal(tried, trial.candidate, took[:-1]).context["same"] == 0.0:
                asked = proposal(tried, trial.candidate, took)
                others.append(TrialCost.of(asked, trial.seconds, plain_seconds(tried, trial)))
        found.setdefault(tried.table, []).append((tried, took + others))
    return found


def with_costs(prior: Prior, costs: Costs, probes: Mapping[str, list[TrialCost]], tables: set[str]) -> Prior:
    """Return beliefs that have learned costs from some tables.

    Tasks are timed alone and by the processor's clock, probes as builds run: what fits side by side cost each other,
    which is the mean difference of the two, is added to the tasks.
    """
    tasks = [t for table in sorted(tables & set(costs)) for _, took in costs[table] for t in took]
    probed = [t for table in sorted(tables & set(probes)) for t in probes[table]]
    if not probed:
        return learn_costs(prior, tasks)
    known = CostModel(learn_costs(prior, tasks))
    said = np.log(known.seconds([t.proposal for t in probed], [1.0] * len(probed)))
    beside = float(np.median([t.ratio - s for t, s in zip(probed, said, strict=True)]))
    return learn_costs(prior, [*(replace(t, ratio=t.ratio + beside) for t in tasks), *probed * PROBES_COUNT])


def report_costs(costs: Costs, probes: Mapping[str, list[TrialCost]], unseen: Mapping[str, Prior]) -> None:
    """Print how far expected seconds were off, in searches in a random order on tables that were not seen."""
    missed: dict[str, list[list[float]]] = {"by sizes alone": [], "as believed": [], "and as this search shows": []}
    for table, tasks in sorted(costs.items()):
        for tried, _ in tasks:
            simple = [t for t in tried.trials if t.candidate.algorithm in SIMPLE and t.candidate.algorithm != BASELINE]
            others = [t for t in tried.trials if t.candidate.algorithm not in SIMPLE]
            for k in range(ORDERS):
                rng = np.random.default_rng([k, len(tried.y), *table.encode()])
                cost_model, took = CostModel(unseen[table]), list[TrialCost]()
                errors: dict[str, list[float]] = {name: [] for name in missed}
                for trial in [*simple, *(others[i] for i in rng.permutation(len(others)))]:
                    plain, asked = plain_seconds(tried, trial), proposal(tried, trial.candidate, took)
                    came = took_by(tried, trial, took)
                    if trial.candidate.algorithm not in SIMPLE:
                        errors["by sizes alone"].append(came.ratio)
                        for name, shown in (("as believed", ()), ("and as this search shows", took)):
                            said = cost_model.seconds([asked], [plain], shown)[0]
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
    off = [
        t.ratio - float(np.log(CostModel(unseen[table]).seconds([t.proposal], [1.0])[0]))
        for table, took in sorted(probes.items())
        for t in took
    ]
    if off:
        print(f"  of {len(off) // 2} probes of whole tables, as believed: {np.sqrt(np.mean(np.square(off))):.2f}")

"""What trials take as builds run them: on the wall clock, folds side by side, on whole tables of up to 40,000 rows.

    python benchmarks/experience_probes.py CACHE [--data ../shared/data] [--minutes 15]

The tasks of experience.py are small, and run one thread a process by the processor's clock: of dear candidates on
larger tables, and of what fits side by side cost each other, they say little. CACHE/probes.ndjson holds a line a trial;
experience.py learns from it beside the rest. A table that is there is not done again. Nothing else should run.
"""

import argparse
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from experience_tasks import places, pose, read
from journeyman.entities.candidate import BASELINE, Candidate
from journeyman.entities.dataset import Dataset
from journeyman.entities.trial import Trial
from journeyman.errors import JourneymanError
from journeyman.pipelines.search import propose
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.components import standard_components
from journeyman.runtime.fold_cache import SharedFolds
from journeyman.runtime.time_budget import TimeBudget
from journeyman.settings import BuildSettings
from journeyman.stages.rank import meta_features, shown_by
from journeyman.stages.split import folds_only
from journeyman.stages.train import Allowance, Terms, train
from journeyman.tasks import metric_of

HERE = Path(__file__).resolve().parent
GROUPS = ("tabular", "drift", "clustering")
MOST_ROWS, MOST_SECONDS = 40_000, 25.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--minutes", type=float, default=15.0)
    return parser.parse_args()


def chosen(candidates: list[Candidate], seed: int) -> list[Candidate]:
    """Return a candidate of each algorithm: of half of the tables the first, which is tried most often."""
    rng = np.random.default_rng(seed)
    found: list[Candidate] = []
    for name in dict.fromkeys(c.learner for c in candidates):
        own = [c for c in candidates if c.learner == name]
        found.append(own[0 if seed % 2 else int(rng.integers(len(own)))])
    return found


def main() -> None:
    options = arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    path, until = options.cache / "probes.ndjson", time.monotonic() + 60 * options.minutes
    done = {json.loads(line)["table"] for line in path.read_text().splitlines()} if path.exists() else set()
    clock, threads = SystemClock(), available_threads()
    components = standard_components(lambda report: "", clock, SilentProgress(), lambda: False)
    asked = [p for p in places(options.data, 1) if p.file.parent.name in GROUPS and p.name not in done]
    order = np.random.default_rng(0).permutation(len(asked))
    for number in order.tolist():
        place = asked[number]
        if time.monotonic() > until:
            break
        try:
            posed = pose(replace(place, number=0), read(place, MOST_ROWS), MOST_ROWS)
        except JourneymanError:
            continue
        if posed is None:
            continue
        table, task = posed
        split = folds_only(table, task, 0)
        settings = BuildSettings("<frame>", task.target, "probes", threads=threads)
        data = Dataset(table, task, split)
        folds, budget = SharedFolds(components, data, settings), TimeBudget(data, settings, components)
        seen: list[Trial] = []
        rows, waves = max(len(f.fit) for f in split.folds), -(-len(split.folds) // threads)
        lines, context, metric = [], meta_features(table, task), metric_of(task)
        for candidate in folds.admit(chosen(propose(components, data)[0], number)):
            algorithm = components.algorithms[candidate.algorithm]
            starting = getattr(algorithm, "start_seconds", 0.0)
            terms = Terms(metric, Allowance(clock, clock.monotonic(), MOST_SECONDS, starting), threads)
            trial = train(algorithm, partial(folds.of, candidate.preparation), terms, candidate, task, 0)
            if not trial.fold_scores:
                continue
            shown = shown_by(seen, [(False, 0.0)] * len(seen), None, metric.greater_is_better).overall
            seen.append(trial)
            if candidate.algorithm == BASELINE:
                continue
            line = {"table": place.name, "algorithm": candidate.learner, "candidate": candidate.name}
            line |= {"seconds": budget.fit_seconds(trial) * waves, "preparing": trial.preparing}
            line |= {"plain": algorithm.seconds(candidate, task, rows, len(table.features)) * waves}
            lines.append(
                {**line, "cut": trial.seconds >= MOST_SECONDS, "context": {**context, "simple": shown["simple"]}}
            )
        with path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        took = sum(line["seconds"] + line["preparing"] for line in lines)
        print(f"{place.name}: {len(table.frame)} rows, {len(lines)} trials, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()

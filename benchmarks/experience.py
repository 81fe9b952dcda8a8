"""Make the experience that the package ships: try every candidate on hundreds of small tasks, and learn what lifts.

    python benchmarks/experience.py CACHE [--data ../shared/data] [--minutes 40] [--each 12] [--out FILE]
    python benchmarks/experience.py CACHE --only-judge

Each task's candidates are fitted alone, in a random order and as far as its time goes; then searches are replayed from
their out-of-fold predictions, in several orders, so that what the earlier trials showed varies. One process a core,
one thread each; a task that is in the cache is not done again. The cache holds ``TASK.trials`` (the trials) and
``TASK.jsonl`` (a line a trial). Last, the beliefs are learned, judged leaving tables out, and written.
"""

import argparse
import multiprocessing
import os
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from experience_judged import report_judgement
from experience_replay import Tried, lines, load
from experience_tasks import Place, places, pose, read
from journeyman.entities.candidate import SIMPLE, Candidate
from journeyman.entities.dataset import Dataset
from journeyman.entities.table import target_values
from journeyman.errors import JourneymanError
from journeyman.pipelines.search import propose
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.fold_cache import SharedFolds
from journeyman.settings import BuildSettings
from journeyman.stages.rank import meta_features
from journeyman.stages.rank.judgement import to_text
from journeyman.stages.split import folds_only
from journeyman.stages.train import Allowance, Terms, train
from journeyman.stores.facts import encode
from journeyman.tasks import metric_of

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parent / "src" / "journeyman" / "stages" / "rank" / "prior.json"
DEAR, DEARER = 5, 3.0
"""One in so many tasks gets so many times the seconds."""


class ProcessorClock(SystemClock):
    """Seconds of the processor, so that what else the machine does changes nothing."""

    def monotonic(self) -> float:
        return time.process_time()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--each", type=int, default=12, help="tasks of a table")
    parser.add_argument(
        "--task-seconds", type=float, default=12.0, help="of fitting, for one task; for 10,000 rows twice as many"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--only-judge", action="store_true")
    return parser.parse_args()


@lru_cache(maxsize=2)
def table_of(place: Place):
    return read(place)


def collect(work: tuple[Place, Path, float, float]) -> str:
    """Try the candidates of one task, unless that was done or the time is over."""
    place, cache, until, task_seconds = work
    done = cache / f"{place.id}.trials"
    if done.exists() or time.time() > until:
        return ""
    try:
        posed = pose(place, table_of(replace(place, number=0)))
    except JourneymanError:
        return ""
    if posed is None:
        return ""
    table, task = posed
    split = folds_only(table, task, 0)
    y = target_values(table, task.target)[np.concatenate([fold.validate for fold in split.folds])]
    settings = BuildSettings("<frame>", task.target, "experience", threads=1)
    clock = ProcessorClock()
    components = standard_components(lambda report: "", clock, SilentProgress(), lambda: False)
    began = clock.monotonic()
    terms = Terms(metric_of(task), Allowance(clock, began, None), 1)
    folds, trials = SharedFolds(components, Dataset(table, task, split), settings), []
    task_seconds *= 1.0 + len(table.frame) / 10_000
    if (zlib.crc32(place.name.encode()) + place.number) % DEAR == 0:
        task_seconds *= DEARER  # now and then what takes long gets its turn, too
    for candidate in _ordered(propose(components, Dataset(table, task, split))[0], place):
        algorithm = components.algorithms[candidate.algorithm]
        left = began + task_seconds - clock.monotonic()
        rows = max(len(fold.fit) for fold in split.folds)
        dear = algorithm.seconds(candidate, task, rows, len(table.features)) * len(split.folds) > left
        if candidate.algorithm not in SIMPLE and (left < 0 or dear):
            continue
        trial = train(algorithm, partial(folds.of, candidate.preparation), terms, candidate, task, 0)
        if trial.predictions is not None:
            kept = trial.predictions.astype(np.float32)
            trials.append(replace(trial, predictions=kept, seconds=trial.seconds - trial.preparing))
    if not any(t.candidate.algorithm not in SIMPLE for t in trials):
        return f"{place.id}: nothing could be tried"
    tried = Tried(place.name, task, meta_features(table, task), y, tuple(trials))
    draft = done.with_suffix(".draft")
    draft.write_bytes(encode(tried))
    draft.rename(done)
    told(done)
    return f"{place.id}: {len(trials)} trials, {len(table.frame)} rows, {clock.monotonic() - began:.0f} s of processor"


def _ordered(candidates: Sequence[Candidate], place: Place) -> list[Candidate]:
    """Return the simple ones first, the others in a random order."""
    rng = np.random.default_rng([1, place.number, *place.name.encode()])
    simple = sorted(
        (c for c in candidates if c.algorithm in SIMPLE), key=lambda candidate: SIMPLE.index(candidate.algorithm)
    )
    others = [c for c in candidates if c.algorithm not in SIMPLE]
    return [*simple, *(others[i] for i in rng.permutation(len(others)))]


def told(path: Path) -> None:
    """Replay a task of the cache whose lines are missing."""
    rows = path.with_suffix(".jsonl")
    if not rows.exists():
        rows.write_text(lines(path.stem, load(path)))


def main() -> None:
    options = arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    if not options.only_judge:
        if not (options.data / "index.json").is_file():
            sys.exit(f"no tables in {options.data}: give --data")
        until = time.time() + 60 * options.minutes
        work = [(place, options.cache, until, options.task_seconds) for place in places(options.data, options.each)]
        with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
            for said in pool.imap_unordered(collect, work):
                if said:
                    print(said, flush=True)
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        pool.map(told, sorted(options.cache.glob("*.trials")))
        if not any(options.cache.glob("*.jsonl")):
            sys.exit(f"no task could be tried in {options.minutes:g} minutes: give more --minutes")
        prior = report_judgement(options.cache, pool)
    options.out.write_bytes(to_text(prior))
    size = options.out.stat().st_size / 1e3
    print(f"{options.out.name}: {size:.0f} kB, {len(prior.names)} features, {prior.jobs} searches")


if __name__ == "__main__":
    main()

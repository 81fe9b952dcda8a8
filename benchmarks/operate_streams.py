"""Retraining policies on real streams with late labels, and what the loop learns from one stream to the next.

    python benchmarks/operate_streams.py [--data ../shared/data] [--cache build/operate-fits] [--synthetic]

Every policy is made of the same quick models (one small LightGBM of the project's parts, fitted at each step of a
stream on the rows whose truth had come by then), so that they differ in when they learn again and from what, and in
nothing else. "ours" is decided by the lines that decide in the loop: operations/decide_move.py, stages/retrain,
stages/promote and stages/learn_operations. The others put what they learn to use at once. Losses are between 0 and 1
(halved Brier score; absolute error over a scale of the first model's). Costs are losses and retrainings together, in
the default economics: they are what "ours" minimises.

No threshold is set on these streams. --synthetic adds streams whose drift is known, on which thresholds were set.
"""

import argparse
import itertools
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from journeyman.drift_detectors.adwin import Adwin
from journeyman.entities.operation import Economics, Operation, WindowKind, WindowPlan
from journeyman.stages.retrain import price, reference_unit
from operate_fits import Fits, kept_fits, real_streams, shuffled
from operate_policies import Course, every, fixed, operated, periodic, triggered
from operate_synthetic import KINDS, synthetic

HERE = Path(__file__).resolve().parent
WINDOWS = (
    WindowPlan(WindowKind.ALL),
    *(WindowPlan(kind, rows) for kind in (WindowKind.SLIDING, WindowKind.WEIGHTED) for rows in (1000, 4000)),
)
PERIODS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
STEPS = 45
FEW_STEPS = 30  # of a stream of many classes, whose fits take long
ALL_ORDERS, SOME_ORDERS = 5, 120
ECONOMICS = Economics()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=HERE.parent / "build" / "operate-fits")
    parser.add_argument("--delay", type=int, default=500)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--no-shuffled", action="store_true")
    return parser.parse_args()


def adwin():
    window = Adwin()
    return lambda losses: sum(window.add(float(loss)) for loss in losses) > 0


def economics_of(fits: Fits) -> Economics:
    return price(ECONOMICS, reference_unit(fits.reference))


def all_fixed(fits: Fits) -> dict[str, Course]:
    courses = {f"{window}, every {period}": every(fits, window, period) for window in fits.losses for period in PERIODS}
    return {"never": fixed(fits, "all", []), **courses}


def compare(fits: Fits) -> tuple[Course, dict[str, float]]:
    """Print a stream's rows; return our course and the ratios that count."""
    economics, ours, others = economics_of(fits), operated(fits, ECONOMICS), all_fixed(fits)
    never, again = others["never"], periodic(fits, "all", ours.times)
    alarmed = triggered(fits, "all", adwin)
    cheapest = min(others, key=lambda name: others[name].cost(economics))
    few = min((n for n in others if others[n].times <= ours.times), key=lambda n: others[n].losses.mean())
    best = min(others, key=lambda name: others[name].losses.mean())
    rows = [
        ("ours", ours),
        ("never", never),
        ("periodic, same number, all rows", again),
        ("ADWIN on the loss, all rows", alarmed),
        (f"cheapest fixed, afterwards: {cheapest}", others[cheapest]),
        (f"best fixed with no more retrainings: {few}", others[few]),
        (f"best fixed whatever it costs: {best}", others[best]),
    ]
    print(f"\n{fits.name}: {len(ours.losses)} rows answered, looked at {len(fits.ends) - 1} times")
    print(f"  {'policy':58} {'loss':>7} {'retrained':>9} {'cost':>8} {'loss/ours':>9}")
    for name, course in rows:
        ratio = course.losses.mean() / ours.losses.mean()
        print(f"  {name:58} {course.losses.mean():7.4f} {course.times:9d} {course.cost(economics):8.2f} {ratio:9.3f}")
    print(f"  {'no change: the latest known truth':58} {fits.unchanged.mean():7.4f}")
    print(f"  {len(ours.promoted)} promoted, {len(ours.dropped)} dropped, {len(ours.returned)} returned")
    mean, cost = ours.losses.mean(), ours.cost(economics)
    ratios = {
        "never": mean / never.losses.mean(),
        "periodic": mean / again.losses.mean(),
        "ADWIN": mean / alarmed.losses.mean(),
        "ADWIN, cost": cost / alarmed.cost(economics),
        "cheapest fixed, cost": cost / others[cheapest].cost(economics),
        "best fixed of as few": mean / others[few].losses.mean(),
        "best fixed at all": mean / others[best].losses.mean(),
    }
    return ours, ratios


def wrong_promotions(fits: Fits, course: Course, releases: Sequence[tuple[str, int]]) -> tuple[int, int]:
    """Return how many promotions put in something worse, and worse beyond noise, judged by all rows after them."""
    worse = beyond = 0
    for _, old, new in course.promoted:
        since = int(fits.ends[max(releases[old - 1][1], releases[new - 1][1])])
        steps = fits.loss(*releases[new - 1], since, fits.rows) - fits.loss(*releases[old - 1], since, fits.rows)
        if len(steps) > 50:
            error = steps.std() / np.sqrt(len(steps))
            worse += steps.mean() > 0
            beyond += steps.mean() > 1.96 * error
    return int(worse), int(beyond)


def releases_of(course: Course) -> list[tuple[str, int]]:
    made = [(o.move.window, o.round + 1) for o in course.operations]
    return [
        ("all", 0),
        *((w.kind.value if w.kind is WindowKind.ALL else f"{w.kind.value} {w.rows}", s) for w, s in made),
    ]


def regret(streams: Sequence[Fits]) -> None:
    """Print how much dearer than the cheapest fixed policy ours is, by how many streams it has lived through before."""
    economics = {fits.name: economics_of(fits) for fits in streams}
    least = {f.name: min(c.cost(economics[f.name]) for c in all_fixed(f).values()) for f in streams}
    known: dict[tuple[str, frozenset[str]], Course] = {}
    if len(streams) <= ALL_ORDERS:
        orders = list(itertools.permutations(streams))
    else:
        rng = np.random.default_rng(0)
        orders = [tuple(streams[i] for i in rng.permutation(len(streams))) for _ in range(SOME_ORDERS)]
    places: list[list[float]] = [[] for _ in streams]
    for order in orders:
        past: list[Operation] = []
        before: frozenset[str] = frozenset()
        for place, fits in enumerate(order):
            key = (fits.name, before)
            if key not in known:
                known[key] = operated(fits, ECONOMICS, past)
            course = known[key]
            places[place].append(course.cost(economics[fits.name]) / least[fits.name] - 1.0)
            past, before = past + course.operations, before | {fits.name}
    print(f"\nRegret against the cheapest fixed policy, mean of {len(orders)} orders of {len(streams)} streams")
    alone = [operated(f, ECONOMICS, None).cost(economics[f.name]) / least[f.name] - 1.0 for f in streams]
    print(f"  learning from no operations at all: {np.mean(alone):+.2%}")
    print("  lived through before: " + "  ".join(f"{n}: {np.mean(p):+.2%}" for n, p in enumerate(places)))


def report(streams: Sequence[Fits]) -> None:
    ratios = {fits.name: compare(fits)[1] for fits in streams}
    print("\nOurs as a share of others (below 1: ours is better)")
    names = list(next(iter(ratios.values())))
    print(f"  {'':24}" + "".join(f"{name:>22}" for name in names))
    for stream, some in ratios.items():
        print(f"  {stream:24}" + "".join(f"{some[name]:22.3f}" for name in names))
    print(f"  {'mean':24}" + "".join(f"{np.mean([r[name] for r in ratios.values()]):22.3f}" for name in names))
    if len(streams) > 1:
        regret(streams)


def main() -> None:
    options = arguments()
    if not (options.data / "index.json").is_file():
        sys.exit(f"no tables in {options.data}: give --data")
    began = time.monotonic()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; labels come {options.delay} rows late")
    makers = {n: m for n, m in real_streams(options.data).items() if not options.only or n in options.only}
    steps = {name: FEW_STEPS if "outdoor" in name else STEPS for name in makers}
    streams = [kept_fits(options.cache, n, make, WINDOWS, options.delay, steps[n]) for n, make in makers.items()]
    report(streams)
    if not options.no_shuffled:
        print("\nThe same streams shuffled: no drift, so a fresh model is better only by having more rows")
        for name, make in makers.items():
            fits = kept_fits(
                options.cache, f"{name} shuffled", lambda make=make: shuffled(make(), 0), WINDOWS[:1], options.delay, 20
            )
            course = operated(fits, ECONOMICS)
            worse, beyond = wrong_promotions(fits, course, releases_of(course))
            never = fixed(fits, "all", []).losses.mean()
            print(
                f"  {name:24} {course.times} retrainings, {len(course.promoted)} promotions, {worse} of them worse, "
                f"{beyond} beyond noise; loss {course.losses.mean():.4f}, never {never:.4f}"
            )
    if options.synthetic:
        print("\nStreams whose drift is known; thresholds were set on these")
        known = [(kind, seed) for seed in range(3) for kind in KINDS]
        made = [
            kept_fits(options.cache, f"{k} {s}", lambda k=k, s=s: synthetic(k, s), WINDOWS, options.delay, STEPS)
            for k, s in known
        ]
        report(made)
    print(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

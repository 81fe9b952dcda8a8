"""Simulate what reports state with a probability, under nulls that are nasty, and print what came beside what was said.

    python benchmarks/honest.py [--runs 300] [--only intervals]

Each line is a claim, the truth that was planted, and how often the claim held in so many runs. Stage functions are run,
not builds, so that hundreds of runs take some minutes. A section is a function that yields lines; add it to
``SECTIONS``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import Conformal
from journeyman.entities.evaluation import Score
from journeyman.entities.task import Task
from journeyman.metrics import METRICS
from journeyman.stages.conformal import COVERAGE, Validated, conformal_numbers
from journeyman.stages.evaluate.baseline import trivial
from journeyman.stages.evaluate.examined import Examined
from journeyman.stages.evaluate.resample import Units
from journeyman.stages.evaluate.scores import compare
from journeyman.stages.evaluate.slices import Losses, weak_slices

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator], "Rows"]
COLUMNS = tuple(Column(f"x{i}", Kind.NUMBER) for i in range(4))


@dataclass(frozen=True)
class Line:
    """What is claimed, in which world, and the share of runs in which it held (or of alarms, where ``most`` is set)."""

    claim: str
    world: str
    said: float
    came: float
    most: bool = False


@dataclass(frozen=True)
class Rows:
    """Examined rows of one run."""

    y: Array
    answers: Array
    clusters: NDArray[np.int64] | None = None
    in_time: bool = False
    kept: bool = True


def score(task: Task, rows: Rows, seed: int) -> Score:
    """Score rows as an evaluation does."""
    count = len(rows.y)
    clusters = np.arange(count) if rows.clusters is None else rows.clusters
    nothing = np.zeros(count, dtype=np.int64)
    base = {task.metric: trivial(rows.y, task, METRICS[task.metric], count)}
    units = Units(clusters, rows.in_time)
    examined = Examined(np.arange(count), rows.kept, rows.y, rows.answers, units, base, nothing, nothing)
    return compare([METRICS[task.metric]], examined, task, None, seed)[0][0]


def errors(values: Array, **more: object) -> Rows:
    """Return rows whose errors are these."""
    return Rows(values, np.zeros((len(values), 1)), **more)  # type: ignore[arg-type]  # fields of Rows


def intervals(runs: int) -> Iterator[Line]:
    """Coverage of scores' intervals."""
    rmse, mae = Task("y", "regression", "rmse"), Task("y", "regression", "mae")

    def copied(rng: np.random.Generator) -> Rows:
        rows = np.repeat(np.arange(60), 5)
        return errors(rng.normal(size=60)[rows], clusters=rows)

    def grouped(rng: np.random.Generator) -> Rows:
        rows = np.repeat(np.arange(8), 30)
        return errors(rng.normal(size=8)[rows] + 0.3 * rng.normal(size=240), clusters=rows)

    def dependent(rng: np.random.Generator) -> Rows:
        error, steps = np.zeros(450), 0.8 * rng.normal(size=450)
        for i in range(1, 450):
            error[i] = 0.6 * error[i - 1] + steps[i]
        return errors(error[50:], in_time=True)

    def shared(rng: np.random.Generator) -> Rows:
        moment = np.repeat(np.arange(24), 20)
        return errors(rng.normal(size=24)[moment] + 0.5 * rng.normal(size=480), clusters=moment, in_time=True)

    worlds: list[tuple[str, Task, float, Draw]] = [
        ("60 rows", rmse, 1.0, lambda rng: errors(rng.normal(size=60))),
        ("60 records, each written 5 times", rmse, 1.0, copied),
        ("the same, copies counted as rows", rmse, 1.0, lambda rng: errors(copied(rng).y)),
        ("300 rows, log-normal errors", mae, float(np.exp(0.5)), lambda rng: errors(rng.lognormal(size=300))),
        ("8 groups of 30 rows", mae, float(np.sqrt(1.09 * 2 / np.pi)), grouped),
        ("400 rows in time, autocorrelation .6", rmse, 1.0, dependent),
        ("20 series, 24 moments that share their luck", rmse, float(np.sqrt(1.25)), shared),
        ("300 rows, Student's t with 3 degrees", rmse, float(np.sqrt(3)), lambda rng: errors(rng.standard_t(3, 300))),
        ("300 rows, Student's t with 2 degrees", mae, float(np.sqrt(2)), lambda rng: errors(rng.standard_t(2, 300))),
        ("60 rows, errors of 30 on 3 of them", mae, disasters_mean(60, 3), lambda rng: disasters(rng, 60, 3)),
        ("300 rows, errors of 30 on 3 of them", mae, disasters_mean(300, 3), lambda rng: disasters(rng, 300, 3)),
        ("the same on 1 of them: may not be seen", mae, disasters_mean(300, 1), lambda rng: disasters(rng, 300, 1)),
    ]
    for name, task, truth, draw in worlds:
        found = [score(task, draw(np.random.default_rng(seed)), seed) for seed in range(runs)]
        came = float(np.mean([s.low <= truth <= s.high for s in found]))
        yield Line(f"95% interval of {task.metric}", name, 0.95, came)


def disasters(rng: np.random.Generator, rows: int, per: int) -> Rows:
    """Draw errors thirty times as large as others on so many of the rows in the mean."""
    return errors(np.where(rng.random(rows) < per / rows, 30.0, rng.normal(size=rows)))


def disasters_mean(rows: int, per: int) -> float:
    """Return the mean absolute error of such rows."""
    return float((1 - per / rows) * np.sqrt(2 / np.pi) + 30 * per / rows)


def rare_classes(runs: int) -> Iterator[Line]:
    """Coverage of scores' intervals where one class has six rows."""
    right, wrong = 1 / 7, 0.02

    def told(rng: np.random.Generator) -> Rows:
        y = (np.arange(60) < 6).astype(np.float64)
        p = np.where(rng.random(60) < np.where(y == 1, right, wrong), 0.9, 0.1)
        return Rows(y, np.column_stack([1 - p, p]))

    def ranked(rng: np.random.Generator) -> Rows:
        y = (np.arange(300) < 6).astype(np.float64)
        p = norm.cdf(rng.normal(size=300) + 1.5 * y)
        return Rows(y, np.column_stack([1 - p, p]))

    worlds: list[tuple[str, str, float, Draw]] = [
        ("f1", "6 of 60 rows, a seventh of them told", 2 * 6 * right / (6 + 6 * right + 54 * wrong), told),
        ("balanced_accuracy", "6 of 60 rows, a seventh of them told", (right + 1 - wrong) / 2, told),
        ("roc_auc", "6 of 300 rows", float(norm.cdf(1.5 / np.sqrt(2))), ranked),
    ]
    for metric, name, truth, draw in worlds:
        task = Task("y", "binary", metric, ("0", "1"))
        found = [score(task, draw(np.random.default_rng(seed)), seed) for seed in range(runs)]
        came = float(np.mean([s.low <= truth <= s.high for s in found]))
        yield Line(f"95% interval of {metric}"[:31], name, 0.95, came)


def gains(runs: int) -> Iterator[Line]:
    """How often a model that knows nothing is said to be better than none."""
    auc = Task("y", "binary", "roc_auc", ("0", "1"))

    def chosen(rng: np.random.Generator, tried: int, kept: bool) -> Rows:
        y = (rng.random(90) < 0.5).astype(np.float64)
        answers = [np.column_stack([1 - p, p]) for p in rng.random((tried, 90))]
        return Rows(y, max(answers, key=lambda p: METRICS["roc_auc"].score(y, p)), kept=kept)

    worlds: list[tuple[str, Draw]] = [
        ("90 kept rows", lambda rng: chosen(rng, 1, True)),
        ("90 rows that chose the best of 8", lambda rng: chosen(rng, 8, False)),
        ("the same, with the interval of kept rows", lambda rng: chosen(rng, 8, True)),
    ]
    for name, draw in worlds:
        found = [score(auc, draw(np.random.default_rng(seed)), seed) for seed in range(runs)]
        yield Line("sure of a gain in ROC AUC", name, 0.025, float(np.mean([s.gain_low > 0 for s in found])), most=True)


def predictions(runs: int) -> Iterator[Line]:
    """Coverage of prediction intervals: of all rows, and of the third whose errors are largest."""

    def drawn(kind: str, count: int, seed: int) -> Validated:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(count, 4))
        value, noise = 2 * x[:, 0], rng.normal(size=count)
        if kind == "log-normal target":
            value = np.exp(x[:, 0] + 0.5 * x[:, 1])
            y = value * np.exp(0.6 * noise)
        else:
            y = value + noise * (np.exp(x[:, 1]) if kind == "errors grow with a column" else 1.0)
        block = {c.name: x[:, i] for i, c in enumerate(COLUMNS)}
        return Validated(value[:, None], y, np.arange(count), False, COLUMNS, block)

    def held(bound: Conformal, new: Validated) -> NDArray[np.bool_]:
        ends = bound.intervals(new.predictions, new.block)
        return (new.y >= ends[:, 0]) & (new.y <= ends[:, 1])

    for kind in ("errors of one size", "errors grow with a column", "log-normal target"):
        whole, largest, before = [], [], []
        for seed in range(max(10, runs // 5)):
            learned, new = drawn(kind, 600, seed), drawn(kind, 3_000, 10_000 + seed)
            found = conformal_numbers(learned)
            assert found is not None
            margin = float(np.quantile(np.abs(learned.y - learned.predictions[:, 0]), COVERAGE))
            size = new.block["x1"] if kind == "errors grow with a column" else new.predictions[:, 0]
            top = size >= np.quantile(size.astype(np.float64), 2 / 3)
            whole.append(held(found, new).mean())
            largest.append(held(found, new)[top].mean())
            before.append(held(Conformal(COVERAGE, margin), new)[top].mean())
        yield Line("90% prediction interval", f"{kind}: all rows", 0.9, float(np.mean(whole)))
        yield Line("90% prediction interval", f"{kind}: the highest third", 0.9, float(np.mean(largest)))
        yield Line("the same, one width for all", f"{kind}: the highest third", 0.9, float(np.mean(before)))


def slices(runs: int) -> Iterator[Line]:
    """How often a part of rows that are all alike is called weak."""

    def losses(seed: int, copies: int) -> Losses:
        rng = np.random.default_rng(seed)
        again = np.repeat(np.arange(300), copies)
        block = {c.name: rng.normal(size=300)[again] for c in COLUMNS}
        return Losses(block, rng.exponential(size=300)[again], np.ones(len(again)), again)

    for copies in (1, 5):
        found = [weak_slices(losses(2 * s, copies), losses(2 * s + 1, copies), COLUMNS, 0.05)[0] for s in range(runs)]
        name = f"300 records, each written {copies} time{'s' * (copies > 1)}"
        yield Line("any weak part", name, 0.05, float(np.mean([bool(f) for f in found])), most=True)


# A further null (a champion against its equal, an e-process under rare disasters, ...) is one more function here.
SECTIONS: dict[str, Callable[[int], Iterator[Line]]] = {
    "intervals": intervals,
    "rare_classes": rare_classes,
    "gains": gains,
    "predictions": predictions,
    "slices": slices,
}


def main() -> None:
    """Print all sections, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--only", choices=sorted(SECTIONS))
    asked = parser.parse_args()
    for name, section in SECTIONS.items():
        if asked.only in (None, name):
            print(f"\n{name}: {section.__doc__}\n{'claim':32}{'world':58}{'said':>10}{'came':>8}")
            for line in section(asked.runs):
                said = f"{'<= ' if line.most else ''}{line.said:.1%}"
                print(f"{line.claim:32}{line.world:58}{said:>10}{line.came:>8.1%}", flush=True)


if __name__ == "__main__":
    main()

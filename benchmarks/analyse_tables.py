"""What `journeyman analyse` finds, what it makes up, and how much of it holds on other rows.

    python benchmarks/analyse_tables.py [--runs 200] [--data FOLDER] [--only noise planted real seconds]

Planted: interactions (exclusive or without main effects among them), thresholds, reversals and mechanisms of missing
values, by the size of the effect and the rows; found are those with the right columns. Noise: 200 columns that know
nothing of the target, with heavy tails, copies of rows, columns that correlate, rare categories and a rare class; a run
counts that reports anything at all about the target or about missing values. Real: a third of each table of FOLDER (its
index.json names targets) is set aside; of what two thirds confirm, how much holds there with the same direction and
p < .05. Seconds are of one core's processor.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from journeyman.entities.analysed_rows import AnalysedRows, Output
from journeyman.entities.column import Column, Kind
from journeyman.errors import JourneymanError
from journeyman.pipelines.analyse import Looked, find_and_confirm, rows_to_analyse
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.analysed_rows import limited, part_rows

Columns = Mapping[str, np.ndarray]
_OWN = ("redundancy", "dependencies")  # what columns say of one another is true in the noise, too


def rows_of(columns: Columns, y: np.ndarray, clusters: np.ndarray | None = None) -> AnalysedRows:
    """Return rows of arrays: whole numbers are codes of categories, -1 is missing."""
    described, values = [], {}
    for name, v in columns.items():
        coded = v.dtype.kind == "i"
        labels = tuple(f"c{i}" for i in range(int(v.max()) + 1)) if coded else ()
        described.append(Column(name, Kind.CATEGORY if coded else Kind.NUMBER, categories=labels))
        values[name] = np.where(v < 0, np.nan, v.astype(np.float64)) if coded else v
    share = set(np.unique(y)) <= {0.0, 1.0}
    output = Output("y", y.astype(np.float64) if share else limited(y), share)
    return AnalysedRows(tuple(described), values, (output,), "y", np.arange(len(y)) if clusters is None else clusters)


def look(rows: AnalysedRows, seed: int) -> Looked:
    """Explore one half of the rows and confirm on the other."""
    explored, confirming = part_rows(rows, (0.5, 0.5), seed)
    return find_and_confirm(rows.take(explored), rows.take(confirming))


def noise(seed: int, columns: int = 200) -> tuple[AnalysedRows, str]:
    """Return rows whose columns know nothing of the target; every kind of nastiness takes its turn."""
    rng = np.random.default_rng(seed)
    n = (400, 900, 2_000)[seed % 3]
    hidden, found, tenth = rng.normal(size=(n, 10)), {}, columns // 10
    for i in range(3 * tenth):
        found[f"normal{i}"] = rng.normal(size=n)
    for i in range(2 * tenth):
        found[f"heavy{i}"] = rng.standard_t(1.5, size=n)
    for i in range(2 * tenth):
        found[f"alike{i}"] = hidden[:, i % 10] + 0.3 * rng.normal(size=n)
    for i in range(tenth):
        found[f"skewed{i}"] = np.exp(2 * rng.normal(size=n))
    for i in range(tenth):
        found[f"rare{i}"] = rng.choice(6, n, p=[0.9, 0.05, 0.02, 0.01, 0.01, 0.01])
    for i in range(tenth):
        found[f"many{i}"] = (rng.random(n) ** 2 * rng.integers(2, 40)).astype(np.int64)
    for i in range(tenth):
        found[f"normal{i}"][rng.random(n) < 0.2] = np.nan
    target = ("cauchy", "rare class", "normal", "zeros and a long tail")[seed // 3 % 4]
    y = {
        "cauchy": rng.standard_cauchy(n),
        "rare class": (rng.random(n) < 0.04).astype(np.float64),
        "normal": rng.normal(size=n),
        "zeros and a long tail": np.exp(1.5 * rng.normal(size=n)) * (rng.random(n) < 0.4),
    }[target]
    copied = np.arange(n)
    copies = rng.random(n) < 0.25  # of which some rows have many, and most none
    copied[copies] = rng.integers(0, max(1, n // 10), int(copies.sum()))
    return rows_of({name: v[copied] for name, v in found.items()}, y[copied], copied), target


def run_noise(runs: int) -> None:
    reported: dict[str, int] = {}
    kinds: dict[str, int] = {}
    began = time.process_time()
    for seed in range(runs):
        rows, target = noise(seed)
        found = [d for d in look(rows, seed).confirmed.discoveries if d.kind not in _OWN]
        reported[target] = reported.get(target, 0) + bool(found)
        for discovery in found:
            kinds[discovery.kind] = kinds.get(discovery.kind, 0) + 1
        if seed % 20 == 19:
            print(f"  after {seed + 1} runs: {sum(reported.values())} with a statement", flush=True)
    seconds = (time.process_time() - began) / runs
    print(f"noise: {sum(reported.values())} of {runs} runs report anything ({seconds:.1f} s of a processor a run)")
    print(f"  by target: {reported}; false statements by kind: {kinds}")


def planted(kind: str, size: float, n: int, seed: int) -> tuple[AnalysedRows, frozenset[str]]:
    """Return rows with one relation of a size in standard deviations of the noise, and its columns."""
    rng = np.random.default_rng(seed)
    x = {f"x{i}": rng.normal(size=n) for i in range(28)}
    x |= {"a": rng.integers(0, 2, n), "b": rng.integers(0, 5, n)}
    e, wanted = rng.normal(size=n), frozenset({"x0", "x1"})
    if kind == "exclusive or":
        y = size / 2 * np.sign(x["x0"] * x["x1"]) + e
    elif kind == "exclusive or of categories":
        y, wanted = size / 2 * (2.0 * (x["a"] == (x["b"] > 1)) - 1.0) + e, frozenset({"a", "b"})
    elif kind == "product beside main effects":
        y = x["x0"] + x["x1"] - x["x2"] + size / 2 * x["x0"] * x["x1"] + e
    elif kind == "threshold":
        y, wanted = size * (x["x0"] > 0.4) + 0.3 * x["x1"] + e, frozenset({"x0"})
    elif kind == "reversal":
        x["x0"] = x["x0"] + 1.5 * x["b"]
        y, wanted = 1.2 * x["b"] - size / 2 * (x["x0"] - 1.5 * x["b"]) + e, frozenset({"x0", "b"})
    else:
        y, wanted = x["x2"] + e, frozenset({"x3", "x2"})
        x["x3"] = np.where(rng.random(n) < 0.2 + 0.15 * np.clip(size * x["x2"], -1, 1), np.nan, x["x3"])
    return rows_of(x, y), wanted


PLANTED = {
    "exclusive or": "interactions",
    "exclusive or of categories": "interactions",
    "product beside main effects": "interactions",
    "threshold": "thresholds",
    "reversal": "reversals",
    "missing by another column": "missingness",
}


def run_planted(runs: int) -> None:
    for kind, analysis in PLANTED.items():
        for n in (1_000, 4_000):
            shares = []
            for size in (0.25, 0.5, 1.0):
                hits = 0
                for seed in range(runs):
                    rows, wanted = planted(kind, size, n, seed)
                    found = look(rows, seed).confirmed.discoveries
                    hits += any(d.kind == analysis and frozenset(d.columns) == wanted for d in found)
                shares.append(f"{hits}/{runs} at {size:g} sd")
            print(f"planted {kind}, {n:,} rows: found {', '.join(shares)}", flush=True)


def run_real(data: Path, most: int) -> None:
    held = stated = 0
    by_kind: dict[str, list[int]] = {}
    for entry in json.loads((data / "index.json").read_text()):
        if entry["task_group"] not in ("tabular", "drift") or not entry.get("target"):
            continue
        path = data / entry["file"]
        began = time.process_time()
        try:
            rows = prepared(path, entry["target"], most)
        except JourneymanError as error:
            print(f"real {entry['name']}: refused: {error.message}", flush=True)
            continue
        first, second, third = part_rows(rows, (1 / 3, 1 / 3, 1 / 3), 0)
        looked = find_and_confirm(rows.take(first), rows.take(second))
        rest = rows.take(third)
        right = 0
        for hypothesis, discovery in zip(looked.confirmed.hypotheses, looked.confirmed.discoveries, strict=True):
            evidence = hypothesis.test(rest)
            good = evidence is not None and evidence.statistic > 0 and evidence.p_value < 0.05
            right += good
            kinds = by_kind.setdefault(discovery.kind, [0, 0])
            kinds[0] += good
            kinds[1] += 1
        held, stated = held + right, stated + len(looked.confirmed.hypotheses)
        seconds = time.process_time() - began
        print(
            f"real {entry['name']}: {right} of {len(looked.confirmed.hypotheses)} hold ({len(rows):,} rows, "
            f"{len(rows.columns)} columns, {'blocks of time' if rows.serial else 'rows'}, {seconds:.0f} s)",
            flush=True,
        )
    print(f"real: {held} of {stated} confirmed statements hold on a third part ({held / max(1, stated):.0%})")
    print("  by kind: " + ", ".join(f"{kind} {good} of {n}" for kind, (good, n) in sorted(by_kind.items())))


def prepared(path: Path, target: str, most: int) -> AnalysedRows:
    settings = BuildSettings(str(path), target, "t", memory=2_000_000_000)
    components = standard_components(lambda _: "", SystemClock(), SilentProgress(), lambda: False)
    context = BuildContext(components, MemoryRun(SystemClock()), settings)
    rows = rows_to_analyse(open_source(str(path), None), context)
    if len(rows) <= most:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, most).astype(np.int64))


def run_seconds() -> None:
    for n, p in ((10_000, 200), (5_000, 2_000), (60_000, 50)):
        rng = np.random.default_rng(0)
        x = {f"x{i}": rng.normal(size=n) for i in range(p)}
        y = x["x0"] * x["x1"] + x["x2"] + rng.normal(size=n)
        began = time.process_time()
        look(rows_of(x, y), 0)
        print(f"seconds: {n:,} rows x {p:,} columns: {time.process_time() - began:.1f} s of a processor", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="runs of pure noise; a tenth of them for each plant")
    parser.add_argument("--data", type=Path, help="folder with index.json; without it real tables are left out")
    parser.add_argument("--rows", type=int, default=15_000, help="of a real table, at most")
    parser.add_argument("--only", nargs="*", default=["planted", "real", "seconds", "noise"])
    options = parser.parse_args()
    if "planted" in options.only:
        run_planted(max(1, options.runs // 10))
    if "seconds" in options.only:
        run_seconds()
    if "real" in options.only and options.data is not None:
        run_real(options.data, options.rows)
    if "noise" in options.only:
        run_noise(options.runs)


if __name__ == "__main__":
    main()

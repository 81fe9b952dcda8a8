"""Data contracts on real tables: how many healthy batches they refuse, and how many planted faults they tell.

Usage::

    python benchmarks/verify_contracts.py --data FOLDER [--draws 20] [--halves 3] [--only adult titanic]

``FOLDER`` has an ``index.json`` that names tables, and which of them hold an order in time. Contracts are learned on a
random half of each table; batches of 50 rows up to all of them are drawn from the other half, and counted as ``verify``
counts small tables. A healthy batch is to be refused at most once in a hundred. Then faults are planted into the other
half, one at a time, each in a column that is drawn; a fault is told where a finding of the gravest kind names that
column. Processor time is measured on a table of 5 million rows of 20 columns that is made for it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from journeyman import learn_contract, verify
from journeyman.engines import open_engine
from journeyman.entities.contract import Contract, Verification
from journeyman.entities.finding import Severity
from journeyman.sources import FrameSource
from journeyman.stages.contract.counting_in_memory import count_frame
from journeyman.stages.contract.opened import open_rows
from journeyman.stages.contract.verifying import judge_counts

SIZES = (50, 200, 1000, 5000, None)
Fault = Callable[[pd.DataFrame, str, np.random.Generator], pd.DataFrame]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--draws", type=int, default=20, help="batches of each size from each half")
    asked.add_argument("--halves", type=int, default=3, help="random halves of each table")
    asked.add_argument("--columns", type=int, default=2, help="columns that each fault is planted in")
    asked.add_argument("--cap", type=int, default=1_000_000, help="rows of a table that are used, drawn at random")
    asked.add_argument("--only", nargs="*", default=[""], help="tables whose names hold one of these")
    asked.add_argument("--rows", type=int, default=5_000_000, help="of the large table; 0 leaves it out")
    options = asked.parse_args()
    tables = [t for t in json.loads((options.data / "index.json").read_text()) if t["task_group"] == "tabular"]
    tables = [t for t in tables if any(o in t["name"] for o in options.only)]
    refused, reasons, told, missed = Counter(), Counter(), defaultdict(list), []
    shown: list[bool] = []
    every_size: list[tuple[int, bool]] = []
    for number, facts in enumerate(tables):
        frame = _read(options.data / facts["file"])
        if len(frame) > options.cap:
            kept = np.random.default_rng(number).choice(len(frame), options.cap, replace=False)
            frame = frame.iloc[np.sort(kept)].reset_index(drop=True)
        for half in range(options.halves):
            rng = np.random.default_rng([number, half])
            first = rng.random(len(frame)) < 0.5
            contract = learn_contract(frame[first].reset_index(drop=True))
            other = frame[~first].reset_index(drop=True)
            source, engine = FrameSource(other), open_engine()
            with engine.open(source) as relation:
                typed = open_rows(engine, relation, source, contract.columns).relation.to_pandas()
            for size in SIZES:
                for draw in range(options.draws if size is not None else 1):
                    if size is not None and size > len(other):
                        continue
                    batch = typed if size is None else typed.sample(size, random_state=1000 * half + draw)
                    found = judge_counts(contract, contract, count_frame(batch, contract), None)
                    errors = [b.finding for b in found if b.finding.severity is Severity.ERROR]
                    refused["batches"] += 1
                    refused["refused"] += bool(errors)
                    for finding in errors:
                        reasons[finding.code] += 1
                        print("  refused:", facts["name"], size, finding.message, flush=True)
            for name, columns, plant in _faults(other, contract, rng):
                for column in columns[: options.columns]:
                    found = verify(plant(other.copy(), column, rng), contract)
                    told[name].append(_names(found, column))
                    every_size.append((len(other), told[name][-1]))
                    shown.append(any(column in b.finding.subject for b in found.breaches))
                    if not told[name][-1]:
                        missed.append(f"{facts['name']}: {name} in {column!r}")
                        print("  missed:", missed[-1], flush=True)
        share = refused["refused"] / max(refused["batches"], 1)
        print(f"{facts['name']}: so far {refused['refused']} of {refused['batches']} refused ({share:.2%})", flush=True)
        if facts.get("holds_time_order"):
            _in_time(frame, facts["name"])
    print("refused by:", dict(reasons))
    for name, hits in told.items():
        print(f"{name}: {sum(hits)} of {len(hits)} told ({np.mean(hits):.1%})")
    every = [hit for hits in told.values() for hit in hits]
    if every:
        print(f"all faults: {sum(every)} of {len(every)} told ({np.mean(every):.1%})")
        for low, high in ((0, 300), (300, 2000), (2000, 1 << 40)):
            of = [hit for rows, hit in every_size if low <= rows < high]
            if of:
                until = f"{high} rows" if high < 1 << 40 else "all rows"
                print(f"  batches of {low} to {until}: {sum(of)} of {len(of)} ({np.mean(of):.1%})")
        print(f"told as warnings or notes, too: {np.mean(shown):.1%}")
    if options.rows:
        _large(options.rows)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, low_memory=False)


def _in_time(frame: pd.DataFrame, name: str) -> None:
    """Say what later rows break of a contract that was learned from the earlier ones; that is no false alarm."""
    middle = len(frame) // 2
    found = verify(frame[middle:].reset_index(drop=True), learn_contract(frame[:middle].reset_index(drop=True)))
    subjects = [b.finding.subject[0] for b in found.breaches if b.finding.severity is Severity.ERROR]
    print(f"  in order of time: {name} {'refused for ' + ', '.join(subjects) if subjects else 'passes'}", flush=True)


def _names(found: Verification, column: str) -> bool:
    return any(
        b.finding.severity is Severity.ERROR and (column in b.finding.subject or column == "") for b in found.breaches
    )


def _faults(frame: pd.DataFrame, contract: Contract, rng: np.random.Generator) -> list[tuple[str, list[str], Fault]]:
    numbers = [
        c
        for c in frame.columns
        if frame[c].dtype.kind in "if" and frame[c].nunique() > 20 and frame[c].notna().mean() > 0.5
    ]
    positive = [c for c in numbers if (frame[c].dropna() > 0).mean() > 0.9]
    texts = [c for c in frame.columns if frame[c].dtype.kind == "O" or str(frame[c].dtype) in ("str", "string")]
    names = [c for c in texts if 2 <= frame[c].nunique() <= 50 and frame[c].notna().mean() > 0.5]
    uneven = [c for c in names if np.ptp(frame[c].value_counts(normalize=True).head(2)) > 0.1]

    def drawn(columns: list[str]) -> list[str]:
        return [str(c) for c in rng.choice(columns, min(2, len(columns)), replace=False)] if columns else []

    every = [str(c) for c in frame.columns]
    found: list[tuple[str, list[str], Fault]] = [
        ("schema: column gone", drawn(every), lambda f, c, _: f.drop(columns=c)),
        ("schema: column renamed", drawn(every), lambda f, c, _: f.rename(columns={c: f"{c}_new"})),
        ("schema: numbers became words", drawn(numbers), lambda f, c, _: f.assign(**{c: f[c].map(lambda v: f"v{v}")})),
        ("range: a thousand times in 20% of rows", drawn(positive), _scaled(1000.0, 0.2)),
        ("range: sign flipped in 20% of rows", drawn(positive), _scaled(-1.0, 0.2)),
        ("range: sign flipped everywhere", drawn(positive), _scaled(-1.0, 1.0)),
        ("category: misspelt in 20% of rows", drawn(names), _misspelt),
        ("category: two codes swapped", drawn(uneven), _swapped),
        ("unit: miles as kilometres everywhere", drawn(positive), _scaled(1.609344, 1.0)),
        ("unit: miles as kilometres in 40% of rows", drawn(positive), _scaled(1.609344, 0.4)),
        ("unit: pounds as kilograms everywhere", drawn(positive), _scaled(0.45359237, 1.0)),
        ("unit: moved by one standard deviation", drawn(numbers), _moved),
    ]
    if contract.keys:
        found.append(("keys: 5% of rows twice", [contract.keys[0].columns[0]], _doubled))
    return found


def _scaled(factor: float, share: float) -> Fault:
    def plant(frame: pd.DataFrame, column: str, rng: np.random.Generator) -> pd.DataFrame:
        chosen = rng.random(len(frame)) < share
        values = frame[column].astype(float)
        return frame.assign(**{column: values.where(~chosen, values * factor)})

    return plant


def _moved(frame: pd.DataFrame, column: str, _: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].astype(float) + frame[column].std()})


def _misspelt(frame: pd.DataFrame, column: str, rng: np.random.Generator) -> pd.DataFrame:
    chosen = pd.Series(rng.random(len(frame)) < 0.2) & frame[column].notna()
    wrong = frame[column].astype(object).map(lambda v: f"{str(v)[:-1]}{str(v)[-1]}{str(v)[-1]}", na_action="ignore")
    return frame.assign(**{column: frame[column].astype(object).where(~chosen, wrong)})


def _swapped(frame: pd.DataFrame, column: str, _: np.random.Generator) -> pd.DataFrame:
    first, second = frame[column].value_counts().index[:2]
    return frame.assign(**{column: frame[column].replace({first: second, second: first})})


def _doubled(frame: pd.DataFrame, _: str, rng: np.random.Generator) -> pd.DataFrame:
    again = frame.sample(max(3, len(frame) // 20), random_state=int(rng.integers(1 << 30)))
    return pd.concat([frame, again], ignore_index=True)


def _large(rows: int) -> None:
    """Print the processor time of a table of 20 columns in a Parquet file."""
    rng = np.random.default_rng(0)
    columns: dict[str, pa.Array] = {f"number {i}": pa.array(rng.lognormal(3, 1, rows)) for i in range(10)}
    columns |= {f"whole {i}": pa.array(rng.integers(0, 10**6, rows)) for i in range(4)}
    columns |= {
        f"name {i}": pa.array(np.array(["red", "green", "blue", "grey"])[rng.integers(0, 4, rows)]) for i in range(6)
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.parquet"
        pq.write_table(pa.table(columns), path)
        del columns
        began = time.process_time()
        contract = learn_contract(path)
        learned = time.process_time() - began
        began, wall = time.process_time(), time.monotonic()
        verify(path, contract)
        seconds, wall = time.process_time() - began, time.monotonic() - wall
        cells = rows * 20
        print(
            f"{rows:,} x 20: learned in {learned:.0f} s of a processor; verified in {seconds:.1f} s ({wall:.1f} s "
            f"on the clock): {cells / seconds * 60 / 1e6:.0f} million cells a minute of one processor"
        )


if __name__ == "__main__":
    main()

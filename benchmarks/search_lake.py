"""The search for data on real lakes with decoys, on made lakes of 2,000 tables, and on lakes that hold nothing.

``--data FOLDER`` holds ``index.json`` (entries with "task": "join": base table, target, time and tables) and the
files that it names. Without it the made lakes alone are measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.api.search import search
from journeyman.entities.lake import LakeSearch
from journeyman.joiners.lookups import Lookup
from journeyman.plugins import load_parts
from journeyman.sources import open_source
from journeyman.sources.lake import read_listed
from journeyman.sources.parsing import infer_column
from journeyman.stages.prove_gain import Changed, Examples, prove_gain
from journeyman.stages.prove_joins import read_typed, target_codes

ROWS = 10_000


def measured(lake: Path, base: object, target: str, when: str | None, workspace: Path) -> tuple[LakeSearch, float]:
    """Return what was found and the processor's seconds."""
    began = time.process_time()
    found, _ = search(lake, base, target=target, time=when, workspace=workspace)
    return found.search, time.process_time() - began


def told(name: str, found: LakeSearch, cpu: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"\n{name}: {found.tables:,} tables, {found.seconds:.0f} s ({cpu:.0f} s of a processor), peak {peak:.0f} MB")
    for v in found.verdicts:
        if v.join is not None or v.accepted:
            chance = "" if v.p_value is None else f", p {v.p_value:.1g}"
            gain = "" if v.gain is None else f" gain {v.gain:.2%}{chance}"
            print(f"  {'+' if v.accepted else '-'} {v.table} [{v.join.words}] {v.match_rate:.0%}{gain}: {v.reason}")


def everything(found: LakeSearch, frame: pd.DataFrame) -> tuple[float, float]:
    """Return the loss without joins and with all tables whose keys fit, accepted or not."""
    labels, classes = target_codes(frame[found.target], infer_column(found.target, frame[found.target]))
    rows = np.flatnonzero(np.isfinite(labels))
    rows = np.sort(np.random.default_rng(0).choice(rows, min(ROWS, len(rows)), replace=False))
    frame = frame.iloc[rows].reset_index(drop=True)
    joiners, added = load_parts("journeyman.joiners"), []
    for v in found.verdicts:
        if v.join is None or v.join.via or "repeats" in v.reason:
            continue
        lookup = Lookup(v.join, joiners[v.join.kind].prepare(v.join, read_listed(v.join.listed)))
        typed = read_typed(lookup.values(lookup.partners(frame)))
        added.append(typed[[c for c in typed if all(c not in a for a in added)]])
    whole = pd.concat(added, axis=1) if added else pd.DataFrame(index=frame.index)
    examples = Examples(read_typed(frame.drop(columns=found.target)), labels[rows])

    def widened(part: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([part, whole.loc[part.index]], axis=1)

    def change(learned: Examples) -> Changed:
        return Changed(replace(learned, rows=widened(learned.rows)), widened)

    gain = prove_gain(examples, {"all": change}, classes, repeats=1)["all"]
    return gain.before, gain.after


def real(data: Path, folder: Path) -> None:
    for entry in json.loads((data / "index.json").read_text()):
        if entry["task"] != "join":
            continue
        lake = folder / entry["name"]
        lake.mkdir()
        for table in entry["tables"]:
            shutil.copy(data / table["file"], lake)
        frame = open_source(str(data / entry["file"]), None).read(None, 0).drop(columns=entry["drop_columns"])
        if entry["time_column"]:  # from after every row: may never be joined
            key = frame.columns[frame.columns != entry["target"]][1]
            later = pd.to_numeric(frame[entry["time_column"]]) + 1_000
            planted = frame[[key]].assign(**{entry["time_column"]: later, "later": frame[entry["target"]]})
            planted.to_parquet(lake / "planted_future.parquet")
        found, cpu = measured(lake, frame, entry["target"], entry["time_column"], folder)
        told(entry["name"], found, cpu)
        keyed = {v.table for v in found.verdicts if v.join is not None}
        joined = {v.table for v in found.verdicts if v.accepted}
        useful = {t["table"] for t in entry["tables"] if t["useful"]}
        print(f"  useful {len(useful)}: keys found of {len(useful & keyed)}, joined {len(useful & joined)}", end="; ")
        print(f"not joined: {', '.join(sorted(useful - joined)) or 'none'}; decoys joined: {len(joined - useful)}")
        before, after = everything(found, frame)
        print(
            f"  {found.measure}: without joins {before:.5g}, accepted {found.joined_loss:.5g}, everything {after:.5g}"
        )


def _normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=n)


def _heavy(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_t(2, n)


def _disasters(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.01, 10.0 * rng.pareto(1.5, n), rng.normal(size=n))


def _long(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.exp(1.5 * rng.normal(size=n))


_NATURES = (_normal, _heavy, _disasters, _long)


def made(folder: Path, tables: int, useful: int, decoys: int, seed: int) -> tuple[Path, pd.DataFrame]:
    """Make a lake of tables of which a few help: keys of all shapes, decoys on the same keys, strangers."""
    rng = np.random.default_rng(seed)
    lake = folder / f"lake-{seed}-{tables}"
    lake.mkdir()
    n, keys = 3_000 if useful else 1_500, 6
    base = {f"key{k}": np.array([f"K{k}-{v:04d}" for v in rng.integers(0, 150, n)]) for k in range(keys)}
    label = _NATURES[seed % len(_NATURES)](rng, n)
    if not useful:  # keys say something, so that noise behind them gains: the hard lakes to leave alone
        label = label + rng.normal(size=150)[np.array([int(v[-4:]) for v in base["key0"]])]
    for number in range(tables):
        path = lake / f"t{number:04d}.csv"
        key = number % keys
        names = np.array([f"K{key}-{v:04d}" for v in range(150)])
        if number < useful:
            effect = rng.normal(size=150)
            label += effect[np.array([int(v[-4:]) for v in base[f"key{key}"]])]
            shown = [v.lower().replace("-", " ") for v in names] if number % 2 else names
            table = {"code" if number % 2 else f"key{key}": shown, "effect": effect}
        elif number < useful + decoys:
            table = {f"key{key}": names, "noise": rng.normal(size=150), "more": rng.choice(list("abcd"), 150)}
        else:
            own = [f"Z{number}-{v:04d}" for v in range(300)]
            table = {"id": own, "x": rng.normal(size=300).round(4), "n": rng.integers(0, 50, 300)}
        pd.DataFrame(table).to_csv(path, index=False)
    return lake, pd.DataFrame({**base, "label": label})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with index.json")
    parser.add_argument("--tables", type=int, default=2_000, help="of the large made lake")
    parser.add_argument("--decoys", type=int, default=100, help="of them: noise behind keys of the table")
    parser.add_argument("--null", type=int, default=40, help="lakes that hold nothing")
    given = parser.parse_args(arguments)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.data is not None:
            real(given.data, folder)
        useful = 4
        lake, base = made(folder, given.tables, useful, given.decoys, 0)
        found, cpu = measured(lake, base, "label", None, folder)
        told(f"made, {given.tables:,} tables", found, cpu)
        joined = {v.table for v in found.verdicts if v.accepted}
        right = {f"t{k:04d}" for k in range(useful)}
        print(f"  joined {len(joined & right)} of {useful} useful ones, {len(joined - right)} others")
        again, cpu = measured(lake, base, "label", None, folder)
        print(f"  again, with the kept profile: {again.read} tables read, {again.seconds:.0f} s ({cpu:.0f} s)")
        false, began = 0, time.process_time()
        for seed in range(1, given.null + 1):
            lake, base = made(folder, 10, 0, 10, seed)
            found, _ = measured(lake, base, "label", None, folder)
            joined = [f"{v.table} (p = {v.p_value:.2g})" for v in found.verdicts if v.accepted]
            least = min((v.p_value for v in found.verdicts if v.p_value is not None), default=1.0)
            print(f"  {_NATURES[seed % len(_NATURES)].__name__[1:]:10s} least p {least:.2g} {', '.join(joined)}")
            false += bool(joined)
        print(f"{time.process_time() - began:.0f} s of a processor", end="")
        print(f"\nlakes of ten decoys on true keys that joined any: {false} of {given.null} (wanted: 1 in 20 at most)")


if __name__ == "__main__":
    main()

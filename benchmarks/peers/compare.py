"""Run Journeyman on the tables that peers were run on, same folds and seconds, and print scores and mean ranks.

    python benchmarks/peers/compare.py [--budget 60] [--only NAME ...] [--out FOLDER] [--peers FOLDER] [--runs KIND ...]

Peers' results are read from --peers (TABLE__PEER_PRESET.json, as run_peer.py writes them); --runs runs peers here too
("autogluon:best_v150+noray"), from the environments that install_peers.sh made in --venvs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent.parent / "shared"
TABLES = (
    "adult",
    "ames-house-prices",
    "california-housing",
    "car-msrp",
    "credit-g",
    "gss-happiness",
    "police-deaths-cause",
    "stackoverflow-remote",
    "telco-churn",
    "wine-quality",
)
GREATER = {"binary": True, "multiclass": False, "regression": False}
OURS = "journeyman"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(TABLES))
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--peers", type=Path, default=SHARED / "bench" / "peers")
    parser.add_argument("--runs", nargs="*", default=[])
    parser.add_argument("--venvs", type=Path)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def prepared(entry: dict, data: Path, folder: Path) -> Path:
    """Write a table as the peers had it: less the columns to be dropped and the rows without a target."""
    source = data / entry["file"]
    frame = pd.read_parquet(source) if source.suffix == ".parquet" else pd.read_csv(source, low_memory=False)
    frame = frame.drop(columns=[c for c in entry["drop_columns"] if c in frame]).dropna(subset=[entry["target"]])
    if entry["name"] == "adult":
        frame[entry["target"]] = frame[entry["target"]].str.strip().str.rstrip(".")
    path = folder / f"{entry['name']}.parquet"
    frame.reset_index(drop=True).to_parquet(path)
    return path


def run(system: str, entry: dict, table: Path, options: argparse.Namespace, out: Path) -> dict:
    peer, _, preset = system.partition(":")
    python = Path(sys.executable) if peer == OURS else options.venvs / peer / "bin" / "python"
    command = [sys.executable, str(HERE / "run_peer.py"), "--python", str(python), "--data", str(table)]
    command += ["--peer", f"module:{HERE / 'adapter.py'}" if peer == OURS else peer]
    command += ["--preset", preset] if preset else []
    command += ["--target", entry["target"], "--task", entry["task"], "--budget", str(options.budget)]
    command += ["--seed", str(options.seed), "--fold", str(options.fold), "--out", str(out)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return json.loads(out.read_text())


def main() -> None:
    options = arguments()
    entries = {e["name"]: e for e in json.loads((options.data / "index.json").read_text())}
    print(f"{options.budget:.0f} s, fold {options.fold}, seed {options.seed}, load {os.getloadavg()[0]:.2f}")
    ranks: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        out = options.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        for name in options.only:
            entry = entries[name]
            table = prepared(entry, options.data, Path(temporary))
            records = {}
            for system in (OURS, *options.runs):
                file = out / f"{name}__{system.replace(':', '_').replace('+', '')}.json"
                records[system] = run(system, entry, table, options, file)
            for path in sorted(options.peers.glob(f"{name}__*.json")):
                record, system = json.loads(path.read_text()), path.stem.split("__")[1].rstrip("_")
                if record["budget"] == options.budget and record["fold"] == options.fold:
                    records.setdefault(system, record)  # what has just been measured counts
            show(name, entry["task"], records, ranks)
    for system, places in sorted(ranks.items(), key=lambda item: statistics.mean(item[1])):
        print(f"mean rank {statistics.mean(places):.2f} on {len(places)} tables: {system}")


def show(name: str, task: str, records: dict[str, dict], ranks: dict[str, list[float]]) -> None:
    sign = -1.0 if GREATER[task] else 1.0
    scores = {s: r["metrics"][r["primary"]] if r["metrics"] else np.nan for s, r in records.items()}
    loss = pd.Series(scores) * sign
    places = loss.rank(na_option="bottom")
    print(f"\n{name} ({records[OURS]['primary']})")
    for system in loss.sort_values().index:
        record = records[system]
        ranks.setdefault(system, []).append(float(places[system]))
        cells = f"  {system:26} {scores[system]:12.5g}"
        if record["metrics"]:
            cells += f"  fit {record['fit_s']:6.1f} s  {record['peak_pss_tree_mb']:5.0f} MB"
            cells += f"  1 row {record['predict_1row_ms']:6.1f} ms  {str(record.get('best_model', ''))[:90]!r}"
        else:
            cells += f"  {(record['error'] or '').splitlines()[-1][:90]}"
        print(cells, flush=True)


if __name__ == "__main__":
    main()

"""Declared traps of the collected tables: found or missed, and remedies that nobody asked for."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from journeyman.entities.column import Kind, Role
from journeyman.entities.finding import Finding, Remedy
from journeyman.entities.repaired import Repaired
from journeyman.entities.task import Scheme
from journeyman.interfaces import RuleContext
from journeyman.quality_rules import BUILT_IN
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.check import check
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.repair import repair
from journeyman.stages.split import split

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GROUPS = ("tabular", "drift", "text", "clustering", "join", "timeseries", "dirty-no-truth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tables", nargs="*", help="names of tables; all by default")
    chosen = parser.parse_args()
    index = json.loads((chosen.data / "index.json").read_text())
    total: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for entry in index:
        wanted = entry["name"] in chosen.tables if chosen.tables else entry["task_group"] in GROUPS
        if wanted and entry.get("target") and entry["columns"] > 1:
            total.update(look(entry, chosen.data, seconds))
    print("\ntotal   " + "   ".join(f"{name}: {total[name]}" for name in sorted(total)))
    print("seconds " + "   ".join(f"{name}: {spent:.2f}" for name, spent in seconds.most_common()))


def look(entry: dict[str, Any], data: Path, seconds: Counter[str]) -> Counter[str]:
    """Build the findings of one table, print a line of what was found of what is declared, and count."""
    settings = BuildSettings(str(data / entry["file"]), entry["target"], entry["name"])
    read = ingest(open_source(settings.source, None), settings)
    task = frame_task(read.table, settings)
    context = RuleContext(task, settings.seed)
    for rule in BUILT_IN:
        start = time.perf_counter()
        rule.check(read.table, context)
        seconds[type(rule).__name__] += time.perf_counter() - start
    findings = check(read.table, task, BUILT_IN, settings.seed)
    repaired = repair(read.table, task, findings, settings)
    division = split(repaired.table, repaired.task, settings.seed)

    counts: Counter[str] = Counter(tables=1)
    lines = []
    ignored = {c.name for c in repaired.table.columns if c.role is Role.IGNORED}
    asked = {name for f in findings if f.code.startswith(("DQ3", "DQ5")) for name in f.subject}
    for name in entry.get("drop_columns", []):
        state = "set aside" if name in ignored else "asked about" if name in asked else "MISSED"
        counts[f"columns {state}"] += 1
        lines.append(f"{name}: {state}")
    lines += _order(entry, repaired, counts)
    alarms = ignored - set(entry.get("drop_columns", []))
    alarms -= {c.name for c in repaired.table.columns if c.kind is Kind.CONSTANT}
    alarms -= {str(entry.get("group_column") or "").split(" ")[0]}
    for name in sorted(alarms):
        counts["columns set aside, not declared"] += 1
        lines.append(f"{name}: set aside by {', '.join(_codes(findings, name)) or 'its kind'}, NOT DECLARED")
    counts["rules that failed"] += sum(f.code == "DQ901" for f in findings)
    sizes = f"{len(division.train)} + {len(division.holdout)} rows, {len(division.folds)} folds, {division.scheme}"
    print(f"{entry['name']:28s} {repaired.task.kind:10s} {sizes:44s} {'; '.join(lines)}", flush=True)
    return counts


def _order(entry: dict[str, Any], repaired: Repaired, counts: Counter[str]) -> list[str]:
    task = repaired.task
    if entry.get("group_column"):
        found = task.group_column is not None and task.group_column.startswith(entry["group_column"].split(" ")[0])
        counts["groups found" if found else "groups MISSED"] += 1
        return [f"group {task.group_column}" if found else "group MISSED"]
    declared = entry.get("time_column")
    if declared:
        found = task.time_column == declared
        counts["time columns found" if found else "time columns MISSED"] += 1
        return [f"time {declared}" if found else f"time {declared} MISSED"]
    if entry.get("holds_time_order"):
        found = task.scheme is Scheme.TIME
        counts["row orders found" if found else "row orders MISSED"] += 1
        return ["rows in time order" if found else "time order of rows MISSED"]
    if task.scheme is not Scheme.SHUFFLED:
        counts["schemes not declared"] += 1
        return [f"{task.reason.rpartition('; ')[2]}, NOT DECLARED"]
    return []


def _codes(findings: tuple[Finding, ...], name: str) -> list[str]:
    return sorted({f.code for f in findings if name in f.subject and f.remedy is Remedy.IGNORE_COLUMN})


if __name__ == "__main__":
    main()

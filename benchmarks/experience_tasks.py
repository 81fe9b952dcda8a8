"""Many tasks out of a few tables: every suitable column as the target, on samples of the rows and of the columns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import JourneymanError
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.ingest import ingest
from journeyman.tasks import find_task_type

GROUPS = ("tabular", "clustering", "image", "drift", "join", "dirty", "dirty-no-truth", "text")
LEAST_ROWS, MOST_ROWS = 300, 20_000
MOST_CLASSES, LEAST_OF_A_CLASS = 12, 10
LEAST_VALUES = 12


@dataclass(frozen=True)
class Place:
    """A table of the collection, and the task to be made from it: the first of a table is the one it is meant for."""

    name: str
    file: Path
    target: str | None
    dropped: tuple[str, ...]
    number: int

    @property
    def id(self) -> str:
        return f"{self.name}-{self.number:02d}"


def places(data: Path, each: int) -> list[Place]:
    """Return what is to be tried, one task of every table before the second of any."""
    index = json.loads((data / "index.json").read_text())
    known = [e for e in index if e["file"].split("/")[0] in GROUPS and e["columns"] > 2]
    known.sort(key=lambda e: GROUPS.index(e["file"].split("/")[0]))
    return [
        Place(e["name"], data / e["file"], e.get("target"), tuple(e.get("drop_columns") or ()), number)
        for number in range(each)
        for e in known
    ]


def read(place: Place, most: int = 20_000) -> Table:
    """Return the canonical table of a place, at most ``most`` rows of it."""
    source = open_source(str(place.file), None)
    names = list(source.read(5, 0).columns)
    target = place.target if place.target in names else names[0]
    table = ingest(source, BuildSettings(str(place.file), target, "experience")).table
    if len(table.frame) <= most:
        return table
    rows = np.sort(np.random.default_rng(0).choice(len(table.frame), most, replace=False))
    return replace(table, frame=table.frame.iloc[rows].reset_index(drop=True))


def pose(place: Place, table: Table, wanted: int | None = None) -> tuple[Table, Task] | None:
    """Return a sample of the table and a task on it, or None where no column can be a target.

    ``wanted`` is how many rows; drawn where it is None.
    """
    rng = np.random.default_rng([place.number, *place.name.encode()])
    useful = [
        c for c in table.columns if c.name not in place.dropped and c.kind not in (Kind.IDENTIFIER, Kind.CONSTANT)
    ]
    targets = [c for c in useful if _kind(c, table.frame[c.name]) is not None]
    if not targets or len(useful) < 3:
        return None
    meant = [c for c in targets if c.name == place.target]
    first = place.number == 0 or (len(targets) == 1 and place.number < 4) or (place.number % 4 == 1)
    if first and meant:
        target = meant[0]
    elif place.number < 3 * len(targets):
        target = targets[int(rng.integers(len(targets)))]
    else:
        return None
    return _sampled(place, table, target, useful, rng, wanted)


def _sampled(
    place: Place, table: Table, target: Column, useful: list[Column], rng: np.random.Generator, most: int | None
) -> tuple[Table, Task] | None:
    others = [c for c in useful if c.name != target.name]
    share = 1.0 if place.number % 3 == 0 else float(rng.uniform(0.3, 1.0))
    kept = sorted(rng.choice(len(others), max(2, round(share * len(others))), replace=False))
    known = np.flatnonzero(table.frame[target.name].notna().to_numpy())
    wanted = int(np.exp(rng.uniform(np.log(LEAST_ROWS), np.log(MOST_ROWS)))) if most is None else most
    rows = np.sort(rng.choice(known, min(len(known), wanted), replace=False))
    frame = table.frame.iloc[rows][[*(others[i].name for i in kept), target.name]].reset_index(drop=True)
    kind = _kind(target, frame[target.name])
    if kind is None or len(frame) < 100:
        return None
    posed = Task(target.name, kind, find_task_type(kind).default_metric)
    column = replace(target, role=Role.TARGET)
    if kind != "regression":
        texts = frame[target.name].astype(str)
        counts = texts.value_counts()
        labels = tuple(sorted(counts[counts >= LEAST_OF_A_CLASS].index))
        frame = frame[texts.isin(labels)].reset_index(drop=True)
        frame[target.name] = pd.Categorical(texts[texts.isin(labels)].to_numpy(), categories=list(labels))
        posed = replace(posed, labels=labels, kind="binary" if len(labels) == 2 else "multiclass")
        posed = replace(posed, metric=find_task_type(posed.kind).default_metric)
        column = replace(column, kind=Kind.CATEGORY, categories=labels)
    else:
        frame[target.name] = frame[target.name].astype(np.float64)
    columns = (*(replace(others[i], role=Role.FEATURE) for i in kept), column)
    return Table(place.name, frame, columns, place.id, len(frame)), posed


def _kind(column: Column, values: pd.Series) -> str | None:
    """Return what kind of task this column makes as a target, or None."""
    known = values.dropna()
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        several = known.nunique() >= LEAST_VALUES
        return "regression" if several and float(known.std()) > 0 else None
    if column.kind in (Kind.CATEGORY, Kind.ORDERED, Kind.BOOLEAN):
        counts = known.astype(str).value_counts()
        large = int((counts >= LEAST_OF_A_CLASS).sum())
        if 2 <= large <= MOST_CLASSES and counts[counts >= LEAST_OF_A_CLASS].sum() >= 100:
            return "binary" if large == 2 else "multiclass"
    return None


def tasks(data: Path, each: int) -> Iterator[tuple[Place, tuple[Table, Task] | None]]:
    """Yield every task; None for one that its table does not give."""
    for place in places(data, each):
        try:
            yield place, pose(place, read(place))
        except JourneymanError:
            yield place, None

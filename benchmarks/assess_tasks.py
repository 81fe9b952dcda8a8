"""Use cases whose outcome is known: targets of many tables as they are, shuffled, noisy, leaky, rare, tiny, walking."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.entities.column import Kind
from journeyman.entities.table import Table
from journeyman.errors import JourneymanError
from journeyman.settings import BuildSettings
from journeyman.sources import open_source
from journeyman.stages.ingest import ingest
from journeyman.stages.possible_targets import possible_targets

__all__ = ["CaseTable", "PosedCase", "case_tables", "pose_case", "read_table", "wanted_cases"]

MOST_READ, MOST_LEARNED, MOST_APART = 7_000, 1_600, 2_000
LEAST_APART = 40
VARIANTS = (
    "natural", "shuffled", "weak", "noisy", "tiny", "natural", "leaky", "shuffled heavy", "natural", "shuffled tiny",
    "rare", "weak", "walk", "natural", "shuffled rare", "heavy", "known leak", "shuffled copies", "tiny", "shuffled",
)  # fmt: skip
"""Of each as many as it is there; tables begin at different ones, so that what is there after any time is mixed."""

NULLS = ("shuffled", "shuffled heavy", "shuffled tiny", "shuffled rare", "shuffled copies")
"""Targets that no column tells of, by construction."""


@dataclass(frozen=True)
class CaseTable:
    """A table of the collection; tables of one family are left out together."""

    name: str
    family: str
    file: Path
    target: str | None
    dropped: tuple[str, ...]
    order: str | None
    """Column of the time, "" where rows are in its order, None where there is none."""
    group: str | None


@dataclass(frozen=True)
class PosedCase:
    """Rows to be assessed and built from, rows kept apart, and what is known of them.

    Attributes
    ----------
    leaks : tuple of str
        Columns that nobody would know when predicting: a build is judged without them.
    null : bool
        Whether no column tells of the target, by construction.
    """

    id: str
    family: str
    variant: str
    target: str
    learn: pd.DataFrame
    apart: pd.DataFrame
    leaks: tuple[str, ...]
    null: bool


def case_tables(data: Path) -> list[CaseTable]:
    """Return all tables of the collection, the further ones of a lake too."""
    found = []
    for e in json.loads((data / "index.json").read_text()):
        ordered = "" if e.get("holds_time_order") else None
        time, group = e.get("time_column") or ordered, (e.get("group_column") or "").split(" ")[0] or None
        dropped = tuple(e.get("drop_columns") or ())
        file = data / e["file"]
        found.append(CaseTable(e["name"], e["name"], file, e.get("target"), dropped, time, group))
        if e["file"].startswith(("join/", "dirty/")):
            for other in sorted(file.parent.iterdir()):
                if other != file and "error_types" not in other.name:
                    name = f"{e['name']}-{other.name.split('.')[0]}"
                    found.append(CaseTable(name, e["name"], other, None, (), None, None))
    return found


def wanted_cases(data: Path, each: int) -> list[tuple[CaseTable, int]]:
    """Return tables with the numbers of their cases, one of every table before the second of any."""
    return [(table, number) for number in range(each) for table in case_tables(data)]


def read_table(place: CaseTable) -> tuple[pd.DataFrame, Table]:
    """Return raw rows of a table, and the same rows in canonical form."""
    source = open_source(str(place.file), None, quiet=True)
    if place.order is not None:
        raw = source.read(None, 0).reset_index(drop=True)
        if place.order and place.order in raw:
            times = pd.to_datetime(raw[place.order], errors="coerce", format="mixed")
            if times.isna().mean() > 0.5:
                times = pd.to_numeric(raw[place.order], errors="coerce")
            raw = raw.iloc[np.argsort(times.to_numpy(), kind="stable")].reset_index(drop=True)
        begin = max(0, (len(raw) - MOST_READ) // 2)
        raw = raw.iloc[begin : begin + MOST_READ].reset_index(drop=True)
    else:
        raw = source.read(MOST_READ, 0).reset_index(drop=True)
    raw.columns = [str(name) for name in raw.columns]
    from journeyman.sources import FrameSource  # noqa: PLC0415 - only where tables are read

    table = ingest(FrameSource(raw, place.name), BuildSettings("<frame>", None, "assess", threads=1)).table
    return raw.iloc[: len(table.frame)], table


def pose_case(place: CaseTable, number: int, raw: pd.DataFrame, table: Table) -> PosedCase | None:
    """Return a case of a table, the same for the same number; None where it does not give one of that kind."""
    variant = VARIANTS[(7 * number + zlib.crc32(place.name.encode())) % len(VARIANTS)] if number else "natural"
    rng = np.random.default_rng([number, zlib.crc32(place.name.encode())])
    if len(raw) != len(table.frame):
        return None
    target = _target(place, number, variant, table, rng)
    if target is None:
        return None
    values = _values(table, target)
    rows = np.flatnonzero(pd.Series(values).notna().to_numpy())
    frame = raw.iloc[rows].drop(
        columns=[c for c in place.dropped if c in raw and c != target and variant != "known leak"]
    )
    frame = frame.reset_index(drop=True)
    y = values[rows]
    if variant == "known leak" and (target != place.target or not place.dropped):
        return None
    changed = _varied(variant, frame.drop(columns=[target]), y, rng)
    if changed is None:
        return None
    frame, y, leaks = changed
    if variant == "known leak":
        leaks = tuple(c for c in place.dropped if c in frame)
    frame = frame.assign(**{target: y})[[*frame.columns, target]]
    learn, apart = _parted(place, variant, frame, number, rng)
    if learn is None or apart is None or len(apart) < LEAST_APART or learn[target].nunique() < 2:
        return None
    name = f"{place.name}-{number:02d}"
    return PosedCase(name, place.family, variant, target, learn, apart, leaks, variant in NULLS)


def _target(place: CaseTable, number: int, variant: str, table: Table, rng: np.random.Generator) -> str | None:
    names = [name for name in possible_targets(table)[0] if name not in place.dropped]
    numeric = [
        n for n in names if table.column(n).kind in (Kind.NUMBER, Kind.INTEGER) and table.frame[n].nunique() > 20
    ]
    classes = [n for n in names if not table.column(n).kind.numeric or table.frame[n].nunique() == 2]
    names = {
        "heavy": numeric,
        "shuffled heavy": numeric,
        "walk": numeric,
        "rare": classes,
        "shuffled rare": classes,
    }.get(variant, names)
    known = place.target if place.target in {c.name for c in table.columns} else None
    if known is not None and (number == 0 or variant == "known leak" or (number % 3 == 0 and known in names)):
        return known
    return names[int(rng.integers(len(names)))] if names else None


def _values(table: Table, target: str) -> np.ndarray:
    column, values = table.column(target), table.frame[target]
    if column.kind is Kind.BOOLEAN and column.categories:
        return values.map({0.0: column.categories[0], 1.0: column.categories[1]}).to_numpy(object)
    return values.astype(object).to_numpy() if not column.kind.numeric else values.to_numpy(np.float64)


Varied = tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]


def _varied(variant: str, rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied | None:
    """Return rows and targets of a variant, and the columns that were planted as leaks."""
    if variant == "weak":
        kept = rng.choice(rows.shape[1], min(rows.shape[1], int(rng.integers(1, 4))), replace=False)
        rows = rows[[rows.columns[k] for k in sorted(kept)]]
    changes: dict[str, Callable[[pd.DataFrame, np.ndarray, np.random.Generator], Varied | None]] = {
        "noisy": _noisy, "leaky": _leaky, "rare": _rare, "heavy": _heavy, "walk": _walk, "shuffled copies": _copies,
    }  # fmt: skip
    if variant in changes:
        return changes[variant](rows, y, rng)
    if variant == "shuffled rare":
        thinned = _rare(rows, y, rng)
        return None if thinned is None else (thinned[0], rng.permutation(thinned[1]), ())
    if variant == "shuffled heavy":
        heavy = _heavy(rows, y, rng)
        return None if heavy is None else (heavy[0], rng.permutation(heavy[1]), ())
    if variant.startswith("shuffled"):
        return rows, rng.permutation(y), ()
    return rows, y, ()


def _noisy(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied:
    if y.dtype == object:
        wrong = rng.random(len(y)) < rng.uniform(0.1, 0.6)
        return rows, np.where(wrong, rng.permutation(y), y), ()
    return rows, y + float(y.std()) * rng.uniform(0.5, 3.0) * rng.standard_normal(len(y)), ()


def _leaky(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied:
    """Add a column that is written down after the target is known, half of the time to a target of pure noise."""
    if rng.random() < 0.5:
        y = rng.permutation(y)
    if y.dtype == object:
        codes = pd.Series(y).factorize(sort=True)[0].astype(np.float64)
        leak = 3.0 * codes + rng.uniform(0.0, 1.0, len(y))
    else:
        leak = y + 0.02 * float(y.std()) * rng.standard_normal(len(y))
    return rows.assign(booked=leak), y, ("booked",)


def _rare(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied | None:
    texts = pd.Series(y).astype(str)
    counts = texts.value_counts()
    if len(counts) < 2:
        return None
    positive = (texts == counts.index[1]).to_numpy()
    others = np.flatnonzero(~positive)
    wanted = int(max(6, rng.uniform(0.01, 0.04) * len(others)))
    if positive.sum() < wanted or len(others) < 100:
        return None
    kept = np.sort(np.concatenate([others, rng.choice(np.flatnonzero(positive), wanted, replace=False)]))
    return rows.iloc[kept].reset_index(drop=True), np.where(positive, "yes", "no").astype(object)[kept], ()


def _heavy(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied | None:
    if y.dtype == object or not float(np.std(y)) > 0:
        return None
    scaled = (y - y.mean()) / y.std()
    return rows, np.exp(rng.uniform(0.7, 1.5) * np.clip(scaled, -4, 4) + rng.standard_normal(len(y))), ()


def _walk(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied:
    """Return a random walk beside two others and the day: nothing tells where it goes."""
    n = len(y)
    days = pd.date_range("2015-01-01", periods=n, freq="D").strftime("%Y-%m-%d")
    others = rng.standard_normal((n, 2)).cumsum(axis=0)
    plain = rows.iloc[:, : min(3, rows.shape[1])]
    return plain.assign(day=days, level=others[:, 0], index=others[:, 1]), rng.standard_normal(n).cumsum(), ()


def _copies(rows: pd.DataFrame, y: np.ndarray, rng: np.random.Generator) -> Varied:
    """Return targets of pure noise whose records are there three times."""
    kept = (
        rng.choice(len(y), max(40, len(y) // 4), replace=True)
        if len(y) < 40
        else rng.permutation(len(y))[: len(y) // 3]
    )
    thrice = np.repeat(kept, 3)
    thrice = thrice[rng.permutation(len(thrice))]
    shuffled = y[rng.permutation(len(y))]
    return rows.iloc[thrice].reset_index(drop=True), shuffled[thrice], ()


def _holds_copies(variant: str, frame: pd.DataFrame) -> bool:
    """Say whether rows are there twice; where columns have few values, they are alike by chance."""
    share = float(frame.duplicated().mean())
    return variant != "weak" and 0.01 < share < 0.5


def _parted(
    place: CaseTable, variant: str, frame: pd.DataFrame, number: int, rng: np.random.Generator
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return rows to learn from and rows kept apart: later ones, other groups, or others at random; copies together."""
    n = len(frame)
    most = (
        int(rng.uniform(30, 110)) if "tiny" in variant else int(np.exp(rng.uniform(np.log(120), np.log(MOST_LEARNED))))
    )
    if number == 0:
        most = MOST_LEARNED
    if variant == "rare" or variant == "shuffled rare":
        most = MOST_LEARNED
    if (place.order is not None and variant not in NULLS and variant not in ("leaky", "rare")) or variant == "walk":
        half = n // 2
        learn = frame.iloc[max(0, half - most) : half]
        apart = frame.iloc[half : half + MOST_APART]
        return learn.reset_index(drop=True), apart.reset_index(drop=True)
    if place.group is not None and place.group in frame and variant not in NULLS:
        groups = frame[place.group].astype(str).str.split("_").str[0]
    elif variant == "shuffled copies" or _holds_copies(variant, frame):
        groups = pd.Series(frame.astype(str).agg("|".join, axis=1).factorize()[0])
    else:
        groups = pd.Series(np.arange(n))
    codes = groups.factorize()[0]
    places = rng.permutation(int(codes.max()) + 1)[codes]
    half = int(codes.max() + 1) // 2
    first, second = np.flatnonzero(places < half), np.flatnonzero(places >= half)
    learn = (
        frame.iloc[np.sort(rng.permutation(first)[:most])] if len(groups.unique()) == n else frame.iloc[first[:most]]
    )
    apart = frame.iloc[second[: max(MOST_APART, most)]]
    return learn.reset_index(drop=True), apart.reset_index(drop=True)


def readable(place: CaseTable) -> tuple[pd.DataFrame, Table] | None:
    """Return the rows of a table, or None where it gives no cases at all."""
    try:
        return read_table(place)
    except JourneymanError:
        return None

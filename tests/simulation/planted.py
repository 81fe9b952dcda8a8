"""Faults that are planted in the product, to show that the invariants find them: each as a patch for a while."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from journeyman.entities.prediction import LogReceipt, RecordedPrediction
from journeyman.errors import WorkspaceError
from journeyman.pipelines import operate
from journeyman.stores import (
    archive_folder,
    prediction_log,
    registry,
    releases,
    tables,
    workspace,
)
from journeyman.stores.leases import Lease, LeaseStore
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.registry import Registry

__all__ = ["MENDED", "PLANTED", "Planted", "planted"]

Patch = tuple[Any, str, Any]


def _commits_are_not_synced() -> list[Patch]:
    """The log commits without waiting for the disk."""
    connected = prediction_log._connected

    def unsynced(path: Any) -> sqlite3.Connection:
        connection = connected(path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    return [(prediction_log, "_connected", unsynced)]


def _answered_before_it_is_recorded() -> list[Patch]:
    """A batch that cannot be recorded is answered all the same."""
    append = SqlitePredictionLog.append

    def answered(self: SqlitePredictionLog, entries: Any, now: int) -> LogReceipt:
        try:
            return append(self, entries, now)
        except WorkspaceError:
            if entries.labels:
                raise
            made = tuple(
                RecordedPrediction((now << 20) + i, p.output, p.digest) for i, p in enumerate(entries.predictions)
            )
            return LogReceipt(made, ())

    return [(SqlitePredictionLog, "append", answered)]


def _a_lease_fences_nothing() -> list[Patch]:
    """Writes of a worker that lost its lease are not refused."""
    return [(tables.Database, "fenced", lambda self, fence: self)]


def _a_lease_is_taken_at_once() -> list[Patch]:
    """A lease goes to whoever asks, whether its holder shows life or not."""
    take = LeaseStore.take

    def taken(self: LeaseStore, model: str, holder: str, now: int, term: int) -> Lease | None:
        return take(self, model, holder, now + 10**12, term)

    return [(LeaseStore, "take", taken)]


def _the_position_moves_first() -> list[Patch]:
    """The position of the loop is committed before what was decided is kept."""
    keep = operate.keep

    def first(parts: Any, kept: Any) -> int:
        parts.stream.commit(kept.state.begin)
        return keep(parts, kept)

    return [(operate, "keep", first)]


def _repeated_ids_are_new_rows() -> list[Patch]:
    """A request that is sent again is recorded again."""
    add = SqlitePredictionLog._add_predictions

    def anew(self: SqlitePredictionLog, predictions: Any, now: int) -> Any:
        known = self.recorded([p.client_id for p in predictions if p.client_id is not None])
        return add(self, [replace(p, client_id=None) if p.client_id in known else p for p in predictions], now)

    return [(SqlitePredictionLog, "_add_predictions", anew)]


def _the_clock_never_goes_back() -> list[Patch]:
    """Ids are made of the clock alone."""
    add = SqlitePredictionLog._add_predictions

    def by_clock(self: SqlitePredictionLog, predictions: Any, now: int) -> Any:
        if predictions:
            self._connection.execute("UPDATE settings SET value = 0 WHERE name = 'last'")
        return add(self, predictions, now)

    return [(SqlitePredictionLog, "_add_predictions", by_clock)]


def _labels_are_never_known() -> list[Patch]:
    """A label that comes again is recorded again."""
    return [(SqlitePredictionLog, "_latest", lambda self, prediction, key: None)]


def _a_pointer_is_written_in_two_moves() -> list[Patch]:
    """A release is registered as there before its folder is."""
    reserve = Registry.reserve

    def early(self: Registry, name: str, run: str) -> int:
        number = reserve(self, name, run)
        values = {"released": True, "path": f"releases/{name}/{number}", "digest": "?"}
        with self._database.writing() as connection:
            here = (registry.models.c.name == name) & (registry.models.c.version == number)
            connection.execute(
                registry.models.update().where(here, registry.models.c.released.is_(False)).values(**values)
            )
        return number

    return [(Registry, "reserve", early)]


def _folders_are_not_synced() -> list[Patch]:
    """As it was: the folder of the log, and those of rounds, are made and not synced."""

    def made(folder: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    return [(module, "make_folder", made) for module in (prediction_log, workspace, releases, archive_folder)]


@dataclass(frozen=True)
class Planted:
    """A fault: what is patched, which invariant finds it, and the first seed whose world does."""

    patches: Callable[[], list[Patch]]
    invariant: str
    seed: int


_DURABLE, _ONCE, _HOLDER = "acknowledged means durable", "once means once", "one holder a lease"

PLANTED: Mapping[str, Planted] = {
    "commits are not synced": Planted(_commits_are_not_synced, _DURABLE, 1),
    "answered before it is recorded": Planted(_answered_before_it_is_recorded, _DURABLE, 4),
    "a lease fences nothing": Planted(_a_lease_fences_nothing, _HOLDER, 0),
    "a lease is taken at once": Planted(_a_lease_is_taken_at_once, _HOLDER, 0),
    "the position moves first": Planted(_the_position_moves_first, "committed means decided", 0),
    "repeated ids are new rows": Planted(_repeated_ids_are_new_rows, _DURABLE, 0),
    "the clock never goes back": Planted(_the_clock_never_goes_back, "ids rise", 0),
    "labels are never known": Planted(_labels_are_never_known, _ONCE, 0),
    "a release is there before its folder": Planted(_a_pointer_is_written_in_two_moves, "releases are whole", 0),
}
MENDED: Mapping[str, Planted] = {
    "folders are not synced": Planted(_folders_are_not_synced, _DURABLE, 1),
}
"""What worlds have found in the product, and what was mended since, planted again."""


@contextmanager
def planted(patches: list[Patch]) -> Iterator[None]:
    """Plant a fault for a while."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, value in patches:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)

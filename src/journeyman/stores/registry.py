"""The registry: which versions of a model were released, and which one its name points to."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError, SettingsError
from journeyman.stores.releases import MANIFEST, receive_release, release_digest
from journeyman.stores.shared_files import shared_files
from journeyman.stores.storage import STORAGE, bring_release, storage
from journeyman.stores.tables import Database, champions, models

__all__ = ["ChampionRecord", "Registry", "check_name"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_PROMOTED, _ROLLED_BACK = "promoted", "rolled back"


def check_name(name: str) -> str:
    """Return a model's name; it becomes a folder and a part of addresses, so that few characters are allowed.

    Raises
    ------
    SettingsError
        For another name.

    Examples
    --------
    >>> check_name("house-prices_2")
    'house-prices_2'
    >>> check_name("house prices")
    Traceback (most recent call last):
    journeyman.errors.SettingsError: 'house prices' cannot be a model's name: ... (hint: try 'house-prices')
    """
    if _NAME.fullmatch(name):
        return name
    better = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-_")[:100] or "model"
    raise SettingsError(
        f"{name!r} cannot be a model's name: only letters, digits, - and _ (at most 100, a letter or digit first)",
        hint=f"try {better!r}",
    )


@dataclass(frozen=True)
class ChampionRecord:
    """A moment from which a name pointed to a version; ``move`` is "promoted" or "rolled back"."""

    version: int
    move: str
    since: str


class Registry:
    """Versions by name, and the champion of each name.

    Parameters
    ----------
    database : Database
        Holds the rows.
    root : Path
        Folder that paths of releases are relative to.

    Raises
    ------
    SettingsError
        Where JOURNEYMAN_STORAGE is no address.
    """

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root
        self._shared = shared_files(database)
        storage()  # a wrong address is told before a build begins

    def reserve(self, name: str, run: str) -> int:
        """Return the version number of a run's release: the next one, or the one it was given before.

        A reserved number does not appear among the versions until ``register``. The number of a run that failed in
        between stays unused: a number never means two things.
        """
        check_name(name)
        while True:
            with self._database.reading() as connection:
                known = connection.scalar(sa.select(models.c.version).where(models.c.name == name, models.c.run == run))
                if known is not None:
                    return int(known)
                last = connection.scalar(sa.select(sa.func.max(models.c.version)).where(models.c.name == name)) or 0
            row = {"name": name, "version": last + 1, "run": run, "released": False, "score": None}
            empty = dict.fromkeys(("path", "digest", "created", "metric", "verdict", "data_digest"), "")
            try:
                with self._database.writing() as connection:
                    connection.execute(models.insert().values(**row, **empty))
            except IntegrityError:
                continue  # another process took that number
            return int(last + 1)

    def register(self, version: ModelVersion) -> None:
        """Make a finished release known, and its name's champion where ``version.champion`` says so, in one move.

        Doing it again for the same run and folder changes nothing, so that a resumed run may repeat it.

        Raises
        ------
        ReleaseError
            Where the folder is not complete, or the number belongs to another release.
        """
        check_name(version.name)
        found = release_digest(self._root / version.path)
        if found != version.digest:
            raise ReleaseError(
                f"the release in {version.path} is not the one to register ({found[:12]}, not {version.digest[:12]})",
                hint="build it anew",
            )
        here = sa.and_(models.c.name == version.name, models.c.version == version.version)
        values = {
            "released": True,
            "path": version.path,
            "digest": version.digest,
            "created": version.created,
            "metric": version.metric,
            "score": version.score if math.isfinite(version.score) else None,
            "verdict": version.verdict,
            "data_digest": version.data_digest,
        }
        if self._shared is not None and storage() is None:
            self._shared.under(version.path).keep_folder(self._root / version.path)
        with self._database.writing() as connection:
            row = connection.execute(sa.select(models).where(here)).one_or_none()
            if row is None:
                key = {"name": version.name, "version": version.version, "run": version.run}
                connection.execute(models.insert().values(**key, **values))
            elif row.run == version.run and not row.released:
                connection.execute(models.update().where(here).values(**values))
            elif row.run == version.run and row.digest == version.digest:
                return
            else:
                raise ReleaseError(
                    f"version {version.version} of {version.name} belongs to another release (run {row.run})",
                    hint="build it anew; it gets the next number",
                )
            if version.champion:
                _point(connection, version.name, version.version, _PROMOTED, version.created)

    def folder(self, version: ModelVersion) -> Path:
        """Return the folder of a release; one that another machine made is fetched first, whole or not at all.

        It comes from the shared database, where that has its files, else from the storage.

        Raises
        ------
        ReleaseError
            Where what was fetched is not what was registered.
        RemoteError
            Where the storage does not answer, or refuses.
        WorkspaceError
            Where it cannot be written.
        """
        folder = self._root / version.path
        if folder.exists():
            return folder
        copies = None if self._shared is None else self._shared.under(version.path)
        if copies is not None and copies.has(MANIFEST):
            receive_release(folder, version.digest, f"{version.path} in the database", copies.write_folder)
        else:
            bring_release(folder, version)
        if self._shared is not None and storage() is None and not folder.exists():
            raise ReleaseError(
                f"release {version.version} of {version.name} lies neither here nor in the database",
                hint=f"set {STORAGE} as on the machine that built it",
            )
        return folder

    def champion(self, name: str) -> ModelVersion | None:
        """Return the version that a name points to; None where none was promoted."""
        return next((version for version in self.versions(name) if version.champion), None)

    def versions(self, name: str) -> tuple[ModelVersion, ...]:
        """Return the released versions of a name, in order; empty for an unknown name."""
        return tuple(version for version in self.list() if version.name == name)

    def removed(self, name: str | None = None) -> tuple[ModelVersion, ...]:
        """Return the versions of a name, or of all, whose folders were given up; what is known of them stays."""
        return tuple(v for v in self._released() if v.removed and name in (None, v.name))

    def version(self, name: str, number: int | None = None) -> ModelVersion:
        """Return a version of a name: the champion unless a number is given.

        Raises
        ------
        SettingsError
            For an unknown name (the nearest is suggested) or number, or a name without a champion.
        """
        known = self.list()
        mine = [version for version in known if version.name == name]
        if not mine:
            names = sorted({version.name for version in known})
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(names) or 'none yet'}"
            raise SettingsError(f"no model is called {name!r}", hint=hint)
        for version in mine:
            if version.champion if number is None else version.version == number:
                return version
        numbers = ", ".join(str(version.version) for version in mine)
        gone = next((v for v in self.removed(name) if v.version == number), None)
        if gone is not None:
            raise _removed_error(gone, numbers)
        if number is None:
            last = mine[-1].version
            raise SettingsError(
                f"no version of {name} has been promoted (there is {numbers})",
                hint=f"`journeyman promote {name} --version {last}` makes version {last} the champion; "
                f"predict, score, show, decide and report also take --version {last}",
            )
        raise SettingsError(f"{name} has no version {number}", hint=f"there is {numbers}")

    def list(self) -> tuple[ModelVersion, ...]:
        """Return all released versions that are there, by name and number."""
        return tuple(version for version in self._released() if not version.removed)

    def _released(self) -> tuple[ModelVersion, ...]:
        query = sa.select(models).where(models.c.released).order_by(models.c.name, models.c.version)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            last = sa.select(champions.c.name, champions.c.version).order_by(champions.c.number)
            pointers = {row.name: row.version for row in connection.execute(last)}
        return tuple(_version(row, pointers.get(row.name) == row.version) for row in rows)

    def history(self, name: str) -> tuple[ChampionRecord, ...]:
        """Return all moves of a name's pointer, the earliest first."""
        with self._database.reading() as connection:
            return _history(connection, name)

    def promote(self, name: str, number: int, *, now: str) -> ModelVersion:
        """Point a name to a version that was released; return it. Nothing changes where it points there already.

        Raises
        ------
        SettingsError
            For an unknown name or number.
        """
        version = self._to_point_to(name, number)
        if version.champion:
            return version
        with self._database.writing() as connection:
            _point(connection, name, number, _PROMOTED, now)
        return self.version(name, number)

    def move(self, name: str, number: int, how: str, *, after: int, now: str) -> bool:
        """Point a name to a version as its next move after so many; return whether this was, or had been, done.

        For whoever may do it again after a kill: it is done once, and not at all where somebody else came first.

        Parameters
        ----------
        how : str
            "promoted" or "rolled back".
        after : int
            Moves of the name's pointer that the decision knew of, as ``history`` counts them.
        """
        self.version(name, number)
        with self._database.writing() as connection:
            history = _history(connection, name)
            if len(history) == after:
                _point(connection, name, number, how, now)
                return True
            return len(history) == after + 1 and (history[-1].version, history[-1].move) == (number, how)

    def remove(self, name: str, numbers: Sequence[int], *, now: str) -> None:
        """Give releases up, in one move with the check that none of them is the champion; rows stay, folders may go.

        From then on nothing points a name to them. Doing it again changes nothing.
        """
        with self._database.writing() as connection:
            here = sa.and_(models.c.name == name, models.c.version.in_(numbers), models.c.removed.is_(None))
            # The rows stay locked until this ends, so that nobody promotes one of them in between.
            there = connection.execute(sa.select(models.c.version).where(here).with_for_update()).scalars().all()
            history = _history(connection, name)
            free = [number for number in there if not history or number != history[-1].version]
            which = sa.and_(models.c.name == name, models.c.version.in_(free))
            connection.execute(models.update().where(which).values(removed=now))

    def before(self, name: str) -> int | None:
        """Return the champion that ``rollback`` would return to; None where there is none."""
        return _before(self.history(name))

    def rollback(self, name: str, to: int | None = None, *, now: str) -> ModelVersion:
        """Point a name to the champion before the present one, or to the version ``to``; return it.

        Rolling back twice goes back two champions.

        Raises
        ------
        SettingsError
            For an unknown name or version, or where no champion came before.
        """
        if to is not None:
            self._to_point_to(name, to)
        elif not self.versions(name):
            self.version(name)
        with self._database.writing() as connection:
            target = _before(_history(connection, name)) if to is None else to
            if target is None:
                raise SettingsError(f"{name} has no earlier champion to go back to", hint=_ways(self.versions(name)))
            _point(connection, name, target, _ROLLED_BACK, now)
        return self.version(name, target)

    def _to_point_to(self, name: str, number: int) -> ModelVersion:
        """Return a version as ``version`` does; where there is none of that number, say which can be promoted."""
        mine = self.versions(name)
        known = {v.version for v in (*mine, *self.removed(name))}
        if mine and number not in known:
            raise SettingsError(f"{name} has no version {number}", hint=_ways(mine))
        return self.version(name, number)


def _ways(versions: Sequence[ModelVersion]) -> str:
    """Say which versions of a model there are, and how one of them becomes the champion."""
    name = versions[0].name
    numbers = ", ".join(f"{v.version} (the champion)" if v.champion else str(v.version) for v in versions)
    last = next((v.version for v in reversed(versions) if not v.champion), None)
    if last is None:
        return f"there is only {numbers}; `journeyman build TABLE --target COLUMN --name {name}` makes another"
    return f"there is {numbers}; `journeyman promote {name} --version {last}` makes version {last} the champion"


def _removed_error(version: ModelVersion, there: str) -> SettingsError:
    return SettingsError(
        f"version {version.version} of {version.name} was removed on {version.removed[:10]}",
        hint=f"there is {there}; `journeyman operate {version.name} --keep-releases N` keeps more",
    )


def _point(connection: sa.Connection, name: str, version: int, move: str, since: str) -> None:
    rows = sa.select(models).where(models.c.name == name, models.c.released).order_by(models.c.version)
    known = [_version(row, champion=False) for row in connection.execute(rows.with_for_update())]
    for gone in (v for v in known if v.version == version and v.removed):
        raise _removed_error(gone, ", ".join(str(v.version) for v in known if not v.removed))
    last = connection.scalar(sa.select(sa.func.max(champions.c.number)).where(champions.c.name == name)) or 0
    row = {"name": name, "number": last + 1, "version": version, "move": move, "since": since}
    connection.execute(champions.insert().values(**row))


def _history(connection: sa.Connection, name: str) -> tuple[ChampionRecord, ...]:
    query = sa.select(champions).where(champions.c.name == name).order_by(champions.c.number)
    return tuple(ChampionRecord(row.version, row.move, row.since) for row in connection.execute(query))


def _before(history: tuple[ChampionRecord, ...]) -> int | None:
    """Return the champion that the present one followed; a rollback undoes the promotions after its target."""
    line: list[int] = []
    for record in history:
        if record.move == _ROLLED_BACK and record.version in line:
            while line[-1] != record.version:
                line.pop()
        else:
            line.append(record.version)
    return line[-2] if len(line) > 1 else None


def _version(row: sa.Row[Any], champion: bool) -> ModelVersion:
    return ModelVersion(
        name=row.name,
        version=row.version,
        path=row.path,
        digest=row.digest,
        created=row.created,
        metric=row.metric,
        score=math.nan if row.score is None else row.score,
        verdict=row.verdict,
        champion=champion,
        run=row.run,
        data_digest=row.data_digest,
        removed=row.removed or "",
    )

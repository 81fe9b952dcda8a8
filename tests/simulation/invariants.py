"""What must hold in every world: small functions by name, on what anybody could read from the disks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.simulation.actors import MODEL
from tests.simulation.schedule import Broken, Process

from journeyman.arrow import pq
from journeyman.errors import JourneymanError
from journeyman.serving.requests import StoredPrediction
from journeyman.stores.archive_folder import ARCHIVE
from journeyman.stores.releases import read_release

if TYPE_CHECKING:
    from tests.simulation.world import World

_PER_MILLISECOND = 1 << 20
_JOURNAL, _LOG = "journal.db-wal", "log.db-wal"


class Invariants:
    """Watches a world.

    Parameters
    ----------
    world : World
        Which.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.acks: dict[str, tuple[int, bytes]] = {}
        self.labels: dict[int, tuple[str, str]] = {}
        self.bad: set[str] = set()
        self.rows: dict[str, dict[str, Any]] = {}
        self._log: sqlite3.Connection | None = None
        self._journal: sqlite3.Connection | None = None
        self._wrote: list[tuple[Process, Any, Path]] = []
        self._fresh: list[str] = []
        self._lease: tuple[int, str, int] | None = None
        self._spans: dict[int, frozenset[int]] = {}
        self._bounds: dict[int, tuple[int, int]] = {}
        self._steps: dict[tuple[str, int], str] = {}
        self._moves: list[tuple[int, int, str]] = []
        self._rounds: dict[int, str] = {}
        self._last, self._latest = 0, 0
        self._versions: dict[str, tuple[Any, int]] = {}

    def broken(self, invariant: str, what: str) -> NoReturn:
        """End the world: an invariant does not hold."""
        raise Broken(f"{invariant}: {what}")

    # What actors and disks tell.

    def asked(self, ids: list[str], rows: list[dict[str, Any]]) -> None:
        """Note what a client asks."""
        self.rows.update(zip(ids, rows, strict=True))

    def acknowledged(self, client_id: str, outcome: StoredPrediction) -> bool:
        """Note that a client has an answer; return whether it is the first one."""
        known = self.acks.get(client_id)
        if known is None:
            self.acks[client_id] = (outcome.id, outcome.output)
            self._fresh.append(client_id)
            self._world.count("predictions")
            self._world.schedule.say(f"{client_id} is answered: {outcome.id:x}")
            return True
        if known != (outcome.id, outcome.output) and not self._archived(known[0]):
            self.broken("once means once", f"{client_id} was answered as {known[0]:x}, and now as {outcome.id:x}")
        return False

    def refused(self, ids: list[str], rows: list[dict[str, Any]], fault: Any) -> None:
        """Note that rows were refused for what they are."""
        wrong = [i for i, row in zip(ids, rows, strict=True) if isinstance(row["x"], str)]
        if not wrong:
            self.broken("once means once", f"{ids[0]} is refused though nothing is wrong with it: {fault.message}")
        self.bad.update(wrong)
        self._world.count("refused rows")

    def labelled(self, number: int, key: str, truth: str) -> None:
        """Note that a client knows its label recorded."""
        if number not in self.labels:
            self._world.count("labels")
        self.labels[number] = (key, truth)

    def wrote(self, process: Process, path: Path) -> None:
        """Note that a process made something durable."""
        if path.name in (_JOURNAL, _LOG):
            self._wrote.append((process, process.lease, path))

    # After each step.

    def step(self) -> None:
        """Check what can have changed by a step."""
        if not self._wrote and not self._fresh:
            return
        try:
            seen = [one for one in self._wrote if self._is_seen(one[2])] if self._wrote else []
            if any(path.name == _JOURNAL for _, _, path in seen):
                self.one_holder_a_lease(seen)
                self.one_champion()
                self.steps_are_done_once()
            if any(path.name == _LOG for _, _, path in seen):
                self.no_former_holder_writes(seen)
                self.ids_rise()
            if seen:
                self.committed_means_decided()
            self.acknowledged_means_durable(self._fresh)
            self._fresh = []
            # What a process wrote is seen by others when it goes on; of one that died before that it may never be.
            self._wrote = [one for one in self._wrote if one not in seen and not one[0].dead]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise  # else somebody was stopped while nobody may read

    def _is_seen(self, path: Path) -> bool:
        """Return whether a database shows what was written to it since this was last asked in an earlier step."""
        asked = self._ask if path.name == _JOURNAL else self._ask_log
        version = asked("PRAGMA data_version")[0][0]
        step = self._world.schedule.steps
        if self._versions.get(path.name, (None, 0))[0] != version:
            self._versions[path.name] = (version, step)
        return self._versions[path.name][1] == step

    def one_holder_a_lease(self, wrote: list[tuple[Process, Any, Path]]) -> None:
        """A lease changes hands when it was let go or has run out, and its number rises; former ones write nothing."""
        row = self._ask("SELECT number, holder, until FROM leases WHERE model = ?", MODEL)
        if row:
            now = row[0]
            before, self._lease = self._lease, now
            if before is not None and now[0] < before[0]:
                self.broken("one holder a lease", f"number {now[0]} follows {before[0]}")
            taken = before is not None and now[0] > before[0]
            if taken and before is not None and before[1] and not self._may_take(before[2], now):
                self.broken("one holder a lease", f"{now[1]} takes over while {before[1]} shows life until {before[2]}")
        number = row[0][0] if row else 0
        for process, lease, path in wrote:
            if lease is not None and path.name == _JOURNAL and lease.number != number:
                self.broken("one holder a lease", f"{process} of lease {lease.number} writes beside lease {number}")

    def _may_take(self, until: int, now: tuple[int, str, int]) -> bool:
        """Return whether some host's clock says that a lease has run out."""
        schedule = self._world.schedule
        from tests.simulation.schedule import BEGUN  # noqa: PLC0415 - beside its only use

        latest = max(host.offset for host in schedule.hosts)
        return (BEGUN + schedule.now + latest) * 1000 >= until

    def no_former_holder_writes(self, wrote: list[tuple[Process, Any, Path]]) -> None:
        """A former holder of the lease changes nothing in the log once a later one has changed something."""
        for process, lease, path in wrote:
            if lease is not None and path.name == _LOG:
                if lease.number < self._latest:
                    self.broken("one holder a lease", f"{process} of lease {lease.number} writes after {self._latest}")
                self._latest = lease.number

    def one_champion(self) -> None:
        """Moves of the champion are numbered without a gap, never change, and name releases that are there."""
        moves = self._ask("SELECT number, version, move FROM champions WHERE name = ? ORDER BY number", MODEL)
        if [move[0] for move in moves] != list(range(1, len(moves) + 1)) or moves[: len(self._moves)] != self._moves:
            self.broken("one champion", f"the moves {self._moves} became {moves}")
        if len(moves) > len(self._moves):
            self._world.schedule.say(f"release {moves[-1][1]} is the champion ({moves[-1][2]})")
            self._world.count("moves of the champion")
            found = self._ask(
                "SELECT path, digest, removed FROM models WHERE name = ? AND version = ? AND released",
                MODEL,
                moves[-1][1],
            )
            if len(found) != 1 or found[0][2]:
                self.broken("one champion", f"release {moves[-1][1]} is the champion, and {found or 'not registered'}")
        self._moves = moves

    def steps_are_done_once(self) -> None:
        """What a step of a round gave never changes, and operations are numbered without a gap."""
        for run, position, name, output in self._ask(
            "SELECT run, position, name, output FROM steps WHERE run LIKE ? AND rowid > ? ORDER BY rowid",
            f"{MODEL}@%",
            self._last,
        ):
            known = self._steps.setdefault((run, position), output)
            if known != output:
                self.broken("once means once", f"step {position} ({name}) of {run} was done again, otherwise")
            if name == "observe":
                self._observed(int(run.partition("@")[2]))
        self._last = max(self._last, self._ask("SELECT coalesce(max(rowid), 0) FROM steps")[0][0])
        numbers = [row[0] for row in self._ask("SELECT number FROM operations WHERE model = ? ORDER BY number", MODEL)]
        if numbers != list(range(1, len(numbers) + 1)):
            self.broken("once means once", f"operations are numbered {numbers}")

    def _observed(self, number: int) -> None:
        every = self._world.operated.settings.every
        begin = self._world.operated.begun + number * every
        self._bounds[number] = (begin, begin + every)
        self._spans[number] = self._ids(begin, begin + every)

    def committed_means_decided(self) -> None:
        """The position of the loop moves after what was decided of a span is kept."""
        committed = self._ask_log("SELECT value FROM settings WHERE name = 'committed'")
        if committed:
            last = self._ask("SELECT coalesce(max(number), -1) FROM rounds WHERE model = ?", MODEL)[0][0]
            end = self._world.operated.begun + (last + 1) * self._world.operated.settings.every
            if committed[0][0] > end:
                self.broken(
                    "committed means decided", f"spans until {committed[0][0]} are committed, decided until {end}"
                )

    def ids_rise(self) -> None:
        """No id is greater than the last one that was given, and as many rows are there as the log counts."""
        row = self._ask_log(
            "SELECT (SELECT value FROM settings WHERE name = 'last') >= (SELECT coalesce(max(id), 0) FROM predictions)"
        )
        if row and not row[0][0]:
            self.broken("ids rise", "a prediction has a greater id than the last one that was given")

    def acknowledged_means_durable(self, ids: list[str]) -> None:
        """What a client was told is in the log, as it was told."""
        if not ids or self._log_connection() is None:
            return
        missing = []
        for client_id in ids:
            number, output = self.acks[client_id]
            row = self._ask_log("SELECT client_id, output FROM predictions WHERE id = ?", number)
            if not row or row[0] != (client_id, output.decode()):
                missing.append((client_id, number, output))
        if missing:
            archived = self._archive("predictions", ["client_id", "id", "output"])
            kept = {(a, int(b, 16), c) for a, b, c in archived}
            for client_id, number, output in missing:
                if (client_id, number, output.decode()) not in kept:
                    self.broken(
                        "acknowledged means durable", f"{client_id} was answered as {number:x}, and is not in the log"
                    )

    # Now and then, and at the end.

    def all_of_them(self) -> None:
        """Check everything, however much there is."""
        if self._world.alpha.down or self._world.gamma.down or self._log_connection() is None:
            return
        try:
            self.step()
            self.acknowledged_means_durable(list(self.acks))
            self.once_means_once()
            self.labels_are_durable()
            self.spans_stay_as_they_were_read()
            self.refused_rows_stay_out()
            self.releases_are_whole()
            self.one_champion()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise

    def once_means_once(self) -> None:
        """No row of a client, no archived prediction and no label is there twice."""
        twice = self._ask_log(
            "SELECT key, count(*) FROM predictions WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1"
        )
        archived = self._archive("predictions", ["client_id", "id"])
        if len({number for _, number in archived}) < len(archived):
            self.broken("once means once", "the archive holds a prediction twice")
        if twice and twice[0][0] not in {f'["{i}"]' for i, _ in archived}:
            self.broken("once means once", f"the row {twice[0][0]} was recorded {twice[0][1]} times")
        labels = self._ask_log("SELECT number, prediction, key, truth FROM labels ORDER BY number")
        latest: dict[Any, str] = {}
        for number, prediction, key, truth in labels:
            subject = prediction if prediction is not None else key
            if latest.get(subject) == truth:
                self.broken("once means once", f"label {number} of {subject} was recorded twice")
            latest[subject] = truth

    def labels_are_durable(self) -> None:
        """A label that a client knows recorded is there, by the prediction's id or by its key."""
        if not self.labels:
            return
        live = self._ask_log("SELECT prediction, key, truth FROM labels")
        archived = [
            (None if p is None else int(p, 16), k, t)
            for p, k, t in self._archive("labels", ["prediction", "key", "truth"])
        ]
        there = {(p if p is not None else k, t) for p, k, t in (*live, *archived)}
        for number, (key, truth) in self.labels.items():
            if (number, truth) not in there and (key, truth) not in there:
                self.broken("acknowledged means durable", f"the label of {number:x} is not in the log")

    def spans_stay_as_they_were_read(self) -> None:
        """A decision rests on all rows of its span: none comes to it later, none goes."""
        for number, ids in self._spans.items():
            now = self._ids(*self._bounds[number])
            if now != ids:
                self.broken("spans stay as they were read", f"round {number} saw {len(ids)} rows, {len(now)} are there")

    def refused_rows_stay_out(self) -> None:
        """A row that was refused is in no prediction, so that nothing is decided on it."""
        known = {row[0] for row in self._ask_log("SELECT client_id FROM predictions")}
        known |= {row[0] for row in self._archive("predictions", ["client_id"])}
        wrong = {i for i, row in self.rows.items() if isinstance(row["x"], str)}
        if known & wrong:
            self.broken("no decision on what was refused", f"{min(known & wrong)} was refused, and is in the log")

    def releases_are_whole(self) -> None:
        """Each release that is registered is there, every byte of it."""
        for version, path, digest in self._ask(
            "SELECT version, path, digest FROM models WHERE name = ? AND released AND removed IS NULL", MODEL
        ):
            try:
                read_release(self._world.places.workspace / path, digest)
            except (JourneymanError, OSError) as error:
                self.broken("releases are whole", f"release {version}: {error}")

    def all_came_right(self) -> None:
        """Once nothing goes wrong any more, everybody is answered, and the loop has gone through all spans."""
        world = self._world
        for client in world.clients:
            if client.waiting > 6:
                self.broken("all comes right", f"{client.waiting} messages of a client are not answered")
        wanted = int(world.schedule.now // (world.operated.settings.every / 1000)) - 1
        last = self._ask("SELECT coalesce(max(number), -1) FROM rounds WHERE model = ?", MODEL)[0][0]
        if last < wanted - 1:
            self.broken("all comes right", f"the loop has come to round {last} of {wanted}")
        for name in world.servers:
            process = world.living.get(name)
            service = None if process is None else process.service
            if service is None:
                self.broken("all comes right", f"{name} does not run")
            elif service.keeper.trouble or service._recorder.trouble:
                self.broken("all comes right", f"{name}: {service.keeper.trouble or service._recorder.trouble}")
            elif self._moves and service.champion.version != self._moves[-1][1]:
                self.broken("one champion", f"{name} answers with {service.champion.version}, not {self._moves[-1][1]}")
        world.counts["rounds"] = last + 1

    # How things are read.

    def close(self) -> None:
        """Let go of the databases."""
        for connection in (self._log, self._journal):
            if connection is not None:
                connection.close()
        self._log = self._journal = None
        self._versions = {}

    def _log_connection(self) -> sqlite3.Connection | None:
        path = self._world.places.log / "log.db"
        if self._log is None and path.exists() and not self._world.alpha.down:
            self._log = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        return self._log

    def _ask_log(self, query: str, *values: Any) -> list[Any]:
        connection = self._log_connection()
        if connection is None:
            return []
        try:
            return self._read(connection, query, values)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise

    def _read(self, connection: sqlite3.Connection, query: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            return self.broken("acknowledged means durable", f"a database cannot be read: {error}")

    def _ask(self, query: str, *values: Any) -> list[Any]:
        if self._journal is None:
            places = self._world.places
            path = (
                places.workspace / "journal.db" if places.journal is None else places.journal.removeprefix("sqlite:///")
            )
            self._journal = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        return self._read(self._journal, query, values)

    def _ids(self, begin: int, end: int) -> frozenset[int]:
        low, high = begin * _PER_MILLISECOND, end * _PER_MILLISECOND
        live = {row[0] for row in self._ask_log("SELECT id FROM predictions WHERE id > ? AND id <= ?", low, high)}
        old = {int(row[0], 16) for row in self._archive("predictions", ["id"])}
        return frozenset(live | {number for number in old if low < number <= high})

    def _archived(self, number: int) -> bool:
        return bool(number <= (self._ask_log("SELECT value FROM settings WHERE name = 'archived'") or [(0,)])[0][0])

    def _archive(self, kind: str, columns: list[str]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for path in sorted((self._world.places.log / ARCHIVE / kind).glob("day=*/*.parquet")):
            if not path.name.startswith("."):
                found += [
                    tuple(row[c] for c in columns) for row in pq.ParquetFile(path).read(columns=columns).to_pylist()
                ]
        return found


__all__ = ["Invariants", "closing"]

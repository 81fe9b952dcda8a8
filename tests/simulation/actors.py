"""Who lives in a world: workers of the service, workers of the loop, clients, people; each the product's own code."""

from __future__ import annotations

import asyncio
import selectors
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.simulation.schedule import Process, SimClock, SimEvent, SimThreads

from journeyman.entities.challenge import Challenge
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import Operated
from journeyman.entities.overview import Request, RequestKind
from journeyman.errors import JourneymanError, LeaseError
from journeyman.inference.release import Release, open_release
from journeyman.operations.training_data import TrainingTable
from journeyman.operations.worker import Worker, holding, work_until
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.reports.progress import SilentProgress
from journeyman.serving.counters import Counters
from journeyman.serving.deployment import DeploymentWatcher
from journeyman.serving.housekeeping import Housekeeping
from journeyman.serving.label_recording import record_labels
from journeyman.serving.labels import GivenLabel
from journeyman.serving.micro_batch import BatchWork
from journeyman.serving.privacy import RowRules
from journeyman.serving.recorder import Recorder
from journeyman.serving.refusals import Refusal
from journeyman.serving.serve_settings import ServeSettings
from journeyman.serving.served_release import ServedRelease
from journeyman.serving.service import Service
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.releases import read_release, write_release
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

MODEL = "m"
TERM = 300_000  # milliseconds of a lease
DETECTORS = ("loss",)


@dataclass(frozen=True)
class Places:
    """Where things lie.

    Attributes
    ----------
    workspace : Path
        With releases, artifacts and the prediction log.
    journal : str or None
        Address of the database that hosts share; None where it lies in the workspace.
    """

    workspace: Path
    journal: str | None

    @property
    def log(self) -> Path:
        return self.workspace / "predictions" / MODEL

    def opened(self) -> Workspace:
        """Open the workspace as a process does."""
        return Workspace(self.workspace, self.journal)


@cache
def _loaded(digest: str, folder: Path) -> Release:
    return open_release(folder, digest)


@cache
def _served(release: Release) -> ServedRelease:
    served = ServedRelease(release, ("order",))
    served.warm()
    return served


def checked_release(folder: Path, digest: str) -> Release:
    """Return a release, its bytes checked; it is made once, since worlds hold the same few."""
    read_release(folder, digest)
    return _loaded(digest, folder)


class _Selector(selectors.SelectSelector):
    """Waits for nothing but a call from another thread, on the simulated clock."""

    def __init__(self, wake: SimEvent) -> None:
        super().__init__()
        self._wake = wake

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout > 0:
            self._wake.wait(timeout)
            self._wake.clear()
        return []


class _Loop(asyncio.SelectorEventLoop):
    """An event loop on the simulated clock."""

    def __init__(self, process: Process) -> None:
        self._wake = SimEvent(process.schedule)
        self._simulated = process.schedule
        super().__init__(_Selector(self._wake))

    def time(self) -> float:
        return self._simulated.now

    def _write_to_self(self) -> None:
        self._wake.set()

    def run_in_executor(self, executor: Any, function: Any, *rest: Any) -> Any:
        future = self.create_future()
        try:
            future.set_result(function(*rest))
        except Exception as error:  # noqa: BLE001 - as an executor hands errors on
            future.set_exception(error)
        return future


def server(process: Process, places: Places) -> None:
    """Be a worker of the service, as ``serving.serve.make_application`` makes one, without HTTP."""
    clock, threads = SimClock(process.schedule, process.host), SimThreads(process)
    settings = ServeSettings(MODEL, places.workspace, places.log, keys=("order",), keep_days=0.05)
    workspace = places.opened()
    process.cleanups.append(workspace.close)
    with closing(SqlitePredictionLog(places.log)) as claimed:
        claimed.claim(MODEL)
        rules = RowRules(settings, claimed.secret())
    log, side = SqlitePredictionLog(places.log), SqlitePredictionLog(places.log)
    process.cleanups += [log.close, side.close]

    def load(version: int) -> ServedRelease:
        known = workspace.registry.version(MODEL, version)
        return _served(checked_release(places.workspace / known.path, known.digest))

    def promote(version: int) -> None:
        workspace.registry.promote(MODEL, version, now=clock.now())

    def champion() -> int:
        return workspace.registry.version(MODEL).version

    counters = Counters()
    keeper = DeploymentWatcher(champion, side.challenge, load, 600.0, threads)
    work = BatchWork(log, side.recorded, lambda: keeper.current, rules, counters, clock, threads)
    recorder = Recorder(work, settings.most_waiting, clock, threads)
    shared = places.workspace.parent / f"shared-{process.name}"
    shared.mkdir(exist_ok=True)
    keeping = Housekeeping(SqlitePredictionLog(places.log), settings, counters, shared, None, clock, threads)
    process.cleanups.append(keeping._log.close)
    service = Service(settings, keeper, recorder, side, rules, keeping, promote)
    loop = _Loop(process)
    process.cleanups.append(lambda: _ended(loop))

    async def serve() -> None:
        service.start()
        process.service, process.loop = service, loop
        process.schedule.say(f"{process} answers with release {keeper.current.champion.version}")
        await asyncio.Event().wait()

    loop.run_until_complete(serve())


def _ended(loop: _Loop) -> None:
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # of a process that was killed
    loop._ready.clear()  # type: ignore[attr-defined]  # the same
    loop._scheduled.clear()  # type: ignore[attr-defined]  # the same
    loop.close()


@dataclass(frozen=True)
class Asked:
    """A message of a client: rows with the client's ids, or labels."""

    rows: tuple[dict[str, Any], ...] = ()
    ids: tuple[str, ...] = ()
    strict: bool = False
    labels: tuple[GivenLabel, ...] = ()
    champion: int | None = None
    challenge: Challenge | None = None


async def answer(service: Service, asked: Asked) -> Any:
    """Return what the service says to a message: a list of outcomes or fates, or a refusal."""
    try:
        if asked.rows:
            return await service.predict(asked.rows, asked.ids, "native", asked.strict)
        if asked.labels:
            return await record_labels(service, asked.labels)
        return await service.operate(asked.champion, asked.challenge)
    except Refusal as refusal:
        return refusal


@dataclass
class Copies:
    """In place of a build: the first release once more, under the next number; safe to repeat."""

    workspace: Workspace

    def __call__(self, table: TrainingTable | None, run: str) -> ModelVersion:
        registry = self.workspace.registry
        first, number = registry.version(MODEL, 1), registry.reserve(MODEL, run)
        manifest, files = read_release(self.workspace.path / first.path)
        facts = {k: v for k, v in manifest.items() if k not in ("files", "format")} | {"version": number, "run": run}
        path = self.workspace.release_path(MODEL, number)
        digest = write_release(self.workspace.path / path, files, facts)
        version = replace(first, version=number, run=run, path=path, digest=digest, champion=False)
        registry.register(version)
        self.workspace.journal.open(run, f"{MODEL}@", {}, "t")
        self.workspace.journal.name_artifacts(run, 0, build_artifacts(self.workspace.journal, first.run), "t")
        return version


def looper(process: Process, places: Places, operated: Operated) -> None:
    """Be a worker of the loop, as ``api.operate`` is one, without signals."""
    schedule = process.schedule
    clock, threads = SimClock(schedule, process.host), SimThreads(process)
    workspace = places.opened()
    process.cleanups.append(workspace.close)
    stop = threads.event()

    def wait(seconds: float) -> bool:
        schedule.sleep(1_000 * seconds)
        return False

    while True:
        try:
            with (
                holding(workspace, MODEL, TERM, clock.milliseconds, wait, threads) as lease,
                _logs(places) as (log, other),
            ):
                process.lease = lease
                schedule.say(f"{process} holds lease {lease.number}")
                held = workspace.fenced(lease.fence)
                parts = loop_parts(held, operated, log, TableStream(other), SilentProgress())
                actuator = replace(parts.actuator, build=Copies(held), clock=clock)
                detectors = tuple(d for d in parts.detectors if d.name in DETECTORS)
                parts = replace(parts, actuator=actuator, detectors=detectors)
                worker = Worker(parts, operate_round, clock, clock.milliseconds, operated.begun)
                work_until(worker, stop, lambda line: schedule.say(f"{process} {line}"))
        except LeaseError as error:
            schedule.say(f"{process} {error.message}")
        finally:
            process.lease = None


@contextmanager
def _logs(places: Places) -> Any:
    with closing(SqlitePredictionLog(places.log)) as log, closing(SqlitePredictionLog(places.log)) as other:
        yield log, other


def person(process: Process, places: Places) -> None:
    """Ask for something by the command line now and then: of the loop, or of the registry."""
    schedule, clock = process.schedule, SimClock(process.schedule, process.host)
    chance = schedule.random
    while True:
        schedule.sleep(chance.expovariate(1 / 2_400))
        try:
            with places.opened() as workspace:
                draw = chance.random()
                if draw < 0.2:
                    run = f"{MODEL}-{chance.randrange(10**9)}"
                    version = Copies(workspace)(None, run)
                    schedule.say(f"{process} has built release {version.version}")
                elif draw < 0.6:
                    version = chance.choice([known.version for known in workspace.registry.versions(MODEL)])
                    workspace.registry.promote(MODEL, version, now=clock.now())
                    schedule.say(f"{process} makes release {version} the champion")
                else:
                    kinds = (RequestKind.ROLL_BACK, RequestKind.PAUSE, RequestKind.RESUME, RequestKind.RESUME)
                    kind = chance.choice((*kinds, RequestKind.APPROVE))
                    known = workspace.operations.operations(MODEL, 5)
                    number = known[-1].number if known else None
                    workspace.operations.ask(MODEL, Request(kind, clock.milliseconds(), "ann", number))
                    schedule.say(f"{process} asks for: {kind.value}")
        except JourneymanError as error:
            schedule.say(f"{process} is told: {error.message}")

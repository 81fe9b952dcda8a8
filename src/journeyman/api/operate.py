"""The api of the loop: opens model and log, holds the lease, and goes through the rounds that are due."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from journeyman.allocator import hold_little
from journeyman.api.realised_value import decided_economics
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.errors import LeaseError, SettingsError
from journeyman.inference.release import open_release
from journeyman.inference.release_joins import refuse_joins
from journeyman.interfaces import Progress, Stream
from journeyman.notifiers import make_notifier
from journeyman.operations.worker import Worker, holding, work_until
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock, milliseconds
from journeyman.stores.kafka_topic import TopicAddress, make_topic, told_log_topic
from journeyman.stores.log_tables import TableLog
from journeyman.stores.logs import open_log, stream_address, usual_log
from journeyman.stores.workspace import Workspace
from journeyman.streams import open_stream

__all__ = [
    "TERM",
    "LiveTraffic",
    "OperatePlace",
    "Traffic",
    "opened_log",
    "operate",
    "settle_settings",
    "told_log_topic",
    "waiting_words",
]

TERM = 30_000
"""Milliseconds without a heartbeat after which another worker takes over."""


@dataclass(frozen=True)
class OperatePlace:
    """Where a model is operated.

    Attributes
    ----------
    name : str
        Of the model.
    workspace : Path
        Folder of the workspace.
    log : Path, str or None
        Folder of the prediction log, or address of a database; by default WORKSPACE/predictions/NAME, or the database
        that machines share.
    topic : TopicAddress or None
        Kafka topic that holds the log, of which the folder is this machine's copy; by default the one that was named
        before.
    """

    name: str
    workspace: Path
    log: Path | str | None = None
    topic: TopicAddress | None = None


class Traffic(Protocol):
    """Where the rows of a model come from, and which time it is there."""

    def begins(self, every: int) -> int:
        """Return when the first span begins, in milliseconds since 1970, where spans are so long."""
        ...

    def stream(self, log: TableLog, stream: Stream, begun: int) -> Stream:
        """Return the stream that the loop reads, of the log's own one and the beginning of the first span."""
        ...

    def now(self) -> int:
        """Return the time by which spans end, in milliseconds since 1970."""
        ...


class LiveTraffic:
    """What `journeyman serve` records as it comes."""

    def begins(self, every: int) -> int:
        """Return the beginning of the present span, on a grid that all models share."""
        return milliseconds() // every * every

    def stream(self, log: TableLog, stream: Stream, begun: int) -> Stream:
        """Return the log's own stream."""
        return stream

    def now(self) -> int:
        """Return the moment that this machine's clock tells, in milliseconds since 1970."""
        return milliseconds()


def operate(
    place: OperatePlace,
    changed: Mapping[str, Any],
    once: bool,
    tell: Callable[[str], None],
    progress: Progress | None = None,
    traffic: Traffic | None = None,
) -> int:
    """Operate a model until the process is told to end; return how many rounds were gone through.

    Parameters
    ----------
    place : OperatePlace
        Which model, where.
    changed : mapping of str to object
        Settings (fields of OperateSettings; of ``economics``, a mapping of its fields) that differ from what is kept of
        the model, or from the usual ones.
    once : bool
        Whether to end when no round is due.
    tell : callable
        Is told a line about each round that did something, and about trouble.
    progress : Progress, optional
        Where retrainings tell what they do.
    traffic : Traffic, optional
        What is looked at; by default what `journeyman serve` records.

    Raises
    ------
    SettingsError
        For an unknown model or a setting that cannot be.
    ReleaseError
        Where the champion was built without a reference.
    LeaseError
        With ``once``, where another worker operates the model.
    """
    hold_little()
    rounds, traffic = 0, traffic or LiveTraffic()
    with Workspace.existing(place.workspace) as workspace, _ended_by_signals() as stop:
        champion = workspace.registry.version(place.name)
        release = open_release(workspace.registry.folder(champion), champion.digest)
        if release.report.lake is None:  # built before reports told of joins: a rebuilt release could not look rows up
            refuse_joins(place.name, release.joins, "the loop's retraining")
        decided = decided_economics(place.workspace, place.name, champion.version)
        operated = settle_settings(workspace, place.name, changed, decided, traffic.begins)
        wait = (lambda _: True) if once else _told_wait(place.name, stop, tell)
        while not stop.is_set():
            try:
                with holding(workspace, place.name, TERM, milliseconds, wait) as lease:
                    held = workspace.fenced(lease.fence)
                    with opened_log(place) as (log, stream):
                        followed = traffic.stream(log, stream, operated.begun)
                        parts = loop_parts(held, operated, log, followed, progress or SilentProgress())
                        notifiers = tuple(make_notifier(n) for n in operated.settings.notify)
                        worker = Worker(
                            parts, operate_round, SystemClock(), traffic.now, operated.begun, notifiers, tell
                        )
                        if not once:
                            tell(waiting_words(place, operated, worker.wakes(worker.state()), traffic.now(), log))
                        rounds += work_until(worker, stop, tell, once)
            except LeaseError as error:
                if once:
                    raise
                tell(str(error))
            if once:
                break
    return rounds


def waiting_words(place: OperatePlace, operated: Operated, wakes: int, now: int, log: TableLog) -> str:
    """Say what the loop waits for.

    Parameters
    ----------
    wakes, now : int
        When the next look is due, and the present, in milliseconds since 1970.
    """
    every = operated.settings.every / 1000
    due = time.strftime("%H:%M:%S", time.localtime(wakes / 1000))
    look = "it looks at traffic now" if wakes <= now else f"it waits until {due} for the present span of traffic to end"
    words = f"Operating {place.name}: a look every {every:g} s; {look}. Ctrl+C ends it; the same command goes on."
    if log.rows() == 0:
        words += f" No prediction is logged yet: `journeyman serve {place.name}` logs them."
    return words


def _told_wait(name: str, stop: threading.Event, tell: Callable[[str], None]) -> Callable[[float], bool]:
    """Return a wait for the lease that says once that another worker holds it."""
    told: list[str] = []

    def wait(seconds: float) -> bool:
        if not told:
            told.append(f"Another worker operates {name}: this one takes over when it ends.")
            tell(told[0])
        return stop.wait(seconds)

    return wait


def settle_settings(
    workspace: Workspace,
    name: str,
    changed: Mapping[str, Any],
    decided: Mapping[str, Any] | None = None,
    begins: Callable[[int], int] | None = None,
) -> Operated:
    """Return how a model is operated: as is kept of it, with what is changed now; its grid begins but once.

    Parameters
    ----------
    decided : mapping of str to object, optional
        Fields of the economics that a business decision on the champion has set; they count for a model that was not
        operated before.
    begins : callable, optional
        Returns when the first span begins, of the length of spans.
    """
    known = {o.model: o for o in workspace.operations.models()}.get(name)
    usual = OperateSettings()
    before = known.settings if known else replace(usual, economics=replace(usual.economics, **(decided or {})))
    economics = replace(before.economics, **changed.get("economics", {}))
    settings = replace(before, **{**changed, "economics": economics})
    if settings.every < 1_000:
        raise SettingsError("a span is shorter than a second", hint="give --every such as 5m")
    for notifier in settings.notify:
        make_notifier(notifier)
    return workspace.operations.begin(Operated(name, settings, (begins or LiveTraffic().begins)(settings.every)))


@contextmanager
def opened_log(place: OperatePlace) -> Iterator[tuple[TableLog, Stream]]:
    """Open the prediction log of an operated model and its stream; SettingsError for another's log."""
    address = usual_log(place.workspace, place.name, place.log)
    if place.topic is not None:
        make_topic(place.topic)
    with closing(open_log(address, place.topic)) as log:
        log.claim(place.name)
        with closing(open_stream(stream_address(address))) as stream:
            yield log, stream


class _Ended(BaseException):
    """The process was told to end while it worked: a round stays as it is, and goes on when it is called again."""


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and Ctrl-C set; work in progress is left, for it can go on."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def end(_number: int, _frame: object) -> None:
        stop.set()
        raise _Ended

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, end)
    try:
        yield stop
    except _Ended:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""What all protocols stand on: rows in, recorded answers out; labels; who answers; how it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from journeyman.entities.challenge import Challenge, Role
from journeyman.entities.column import Column
from journeyman.entities.prediction import Label, LabelFate
from journeyman.errors import JourneymanError, WorkspaceError
from journeyman.interfaces import PredictionLog
from journeyman.serving.deployment import DeploymentWatcher
from journeyman.serving.housekeeping import Housekeeping
from journeyman.serving.privacy import RowRules
from journeyman.serving.recorder import Recorder
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import LabelRequest, Outcome, PredictionRequest, Row
from journeyman.serving.serve_settings import ServeSettings
from journeyman.serving.served_release import ServedRelease

__all__ = ["Feed", "Service", "bad_id", "refusal_of"]

_LONGEST_ID = 200
_MOST_EXPLAINED = 100  # rows of a request with reasons, which cost some hundred answers each


class Feed(Protocol):
    """What brings rows of its own accord, as a reader of a topic does."""

    @property
    def trouble(self) -> str:
        """Why it does not; empty where it does."""
        ...

    def start(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the service's coroutines run in this event loop."""
        ...

    def stop(self) -> None:
        """End what was begun, and begin nothing more; waits for it."""
        ...


class Service:
    """A model in service.

    Parameters
    ----------
    settings : ServeSettings
        What the server was told.
    keeper : DeploymentWatcher
        Who answers.
    recorder : Recorder
        The one writer.
    log : PredictionLog
        The same log by another connection, for what is no prediction.
    rules : RowRules
        Key columns and personal columns.
    housekeeping : Housekeeping
        Keeps the log bounded and the counters of all workers together.
    promote : callable
        Makes a version the champion.
    """

    def __init__(
        self,
        settings: ServeSettings,
        keeper: DeploymentWatcher,
        recorder: Recorder,
        log: PredictionLog,
        rules: RowRules,
        housekeeping: Housekeeping,
        promote: Callable[[int], None],
    ) -> None:
        self.settings, self.keeper, self.rules, self.counters = settings, keeper, rules, housekeeping.counters
        self._recorder, self._log, self._housekeeping, self._promote = recorder, log, housekeeping, promote
        self._feeds: tuple[Feed, ...] = ()

    def follow(self, feed: Feed) -> None:
        """Have a feed bring rows besides requests; before the service starts."""
        self._feeds += (feed,)

    @property
    def shared(self) -> Path:
        """Folder that the workers of one server share."""
        return self._housekeeping.shared

    @property
    def champion(self) -> ServedRelease:
        """The release that answers."""
        return self.keeper.current.champion

    async def predict(
        self,
        rows: Sequence[Row],
        client_ids: Sequence[str | None] | None,
        protocol: str,
        strict: bool = False,
        reasons: bool = False,
    ) -> list[Outcome]:
        """Return an outcome a row, in order, each recorded before this returns.

        Parameters
        ----------
        rows : sequence of mapping
            Column to raw value.
        client_ids : sequence of str or None, optional
            The client's own ids.
        protocol : str
            For the log.
        strict : bool
            One bad row fails all: its Refusal is raised, and nothing is recorded.
        reasons : bool
            Whether contributions of columns are wanted.

        Raises
        ------
        Refusal
            413 for too many rows, 429 where too many wait, 503 where the log cannot be written.
        """
        if not rows:
            raise Refusal(400, Fault("no rows", "there is no row to predict", "rows", "nothing", "at least one row"))
        self.check_size(len(rows))
        if reasons and len(rows) > _MOST_EXPLAINED:
            wanted = f"at most {_MOST_EXPLAINED}"
            fault = Fault("too many rows", "reasons take long", "rows", str(len(rows)), wanted, "ask without reasons")
            raise Refusal(413, fault)
        ids = tuple(client_ids or [None] * len(rows))
        for position, client_id in enumerate(ids):
            if client_id is not None and (wrong := bad_id(client_id)) is not None:
                raise Refusal(400, msgspec.structs.replace(wrong, field=f"ids[{position}]"))
        ask = PredictionRequest(tuple(rows), ids, protocol, self._deadline(), strict, reasons)
        outcomes = cast(list[Outcome], await self._recorder.submit(ask))
        if strict:
            for position, outcome in enumerate(outcomes):
                if isinstance(outcome, Fault) and outcome.code != "not answered":
                    raise refusal_of(outcome, position if len(outcomes) > 1 else None)
        return outcomes

    def check_size(self, rows: int) -> None:
        """Raise a Refusal, 413, where a request has more rows than fit; before they are made, where that takes long."""
        if rows > self.settings.most_rows:
            wanted = f"at most {self.settings.most_rows}"
            fault = Fault("too many rows", f"{rows} rows, {wanted} fit in a request", "rows", str(rows), wanted)
            raise Refusal(413, fault)

    async def label(self, labels: Sequence[Label]) -> list[LabelFate]:
        """Record labels; return what became of each, once it is durable."""
        if len(labels) > self.settings.most_rows:
            wanted = f"at most {self.settings.most_rows}"
            raise Refusal(413, Fault("too many labels", f"{len(labels)} labels, {wanted} fit in a request"))
        return cast(list[LabelFate], await self._recorder.submit(LabelRequest(tuple(labels), self._deadline())))

    async def health(self) -> str:
        """Return what is wrong; empty where all is well. After a failure the log is tried again."""
        return await self._recorder.probe() or next((feed.trouble for feed in self._feeds if feed.trouble), "")

    def models(self) -> dict[str, Any]:
        """Return name, target and roles of the releases in use, as JSON types."""
        deployment = self.keeper.current
        described: dict[str, Any] = {
            "name": deployment.champion.name,
            "target": deployment.champion.task.target,
            "kind": deployment.champion.task.kind,
            "labels": deployment.champion.labels,
            "champion": _described(deployment.champion),
            "challenger": None,
            "trouble": self.keeper.trouble or None,
            "columns": [_column(c) for c in deployment.champion.columns],
            "keys": list(self.settings.keys),
        }
        if deployment.challenger is not None:
            challenge = deployment.challenge
            described["challenger"] = {
                **_described(deployment.challenger),
                "role": challenge.role.value,
                "share": challenge.share if challenge.role is Role.CANARY else None,
            }
        return described

    async def operate(self, champion: int | None, challenge: Challenge | None) -> dict[str, Any]:
        """Change who answers: for new batches at once, for other workers within a second.

        Raises
        ------
        Refusal
            409 where a wanted release is not there or cannot be loaded, 503 where the change cannot be written down;
            nothing was changed then.
        """
        versions = [v for v in (champion, None if challenge is None else challenge.version) if v is not None]

        def write() -> None:
            before = self._log.challenge()
            if challenge is not None:
                self._log.set_challenge(challenge)
            if champion is None:
                return
            try:
                self._promote(champion)
            except JourneymanError:
                if challenge is not None:
                    self._log.set_challenge(before)
                raise

        try:
            await asyncio.to_thread(self.keeper.change, versions, write)
        except WorkspaceError as error:
            fault = Fault("cannot change", error.message, hint=error.hint)
            raise Refusal(503, fault, {"Retry-After": "5"}) from error
        except JourneymanError as error:
            raise Refusal(409, Fault("cannot change", error.message, hint=error.hint)) from error
        return self.models()

    def metrics(self) -> str:
        """Return counters and gauges as Prometheus reads them."""
        gauges = {
            "journeyman_waiting_rows": self._recorder.waiting,
            "journeyman_log_rows": self._log.rows(),
            "journeyman_log_writable": 0 if self._recorder.trouble else 1,
            "journeyman_champion_version": self.champion.version,
            "journeyman_lineup_trouble": 1 if self.keeper.trouble else 0,
        }
        return self.counters.text(gauges, self.shared)

    def start(self) -> None:
        """Begin, inside the running event loop."""
        self._recorder.start(asyncio.get_running_loop())
        self.keeper.start()
        self._housekeeping.start()
        for feed in self._feeds:
            feed.start(self, asyncio.get_running_loop())

    async def stop(self) -> None:
        """Answer what waits, and let go of everything."""
        for feed in self._feeds:
            await asyncio.to_thread(feed.stop)
        await asyncio.to_thread(self.keeper.stop)
        await asyncio.to_thread(self._housekeeping.stop)
        await self._recorder.stop()
        self._log.close()

    def _deadline(self) -> float:
        return self._recorder.clock.monotonic() + self.settings.timeout


def bad_id(client_id: object) -> Fault | None:
    """Return what is wrong with a client's id."""
    if isinstance(client_id, str) and 0 < len(client_id) <= _LONGEST_ID:
        return None
    shown = str(client_id)[:60] if isinstance(client_id, str) else repr(client_id)[:60]
    return Fault("bad id", "an id is a text of 1 to 200 characters", "id", shown, "1 to 200 characters")


def refusal_of(fault: Fault, position: int | None = None) -> Refusal:
    """Return a row's fault as a refusal of its request; ``position`` tells which row of several."""
    if position is not None:
        fault = msgspec.structs.replace(
            fault, field=f"rows[{position}].{fault.field}", message=f"row {position}: {fault.message}"
        )
    return Refusal(409 if fault.code == "id of another row" else 400, fault)


def _described(release: ServedRelease) -> dict[str, Any]:
    main = release.report.evaluation.main
    return {
        "version": release.version,
        "created": release.report.created,
        "verdict": release.manifest["verdict"],
        "metric": main.metric,
        "score": main.value,
    }


def _column(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"name": column.name, "kind": column.kind.value}
    if column.categories:
        described["categories"] = list(column.categories[:100])
    return described

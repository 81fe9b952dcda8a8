"""The api of serving: opens model and log, binds the port, runs the workers, and drains them when told to end."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from journeyman.entities.challenge import Challenge, Role
from journeyman.errors import JourneymanError, ReleaseError, SettingsError
from journeyman.filesystems import is_remote
from journeyman.inference.load_release import load
from journeyman.inference.lookup import models
from journeyman.panels.time_parts import key_columns
from journeyman.runtime.clock import SystemClock
from journeyman.serving.application import Application
from journeyman.serving.connections import PatientProtocol, ServerConfig
from journeyman.serving.counters import Counters
from journeyman.serving.deployment import DeploymentWatcher
from journeyman.serving.housekeeping import Housekeeping
from journeyman.serving.http import NATIVE, Request, Response, Route, json_response
from journeyman.serving.kafka_topics import KafkaSettings, check_topics, topic_settings
from journeyman.serving.micro_batch import BatchWork
from journeyman.serving.openapi import description, operation
from journeyman.serving.privacy import RowRules
from journeyman.serving.recorder import Recorder
from journeyman.serving.serve_settings import ServeSettings, checked
from journeyman.serving.served_release import ServedRelease
from journeyman.serving.service import Feed, Service
from journeyman.serving.serving_protocol import installed_routes
from journeyman.serving.shared_folder import shared_folder
from journeyman.serving.tokens import read_tokens
from journeyman.stores.catalogue import JOURNAL, opened_registry
from journeyman.stores.kafka_topic import make_topic, told_log_topic
from journeyman.stores.log_tables import TableLog
from journeyman.stores.logs import open_log, usual_log
from journeyman.stores.releases import MANIFEST
from journeyman.stores.storage import fetched_release

__all__ = [
    "ServeSettings",
    "log_address",
    "make_application",
    "model_to_serve",
    "serve",
    "told_log_topic",
    "topic_settings",
    "usual_host",
    "usual_port",
    "wanted_challenge",
]

_MOUNTED = Path("/opt/ml/model")  # where SageMaker puts a model
_BACKLOG = 2048  # connections that may wait to be taken, as uvicorn has it
_TURN = 0.0005  # seconds: the writer gives way at each step of SQLite and would wait 5 ms for its next turn
_STARTING = 120  # seconds in which a worker must show life: it loads its libraries first, on a busy machine slowly
_DRAIN = 25  # seconds for requests in progress after SIGTERM: platforms kill after 30


def model_to_serve(name: str | None, workspace: Path) -> str:
    """Return what is to be served: what was named, else what SageMaker has put in its place, else the only model.

    Raises
    ------
    SettingsError
        Where none was named and there are several, or none.
    """
    if name is not None:
        return name
    if (_MOUNTED / MANIFEST).is_file():
        return str(_MOUNTED)
    names = sorted({version.name for version in models(workspace)})
    if len(names) == 1:
        return names[0]
    raise SettingsError("no model to serve was named", hint=f"name one: {', '.join(names) or 'there is none yet'}")


def usual_port(environment: Mapping[str, str]) -> int:
    """Return the port where none is named: what Vertex AI says, 8080 on SageMaker, else 8000.

    Examples
    --------
    >>> usual_port({}), usual_port({"AIP_HTTP_PORT": "8081"})
    (8000, 8081)
    """
    named = environment.get("AIP_HTTP_PORT", "")
    return int(named) if named.isdigit() else 8080 if _MOUNTED.is_dir() else 8000


def usual_host(environment: Mapping[str, str]) -> str:
    """Return the address where none is named: only this machine, except in a container of a platform.

    Examples
    --------
    >>> usual_host({}), usual_host({"AIP_HTTP_PORT": "8080"})
    ('127.0.0.1', '0.0.0.0')
    """
    return "0.0.0.0" if environment.get("AIP_HTTP_PORT") or _MOUNTED.is_dir() else "127.0.0.1"


def wanted_challenge(version: int | None, canary: float, nobody: bool) -> Challenge | None:
    """Return the challenge that the options ask for; None where they leave what was agreed.

    Raises
    ------
    SettingsError
        Where they contradict one another.

    Examples
    --------
    >>> wanted_challenge(3, 0.1, False)
    Challenge(version=3, role=<Role.CANARY: 'canary'>, share=0.1)
    """
    if nobody and (version is not None or canary):
        raise SettingsError("--no-challenger beside a challenger", hint="leave one of them out")
    if canary and version is None:
        raise SettingsError("--canary without a challenger", hint="add --challenger N")
    if version is None:
        return Challenge() if nobody else None
    return Challenge(version, Role.CANARY if canary else Role.SHADOW, canary)


def serve(settings: ServeSettings, challenge: Challenge | None) -> None:
    """Serve a model until the process is told to end; then answer what was begun, make all durable, and return.

    A line on standard error says when the first worker answers.

    Parameters
    ----------
    settings : ServeSettings
        What to serve, where, how.
    challenge : Challenge or None
        A challenger to agree on first; None leaves what was agreed.

    Raises
    ------
    SettingsError
        For an unknown model, a challenger that is not there, or a port that is taken.
    ReleaseError
        Where the champion cannot be loaded.
    WorkspaceError
        Where the log cannot be written.
    """
    checked(settings)
    read_tokens(settings.tokens, os.environ)
    if is_remote(settings.model):  # the workers read what is brought here
        settings = replace(settings, model=str(fetched_release(settings.model)))
    _Pointer(settings)()
    if settings.log_topic is not None:
        make_topic(settings.log_topic)
    if settings.kafka is not None:
        _check_kafka(settings, settings.kafka)
    if challenge is not None and challenge.version is not None:
        load(settings.model, version=challenge.version, workspace=settings.workspace)  # before a log is made for it
    listening = _listening(settings.host, settings.port)
    settings = replace(settings, port=listening.getsockname()[1])
    with closing(listening):
        with _claimed_log(settings) as log:
            if challenge is not None:
                log.set_challenge(challenge)
        with shared_folder() as shared:
            _run(settings, shared, listening)


def make_application(settings: ServeSettings, shared: Path, parent: int | None = None) -> Application:
    """Return the application of one worker: model loaded, log open; it ends with the process ``parent``."""
    sys.setswitchinterval(_TURN)
    settings = _with_keys(settings)
    address = log_address(settings)
    with _claimed_log(settings) as claimed:
        rules = RowRules(settings, claimed.secret())
    log, side = open_log(address, settings.log_topic), open_log(address, settings.log_topic)
    counters = Counters()
    keeper = DeploymentWatcher(
        champion=_Pointer(settings),
        challenge=side.challenge,
        load=partial(_loaded, settings),
    )
    work = BatchWork(log, side.recorded, lambda: keeper.current, rules, counters)
    recorder = Recorder(work, settings.most_waiting)
    housekeeping = Housekeeping(open_log(address), settings, counters, shared, parent)
    service = Service(settings, keeper, recorder, side, rules, housekeeping, partial(_promote, settings))
    if settings.kafka is not None:
        service.follow(_kafka_worker(settings.kafka))
    tokens = read_tokens(settings.tokens, os.environ)
    routes = installed_routes(service, os.environ)
    routes += _about(service, routes, tokens.wanted)
    gc.freeze()  # the model and the libraries stay: the collector need not look at them again and again
    return Application(service, routes, tokens, partial(_tell, settings, service, side.place, tokens.wanted))


def _check_kafka(settings: ServeSettings, kafka: KafkaSettings) -> None:
    from journeyman.serving.kafka.formats import formats_of  # noqa: PLC0415 - a server without Kafka wants none of it

    check_topics(kafka, lambda line: sys.stderr.write(f"{line}\n"))
    formats_of(kafka, load(settings.model, workspace=settings.workspace).task)


def _kafka_worker(settings: KafkaSettings) -> Feed:
    # Here and not above: a server without Kafka has no need of its client.
    from journeyman.serving.kafka.worker import KafkaWorker  # noqa: PLC0415 - see above

    return KafkaWorker(settings)


def _with_keys(settings: ServeSettings) -> ServeSettings:
    """Return settings by which labels of forecasts come by series and time, where no other key is named."""
    if settings.keys:
        return settings
    return replace(settings, keys=key_columns(load(settings.model, workspace=settings.workspace).task))


def log_address(settings: ServeSettings) -> str:
    """Return where the prediction log of a model is."""
    return usual_log(settings.workspace, _served_name(settings), settings.log)


def _tell(settings: ServeSettings, service: Service, log: str, tokens: bool) -> None:
    """Say once, whichever worker is first, that the model answers."""
    with contextlib.suppress(FileExistsError), (service.shared / "told").open("x"):
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        name, version = service.champion.name, service.champion.version
        lines = [f"{name} {version} answers at http://{host}:{settings.port}; the log is in {log}"]
        if not tokens and settings.host not in ("127.0.0.1", "localhost", "::1"):
            lines.append(
                "anybody who reaches this address may predict, label and operate: name tokens with --tokens FILE"
            )
        if find_spec("pyarrow") is None:
            lines.append('pyarrow is not installed, so predictions stay in the log for ever: pip install "pyarrow>=20"')
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()


@contextmanager
def _claimed_log(settings: ServeSettings) -> Iterator[TableLog]:
    """Give the log of the model that is served, after it was made sure that it is no other model's."""
    with closing(open_log(log_address(settings), settings.log_topic)) as log:
        log.claim(_served_name(settings))
        yield log


def _about(service: Service, routes: list[Route], tokens: bool) -> list[Route]:
    """Return the addresses that describe the others."""

    async def openapi(request: Request) -> Response:
        return json_response(description(service.champion.name, every, tokens))

    async def root(request: Request) -> Response:
        addresses = [f"{route.method} {route.path}" for route in every]
        return json_response({"model": service.champion.name, "addresses": addresses, "description": "/openapi.json"})

    own = [
        Route("GET", "/openapi.json", openapi, None, NATIVE, operation("This description")),
        Route("GET", "/", root, None, NATIVE, operation("The addresses")),
    ]
    every = [*routes, *own]
    return own


def _served_name(settings: ServeSettings) -> str:
    folder = Path(settings.model)
    return str(load(folder).name) if (folder / MANIFEST).is_file() else settings.model


def _loaded(settings: ServeSettings, version: int | None) -> ServedRelease:
    release = load(settings.model, version=version, workspace=settings.workspace)
    if version is not None and release.version != version:
        raise SettingsError(
            f"{settings.model} is version {release.version}, not {version}", hint="serve the model by its name"
        )
    try:
        served = ServedRelease(release, settings.keys)
        served.warm()
    except JourneymanError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
        raise ReleaseError(
            f"{settings.model} {release.version} cannot answer: {reason}", hint="use another version, or build it anew"
        ) from error
    return served


class _Pointer:
    """Tells which version a model's name points to; the registry is opened only where its files have changed."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._folder = Path(settings.model)
        self._stamp: object = None
        self._version = 0

    def __call__(self) -> int:
        """Return the number of the version to serve, a positive integer."""
        stamp = self._stamped()
        if stamp != self._stamp:
            if (self._folder / MANIFEST).is_file():
                self._version = int(load(self._folder).version)
            else:
                with opened_registry(self._settings.workspace) as registry:
                    self._version = registry.version(self._settings.model).version
            self._stamp = stamp
        return self._version

    def _stamped(self) -> object:
        journal = self._settings.workspace / JOURNAL
        if not journal.is_file() and not (self._folder / MANIFEST).is_file():
            return object()  # the registry is in a database elsewhere, which has to be asked
        stamps: list[tuple[int, int] | None] = []
        for path in (self._folder / MANIFEST, journal, journal.with_name(f"{JOURNAL}-wal")):
            try:
                state = path.stat()
                stamps.append((state.st_mtime_ns, state.st_size))
            except OSError:
                stamps.append(None)
        return stamps


def _promote(settings: ServeSettings, version: int) -> None:
    if (Path(settings.model) / MANIFEST).is_file():
        raise SettingsError(f"{settings.model} is one release", hint="serve the model by its name to change champions")
    with opened_registry(settings.workspace) as registry:
        registry.promote(settings.model, version, now=SystemClock().now())


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens: only then does the system refuse the port to a server that starts meanwhile."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"{host}:{port} cannot be listened at: {error.strerror or error}", hint="name another --port or --host"
        ) from error
    listening.set_inheritable(True)
    return listening


def _run(settings: ServeSettings, shared: Path, listening: socket.socket) -> None:
    several = settings.workers > 1
    make = partial(make_application, settings, shared, os.getpid() if several else None)
    config = ServerConfig(
        make if several else make(),
        http=PatientProtocol,
        factory=several,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        access_log=False,  # the prediction log tells what was asked, without addresses and tokens
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_DRAIN,
        timeout_worker_healthcheck=_STARTING,
        lifespan="on",
    )
    config.timeout_headers = settings.timeout
    if several:
        Multiprocess(config, sockets=[listening]).run()
        return
    # uvicorn drains, then raises the signal again: it has been followed by then
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listening])

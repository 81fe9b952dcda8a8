"""What a server is told of Kafka, and whether brokers and topics are there."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["KafkaSettings", "check_topics", "client_settings", "kafka_library", "told_topics"]

_SECONDS = 10.0
_SILENT = logging.getLogger("journeyman.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_OURS = frozenset(
    ("group.id", "transactional.id", "enable.auto.commit", "enable.auto.offset.store", "isolation.level", "acks")
)
"""What exactly-once stands on, and the user's file may not change."""


@dataclass(frozen=True)
class KafkaSettings:
    """Where rows come from and predictions go to.

    Attributes
    ----------
    brokers : str
        Addresses, "host:port" with commas between them.
    rows, predictions : str
        Topics.
    labels : str or None
        Topic of labels; None where they come by HTTP, or not at all.
    group : str
        Of consumers: its workers share the partitions.
    refused : str
        Topic of messages that cannot be predicted; it is made where it is not there.
    client : tuple of (str, str)
        Further settings of the client library, such as those of a login.
    """

    brokers: str
    rows: str
    predictions: str
    labels: str | None
    group: str
    refused: str
    client: tuple[tuple[str, str], ...] = ()


def kafka_library() -> Any:
    """Return the client library.

    Raises
    ------
    SettingsError
        Where it is not installed.
    """
    try:
        import confluent_kafka  # noqa: PLC0415  # an extra: a server without Kafka starts without it
        import confluent_kafka.admin  # noqa: PLC0415  # an extra, too
    except ImportError:
        raise SettingsError("Kafka's client is not installed", hint='pip install "journeyman[kafka]"') from None
    return confluent_kafka


def told_topics(  # one parameter an option
    brokers: str | None,
    rows: str | None,
    predictions: str | None,
    labels: str | None,
    group: str | None,
    refused: str | None,
    client: Path | None,
) -> KafkaSettings | None:
    """Return what the options say; None where no broker is named.

    Raises
    ------
    SettingsError
        Where something lacks, or two topics are one.

    Examples
    --------
    >>> told_topics("localhost:9092", "orders", "prices", None, None, None, None).refused
    'orders.refused'
    >>> told_topics(None, "orders", None, None, None, None, None)
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: --from orders without a broker (hint: add --kafka HOST:PORT)
    """
    named = {"--from": rows, "--to": predictions, "--labels": labels, "--group": group, "--refused": refused}
    if brokers is None:
        for option, value in named.items():
            if value is not None:
                raise SettingsError(f"{option} {value} without a broker", hint="add --kafka HOST:PORT")
        return None
    if rows is None or predictions is None:
        lacking = "--from" if rows is None else "--to"
        raise SettingsError(f"--kafka {brokers} without {lacking}", hint=f"add {lacking} TOPIC")
    refused = refused or f"{rows}.refused"
    topics = [topic for topic in (rows, predictions, labels, refused) if topic is not None]
    twice = sorted({topic for topic in topics if topics.count(topic) > 1})
    if twice:
        raise SettingsError(f"the topic {twice[0]!r} is named twice", hint="name a topic of its own for each")
    more = () if client is None else _read_client(client)
    return KafkaSettings(brokers, rows, predictions, labels, group or f"journeyman-{rows}", refused, more)


def _read_client(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint="give a file of lines such as a.b=c") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise SettingsError(f"{path}, line {number} has no equals sign", hint="write NAME=VALUE, one a line")
        if name.strip() in _OURS:
            raise SettingsError(f"{path}, line {number}: {name.strip()} is set by the server", hint="leave it out")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def client_settings(settings: KafkaSettings, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a client: the brokers, what the user's file says, and what is its own."""
    # what goes wrong is told by ourselves, in one line and at /health
    quiet = {"log.connection.close": False, "logger": _SILENT}
    return {"bootstrap.servers": settings.brokers, **quiet, **dict(settings.client), **own}


def check_topics(settings: KafkaSettings) -> None:
    """Make sure that a broker answers and has the topics; make that of refused messages.

    Raises
    ------
    SettingsError
        Where no broker answers, a topic is not there, or the client library refuses a setting.
    """
    kafka = kafka_library()
    try:
        admin = kafka.admin.AdminClient(client_settings(settings, {}))
        known = set(admin.list_topics(timeout=_SECONDS).topics)
    except (kafka.KafkaException, ValueError) as error:
        hint = "is it running, and is this its address? A login goes into a file: --kafka-settings FILE"
        raise SettingsError(f"no Kafka broker answers at {settings.brokers}: {_words(error)}", hint=hint) from None
    for option, topic in (("--from", settings.rows), ("--to", settings.predictions), ("--labels", settings.labels)):
        if topic is not None and topic not in known:
            near = difflib.get_close_matches(topic, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "make it first, by Kafka's own kafka-topics.sh"
            raise SettingsError(f"{option} {topic}: the broker has no such topic", hint=hint)
    if settings.refused not in known:
        made = admin.create_topics([kafka.admin.NewTopic(settings.refused, num_partitions=1)])
        try:
            made[settings.refused].result(_SECONDS)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                hint = f"make it, or name another by --refused; without it nothing tells of messages of {settings.rows}"
                raise SettingsError(
                    f"the topic {settings.refused} cannot be made: {_words(error)}", hint=hint
                ) from None


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return str(first.str() if hasattr(first, "str") else first)

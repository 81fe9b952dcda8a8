"""A Kafka topic of one partition as a list of records that only grows, with one order for whoever reads it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores.kafka_client import QUIET, kafka_library, read_client, words_of

__all__ = ["KafkaTopic", "TopicAddress", "make_topic", "told_log_topic"]

_SECONDS = 15.0
_AT_ONCE = 500
_VERSION = b"1"
_HEADER = "journeyman.log"
_FILE_LINES = ("schema.registry.", "basic.auth.", "rows.schema", "predictions.schema")  # not of Kafka's client


@dataclass(frozen=True)
class TopicAddress:
    """Where a topic is.

    Attributes
    ----------
    brokers : str
        "host:port" with commas between them.
    topic : str
        Its name.
    settings : str
        File of further settings of the client; empty where there is none.

    Examples
    --------
    >>> address = TopicAddress("b:9092", "houses.log", "a b.properties")
    >>> str(address)
    'kafka://b:9092/houses.log?settings=a%20b.properties'
    >>> TopicAddress.read(str(address)) == address
    True
    """

    brokers: str
    topic: str
    settings: str = ""

    def __str__(self) -> str:
        more = f"?settings={quote(self.settings)}" if self.settings else ""
        return f"kafka://{self.brokers}/{self.topic}{more}"

    def of_folder(self, folder: Path) -> str:
        """Return the address of this topic's copy in a folder."""
        return f"{self}{'&' if self.settings else '?'}folder={quote(str(folder))}"

    @classmethod
    def read(cls, text: str) -> TopicAddress:
        """Return the address that a text says; SettingsError where it says none."""
        parts = urlsplit(text)
        topic = parts.path.strip("/")
        if parts.scheme != "kafka" or not parts.netloc or not topic or "/" in topic:
            raise SettingsError(f"{text} is no address of a topic", hint="write kafka://HOST:PORT/TOPIC")
        return cls(parts.netloc, topic, parse_qs(parts.query).get("settings", [""])[0])


def told_log_topic(brokers: str | None, topic: str | None, client: Path | None) -> TopicAddress | None:
    """Return where the options say that the prediction log is kept; None where they name no topic.

    Raises
    ------
    SettingsError
        Where no broker is named.

    Examples
    --------
    >>> str(told_log_topic("b:9092", "houses.log", None))
    'kafka://b:9092/houses.log'
    """
    if topic is None:
        return None
    if brokers is None:
        raise SettingsError(f"--log-topic {topic} without a broker", hint="add --kafka HOST:PORT")
    return TopicAddress(brokers, topic, "" if client is None else str(client.absolute()))


def make_topic(address: TopicAddress) -> None:
    """Make sure that a topic is there, has one partition and keeps what is written.

    Raises
    ------
    SettingsError
        Where no broker answers, the topic cannot be made, or it is not as a log needs it.
    """
    kafka = kafka_library()
    settings = _client(address)
    hint = "is it running, and is this its address? A login goes into a file: --kafka-settings FILE"
    try:
        admin = kafka.admin.AdminClient(settings)
        known = admin.list_topics(timeout=_SECONDS).topics
        if address.topic not in known:
            new = kafka.admin.NewTopic(address.topic, num_partitions=1, config={"retention.ms": "-1"})
            if _was_made(kafka, admin.create_topics([new])[address.topic]):
                return
            known = admin.list_topics(address.topic, timeout=_SECONDS).topics
        resource = kafka.admin.ConfigResource(kafka.admin.ConfigResource.Type.TOPIC, address.topic)
        told = admin.describe_configs([resource])[resource].result(_SECONDS)
    except (kafka.KafkaException, ValueError) as error:
        raise SettingsError(f"no Kafka broker answers at {address.brokers}: {words_of(error)}", hint=hint) from None
    if (parts := len(known[address.topic].partitions)) != 1:
        raise SettingsError(
            f"--log-topic {address.topic} has {parts} partitions, a log needs one, for one order of its records",
            hint="name a topic that is not there: it is made",
        )
    if "compact" in told["cleanup.policy"].value:
        raise SettingsError(
            f"--log-topic {address.topic} is compacted: it would forget records of the log",
            hint="name a topic with cleanup.policy=delete, or one that is not there: it is made",
        )


def _was_made(kafka: Any, making: Any) -> bool:
    """Return whether a topic was made; False where somebody else has made it meanwhile."""
    try:
        making.result(_SECONDS)
    except kafka.KafkaException as error:
        if error.args[0].code() != kafka.KafkaError.TOPIC_ALREADY_EXISTS:
            raise
        return False
    return True


def _client(address: TopicAddress) -> dict[str, Any]:
    more = read_client(Path(address.settings)) if address.settings else ()
    theirs = {name: value for name, value in more if not name.startswith(_FILE_LINES)}
    return {"bootstrap.servers": address.brokers, **QUIET, **theirs}


class KafkaTopic:
    """Appends records to a topic, and reads them again by their number; one thread at a time.

    Parameters
    ----------
    address : TopicAddress
        Of a topic that is there.
    """

    def __init__(self, address: TopicAddress) -> None:
        self.address, self._kafka = address, kafka_library()
        self._settings = _client(address)
        self._lock = threading.Lock()
        self._writer: Any = None
        self._reader: Any = None
        self._next = -1  # what the reader would give

    def append(self, record: bytes) -> int:
        """Return the number of a record that is durable now.

        Raises
        ------
        WorkspaceError
            Where brokers do not take it; whether they had it is seen when the topic is read again.
        """
        told: list[tuple[Any, int]] = []
        with self._lock:
            if self._writer is None:
                more = {"enable.idempotence": True, "delivery.timeout.ms": int(_SECONDS * 1000), "linger.ms": 0}
                self._writer = self._kafka.Producer({**self._settings, **more, "compression.type": "lz4"})
            try:
                self._writer.produce(
                    self.address.topic,
                    record,
                    headers=[(_HEADER, _VERSION)],
                    partition=0,
                    on_delivery=lambda error, message: told.append((error, message.offset())),
                )
                self._writer.flush(_SECONDS + 5)
            except self._kafka.KafkaException as error:
                raise self._unwritten(words_of(error)) from error
            if not told or told[0][0] is not None:
                words = told[0][0].str() if told else "no broker answers"
                self._writer = None  # one that gave up a record may not go on: the next one begins anew
                raise self._unwritten(words)
        return told[0][1]

    def ends(self) -> tuple[int, int]:
        """Return the numbers of the first record that is there, and of the next one; WorkspaceError without brokers."""
        with self._lock:
            try:
                place = self._kafka.TopicPartition(self.address.topic, 0)
                low, high = self._consumer().get_watermark_offsets(place, timeout=_SECONDS)
            except self._kafka.KafkaException as error:
                raise self._unread(words_of(error)) from error
        return int(low), int(high)

    def read(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the records with numbers from ``first`` to before ``end``; what others wrote there is left out.

        Raises
        ------
        WorkspaceError
            Where brokers do not give them, or a later version wrote them.
        """
        while first < end:
            with self._lock:
                messages = self._fetched(first)
            if not messages:
                raise self._unread("its records do not come")
            for message in messages:
                first = message.offset() + 1
                if first > end:
                    self._next = -1
                    return
                version = dict(message.headers() or []).get(_HEADER)
                if version == _VERSION:
                    yield message.offset(), message.value()
                elif version is not None:
                    raise WorkspaceError(
                        f"the topic {self.address.topic} holds records of version {version.decode()}, "
                        f"this Journeyman reads version {_VERSION.decode()}",
                        hint="upgrade Journeyman on this machine",
                    )

    def close(self) -> None:
        """Let go of the brokers."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
            self._reader = self._writer = None

    def _fetched(self, first: int) -> list[Any]:
        consumer = self._consumer()
        if self._next != first:
            consumer.assign([self._kafka.TopicPartition(self.address.topic, 0, first)])
        try:
            messages = consumer.consume(1, _SECONDS)
            messages += consumer.consume(_AT_ONCE, 0.0) if messages else []
        except self._kafka.KafkaException as error:
            raise self._unread(words_of(error)) from error
        for message in messages:
            if message.error() is not None:
                self._next = -1
                raise self._unread(message.error().str())
        self._next = messages[-1].offset() + 1 if messages else -1
        return list(messages)

    def _consumer(self) -> Any:
        if self._reader is None:
            more = {"group.id": "journeyman-log", "enable.auto.commit": False, "isolation.level": "read_committed"}
            self._reader = self._kafka.Consumer({**self._settings, **more, "auto.offset.reset": "error"})
        return self._reader

    def _unwritten(self, words: str) -> WorkspaceError:
        hint = "check the brokers; a service that runs goes on by itself"
        return WorkspaceError(f"the prediction log cannot be written to {self.address}: {words}", hint=hint)

    def _unread(self, words: str) -> WorkspaceError:
        hint = "check the brokers; what was not read is read again"
        return WorkspaceError(f"the prediction log cannot be read from {self.address}: {words}", hint=hint)

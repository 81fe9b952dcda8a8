"""One consumer and one producer of a worker: messages are answered in transactions, each exactly once.

A transaction holds the predictions of some messages, the messages that were refused, and how far the group has read: a
reader of committed messages sees all of it or nothing. What a killed worker had begun is aborted by whoever takes its
place, and read again; since each message's place is its prediction's client id, the log answers again what it had
recorded, and nothing is predicted twice.

References
----------
KIP-98 and KIP-447, https://cwiki.apache.org/confluence/display/KAFKA, on transactions and on consumers' groups in them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from journeyman.entities.prediction import LabelFate
from journeyman.serving.kafka.messages import Answered, given_label, refused_message, row_of, told_message
from journeyman.serving.kafka_topics import KafkaSettings, client_settings, kafka_library
from journeyman.serving.label_recording import record_labels
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import Outcome
from journeyman.serving.service import Service

__all__ = ["KafkaWorker"]

_KAFKA = "kafka"
_TOGETHER = 1_000  # messages of a transaction at most: its cost is shared, and nobody waits long for it
_LINGER = 0.02  # seconds that a transaction waits for further messages
_PAUSE = 0.2  # seconds before what could not be answered is tried again
_AGAIN = 1.0  # seconds before a client that failed is made anew
_ABANDONED = 10_000  # milliseconds after which brokers abort what a dead worker had begun
_DEAD = 10_000  # milliseconds of silence after which the group gives a worker's partitions to others
_WAIT = 30.0  # seconds for a broker to say what became of a transaction


class _Lost(Exception):
    """The group gave partitions to somebody else while messages waited: these are no longer ours."""


class KafkaWorker:
    """Feeds a service from topics, in a thread of its own.

    Parameters
    ----------
    settings : KafkaSettings
        Topics that are there.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings, self._kafka = settings, kafka_library()
        self._slot = _Slot(settings)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka", daemon=True)
        self._trouble = ""
        self._paused = False
        self._lost = False
        self._topic_ids: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """Why messages are not answered; empty where they are."""
        return self._trouble

    def start(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to read."""
        self._service, self._loop = service, loop
        self._thread.start()

    def stop(self) -> None:
        """End after the transaction that is open."""
        self._ending.set()
        self._thread.join()
        self._slot.leave()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._serve()
            except Exception as error:  # noqa: BLE001 - the outermost door of this thread: told, and tried again
                self._trouble = f"Kafka: {_words(error)}"
                if not isinstance(error, self._kafka.KafkaException):
                    traceback.print_exc(file=sys.stderr)
                self._service.counters.add("journeyman_kafka_restarts_total")
                self._ending.wait(_AGAIN)

    def _serve(self) -> None:
        """Make the clients, and answer until something cannot be mended by trying again."""
        self._topic_ids = self._ids_of_topics()
        producer = self._kafka.Producer(
            client_settings(
                self._settings,
                {
                    "transactional.id": self._slot.name,
                    "transaction.timeout.ms": _ABANDONED,
                    "linger.ms": 5,
                    "compression.type": "lz4",
                },
            )
        )
        producer.init_transactions(_WAIT)  # whoever had this name before is shut out, what it had begun is aborted
        consumer = self._kafka.Consumer(
            client_settings(
                self._settings,
                {
                    "group.id": self._settings.group,
                    "group.instance.id": self._slot.name,  # who comes back at once has its partitions again at once
                    "session.timeout.ms": _DEAD,
                    "enable.auto.commit": False,
                    "isolation.level": "read_committed",
                    "auto.offset.reset": "earliest",
                    "partition.assignment.strategy": "cooperative-sticky",
                },
            )
        )
        try:
            topics = [topic for topic in (self._settings.rows, self._settings.labels) if topic is not None]
            consumer.subscribe(topics, on_revoke=self._on_revoke, on_lost=self._on_revoke)
            while not self._ending.is_set():
                self._turn(consumer, producer)
        finally:
            consumer.close()

    def _turn(self, consumer: Any, producer: Any) -> None:
        """Answer the next messages in one transaction."""
        self._lost = False
        messages = [m for m in consumer.consume(_TOGETHER, _LINGER) if self._is_message(m)]
        if self._lost:  # some of them may be of partitions that went while they were gathered
            self._go_back(consumer)
            return
        if not messages:
            self._look_again(consumer)
            self._measure(consumer)
            return
        try:
            going_out = self._going_out(consumer, messages)
        except _Lost:
            self._go_back(consumer)
            return
        if self._in_transaction(consumer, producer, going_out):
            self._count(going_out)
            self._trouble = ""
        else:
            self._go_back(consumer)
        self._measure(consumer)

    def _look_again(self, consumer: Any) -> None:
        """Ask the brokers how they are where something was wrong and no message comes that would tell."""
        if self._trouble:
            with contextlib.suppress(self._kafka.KafkaException):
                consumer.list_topics(self._settings.rows, timeout=_AGAIN)
                self._trouble = ""

    def _is_message(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.fatal() or error.code() == self._kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise self._kafka.KafkaException(error)
        self._trouble = f"Kafka: {error.str()}"  # the client tries again by itself
        return False

    def _going_out(self, consumer: Any, messages: Sequence[Any]) -> list[Answered]:
        """Return what goes out for messages, in their order."""
        rows = [m for m in messages if m.topic() == self._settings.rows]
        labels = [m for m in messages if m.topic() != self._settings.rows]
        told = self._predictions(consumer, rows)
        fates = self._labels(consumer, labels)
        refused, name = self._settings.refused, self._service.champion.name
        out = []
        for message, outcome in zip(rows, told, strict=True):
            if isinstance(outcome, Fault):
                out.append(refused_message(message, outcome, refused))
            else:
                out.append(told_message(message, outcome, name, self._settings.predictions))
        found = zip(labels, fates, strict=True)
        return [*out, *(refused_message(message, fate, refused) for message, fate in found if isinstance(fate, Fault))]

    def _predictions(self, consumer: Any, messages: Sequence[Any]) -> list[Outcome]:
        read = [row_of(message.value()) for message in messages]
        good = [(row, self._id_of(m)) for row, m in zip(read, messages, strict=True) if not isinstance(row, Fault)]
        outcomes: list[Outcome] = []
        step = self._service.settings.most_rows
        for start in range(0, len(good), step):
            rows, ids = zip(*good[start : start + step], strict=True)
            outcomes += self._tried(consumer, lambda rows=rows, ids=ids: self._service.predict(rows, ids, _KAFKA))
        found = iter(outcomes)
        return [row if isinstance(row, Fault) else next(found) for row in read]

    def _labels(self, consumer: Any, messages: Sequence[Any]) -> list[LabelFate | Fault]:
        given = [given_label(message.value()) for message in messages]
        if not given:
            return []
        found: list[LabelFate | Fault] = self._tried(consumer, lambda: record_labels(self._service, given))
        return found

    def _tried(self, consumer: Any, ask: Any) -> Any:
        """Return what the service answers; while it is busy or cannot record, partitions pause and the group is kept.

        Raises
        ------
        _Lost
            Where the group took partitions away meanwhile, or the server ends.
        """
        while True:
            try:
                return self._awaited(ask())
            except Refusal as refusal:
                if refusal.status not in (429, 503):
                    raise
                self._trouble = refusal.fault.message
            if not self._paused:
                consumer.pause(consumer.assignment())
                self._paused = True
                self._service.counters.add("journeyman_kafka_pauses_total")
            # What is paused gives nothing, but the group learns that we live. What came since gives, and is read again.
            came = consumer.poll(_PAUSE)
            if came is not None or self._lost or self._ending.is_set():
                raise _Lost

    def _awaited(self, ask: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(ask, self._loop).result()

    def _in_transaction(self, consumer: Any, producer: Any, messages: Sequence[Answered]) -> bool:
        """Send messages and how far was read, all or nothing; False where it was aborted, and is to be read again."""
        positions = [p for p in consumer.position(consumer.assignment()) if p.offset >= 0]
        try:
            producer.begin_transaction()
            for one in messages:
                self._produce(producer, one)
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), _WAIT)
            self._retried(producer.commit_transaction)
        except self._kafka.KafkaException as failure:
            error = failure.args[0]
            self._trouble = f"Kafka: {error.str()}"
            self._service.counters.add("journeyman_kafka_aborts_total")
            if error.fatal() or not (error.txn_requires_abort() or error.retriable()):
                raise
            self._retried(producer.abort_transaction)
            return False
        self._resume(consumer)
        return True

    def _produce(self, producer: Any, message: Answered) -> None:
        while True:
            try:
                producer.produce(message.topic, message.value, message.key, headers=message.headers)
                return
            except BufferError:  # what was sent before goes first
                producer.poll(0.1)

    def _retried(self, step: Any) -> None:
        """Do what ends a transaction until the brokers say what became of it."""
        end = time.monotonic() + 2 * _WAIT
        while True:
            try:
                step(_WAIT)
                return
            except self._kafka.KafkaException as failure:
                if not failure.args[0].retriable() or time.monotonic() > end:
                    raise

    def _go_back(self, consumer: Any) -> None:
        """Read again from where the group has come to."""
        ours = consumer.assignment()
        if ours:
            for known in consumer.committed(ours, _WAIT):
                place = known.offset if known.offset >= 0 else self._kafka.OFFSET_BEGINNING
                consumer.seek(self._kafka.TopicPartition(known.topic, known.partition, place))
        self._resume(consumer)

    def _resume(self, consumer: Any) -> None:
        if self._paused:
            consumer.resume(consumer.assignment())
            self._paused = False

    def _on_revoke(self, consumer: Any, partitions: Any) -> None:
        # called while polling, when no transaction is open: what waits for an answer is left to the next owner
        self._lost = True

    def _ids_of_topics(self) -> dict[str, str]:
        """Return what tells a topic from one of the same name that was deleted."""
        admin = self._kafka.admin.AdminClient(client_settings(self._settings, {}))
        names = self._kafka.TopicCollection([self._settings.rows])
        found = admin.describe_topics(names, request_timeout=_WAIT)
        return {name: str(told.result().topic_id) for name, told in found.items()}

    def _id_of(self, message: Any) -> str:
        return f"{self._topic_ids[message.topic()]}/{message.partition()}/{message.offset()}"

    def _count(self, messages: Sequence[Answered]) -> None:
        refused = sum(message.topic == self._settings.refused for message in messages)
        counters = self._service.counters
        counters.add("journeyman_kafka_transactions_total")
        counters.add("journeyman_kafka_messages_total", {"fate": "predicted"}, len(messages) - refused)
        if refused:
            counters.add("journeyman_kafka_messages_total", {"fate": "refused"}, refused)

    def _measure(self, consumer: Any) -> None:
        """Tell how many messages of our partitions wait to be read."""
        lag = 0
        for place in consumer.position(consumer.assignment()):
            _, high = consumer.get_watermark_offsets(place, cached=True)
            if high >= 0 and place.offset >= 0:
                lag += max(0, high - place.offset)
        self._service.counters.set("journeyman_kafka_lag", lag)


class _Slot:
    """A name for transactions that stays: whoever takes a dead worker's place has its name, and shuts it out.

    Parameters
    ----------
    settings : KafkaSettings
        Workers of one machine and group have one name each.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        told = hashlib.sha256(f"{settings.brokers} {settings.group} {os.geteuid()}".encode()).hexdigest()[:16]
        place = Path(tempfile.gettempdir())
        number = 0
        while True:
            self._held = os.open(place / f"journeyman-kafka-{told}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            os.close(self._held)
            number += 1
        self.name = f"{settings.group}.{socket.gethostname()}.{number}"

    def leave(self) -> None:
        """Give the name free."""
        os.close(self._held)


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return str(first.str() if hasattr(first, "str") else first) or type(error).__name__

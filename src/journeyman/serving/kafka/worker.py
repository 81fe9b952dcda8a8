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
import concurrent.futures
import contextlib
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from journeyman.entities.prediction import LabelFate
from journeyman.errors import JourneymanError
from journeyman.serving.kafka.formats import Formats, ReadRow, RegistryDown, formats_of
from journeyman.serving.kafka.group_lag import GroupLag
from journeyman.serving.kafka.messages import (
    OutgoingMessage,
    message_bytes,
    prediction_json,
    prediction_message,
    refused_message,
)
from journeyman.serving.kafka.slot import Slot
from journeyman.serving.kafka_topics import (
    ASSIGNMENT,
    KafkaSettings,
    Limits,
    client_settings,
    topic_limits,
)
from journeyman.serving.label_recording import record_labels
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import Outcome
from journeyman.serving.service import Service
from journeyman.stores.kafka_client import kafka_library, words_of

__all__ = ["KafkaWorker"]

_KAFKA = "kafka"
_TOGETHER = 1_000  # messages of a transaction at most: its cost is shared, and nobody waits long for it
_LONG = 2.0  # seconds that predictions of a transaction should take: of a slow model fewer messages go together
_LINGER = 0.02  # seconds that a transaction waits for further messages
_PAUSE = 0.2  # seconds before what could not be answered is tried again
_AGAIN = 1.0  # seconds before a client that failed is made anew
_ABANDONED = 10_000  # milliseconds after which brokers abort what a dead worker had begun
_DEAD = 10_000  # milliseconds of silence after which the group gives a worker's partitions to others
_WAIT = 30.0  # seconds for a broker to say what became of a transaction
_LATER = (429, 503)  # what a service answers that is busy, or cannot record now

Result = TypeVar("Result")


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
        self._slot = Slot(settings)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka", daemon=True)
        self._trouble = ""
        self._paused = False
        self._lost = False
        self._outside = False  # whether another kind of consumer has the group
        self._together = _TOGETHER
        self._topic_ids: dict[str, str] = {}
        self._limits = Limits()

    @property
    def trouble(self) -> str:
        """Why messages are not answered; empty where they are."""
        return self._trouble

    def start(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to read."""
        self._service, self._loop = service, loop
        self._lag = GroupLag(self._settings, service.counters)
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
                self._trouble = f"Kafka: {words_of(error)}"
                if not isinstance(error, (self._kafka.KafkaException, JourneymanError)):
                    traceback.print_exc(file=sys.stderr)
                self._service.counters.add("journeyman_kafka_restarts_total")
                self._ending.wait(_AGAIN)

    def _serve(self) -> None:
        """Make the clients, and answer until something cannot be mended by trying again."""
        self._formats: Formats = formats_of(self._settings, self._service.champion.task)
        self._topic_ids = self._topic_identities()
        self._limits = topic_limits(self._settings)
        producer = self._kafka.Producer(
            client_settings(
                self._settings,
                {
                    "transactional.id": self._slot.name,
                    "transaction.timeout.ms": _ABANDONED,
                    "linger.ms": 5,
                    "compression.type": "lz4",
                    "message.max.bytes": self._limits.most,
                    "batch.size": min(self._limits.least, 1_000_000),  # brokers hold batches to the limit of messages
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
                    "partition.assignment.strategy": ASSIGNMENT,
                },
            )
        )
        self._paused = False
        try:
            topics = [topic for topic in (self._settings.rows, self._settings.labels) if topic is not None]
            lost = self._on_revoke
            consumer.subscribe(topics, on_assign=self._on_assign, on_revoke=lost, on_lost=lost)
            while not self._ending.is_set():
                self._answer_batch(consumer, producer)
        finally:
            consumer.close()

    def _answer_batch(self, consumer: Any, producer: Any) -> None:
        """Answer the next messages in one transaction."""
        self._lost = False
        together = min(self._together, self._service.settings.most_rows)  # one transaction, one request, one champion
        messages = [m for m in consumer.consume(together, _LINGER) if self._is_message(m)]
        if self._lost:  # some of them may be of partitions that went while they were gathered
            self._seek_committed(consumer)
            return
        if not messages:
            self._check_brokers(consumer)
            self._update_gauges(consumer)
            return
        try:
            outgoing = self._outgoing_messages(consumer, messages)
        except _Lost:
            self._seek_committed(consumer)
            return
        if self._in_transaction(consumer, producer, [message for message, _ in outgoing]):
            self._count_messages([code for _, code in outgoing])
            self._trouble = ""
        else:
            self._ending.wait(_PAUSE)
            self._seek_committed(consumer)
        self._update_gauges(consumer)

    def _check_brokers(self, consumer: Any) -> None:
        """Ask the brokers how they are where something was wrong and no message comes that would tell."""
        if self._trouble and not self._outside:
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
        if error.code() == self._kafka.KafkaError.INCONSISTENT_GROUP_PROTOCOL:
            self._outside = True
            self._trouble += f"; another kind of consumer has the group {self._settings.group}: name a --group"
        return False

    def _outgoing_messages(self, consumer: Any, messages: Sequence[Any]) -> list[tuple[OutgoingMessage, str]]:
        """Return what goes out for messages, in their order, and by which code it was refused."""
        rows = [m for m in messages if m.topic() == self._settings.rows]
        labels = [m for m in messages if m.topic() != self._settings.rows]
        read = self._call_until_possible(consumer, lambda: [self._formats.row(m.value()) for m in rows])
        began = time.monotonic()
        outcomes = self._predictions(consumer, rows, read)
        self._adapt_batch_size(time.monotonic() - began)
        out = self._call_until_possible(
            consumer,
            lambda: [self._answer_message(*one) for one in zip(rows, outcomes, [r.kind for r in read], strict=True)],
        )
        fates = zip(labels, self._labels(consumer, labels), strict=True)
        return [*out, *(self._refuse_message(message, fate) for message, fate in fates if isinstance(fate, Fault))]

    def _predictions(self, consumer: Any, messages: Sequence[Any], read: Sequence[ReadRow]) -> list[Outcome]:
        good = [
            (r.row, self._message_id(m)) for r, m in zip(read, messages, strict=True) if not isinstance(r.row, Fault)
        ]
        found = iter(self._predict_rows(consumer, good))
        return [r.row if isinstance(r.row, Fault) else next(found) for r in read]

    def _predict_rows(self, consumer: Any, some: Sequence[tuple[Any, str]]) -> list[Outcome]:
        """Return outcomes of rows; one that the service cannot bear is found, and fails alone."""
        if not some:
            return []
        rows, ids = zip(*some, strict=True)
        try:
            outcomes: list[Outcome] = self._call_until_possible(
                consumer, lambda: self._await_service(consumer, self._service.predict(rows, ids, _KAFKA))
            )
        except Refusal as refusal:
            if len(some) == 1:
                return [refusal.fault]
            half = len(some) // 2
            return [*self._predict_rows(consumer, some[:half]), *self._predict_rows(consumer, some[half:])]
        return outcomes

    def _answer_message(self, message: Any, outcome: Outcome, kind: str) -> tuple[OutgoingMessage, str]:
        if isinstance(outcome, Fault):
            return self._refuse_message(message, outcome)
        try:
            value = self._formats.write_prediction(prediction_json(outcome, self._service.champion.name), kind)
        except ValueError as error:
            return self._refuse_message(message, Fault("bad schema", str(error), "predictions.schema"))
        prediction = prediction_message(message, value, self._settings.predictions)
        if (size := message_bytes(prediction)) > self._limits.predictions:
            fault = Fault("too large", f"its prediction of {size} bytes does not fit", "value", hint=self._limits.hint)
            return self._refuse_message(message, fault)
        return prediction, ""

    def _refuse_message(self, message: Any, fault: Fault) -> tuple[OutgoingMessage, str]:
        return refused_message(message, fault, self._settings.refused, self._limits.refused), fault.code

    def _labels(self, consumer: Any, messages: Sequence[Any]) -> list[LabelFate | Fault]:
        labels = self._call_until_possible(consumer, lambda: [self._formats.label(m.value()) for m in messages])
        if not labels:
            return []
        return self._call_until_possible(
            consumer, lambda: self._await_service(consumer, record_labels(self._service, labels))
        )

    def _call_until_possible(self, consumer: Any, ask: Callable[[], Result]) -> Result:
        """Return what is asked for; while it cannot be had now, partitions pause and the group is kept.

        Raises
        ------
        _Lost
            Where the group took partitions away meanwhile, or the server ends.
        """
        while True:
            try:
                return ask()
            except Refusal as refusal:
                if refusal.status not in _LATER:
                    raise
                self._trouble = refusal.fault.message
            except RegistryDown as down:
                self._trouble = str(down)
            self._stay_in_group(consumer, _PAUSE)

    def _stay_in_group(self, consumer: Any, seconds: float) -> None:
        """Stay in the group while messages wait: nothing else is read meanwhile.

        Raises
        ------
        _Lost
            Where the group took partitions away, or the server ends.
        """
        if not self._paused:
            consumer.pause(consumer.assignment())
            self._paused = True
            self._service.counters.add("journeyman_kafka_pauses_total")
        # What is paused gives nothing, but the group learns that we live. What came since gives, and is read again.
        came = consumer.poll(seconds)
        if came is not None or self._lost or self._ending.is_set():
            raise _Lost

    def _await_service(self, consumer: Any, ask: Coroutine[Any, Any, Result]) -> Result:
        """Return what the service answers; while a slow model thinks, partitions pause and the group is kept."""
        future = asyncio.run_coroutine_threadsafe(ask, self._loop)
        while True:
            try:
                return future.result(_LONG if not self._paused else 0.0)
            except concurrent.futures.TimeoutError:
                self._stay_in_group(consumer, _PAUSE)

    def _adapt_batch_size(self, seconds: float) -> None:
        """Have fewer messages go together where they take long, and more again where they do not."""
        if seconds > _LONG:
            self._together = max(1, self._together // 2)
        elif seconds < _LONG / 4:
            self._together = min(_TOGETHER, self._together * 2)

    def _in_transaction(self, consumer: Any, producer: Any, messages: Sequence[OutgoingMessage]) -> bool:
        """Send messages and how far was read, all or nothing; False where it was aborted, and is to be read again."""
        positions = [p for p in consumer.position(consumer.assignment()) if p.offset >= 0]
        failed: list[Any] = []

        def note_failure(error: Any, _message: Any) -> None:
            if error is not None and error.code() != self._kafka.KafkaError._PURGE_QUEUE:
                failed.append(error)

        try:
            producer.begin_transaction()
            for one in messages:
                self._produce(producer, one, note_failure)
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), _WAIT)
            self._finish_transaction(producer.commit_transaction)
        except self._kafka.KafkaException as failure:
            error = failure.args[0]
            self._trouble = f"Kafka: {(failed or [error])[0].str()}"
            self._service.counters.add("journeyman_kafka_aborts_total")
            if error.fatal() or not (error.txn_requires_abort() or error.retriable()):
                raise
            self._finish_transaction(producer.abort_transaction)
            return False
        self._resume(consumer)
        return True

    def _produce(self, producer: Any, message: OutgoingMessage, on_delivery: Callable[[Any, Any], object]) -> None:
        while True:
            try:
                producer.produce(
                    message.topic, message.value, message.key, headers=message.headers, on_delivery=on_delivery
                )
                return
            except BufferError:  # what was sent before goes first
                producer.poll(0.1)

    def _finish_transaction(self, step: Any) -> None:
        """Do what ends a transaction until the brokers say what became of it."""
        end = time.monotonic() + 2 * _WAIT
        while True:
            try:
                step(_WAIT)
                return
            except self._kafka.KafkaException as failure:
                if not failure.args[0].retriable() or time.monotonic() > end:
                    raise

    def _seek_committed(self, consumer: Any) -> None:
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

    def _on_assign(self, consumer: Any, partitions: Any) -> None:
        self._outside = False

    def _topic_identities(self) -> dict[str, str]:
        """Return what tells a topic from one of the same name that was deleted."""
        admin = self._kafka.admin.AdminClient(client_settings(self._settings, {}))
        names = self._kafka.TopicCollection([self._settings.rows])
        found = admin.describe_topics(names, request_timeout=_WAIT)
        return {name: str(topic.result().topic_id) for name, topic in found.items()}

    def _message_id(self, message: Any) -> str:
        return f"{self._topic_ids[message.topic()]}/{message.partition()}/{message.offset()}"

    def _count_messages(self, codes: Sequence[str]) -> None:
        counters = self._service.counters
        counters.add("journeyman_kafka_transactions_total")
        refused = Counter(code for code in codes if code)
        counters.add("journeyman_kafka_messages_total", {"fate": "predicted"}, len(codes) - refused.total())
        if refused:
            counters.add("journeyman_kafka_messages_total", {"fate": "refused"}, refused.total())
        for code, number in refused.items():
            counters.add("journeyman_kafka_refused_total", {"code": code}, number)

    def _update_gauges(self, consumer: Any) -> None:
        self._service.counters.set("journeyman_kafka_paused", int(self._paused))
        with contextlib.suppress(self._kafka.KafkaException):  # what is wrong is told where messages are read
            self._lag.look(consumer)

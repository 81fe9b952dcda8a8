"""A real Kafka broker of one node on this machine, for tests; `make engines` brings its jars."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import confluent_kafka as kafka
    from confluent_kafka import admin as kafka_admin
except ImportError:
    kafka = None

JARS = Path(os.environ.get("JOURNEYMAN_ENGINES", Path(__file__).parents[1] / "build" / "engines")) / "kafka"
_CLUSTER = "4L6g3nShT-eMCtK--X86sw"  # any 16 bytes
_START = 180.0  # seconds


def lacking() -> str:
    """Return what is not here that a broker and its clients need; empty where all is."""
    if kafka is None:
        return "journeyman[kafka] is not installed"
    if shutil.which("java") is None:
        return "java is not installed"
    return "" if any(JARS.glob("kafka_*.jar")) else "the broker's jars are not here: make engines"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


class Broker:
    """One node that is broker and controller; its data outlive its process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"BROKER://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{free_port()}",
            "advertised.listeners": f"BROKER://{self.address}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "BROKER",
            "log.dirs": folder / "data",
            "num.network.threads": 2,
            "num.io.threads": 2,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "auto.create.topics.enable": "false",
            "log.segment.bytes": 16777216,
        }
        controller = str(settings["listeners"]).rpartition("//")[2]
        settings["controller.quorum.voters"] = f"1@{controller}"
        self._file = folder / "server.properties"
        self._file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._java("kafka.tools.StorageTool", "format", f"--cluster-id={_CLUSTER}", "-c", str(self._file)).wait()

    def start(self) -> None:
        """Start the node, and wait until it answers."""
        self._process = self._java("kafka.Kafka", str(self._file))
        end = time.monotonic() + _START
        while True:
            try:
                kafka_admin.AdminClient({"bootstrap.servers": self.address, "log_level": 0}).list_topics(timeout=5)
                return
            except Exception:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        """Kill the node as a power cut does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def make_topics(self, names: list[str], partitions: int, config: dict[str, str] | None = None) -> None:
        """Make topics."""
        admin = kafka_admin.AdminClient({"bootstrap.servers": self.address})
        new = [kafka_admin.NewTopic(name, num_partitions=partitions, config=config or {}) for name in names]
        for made in admin.create_topics(new).values():
            made.result(30)

    def send(self, topic: str, messages: list[tuple[bytes | None, bytes | None]]) -> None:
        """Send keys and values, and wait until the broker has them."""
        producer = self.producer()
        for key, value in messages:
            while True:
                try:
                    producer.produce(topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(60) == 0

    def producer(self) -> Any:
        """Return a client whose messages arrive once, whatever happens to the broker meanwhile."""
        more = {"linger.ms": 5, "enable.idempotence": True, "delivery.timeout.ms": 300_000, "log_level": 0}
        return kafka.Producer({"bootstrap.servers": self.address, "queue.buffering.max.messages": 1_000_000, **more})

    def read(self, topic: str, count: int, timeout: float = 120.0, quiet: float = 1.0) -> list[Any]:
        """Return committed messages: waits for so many, then for a time without a further one."""
        settings = {"group.id": "reader", "auto.offset.reset": "earliest", "isolation.level": "read_committed"}
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "enable.auto.commit": False, **settings})
        found: list[Any] = []
        end = time.monotonic() + timeout
        try:
            parts = consumer.list_topics(topic, timeout=30).topics[topic].partitions
            consumer.assign([kafka.TopicPartition(topic, part, 0) for part in parts])
            while time.monotonic() < end:
                come = [m for m in consumer.consume(1000, quiet) if m.error() is None]
                found += come
                if not come and len(found) >= count:
                    break
        finally:
            consumer.close()
        return found

    def written(self, topic: str) -> int:
        """Return how many messages a topic has got, marks of transactions among them."""
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": "reader", "log_level": 0})
        end = time.monotonic() + 60
        try:
            while True:
                try:
                    parts = consumer.list_topics(topic, timeout=30).topics[topic].partitions
                    places = [kafka.TopicPartition(topic, part) for part in parts]
                    return sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)
                except kafka.KafkaException:  # a topic that was just made, or a broker that just came back
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.2)
        finally:
            consumer.close()

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = ["java", "-Xms128m", "-Xmx384m", "-XX:ActiveProcessorCount=2", "-XX:+UseSerialGC"]
        said = (self.folder / "output.txt").open("ab")
        return subprocess.Popen([*command, "-cp", f"{JARS}/*", *arguments], stdout=said, stderr=said, cwd=self.folder)


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """Yield a broker that answers; it is killed afterwards."""
    node = Broker(folder)
    try:
        node.start()
        yield node
    finally:
        node.kill()

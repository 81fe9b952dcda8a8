"""A worker in this process, between a real broker and a model that is told what to do: slow ones, large answers."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from tests.kafka_broker import kafka, lacking

from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.serving.counters import Counters
from journeyman.serving.kafka import worker as kafka_worker
from journeyman.serving.kafka_topics import KafkaSettings, check_topics
from journeyman.serving.requests import StoredPrediction

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here"),
]


class Model:
    """What a worker wants of a service; each row is answered by as many letters as it says, after its seconds."""

    def __init__(self):
        self.settings, self.counters = SimpleNamespace(most_rows=100), Counters()
        self.champion = SimpleNamespace(name="m", task=Task("y", "binary", "log_loss", labels=("no", "yes")))
        self.asked = []

    async def predict(self, rows, ids, _source):
        self.asked += ids
        await asyncio.sleep(sum(row.get("seconds", 0) for row in rows))
        return [StoredPrediction(i, b'{"prediction":"%b"}' % (b"y" * row["long"])) for i, row in enumerate(rows)]

    def counted(self, name):
        lines = self.counters.text({}).splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"journeyman_kafka_{name}"))


@contextmanager
def working(settings):
    """Yield a model that a worker feeds from topics."""
    check_topics(settings)
    model, loop = Model(), asyncio.new_event_loop()
    thinking = threading.Thread(target=loop.run_forever)
    thinking.start()
    worker = kafka_worker.KafkaWorker(settings)
    worker.start(model, loop)
    try:
        yield model
    finally:
        worker.stop()
        loop.call_soon_threadsafe(loop.stop)
        thinking.join()
        loop.close()


def row(**told):
    return json.dumps({"long": 1, **told}).encode()


def test_a_model_that_is_slower_than_the_group_waits_for_is_asked_once(node, monkeypatch):
    monkeypatch.setattr(kafka_worker, "_LONG", 0.3)
    monkeypatch.setattr(kafka_worker, "_DEAD", 5_000)
    node.make_topics(["slow.rows", "slow.out"], 1)
    # who asks for no messages for so long is put out of the group
    patience = ("max.poll.interval.ms", "5000"), ("heartbeat.interval.ms", "500")
    with working(KafkaSettings(node.address, "slow.rows", "slow.out", None, "slow", "slow.refused", patience)) as model:
        node.send("slow.rows", [(b"slow", row(seconds=8))])
        end = time.monotonic() + 60
        while not model.asked:
            assert time.monotonic() < end, "the worker reads nothing"
            time.sleep(0.05)
        node.send("slow.rows", [(b"next", row())])
        told = [message.key() for message in node.read("slow.out", 2, timeout=60)]
        assert told == [b"slow", b"next"]
        assert len(model.asked) == 2, "asked again: the group had given the partition away"
        assert (model.counted("pauses_total"), model.counted("restarts_total")) == (1, 0)


def test_what_is_too_large_is_told_and_the_rest_goes_on(node):
    node.make_topics(["large.rows"], 1)
    node.make_topics(["large.out", "large.refused"], 1, {"max.message.bytes": "1000"})
    with working(KafkaSettings(node.address, "large.rows", "large.out", None, "l", "large.refused")) as model:
        unread = b'{"long": "' + b"?" * 2_000  # no JSON, and too large for the topic of refused messages
        node.send("large.rows", [(b"answer", row(long=2_000)), (b"message", unread), (b"after", row())])
        assert [message.key() for message in node.read("large.out", 1, timeout=60)] == [b"after"]
        answer, message = node.read("large.refused", 2, timeout=60)
        assert (answer.key(), answer.value()) == (b"answer", row(long=2_000))
        told = dict(answer.headers())
        assert told["journeyman.code"] == b"too large"
        assert told["journeyman.hint"] == b"raise max.message.bytes of the topic, now 1000"
        assert (message.key(), message.value()) == (None, None)
        told = dict(message.headers())
        assert told["journeyman.source"] == b"large.rows/0/1"
        assert told["journeyman.value"] == b"its value is left out: it does not fit into this topic"
        assert model.counted("aborts_total") == 0


def test_topics_that_forget_are_refused_where_we_write_and_told_where_we_read(node):
    node.make_topics(["compact.rows", "compact.out"], 1, {"cleanup.policy": "compact"})
    node.make_topics(["kept.rows", "kept.out"], 1)
    lines = []
    check_topics(KafkaSettings(node.address, "compact.rows", "kept.out", None, "c", "c.refused"), lines.append)
    assert lines == [
        "--from compact.rows keeps the last message of a key only: earlier ones that it drops get no prediction"
    ]
    with pytest.raises(SettingsError, match="this topic keeps the last message of a key only") as told:
        check_topics(KafkaSettings(node.address, "kept.rows", "compact.out", None, "c", "c.refused"))
    assert told.value.hint == "name a topic with cleanup.policy=delete"


def test_a_group_that_others_use_in_their_way_is_told(node):
    node.make_topics(["used.rows", "used.out"], 1)
    theirs = {"bootstrap.servers": node.address, "group.id": "used", "partition.assignment.strategy": "range"}
    consumer = kafka.Consumer(theirs)
    try:
        consumer.subscribe(["used.rows"])
        end = time.monotonic() + 60
        while not consumer.assignment():
            assert time.monotonic() < end, "the other consumer gets no partition"
            consumer.poll(0.2)
        with pytest.raises(SettingsError, match=r"the group used is in use by other consumers, .* 'range'"):
            check_topics(KafkaSettings(node.address, "used.rows", "used.out", None, "used", "used.refused"))
    finally:
        consumer.close()

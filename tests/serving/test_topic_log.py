"""The prediction log in a Kafka topic: several machines share it, and a killed loop decides nothing twice."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from tests.kafka_broker import free_port, lacking
from tests.served_model import two_versions

from journeyman.entities.challenge import Challenge
from journeyman.entities.prediction import Label, LabelFate, LogEntries, Part, Prediction, Shadow
from journeyman.errors import LeaseError, SettingsError, WorkspaceError
from journeyman.stores.kafka_topic import KafkaTopic, TopicAddress, make_topic
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.topic_log import TopicLog, _parts, open_folder_log
from journeyman.stores.workspace import Workspace
from journeyman.streams import open_stream
from journeyman.testing.log_checks import NOW, check_log, record_rows
from journeyman.testing.stream_checks import check_stream

needs_broker = pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here")
pytestmark = pytest.mark.slow


@pytest.fixture
def opened(node, tmp_path):
    """Open the copy of a machine of a topic named after the test."""

    def log(topic, machine="one"):
        address = TopicAddress(node.address, f"{tmp_path.name}.{topic}")
        make_topic(address)
        return open_folder_log(tmp_path / topic / machine, address)

    return log


@needs_broker
def test_it_keeps_the_contracts_of_logs_and_streams(opened):
    check_log(lambda name: opened(f"log-{name}"))

    def both(name):
        log = opened(f"stream-{name}")
        with closing(opened(f"stream-{name}", "two")) as other:  # what reads is another machine than what writes
            address = TopicAddress.read((other.folder / "topic").read_text())
        return log, open_stream(address.of_folder(other.folder))

    check_stream(both)


def row(client_id=None, x=1, group=None):
    told = b'{"x":%d}' % x
    return Prediction(1, Part.CHAMPION, "kafka", told, b'{"prediction":1}', told, client_id, group=group)


def everything(log):
    found = {}
    for table in ("predictions", "labels", "shadows", "refused"):
        found[table] = log.reading().execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
    settings = log.reading().execute("SELECT name, value FROM settings ORDER BY 1").fetchall()
    return found, [one for one in settings if one[0] != "probes"]


@needs_broker
def test_two_machines_that_write_beside_one_another_hold_the_same(opened):
    one, two = opened("same"), opened("same", "two")
    [first] = one.append(LogEntries((row("a"),)), NOW).predictions
    [again] = two.append(LogEntries((row("a"),)), NOW + 5).predictions  # as a topic's row that was read again
    assert (again.id, again.repeated) == (first.id, True)
    for turn in range(10):
        log = (one, two)[turn % 2]
        log.append(LogEntries((row(), row(f"b{turn}")), (Label(b"%d" % turn, first.id),)), NOW + turn % 3)
    two.append(LogEntries(shadows=(Shadow(first.id, 2, b'{"prediction":2}'),), latencies={3: 4}), NOW)
    one.set_setting("anything", "said")
    fate = two.append(LogEntries(labels=(Label(b"9", first.id),)), NOW).labels
    assert fate == (LabelFate.REPEATED,), "what the other has written is known"
    one.catch_up()
    assert everything(one) == everything(two)
    three = opened("same", "three")  # a new machine
    three.catch_up()
    assert everything(three) == everything(two)
    assert (three.rows(), three.setting("anything")) == (21, "said")


@needs_broker
def test_a_former_holder_of_the_lease_is_refused_on_any_machine(opened):
    one, two = opened("lease"), opened("lease", "two")
    one.set_challenge(Challenge(2), lease=2)
    for late in (Challenge(3), Challenge(2)):  # also one that would change nothing
        with pytest.raises(LeaseError):
            two.set_challenge(late, lease=1)
    assert one.challenge() == two.challenge() == Challenge(2)
    two.set_challenge(Challenge(4), lease=3)
    assert one.challenge() == Challenge(4)
    assert everything(one) == everything(two)


@needs_broker
def test_a_copy_goes_on_where_it_was_killed(opened, tmp_path, node):
    log = opened("killed")
    record_rows(log, NOW, 3)
    code = f"""
import os, signal
from pathlib import Path
from journeyman.stores.kafka_topic import KafkaTopic, TopicAddress
from journeyman.stores.topic_log import TopicLog
from tests.serving.test_topic_log import LogEntries, row
log = TopicLog(Path({str(log.folder)!r}), KafkaTopic(TopicAddress({node.address!r}, {tmp_path.name + ".killed"!r})))
log.add = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # the topic has it, the folder does not
log.append(LogEntries((row("late"),)), {NOW + 9})
"""
    killed = subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    [receipt] = log.append(LogEntries((row("late"),)), NOW + 20).predictions
    assert receipt.repeated, "what the topic had is there once"
    assert log.rows() == 4


@needs_broker
def test_a_topic_that_cannot_hold_a_log_is_told(node, opened, tmp_path):
    node.make_topics([f"{tmp_path.name}.three"], 3)
    with pytest.raises(SettingsError, match="has 3 partitions, a log needs one"):
        make_topic(TopicAddress(node.address, f"{tmp_path.name}.three"))
    node.make_topics([f"{tmp_path.name}.compact"], 1, {"cleanup.policy": "compact"})
    with pytest.raises(SettingsError, match="is compacted: it would forget records"):
        make_topic(TopicAddress(node.address, f"{tmp_path.name}.compact"))
    with closing(SqlitePredictionLog(tmp_path / "own")) as own:
        record_rows(own, NOW)
    with pytest.raises(SettingsError, match="holds 1 predictions of its own"):
        open_folder_log(tmp_path / "own", TopicAddress(node.address, "any"))
    log = opened("read")
    record_rows(log, NOW)
    with pytest.raises(SettingsError, match="is a copy of kafka://"):
        open_folder_log(log.folder, TopicAddress(node.address, "other"))
    node.send(f"{tmp_path.name}.read", [(None, b"somebody else's")])
    record_rows(log, NOW)
    assert log.rows() == 2, "what others write there is left out"
    producer = node.producer()
    producer.produce(f"{tmp_path.name}.read", b"?", headers=[("journeyman.log", b"2")])
    assert producer.flush(30) == 0
    with pytest.raises(WorkspaceError, match="holds records of version 2, this Journeyman reads version 1"):
        log.catch_up()
    made_anew = opened("anew")
    with made_anew.writing() as connection:
        connection.execute("INSERT INTO settings VALUES ('topic position', 99)")
    with pytest.raises(WorkspaceError, match="it has 0 records, and this folder has read 99"):
        made_anew.catch_up()


def test_without_brokers_nothing_is_recorded_and_that_is_told(tmp_path, monkeypatch):
    pytest.importorskip("confluent_kafka")
    monkeypatch.setattr("journeyman.stores.kafka_topic._SECONDS", 2.0)
    with closing(TopicLog(tmp_path / "log", KafkaTopic(TopicAddress("127.0.0.1:1", "t")))) as log:
        with pytest.raises(WorkspaceError, match=r"cannot be written to kafka://127\.0\.0\.1:1/t: ") as told:
            log.append(LogEntries((row(),)), NOW)
        assert "\n" not in str(told.value)
        assert log.rows() == 0
        assert log.challenge().version is None, "what is known here is known without brokers"


def test_what_is_large_goes_in_parts_and_groups_stay_whole(monkeypatch):
    monkeypatch.setattr("journeyman.stores.topic_log._LARGEST", 400)
    rows = (*(row(x=i, group=None if i < 4 else 7) for i in range(8)), row(x=9))
    parts = list(_parts(LogEntries(rows, (Label(b"1", 1),)), NOW))
    assert [one for part in parts for one in part.predictions] == list(rows)
    assert len(parts) > 2
    holding = [part for part in parts if any(one.group == 7 for one in part.predictions)]
    assert len(holding) == 1
    assert parts[0].labels == (Label(b"1", 1),)
    assert not any(part.labels for part in parts[1:])
    large = LogEntries((replace(row(), row=b"x" * 999),))
    assert list(_parts(large, NOW)) == [large], "one row alone is not parted"


def ask(base, path, body):
    request = urllib.request.Request(f"{base}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


@needs_broker
def test_operate_on_another_machine_learns_from_the_topic_and_goes_on_after_kills(node, tmp_path, tmp_path_factory):
    workspace = two_versions(tmp_path_factory)
    port, topic = free_port(), f"operated.{time.time_ns()}"
    shared = ["--workspace", str(workspace), "--kafka", node.address, "--log-topic", topic]
    journeyman = [sys.executable, "-m", "journeyman"]
    serve = [*journeyman, "serve", "m", *shared, "--port", str(port), "--log", str(tmp_path / "server")]
    server = subprocess.Popen(serve, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    operate = [*journeyman, "operate", "m", *shared, "--log", str(tmp_path / "loop"), "--every", "1s"]
    loop = None
    try:
        end = time.monotonic() + 120
        while True:
            try:
                told = ask(base, "/predict", {"rows": [{"x": i / 9, "c": "a"} for i in range(40)]})
                break
            except OSError:
                assert time.monotonic() < end, "the server does not answer"
                time.sleep(0.3)
        ask(base, "/labels", {"labels": [{"id": one["id"], "truth": "yes"} for one in told["predictions"]]})
        for _ in range(2):
            loop = subprocess.Popen(operate, stderr=subprocess.DEVNULL)
            wait_for_rounds(tmp_path / "loop", 2)
            loop.send_signal(signal.SIGKILL)
            loop.wait()
        with closing(open_folder_log(tmp_path / "loop")) as log:
            assert log.rows() == 40, "it knows the topic from its folder"
            log.catch_up()
            committed = log.number("committed")
        assert committed > 0
        with closing(open_folder_log(tmp_path / "third", TopicAddress(node.address, topic))) as log:
            log.catch_up()
            assert log.number("committed") == committed, "whichever machine goes on knows how far the loop is"
        rounds = rounds_of(workspace)
        assert len(rounds) == len(set(rounds)), "a round is gone through once"
        assert sorted(rounds) == list(range(min(rounds), max(rounds) + 1_000, 1_000)), "and none is left out"
    finally:
        for process in (server, loop):
            if process is not None:
                process.kill()
                process.wait()


def rounds_of(workspace):
    with Workspace.existing(workspace) as opened:
        return [one.begin for one in opened.operations.rounds("m")]


def wait_for_rounds(folder, more):
    """Wait until the loop has committed so many further spans of a second; looks at its own folder alone."""
    end, first = time.monotonic() + 120, None
    while True:
        with suppress(sqlite3.Error), closing(sqlite3.connect(folder / "log.db")) as log:
            found = log.execute("SELECT value FROM settings WHERE name = 'committed'").fetchone()
            first = first if found is None or first is not None else found[0]
            if found is not None and found[0] >= first + more * 1_000:
                return
        assert time.monotonic() < end, "the loop makes no rounds"
        time.sleep(0.2)

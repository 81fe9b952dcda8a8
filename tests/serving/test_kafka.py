"""Rows of a topic are predicted once each, whatever is killed; a real broker answers."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest
from tests.kafka_broker import free_port, lacking
from tests.served_model import two_versions

from journeyman.errors import SettingsError
from journeyman.serving.kafka_topics import KafkaSettings, check_topics, client_settings, told_topics

needs_broker = pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return two_versions(tmp_path_factory)


@pytest.fixture
def serve(node, workspace):
    """Start servers of topics named after the test; they end with it."""
    started = []

    def start(name, *more):
        port = free_port()
        command = [sys.executable, "-m", "journeyman", "serve", "m", "--workspace", str(workspace), "--port", str(port)]
        topics = ["--kafka", node.address, "--from", f"{name}.rows", "--to", f"{name}.out", *more]
        server = subprocess.Popen([*command, *topics], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(server)
        return server, f"http://127.0.0.1:{port}"

    yield start
    for server in started:
        server.kill()
        server.wait()
        server.stdout.close()


def read(address):
    with urllib.request.urlopen(address) as reply:
        return reply.read().decode()


def rows(count):
    return [(f"k{i}".encode(), json.dumps({"x": i % 5 - 2, "c": "abc"[i % 3]}).encode()) for i in range(count)]


@needs_broker
@pytest.mark.slow
def test_rows_are_answered_labels_joined_and_the_rest_is_told(node, serve):
    node.make_topics(["one.rows", "one.out", "one.labels"], 2)
    node.send("one.rows", [*rows(300), (b"list", b"[1]"), (b"gone", None), (b"wide", b'{"x": "wide", "c": "a"}')])
    server, base = serve("one", "--labels", "one.labels")
    told = node.read("one.out", 300)
    assert Counter(m.key() for m in told) == Counter(key for key, _ in rows(300))
    first = json.loads(told[0].value())
    assert first["prediction"] in ("yes", "no")
    assert "repeated" not in first
    assert dict(told[0].headers())["journeyman.source"].startswith(b"one.rows/")
    refused = {m.key(): m for m in node.read("one.rows.refused", 3)}
    assert refused[b"list"].value() == b"[1]"
    assert refused[b"gone"].value() is None
    assert dict(refused[b"wide"].headers())["journeyman.message"] == b"'x' holds 'wide', wanted a number"
    labels = [{"id": first["id"], "truth": "yes"}, {"id": "00000000000000ff", "truth": "no"}]
    node.send("one.labels", [(None, json.dumps(label).encode()) for label in labels])
    wrong = [m for m in node.read("one.rows.refused", 4) if b"00000000000000ff" in (m.value() or b"")]
    assert dict(wrong[0].headers())["journeyman.code"] == b"unknown prediction"
    counted = read(f"{base}/metrics")
    assert 'journeyman_kafka_messages_total{fate="predicted"} 300' in counted
    assert 'journeyman_kafka_messages_total{fate="refused"} 4' in counted
    assert "journeyman_kafka_lag 0" in counted
    assert 'journeyman_labels_total{fate="recorded"} 1' in counted
    assert 'journeyman_predictions_total{version="1",part="champion"} 300' in counted
    server.terminate()
    assert server.wait(60) == 0


@needs_broker
@pytest.mark.slow
def test_killed_servers_and_brokers_lose_nothing_and_repeat_nothing(node, serve):
    node.make_topics(["two.rows", "two.out"], 3)
    sending = node.producer()
    number = 0
    for victim in ("server", "broker", "server"):
        server, _ = serve("two")
        before, end = node.written("two.out"), time.monotonic() + 120
        while node.written("two.out") < before + 200:  # it is in the middle of its work
            assert time.monotonic() < end, "the server predicts nothing"
            for key, value in rows(60):
                sending.produce("two.rows", value, b"%d-" % number + key)
                number += 1
            sending.poll(0)
            time.sleep(0.05)
        if victim == "broker":
            node.kill()
            node.start()
        server.kill()
        server.wait()
    # Of each partition these are the last rows: what was predicted twice has come before they come.
    for partition in range(3):
        sending.produce("two.rows", rows(1)[0][1], b"last %d" % partition, partition)
    assert sending.flush(120) == 0
    serve("two")
    number += 3
    told = Counter(m.key() for m in node.read("two.out", number, timeout=120))
    assert len(told) == number
    assert set(told.values()) == {1}


@needs_broker
@pytest.mark.slow
def test_a_group_shares_the_partitions_and_goes_on_without_one(node, serve):
    node.make_topics(["three.rows", "three.out"], 4)
    first, _ = serve("three")
    second, _ = serve("three")
    node.send("three.rows", [(b"a" + key, value) for key, value in rows(500)])
    node.read("three.out", 500)
    second.kill()
    second.wait()
    node.send("three.rows", [(b"b" + key, value) for key, value in rows(500)])
    told = Counter(m.key() for m in node.read("three.out", 1_000, timeout=120))
    assert (len(told), set(told.values())) == (1_000, {1})
    assert first.poll() is None


@needs_broker
@pytest.mark.slow
def test_a_promotion_takes_effect_without_a_mixed_transaction(node, serve):
    node.make_topics(["four.rows", "four.out"], 1)
    _, base = serve("four")
    node.send("four.rows", rows(50))
    node.read("four.out", 50)
    request = urllib.request.Request(f"{base}/models", b'{"champion": 2}', {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request).close()
        node.send("four.rows", rows(50))
        versions = [json.loads(m.value())["version"] for m in node.read("four.out", 100)]
    finally:
        back = urllib.request.Request(f"{base}/models", b'{"champion": 1}', {"Content-Type": "application/json"})
        urllib.request.urlopen(back).close()
    assert versions == [1] * 50 + [2] * 50


@needs_broker
def test_a_topic_that_lacks_is_named_with_the_nearest(node):
    node.make_topics(["orders.rows", "orders.out"], 1)
    with pytest.raises(SettingsError, match="the broker has no such topic") as told:
        check_topics(KafkaSettings(node.address, "order.rows", "orders.out", None, "g", "orders.refused"))
    assert told.value.hint == "did you mean 'orders.rows'?"


@needs_broker
def test_nobody_at_the_address_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr("journeyman.serving.kafka_topics._SECONDS", 2.0)
    with pytest.raises(SettingsError, match=r"no Kafka broker answers at 127\.0\.0\.1:1: ") as told:
        check_topics(KafkaSettings("127.0.0.1:1", "a", "b", None, "g", "c"))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("b:1", None, "out", None, None, None, None), "--kafka b:1 without --from"),
        (("b:1", "rows", None, None, None, None, None), "--kafka b:1 without --to"),
        (("b:1", "rows", "rows", None, None, None, None), "the topic 'rows' is named twice"),
        ((None, None, None, "truth", None, None, None), "--labels truth without a broker"),
    ],
)
def test_options_that_do_not_fit_are_told(given, message):
    with pytest.raises(SettingsError, match=message):
        told_topics(*given)


def test_the_users_file_logs_in_but_does_not_break_exactly_once(tmp_path):
    file = tmp_path / "client.properties"
    file.write_text("# our cluster\nsecurity.protocol=SASL_SSL\nsasl.password=a=b\n")
    settings = told_topics("b:1", "rows", "out", None, None, None, file)
    assert client_settings(settings, {})["sasl.password"] == "a=b"
    file.write_text("enable.auto.commit=true\n")
    with pytest.raises(SettingsError, match=r"line 1: enable\.auto\.commit is set by the server"):
        told_topics("b:1", "rows", "out", None, None, None, file)
    file.write_text("nonsense\n")
    with pytest.raises(SettingsError, match="line 1 has no equals sign"):
        told_topics("b:1", "rows", "out", None, None, None, file)

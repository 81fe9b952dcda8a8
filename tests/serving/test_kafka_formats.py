"""Rows as Avro and Protobuf, by a real registry's numbers or by files; predictions come back in the same form."""

import base64
import json
import struct
import subprocess
import sys

import pytest
from tests.kafka_broker import free_port
from tests.schema_registry import lacking, registry
from tests.served_model import two_versions

from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.serving.kafka_topics import KafkaSettings

pytest.importorskip("fastavro")
schema_registry = pytest.importorskip("confluent_kafka.schema_registry")
descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")

from journeyman.serving.kafka.codecs import AvroCodec, ProtobufCodec, compiled, descriptors_of, message_at  # noqa: E402 - wants extras
from journeyman.serving.kafka.formats import Formats, formats_of  # noqa: E402 - wants extras
from journeyman.serving.kafka.messages import RegistryDown  # noqa: E402 - wants extras
from journeyman.serving.kafka.prediction_schemas import _proto, prediction_schema  # noqa: E402 - wants extras

needs_registry = pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here")

ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "x", "type": ["null", "double"], "default": None},
        {"name": "c", "type": {"type": "enum", "name": "C", "symbols": ["a", "b", "c"]}},
    ],
}
LABEL = {
    "type": "record",
    "name": "Truth",
    "fields": [{"name": "id", "type": "string"}, {"name": "truth", "type": "string"}],
}
PROTO = """syntax = "proto3";
import "google/protobuf/wrappers.proto";
package shop;
message Other { string nothing = 1; }
message Order { google.protobuf.DoubleValue x = 1; string c = 2; message Part { double x = 1; string c = 2; } }
"""


def framed(number, data, places=b""):
    return struct.pack(">bI", 0, number) + places + data


def varint(number):
    return bytes([number << 1])  # zigzag, small ones alone


@pytest.fixture(scope="module")
def parts(node, tmp_path_factory):
    with registry(tmp_path_factory.mktemp("registry"), node.address, ("me", "secret")) as address:
        yield node, address


@pytest.fixture(scope="module")
def client(parts):
    return schema_registry.SchemaRegistryClient({"url": parts[1], "basic.auth.user.info": "me:secret"})


def register(client, subject, kind, text):
    return client.register_schema(subject, schema_registry.Schema(text, kind))


@pytest.fixture(scope="module")
def served(parts, tmp_path_factory):
    """Serve a model from "f.rows", with a registry that wants a login."""
    node, address = parts
    workspace = two_versions(tmp_path_factory)
    file = workspace / "client.properties"
    file.write_text(f"schema.registry.url={address}\nschema.registry.basic.auth.user.info=me:secret\n")
    node.make_topics(["f.rows", "f.out", "f.labels"], 1)
    command = [sys.executable, "-m", "journeyman", "serve", "m", "--workspace", str(workspace)]
    topics = ["--kafka", node.address, "--from", "f.rows", "--to", "f.out", "--labels", "f.labels"]
    more = ["--port", str(free_port()), "--kafka-settings", str(file)]
    said = (workspace / "server.txt").open("ab")
    server = subprocess.Popen([*command, *topics, *more], stdout=said, stderr=said)
    yield node
    server.kill()
    server.wait()
    said.close()


@needs_registry
@pytest.mark.slow
def test_each_message_is_answered_in_its_own_form_and_poison_goes_aside(served, client):
    node = served
    order, orders = AvroCodec(json.dumps(ORDER)), register(client, "f.rows-value", "AVRO", json.dumps(ORDER))
    kinds = compiled(PROTO, "order.proto", {})
    proto = register(client, "shop-orders", "PROTOBUF", PROTO)
    pool = descriptors_of(kinds)
    message = ProtobufCodec(pool.FindMessageTypeByName("shop.Order"))
    part = ProtobufCodec(pool.FindMessageTypeByName("shop.Order.Part"))
    short = register(client, "short-value", "AVRO", json.dumps({**ORDER, "fields": ORDER["fields"][:1]}))
    node.send(
        "f.rows",
        [
            (b"avro", framed(orders, order.write({"x": 1.5, "c": "a"}))),
            (b"null", framed(orders, order.write({"x": None, "c": "b"}))),
            (b"second", framed(proto, message.write({"x": 1.5, "c": "a"}), varint(1) + varint(1))),
            (b"nested", framed(proto, part.write({"x": 1.5, "c": "a"}), varint(2) + varint(1) + varint(0))),
            (b"json", b'{"x": 1.5, "c": "a"}'),
            (b"wrong id", framed(99_999, b"\2\2\2")),
            (b"cut", framed(orders, b"")),
            (b"more", framed(orders, order.write({"x": 1.5, "c": "a"}) + b"!")),
            (b"lacks", framed(short, b"\0")),
            (b"no place", framed(proto, b"", varint(1) + varint(7))),
            (b"after", framed(orders, order.write({"x": 1.5, "c": "a"}))),
        ],
    )
    told = {m.key(): m.value() for m in node.read("f.out", 6)}
    assert sorted(told) == sorted([b"avro", b"null", b"second", b"nested", b"json", b"after"])
    written = client.get_latest_version("f.out-value")
    reader = AvroCodec(client.get_schema(struct.unpack(">I", told[b"avro"][1:5])[0]).schema_str)
    avro = reader.read(told[b"avro"][5:])
    plain = json.loads(told[b"json"])
    assert avro["prediction"] == plain["prediction"]
    assert avro["probabilities"] == plain["probabilities"]
    assert told[b"avro"][:5] == told[b"after"][:5] == told[b"null"][:5], "one schema for all of them"
    assert written.subject == "f.out-value"
    for key in (b"second", b"nested"):
        assert told[key][:5] == told[b"avro"][:5], "a subject is of one kind: that of the first"
    reasons = {m.key(): (dict(m.headers()), m.value()) for m in node.read("f.rows.refused", 5)}
    messages = {key: headers["journeyman.message"].decode() for key, (headers, _) in reasons.items()}
    assert messages == {
        b"wrong id": "the schema registry has no schema 99999",
        b"cut": "the bytes end before the record does",
        b"more": "bytes are left behind the record",
        b"lacks": "no 'c'",
        b"no place": "the schema has no message at [7]",
    }
    assert reasons[b"more"][1] == framed(orders, order.write({"x": 1.5, "c": "a"}) + b"!"), "as it came"
    label = AvroCodec(json.dumps(LABEL))
    number = register(client, "f.labels-value", "AVRO", json.dumps(LABEL))
    node.send("f.labels", [(b"good", framed(number, label.write({"id": avro["id"], "truth": "yes"})))])
    node.send("f.labels", [(b"bad", framed(number, label.write({"id": "00000000000000ff", "truth": "yes"})))])
    late = {m.key(): dict(m.headers()) for m in node.read("f.rows.refused", 6)}
    assert late[b"bad"]["journeyman.code"] == b"unknown prediction"
    assert b"good" not in late


@needs_registry
def test_a_registry_that_is_not_there_or_refuses_the_login_is_told(parts):
    settings = ("schema.registry.url", parts[1]), ("schema.registry.max.retries", "0")
    task = Task("y", "binary", "log_loss", labels=("no", "yes"))
    with pytest.raises(SettingsError, match="refuses the login") as told:
        formats_of(KafkaSettings("b:1", "a", "b", None, "g", "r", settings[:1]), task)
    assert "schema.registry.basic.auth.user.info=" in told.value.hint
    nobody = (("schema.registry.url", f"http://127.0.0.1:{free_port()}"),)
    with pytest.raises(SettingsError, match="no schema registry answers at http") as told:
        formats_of(KafkaSettings("b:1", "a", "b", None, "g", "r", nobody), task)
    assert "\n" not in str(told.value)


@needs_registry
def test_protobuf_is_answered_in_protobuf(parts, client):
    proto = register(client, "p.rows-value", "PROTOBUF", PROTO)
    settings = ("schema.registry.url", parts[1]), ("basic.auth.user.info", "me:secret")
    task = Task("y", "binary", "log_loss", labels=("no", "yes"))
    formats = formats_of(KafkaSettings("b:1", "p.rows", "p.out", None, "g", "r", settings), task)
    message = ProtobufCodec(descriptors_of(compiled(PROTO, "o.proto", {})).FindMessageTypeByName("shop.Order"))
    read = formats.row(framed(proto, message.write({"x": 1.5, "c": "a"}), varint(1) + varint(1)))
    assert (read.row, read.kind) == ({"x": 1.5, "c": "a"}, "PROTOBUF")
    told = formats.told(b'{"id":"ff","model":"m","version":1,"part":"champion","prediction":"yes"}', read.kind)
    assert told[5] == 0, "the first message of the schema"
    assert prediction_schema("PROTOBUF", task)[1].read(told[6:])["prediction"] == "yes"
    assert client.get_latest_version("p.out-value").schema.schema_type == "PROTOBUF"


@needs_registry
def test_a_topic_whose_schema_does_not_go_with_ours_is_told(parts, client):
    other = {"type": "record", "name": "Told", "fields": [{"name": "mark", "type": "string"}]}
    register(client, "q.out-value", "AVRO", json.dumps(other))
    settings = ("schema.registry.url", parts[1]), ("basic.auth.user.info", "me:secret")
    task = Task("y", "binary", "log_loss", labels=("no", "yes"))
    formats = formats_of(KafkaSettings("b:1", "q.rows", "q.out", None, "g", "r", settings), task)
    with pytest.raises(RegistryDown, match=r"did not take the schema of q\.out-value.*predictions\.schema=FILE"):
        formats.told(b'{"id":"ff","model":"m","version":1,"part":"champion","prediction":"yes"}', "AVRO")


class Gone:
    def read(self, value):
        raise RegistryDown("no schema registry answers at http://r")


def test_a_registry_that_is_away_refuses_no_message():
    formats = Formats(KafkaSettings("b:1", "a", "b", None, "g", "r"), Task("y", "binary", "log_loss"), Gone())
    with pytest.raises(RegistryDown):
        formats.row(framed(7, b""))


def test_values_without_a_registry_are_of_the_schemas_that_files_name(tmp_path):
    (tmp_path / "order.avsc").write_text(json.dumps(ORDER))
    given = {"type": "record", "name": "Told", "fields": [{"name": "prediction", "type": "string"}]}
    (tmp_path / "told.avsc").write_text(json.dumps(given))
    files = ("rows.schema", f"{tmp_path}/order.avsc"), ("predictions.schema", f"{tmp_path}/told.avsc")
    formats = formats_of(KafkaSettings("b:1", "a", "b", None, "g", "r", files), Task("y", "binary", "log_loss"))
    read = formats.row(AvroCodec(json.dumps(ORDER)).write({"x": 1.5, "c": "a"}))
    assert read.row == {"x": 1.5, "c": "a"}
    told = formats.told(b'{"id":"ff","model":"m","prediction":"yes","version":1}', read.kind)
    assert AvroCodec(json.dumps(given)).read(told) == {"prediction": "yes"}
    with pytest.raises(ValueError, match="the schema wants something else"):
        formats.told(b'{"prediction":7}', read.kind)


def test_a_descriptor_file_names_a_message(tmp_path):
    pytest.importorskip("grpc_tools")
    (tmp_path / "o.desc").write_bytes(
        descriptor_pb2.FileDescriptorSet(file=compiled(PROTO, "o.proto", {})).SerializeToString()
    )
    settings = KafkaSettings("b:1", "a", "b", None, "g", "r", (("rows.schema", f"{tmp_path}/o.desc:shop.Order"),))
    formats = formats_of(settings, Task("y", "binary", "log_loss"))
    assert formats.row(b"").row == {"x": None, "c": ""}
    assert formats.row(b"\xff").row.message == "the bytes are not of the message shop.Order"
    wrong = KafkaSettings("b:1", "a", "b", None, "g", "r", (("rows.schema", f"{tmp_path}/o.desc:shop.None"),))
    with pytest.raises(SettingsError, match=r"the file has no message shop\.None"):
        formats_of(wrong, Task("y", "binary", "log_loss"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rows.schema=nowhere.avsc", "No such file"),
        ("rows.schema={}/no.avsc", "Expecting value"),
        ("rows.schema={}/bad.avsc", "no Avro schema"),
        ("predictions.schema={}/no.avsc:a.B", "Error parsing message"),
    ],
)
def test_a_schema_file_that_is_none_is_told_in_one_line(tmp_path, line, message):
    (tmp_path / "no.avsc").write_text("nonsense")
    (tmp_path / "bad.avsc").write_text('{"type": "record", "name": "A", "fields": [{"name": "x", "type": "what"}]}')
    name, _, value = line.format(tmp_path).partition("=")
    with pytest.raises(SettingsError, match=message) as told:
        formats_of(KafkaSettings("b:1", "a", "b", None, "g", "r", ((name, value),)), Task("y", "binary", "log_loss"))
    assert "\n" not in str(told.value)
    assert told.value.hint


@pytest.mark.parametrize("kind", ["AVRO", "PROTOBUF"])
@pytest.mark.parametrize("types", ["str", "int", "float", "bool"])
def test_predictions_of_every_type_of_label_come_back(kind, types):
    value = {"str": "yes", "int": 3, "float": 1.5, "bool": True}[types]
    task = Task("y", "multiclass", "log_loss", labels=("a", "b", "c"), label_types=types)
    _, codec = prediction_schema(kind, task)
    told = {
        "id": "ff",
        "model": "m",
        "version": 2,
        "part": "champion",
        "prediction": value,
        "probabilities": {"a": 0.25},
        "labels": [value],
        "coverage": 0.9,
        "findings": [{"code": "PR103", "column": "x", "message": "far"}],
    }
    read = codec.read(codec.write(told))
    assert {name: read[name] for name in told} == told
    assert codec.read(codec.write({**told, "prediction": None}))["prediction"] is None


def test_the_text_that_is_registered_is_what_messages_are_written_by():
    pytest.importorskip("grpc_tools")
    text, _ = prediction_schema("PROTOBUF", Task("y", "regression", "rmse"))
    (made,) = compiled(text, "prediction.proto", {})
    assert made == _proto("double")


def test_what_protobuf_holds_becomes_what_json_would():
    pytest.importorskip("grpc_tools")
    text = """syntax = "proto3";
import "google/protobuf/timestamp.proto";
message A {
  enum E { NONE = 0; RED = 1; }
  int64 big = 1; optional int32 may = 2; E colour = 3; bytes raw = 4; repeated double many = 5;
  map<string, int64> by = 6; google.protobuf.Timestamp at = 7; float nan = 8;
}
"""
    codec = ProtobufCodec(message_at(descriptors_of(compiled(text, "a.proto", {})).FindFileByName("a.proto"), (0,)))
    raw = base64.b64encode(b"\x00\xff").decode()
    given = {"big": 2**60, "colour": "RED", "raw": raw, "many": [1.5], "by": {"k": 7}, "at": "2026-01-02T03:04:05Z"}
    read = codec.read(codec.write({**given, "nan": "NaN"}))
    assert read == {**given, "may": None, "nan": None}


def test_a_schema_that_names_others_is_read_with_them():
    inner = {"type": "record", "name": "Size", "fields": [{"name": "cm", "type": "double"}]}
    outer = {"type": "record", "name": "O", "fields": [{"name": "size", "type": "Size"}]}
    codec = AvroCodec(json.dumps(outer), (json.dumps(inner),))
    assert codec.read(codec.write({"size": {"cm": 2.0}})) == {"size": {"cm": 2.0}}

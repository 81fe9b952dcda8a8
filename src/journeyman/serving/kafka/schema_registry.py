"""A schema registry's wire format: which schema a message is of, by the number before its bytes."""

from __future__ import annotations

import base64
import binascii
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError

from journeyman.errors import SettingsError
from journeyman.serving.kafka.codecs import AvroCodec, Codec, ProtobufCodec, compile_schema, descriptors_of, message_at
from journeyman.serving.kafka.messages import RegistryDown
from journeyman.serving.kafka_topics import registry_settings

__all__ = ["RegisteredCodec", "SchemaRegistry", "is_framed", "varints_before"]

_MAGIC = 0
_REFUSED = 60.0  # seconds after which a schema that the registry did not have is asked for again
_SECONDS = 10.0
_NOT_FOUND, _INCOMPATIBLE = 404, (409, 422)
_HEAD = struct.Struct(">bI")
_ADDRESS = "is it running, and is schema.registry.url in the file of --kafka-settings its address?"
Read = TypeVar("Read")


@dataclass(frozen=True)
class RegisteredCodec:
    """A schema that the registry has given.

    Attributes
    ----------
    kind : str
        "AVRO", "PROTOBUF" or "JSON".
    codec : Codec or None
        None for JSON, whose bytes say all.
    """

    kind: str
    codec: Codec | None


def is_framed(value: bytes) -> bool:
    """Return whether a value begins as a registry's do; no JSON text does.

    Examples
    --------
    >>> is_framed(bytes([0, 0, 0, 0, 7, 2])), is_framed(b'{"size": 60}')
    (True, False)
    """
    return len(value) >= _HEAD.size and value[0] == _MAGIC


def varints_before(data: bytes) -> tuple[tuple[int, ...], bytes]:
    """Return a Protobuf message's place in its schema, and the bytes behind it.

    Examples
    --------
    >>> varints_before(bytes([0, 9])), varints_before(bytes([4, 2, 0, 9]))
    (((0,), b'\\t'), ((1, 0), b'\\t'))
    """
    count, data = _varint(data)
    if count == 0:  # the first message of a file, which most are, is written as one zero
        return (0,), data
    places = []
    for _ in range(count):
        place, data = _varint(data)
        places.append(place)
    return tuple(places), data


def _varint(data: bytes) -> tuple[int, bytes]:
    number = 0
    for place, byte in enumerate(data[:10]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), data[place + 1 :]
    raise ValueError("the bytes end before the message's place in its schema does")


class SchemaRegistry:
    """Asks a registry for the schemas of messages, and registers those of predictions; each but once.

    Parameters
    ----------
    client : sequence of (str, str)
        Lines of the user's file, ``schema.registry.url`` among them.
    """

    def __init__(self, client: tuple[tuple[str, str], ...]) -> None:
        from confluent_kafka import schema_registry  # noqa: PLC0415 - an extra's extra: only where a registry is named

        self._library = schema_registry
        settings: dict[str, Any] = {"timeout": _SECONDS, "max.retries": 1, **registry_settings(client)}
        self._url = str(settings["url"])
        self._client = schema_registry.SchemaRegistryClient(settings)
        self._serialized = schema_registry.SchemaRegistryClient(settings)  # its cache is by number, whatever the form
        self._named: dict[tuple[int, tuple[int, ...]], RegisteredCodec] = {}
        self._schemas: dict[int, Any] = {}
        self._missing: dict[int, tuple[float, str]] = {}

    def read(self, value: bytes) -> tuple[RegisteredCodec, bytes]:
        """Return what a framed value is of, and its bytes.

        Raises
        ------
        ValueError
            Where the registry does not know the number, or the schema cannot be read.
        RegistryDown
            Where it does not answer.
        """
        number = _HEAD.unpack_from(value)[1]
        schema, data = self._schema(number), value[_HEAD.size :]
        places: tuple[int, ...] = ()
        if schema.schema_type == "PROTOBUF":
            places, data = varints_before(data)
        named = self._named.get((number, places))
        if named is None:
            named = self._named[number, places] = self._make_codec(number, schema, places)
        return named, data

    def register(self, subject: str, kind: str, text: str) -> bytes:
        """Return what is put before the bytes of a schema's messages; registers it where it is new.

        Raises
        ------
        SettingsError
            Where the registry refuses the schema, as one that does not go with those before it.
        RegistryDown
            Where it does not answer.
        """
        try:
            number = self._client.register_schema(subject, self._library.Schema(text, kind))
        except Exception as error:
            words = f"the schema registry did not take the schema of {subject}: {_words(error)}"
            if getattr(error, "http_status_code", 0) in _INCOMPATIBLE:
                hint = "name a schema that goes with it: predictions.schema=FILE in the file of --kafka-settings"
                raise SettingsError(words, hint=hint) from error
            raise RegistryDown(words) from error
        return _HEAD.pack(_MAGIC, number) + (b"\0" if kind == "PROTOBUF" else b"")

    def check(self, topic: str) -> None:
        """Ask the registry for something.

        Raises
        ------
        SettingsError
            Where it does not answer, or refuses the login.
        """
        try:
            self._client.get_subjects(subject_prefix=topic)
        except Exception as error:
            # the client raises what the HTTP library below it does
            if isinstance(error, self._library.SchemaRegistryError) and error.http_status_code in (401, 403):
                hint = "give schema.registry.basic.auth.user.info=NAME:PASSWORD in the file of --kafka-settings"
                raise SettingsError(f"the schema registry at {self._url} refuses the login", hint=hint) from error
            raise SettingsError(f"no schema registry answers at {self._url}: {_words(error)}", hint=_ADDRESS) from error

    def _schema(self, number: int) -> Any:
        known = self._schemas.get(number)
        if known is not None:
            return known
        until, words = self._missing.get(number, (0.0, ""))
        if time.monotonic() < until:
            raise ValueError(words)
        schema = self._ask_registry(lambda: self._client.get_schema(number), number)
        if schema.schema_type == "PROTOBUF":
            schema = self._ask_registry(lambda: self._serialized.get_schema(number, fmt="serialized"), number)
        self._schemas[number] = schema
        return schema

    def _ask_registry(self, ask: Callable[[], Any], number: int) -> Any:
        try:
            return ask()
        except self._library.SchemaRegistryError as error:
            if error.http_status_code != _NOT_FOUND:
                raise RegistryDown(f"the schema registry at {self._url} says: {_words(error)}") from error
            words = f"the schema registry has no schema {number}"
            self._missing[number] = (time.monotonic() + _REFUSED, words)
            raise ValueError(words) from error
        except Exception as error:
            # the client raises what the HTTP library below it does
            raise RegistryDown(f"no schema registry answers at {self._url}: {_words(error)}") from error

    def _make_codec(self, number: int, schema: Any, places: tuple[int, ...]) -> RegisteredCodec:
        """Return the codec of a schema; ValueError where it cannot be made of it."""
        kind = schema.schema_type or "AVRO"
        if kind == "AVRO":
            return RegisteredCodec(
                kind, self._parse_schema(number, lambda: AvroCodec(schema.schema_str, self._avro(schema)))
            )
        if kind != "PROTOBUF":
            return RegisteredCodec(kind, None)
        return RegisteredCodec(
            kind, self._parse_schema(number, lambda: self._protobuf(f"{number}.proto", schema, places))
        )

    def _protobuf(self, name: str, schema: Any, places: tuple[int, ...]) -> Codec:
        files = self._files(name, schema)
        return ProtobufCodec(message_at(descriptors_of(files).FindFileByName(files[0].name), places))

    def _parse_schema(self, number: int, parse: Callable[[], Read]) -> Read:
        try:
            return parse()
        except (RegistryDown, ValueError):
            raise
        except Exception as error:
            # parsers raise many kinds for texts that are no schemas
            raise ValueError(f"the schema {number} cannot be read: {_words(error)}") from error

    def _references(self, schema: Any, form: str | None) -> Iterator[tuple[str, Any]]:
        """Yield the schemas that one names, by the names that it has for them."""
        for one in schema.references or ():
            client = self._client if form is None else self._serialized
            found = self._ask_registry(partial(client.get_version, one.subject, one.version, fmt=form), one.version)
            yield one.name, found.schema

    def _avro(self, schema: Any) -> tuple[str, ...]:
        found: list[str] = []
        for _, one in self._references(schema, None):
            found += [*self._avro(one), one.schema_str]
        return tuple(dict.fromkeys(found))

    def _files(self, name: str, schema: Any) -> list[Any]:
        """Return a Protobuf schema as files of descriptors, itself first; of a text by its compiler."""
        try:
            own = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(schema.schema_str, validate=True))
        except (binascii.Error, ValueError, DecodeError):
            texts = dict(self._texts(schema))
            files = compile_schema(schema.schema_str, name, texts)
            return sorted(files, key=lambda file: file.name != name)
        own.name = name
        return [
            own,
            *(file for one, found in self._references(schema, "serialized") for file in self._files(one, found)),
        ]

    def _texts(self, schema: Any) -> Iterator[tuple[str, str]]:
        for name, one in self._references(schema, None):
            yield name, one.schema_str
            yield from self._texts(one)


def _words(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "its registry gives a text alone, whose compiler is not installed: pip install grpcio-tools"
    text = getattr(error, "error_message", "") or str(error)
    return " ".join(text.split())[:200] or type(error).__name__

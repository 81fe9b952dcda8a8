"""Avro and Protobuf: bytes of a message as columns and values, and back."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import fastavro
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

__all__ = ["AvroCodec", "Codec", "ProtobufCodec", "compile_schema", "descriptors_of", "message_at"]

_KNOWN = {
    known.DESCRIPTOR.name: known.DESCRIPTOR
    for known in (any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)
}
"""What schemas import without bringing it."""

_PRESENT = ("google.protobuf.Timestamp", "google.protobuf.Duration", "google.type.Date")
_WRAPPERS = "Value"  # google.protobuf.DoubleValue and its like hold a number that may be missing


class Codec(Protocol):
    """One schema's way from bytes to columns and back."""

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the columns of a message; ValueError where the bytes are not of this schema."""
        ...

    def write(self, values: Mapping[str, Any]) -> bytes:
        """Return the bytes of a message; what the schema does not name is left out.

        Raises
        ------
        ValueError
            Where the schema wants what the values lack.
        """
        ...


class AvroCodec:
    """Avro without its file's header, as messages hold it.

    Parameters
    ----------
    text : str
        The schema, as JSON.
    referred : sequence of str
        Schemas that it names, each after those that it names itself.

    Examples
    --------
    >>> fields = [{"name": "size", "type": "double"}, {"name": "city", "type": ["null", "string"], "default": None}]
    >>> codec = AvroCodec(json.dumps({"type": "record", "name": "Order", "fields": fields}))
    >>> codec.read(codec.write({"size": 60.0, "colour": "red"}))
    {'size': 60.0, 'city': None}
    >>> codec.read(b"no")
    Traceback (most recent call last):
    ...
    ValueError: the bytes end before the record does
    """

    def __init__(self, text: str, referred: tuple[str, ...] = ()) -> None:
        named: dict[str, Any] = {}
        for one in referred:
            fastavro.parse_schema(json.loads(one), named_schemas=named)
        self._schema = fastavro.parse_schema(json.loads(text), named_schemas=named)

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the columns of a message; dates and times as ISO texts, decimals as numbers."""
        stream = io.BytesIO(data)
        try:
            found: Any = fastavro.schemaless_reader(stream, self._schema, None)
        except EOFError:
            raise ValueError("the bytes end before the record does") from None
        except Exception as error:
            # fastavro raises many kinds for bytes of another schema, IndexError and UnicodeDecodeError among them
            raise ValueError(f"the bytes are not of the schema: {_short_reason(error)}") from error
        if stream.read(1):
            raise ValueError("bytes are left behind the record")
        if not isinstance(found, dict):
            raise ValueError(f"the schema is of {type(found).__name__}, not of a record")
        return {name: _json_value(value) for name, value in found.items()}

    def write(self, values: Mapping[str, Any]) -> bytes:
        """Return the bytes of a record."""
        stream = io.BytesIO()
        try:
            fastavro.schemaless_writer(stream, self._schema, dict(values))
        except Exception as error:
            # fastavro raises many kinds for values that do not fit, TypeError and AttributeError among them
            raise ValueError(f"the schema wants something else: {_short_reason(error)}") from error
        return stream.getvalue()


class ProtobufCodec:
    """One kind of message of Protobuf.

    Parameters
    ----------
    descriptor : google.protobuf.descriptor.Descriptor
        Of the message.

    Examples
    --------
    >>> fields = [{"name": "size", "number": 1, "type": "TYPE_DOUBLE", "label": "LABEL_OPTIONAL"}]
    >>> schema = {"name": "o.proto", "syntax": "proto3", "messageType": [{"name": "Order", "field": fields}]}
    >>> file = json_format.ParseDict(schema, descriptor_pb2.FileDescriptorProto())
    >>> codec = ProtobufCodec(message_at(descriptors_of([file]).FindFileByName("o.proto"), (0,)))
    >>> codec.read(codec.write({"size": 60.0, "colour": "red"}))
    {'size': 60.0}
    """

    def __init__(self, descriptor: Any) -> None:
        self._class = message_factory.GetMessageClass(descriptor)

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the columns of a message: a field that may be missing and is has None, others their default."""
        message = self._class()
        try:
            message.ParseFromString(data)
        except Exception as error:
            # the error's class differs between Protobuf's implementations
            raise ValueError(f"the bytes are not of the message {self._class.DESCRIPTOR.full_name}") from error
        return _fields(message)

    def write(self, values: Mapping[str, Any]) -> bytes:
        """Return the bytes of a message."""
        given = {name: value for name, value in values.items() if value is not None}
        try:
            data: bytes = json_format.ParseDict(given, self._class(), ignore_unknown_fields=True).SerializeToString()
        except json_format.ParseError as error:
            raise ValueError(f"the schema wants something else: {_short_reason(error)}") from error
        return data


def descriptors_of(files: list[Any]) -> Any:
    """Return a pool of files of descriptors, whichever of them names which; ValueError where one is not there."""
    pool = descriptor_pool.DescriptorPool()
    waiting = {file.name: file for file in files}

    def add(name: str) -> None:
        file = waiting.pop(name, None)
        if file is None and name in _KNOWN:
            file = descriptor_pb2.FileDescriptorProto()
            _KNOWN[name].CopyToProto(file)
        if file is None:
            raise ValueError(f"the schema imports {name}, which is not there")
        for needed in file.dependency:
            if needed not in added:
                add(needed)
        pool.Add(file)
        added.add(name)

    added: set[str] = set()
    for name in list(waiting):
        if name not in added:
            add(name)
    return pool


def message_at(file: Any, places: tuple[int, ...]) -> Any:
    """Return the descriptor of a message by its place in a file, and in the messages around it.

    Raises
    ------
    ValueError
        Where there is none.
    """
    found, among = None, list(file.message_types_by_name.values())
    for place in places:
        if not 0 <= place < len(among):
            raise ValueError(f"the schema has no message at {list(places)}")
        found = among[place]
        among = list(found.nested_types)
    return found


def compile_schema(text: str, name: str, referred: Mapping[str, str]) -> list[Any]:
    """Return a .proto text, and those that it imports, as files of descriptors.

    Raises
    ------
    ImportError
        Where the compiler is not installed.
    ValueError
        Where the compiler refuses the text.
    """
    import tempfile  # noqa: PLC0415 - beside the compiler, which alone needs it
    from pathlib import Path  # noqa: PLC0415 - an extra, and for Protobuf alone

    import grpc_tools  # noqa: PLC0415 - an extra, wanted where a registry gives texts alone
    from grpc_tools import protoc  # noqa: PLC0415 - an extra, and for Protobuf alone

    google = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        for path, content in {name: text, **referred}.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, "utf-8")
        descriptors = Path(folder, "schema.desc")
        options = [f"-I{folder}", f"-I{google}", "--include_imports", f"--descriptor_set_out={descriptors}"]
        if protoc.main(["protoc", *options, name]):
            raise ValueError("Protobuf's compiler refuses the schema")
        return list(descriptor_pb2.FileDescriptorSet.FromString(descriptors.read_bytes()).file)


def _fields(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"]
            found[field.name] = {str(key): _value(inner, value[key]) for key in value}
        elif field.is_repeated:
            found[field.name] = [_value(field, one) for one in value]
        elif field.has_presence and not message.HasField(field.name):
            found[field.name] = None
        else:
            found[field.name] = _value(field, value)
    return found


def _value(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        name = field.message_type.full_name
        if name in _PRESENT:
            return json_format.MessageToDict(value)
        if name.startswith("google.protobuf.") and name.endswith(_WRAPPERS):
            return json_format.MessageToDict(value) if name.endswith("ListValue") else _wrapper_value(name, value)
        return _fields(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    return _json_value(value)


def _wrapper_value(name: str, value: Any) -> Any:
    return json_format.MessageToDict(value) if name == "google.protobuf.Value" else _json_value(value.value)


def _json_value(value: Any) -> Any:
    """Return a value as JSON has it."""
    match value:
        case float() if not math.isfinite(value):  # as JSON's rows are read: NaN is missing, infinity is no number
            return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case str() | bool() | int() | float() | None:
            return value
        case Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {str(name): _json_value(one) for name, one in value.items()}
        case list() | tuple():
            return [_json_value(one) for one in value]
    return str(value)


def _short_reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

"""What messages are written in: JSON, Avro or Protobuf; a prediction is written as its row was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.serving.kafka.messages import LABEL_HINT, RegistryDown, given_label, row_of
from journeyman.serving.kafka_topics import KafkaSettings, file_settings
from journeyman.serving.labels import GivenLabel
from journeyman.serving.refusals import Fault
from journeyman.serving.requests import Row

if TYPE_CHECKING:
    from journeyman.serving.kafka.codecs import Codec
    from journeyman.serving.kafka.schema_registry import SchemaRegistry

__all__ = ["Formats", "ReadRow", "RegistryDown", "formats_of"]

_INSTALL = 'pip install "journeyman[kafka-schemas]"'
_REGISTERED = "send a message of a schema that the registry has, or JSON"
_FIXED = "send messages of the schema that rows.schema names"
JSON, AVRO, PROTOBUF = "JSON", "AVRO", "PROTOBUF"


@dataclass(frozen=True)
class ReadRow:
    """A row as it was read, or what is wrong with it, and the format that its prediction is to have."""

    row: Row | Fault
    kind: str = JSON


class Formats:
    """Reads values of topics, and writes predictions.

    Parameters
    ----------
    settings : KafkaSettings
        Whose file names a registry, or files of schemas, or neither: then all values are JSON.
    task : Task
        Whose kind of prediction the schema of predictions says.
    registry : SchemaRegistry or None
        Where values begin with the number of a schema.
    rows, predictions : Codec or None
        Of values without such a number, where a file names their schema.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        task: Task,
        registry: SchemaRegistry | None = None,
        rows: Codec | None = None,
        predictions: tuple[str, str, Codec] | None = None,
    ) -> None:
        self._registry, self._rows, self._fixed = registry, rows, predictions
        self._subject, self._task = f"{settings.predictions}-value", task
        self._writers: dict[str, tuple[bytes, Codec]] = {}

    def row(self, value: bytes | None) -> ReadRow:
        """Return the row of a message.

        Raises
        ------
        RegistryDown
            Where the registry does not answer.
        """
        if value is None or (self._registry is None and self._rows is None):
            return ReadRow(row_of(value))
        read = self._values(value, self._rows)
        if isinstance(read, Fault):
            return ReadRow(read)
        kind, found = read
        return ReadRow(row_of(value) if found is None else found, kind)

    def label(self, value: bytes | None) -> GivenLabel | Fault:
        """Return the label of a message; RegistryDown where the registry does not answer."""
        if value is None or self._registry is None:
            return given_label(value)
        read = self._values(value, None)
        if isinstance(read, Fault):
            return read
        if read[1] is None:
            return given_label(value)
        try:
            return msgspec.convert(read[1], GivenLabel)
        except msgspec.ValidationError as error:
            return Fault("bad label", str(error), "value", hint=LABEL_HINT)

    def write_prediction(self, prediction: bytes, kind: str) -> bytes:
        """Return a prediction's JSON in a format.

        Raises
        ------
        RegistryDown
            Where the registry does not answer, or takes no schema of predictions.
        SettingsError
            Where it does not take the schema that was given.
        ValueError
            Where a schema that was given wants what predictions have not.
        """
        if self._fixed is not None:
            kind = self._fixed[0]
        elif self._registry is None or kind == JSON:
            return prediction
        head, codec = self._writers.get(kind) or self._writer(kind)
        return head + codec.write(_flat(msgspec.json.decode(prediction)))

    def _values(self, value: bytes, codec: Codec | None) -> tuple[str, dict[str, Any] | None] | Fault:
        """Return the format of a value and its columns, None where they are JSON."""
        from journeyman.serving.kafka.schema_registry import is_framed  # noqa: PLC0415 - wants Protobuf, an extra

        hint = _FIXED if codec is not None else _REGISTERED
        try:
            if self._registry is not None and is_framed(value):
                named, data = self._registry.read(value)
                if named.codec is None:
                    found: Row | Fault = row_of(data)
                    return found if isinstance(found, Fault) else (JSON, dict(found))
                return named.kind, named.codec.read(data)
            return (JSON, None) if codec is None else (JSON, codec.read(value))
        except RegistryDown:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a message does to a decoder, the others go on
            return Fault("bad request", str(error) or type(error).__name__, "value", hint=hint)

    def _writer(self, kind: str) -> tuple[bytes, Codec]:
        """Return what writes predictions in a format; where the topic is of the other format already, in that one."""
        writer: tuple[bytes, Codec]
        if self._fixed is not None:
            writer = self._register(*self._fixed)
        else:
            try:
                writer = self._register(kind, *_schema(kind, self._task))
            except SettingsError as refused:
                other = AVRO if kind == PROTOBUF else PROTOBUF
                try:
                    writer = self._register(other, *_schema(other, self._task))
                except SettingsError:
                    raise RegistryDown(f"{refused.message} ({refused.hint})") from refused
        self._writers[kind] = writer
        return writer

    def _register(self, kind: str, text: str, codec: Codec) -> tuple[bytes, Codec]:
        return b"" if self._registry is None else self._registry.register(self._subject, kind, text), codec


def _schema(kind: str, task: Task) -> tuple[str, Codec]:
    from journeyman.serving.kafka.prediction_schemas import prediction_schema  # noqa: PLC0415 - wants Protobuf, an extra

    return prediction_schema(kind, task)


def formats_of(settings: KafkaSettings, task: Task) -> Formats:
    """Return the formats that the user's file names.

    Raises
    ------
    SettingsError
        Where a library lacks, a file of a schema cannot be read, or the registry does not answer.
    """
    named = dict(file_settings(settings.client))
    if not named:
        return Formats(settings, task)
    try:
        from journeyman.serving.kafka.schema_registry import SchemaRegistry  # noqa: PLC0415 - an extra's extra

        registry = SchemaRegistry(settings.client) if "schema.registry.url" in named else None
    except ImportError:
        raise SettingsError("the libraries for Avro and Protobuf are not installed", hint=_INSTALL) from None
    except ValueError as error:
        raise SettingsError(f"--kafka-settings: {error}", hint="mend the lines of the schema registry") from None
    if registry is not None:
        registry.check(settings.rows)
    rows = _file("rows.schema", named)
    return Formats(settings, task, registry, rows and rows[2], _file("predictions.schema", named))


def _file(setting: str, named: Mapping[str, str]) -> tuple[str, str, Codec] | None:
    """Return kind, text and codec of a schema in a file."""
    if setting not in named:
        return None
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - an extra's extra

    path, _, message = named[setting].partition(":")
    try:
        return _protobuf(path, message) if message else _avro(path)
    except OSError as error:
        words, hint = error.strerror or str(error), "name a file that is there"
    except (ValueError, KeyError, TypeError, DecodeError) as error:
        words = " ".join(str(error).split())[:200]
        hint = "give FILE.avsc, or FILE.desc:package.Message of a set that protoc writes with its imports"
    raise SettingsError(f"{setting}={named[setting]}: {words}", hint=hint)


def _avro(path: str) -> tuple[str, str, Codec]:
    from fastavro.schema import SchemaParseException, UnknownType  # noqa: PLC0415 - an extra's extra

    from journeyman.serving.kafka.codecs import AvroCodec  # noqa: PLC0415 - libraries of an extra come with it

    text = Path(path).read_text("utf-8")
    try:
        return AVRO, text, AvroCodec(text)
    except (SchemaParseException, UnknownType) as error:
        raise ValueError(f"no Avro schema: {error}") from error


def _protobuf(path: str, message: str) -> tuple[str, str, Codec]:
    import base64  # noqa: PLC0415 - beside the library that it prepares texts for

    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - an extra's extra

    from journeyman.serving.kafka.codecs import ProtobufCodec, descriptors_of  # noqa: PLC0415 - libraries of an extra come with it

    files = list(descriptor_pb2.FileDescriptorSet.FromString(Path(path).read_bytes()).file)
    try:
        found = descriptors_of(files).FindMessageTypeByName(message)
    except KeyError:
        raise ValueError(f"the file has no message {message}") from None
    own = next(file for file in files if file.name == found.file.name)
    return PROTOBUF, base64.b64encode(own.SerializeToString()).decode(), ProtobufCodec(found)


def _flat(prediction: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction whose flags among its numbers are numbers too, for maps of one kind of value."""
    if outputs := prediction.get("outputs"):
        prediction["outputs"] = {name: float(value) for name, value in outputs.items()}
    return prediction

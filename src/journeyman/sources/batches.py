"""What all sources share: how wide a table must be, and Arrow turned into plain columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from journeyman.arrow import pa, pc
from journeyman.errors import SourceError
from journeyman.sources.parsing.images import decode_image, is_image_bytes

__all__ = [
    "check_width",
    "file_digest",
    "plain_table",
    "source_is_typed",
    "union_schema",
]

_CHUNK = 1 << 20
_FIRST = 20  # values that tell whether bytes are images


def check_width(names: Sequence[str], where: str) -> None:
    """Refuse a table that leaves nothing to predict from; one to be predicted may have a single column.

    Raises
    ------
    SourceError
        Naming the column.
    """
    if len(names) < 2:
        raise SourceError(
            f"{where} has only one column, {names[0]!r}; at least one to predict and one to predict from are needed",
            hint="check the delimiter, or give a table with more columns",
        )


def source_is_typed(source: object) -> bool:
    """Tell whether a text of a source is one because it was stored as one, not because all its values are."""
    return not getattr(source, "all_texts", False)


def plain_table(table: pa.Table, where: str) -> pa.Table:
    """Return a table whose columns are texts, numbers, truth values, categories or moments.

    Lists of texts, such as tags, become texts in JSON: '["new","sale"]'.

    Raises
    ------
    SourceError
        A column holds other lists, records or bytes that are no text.
    """
    columns = [_plain_values(table.column(i), table.schema.field(i).name, where) for i in range(table.num_columns)]
    return pa.Table.from_arrays(columns, names=table.schema.names)


def _plain_values(values: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    kind = values.type
    if _lists_texts(kind):
        written = [None if v is None else msgspec.json.encode(v).decode() for v in values.to_pylist()]
        return pa.chunked_array([pa.array(written, pa.large_string())])
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:  # as datasets of images are written
        return _plain_values(pc.struct_field(values, "bytes"), name, where)
    if pa.types.is_nested(kind) or pa.types.is_union(kind):
        raise SourceError(
            f"column {name!r} of {where} holds nested values ({kind})",
            hint="spread it over plain columns, or leave it out",
        )
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
            return values
        return _plain_values(values.cast(kind.value_type), name, where)
    if pa.types.is_decimal(kind):
        return pc.cast(values, pa.float64())
    if pa.types.is_date(kind):
        return pc.cast(values, pa.timestamp("us"))
    if pa.types.is_timestamp(kind):
        # The moments stay the same: Arrow keeps them in UTC whatever the zone.
        return pc.cast(pc.cast(values, pa.timestamp("us", kind.tz), safe=False), pa.timestamp("us"))
    if pa.types.is_duration(kind):
        micros = pc.cast(pc.cast(values, pa.duration("us"), safe=False), pa.int64())
        return pc.divide(pc.cast(micros, pa.float64()), 1e6)
    if pa.types.is_time(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_null(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        if any(is_image_bytes(v) for v in pc.drop_null(values).slice(0, _FIRST).to_pylist()):
            return pa.chunked_array([pa.array([_image(v) for v in values.to_pylist()], type=pa.large_string())])
        try:
            return pc.cast(values, pa.large_string())
        except pa.ArrowInvalid as error:
            raise SourceError(
                f"column {name!r} of {where} holds bytes that are no text", hint="leave it out"
            ) from error
    return values


def _lists_texts(kind: pa.DataType) -> bool:
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(listed and (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)))


def _image(content: bytes | None) -> str | None:
    """Return the image in a cell, as a table holds it, or words that no image begins with."""
    if content is None:
        return None
    try:
        return decode_image(content).to_text()
    except ValueError as error:
        return f"{error}: {len(content)} bytes"


def union_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return one schema that holds what all schemas hold: numbers widen, anything else that differs becomes text."""
    fields = []
    for i, name in enumerate(schemas[0].names):
        kinds = {s.field(i).type for s in schemas if not pa.types.is_null(s.field(i).type)}
        if len(kinds) <= 1:
            kind = next(iter(kinds), pa.string())
        elif all(pa.types.is_integer(k) for k in kinds):
            kind = pa.uint64() if all(pa.types.is_unsigned_integer(k) for k in kinds) else pa.int64()
        elif all(pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k) for k in kinds):
            kind = pa.float64()
        elif all(pa.types.is_timestamp(k) or pa.types.is_date(k) for k in kinds):
            kind = pa.timestamp("us")
        else:
            kind = pa.string()
        fields.append(pa.field(name, kind))
    return pa.schema(fields)


def file_digest(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of the bytes of files, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()

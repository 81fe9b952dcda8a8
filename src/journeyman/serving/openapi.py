"""The OpenAPI description of a server, put together from what each protocol says of its addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeyman import __version__
from journeyman.entities.column import Column, Kind
from journeyman.serving.http import JSON, Route

__all__ = ["description", "operation", "row_schema"]

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                name: {"type": "string"} for name in ("code", "message", "field", "found", "wanted", "hint")
            },
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}
_REFUSALS = {
    "400": "What was sent cannot be used; the body says which field.",
    "401": "A token is needed.",
    "403": "This token does not allow it.",
    "404": "There is nothing of that name.",
    "405": "Another method is needed.",
    "408": "The request took too long to arrive.",
    "409": "An id was used for another row, or a release cannot be loaded.",
    "413": "The request is too large.",
    "415": "A body of another media type is needed.",
    "429": "Too many rows wait.",
    "503": "The prediction log cannot be written, or it took too long.",
}


def row_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the JSON Schema of a row.

    Examples
    --------
    >>> row_schema([Column("age", Kind.INTEGER)])["properties"]
    {'age': {'type': ['number', 'string', 'null'], 'description': 'integer'}}
    """
    properties = {}
    for column in columns:
        kinds = ["number", "string", "null"] if column.kind.numeric else ["string", "number", "null"]
        if column.kind is Kind.BOOLEAN:
            kinds.insert(0, "boolean")
        properties[column.name] = {"type": kinds, "description": column.kind.value}
    return {"type": "object", "properties": properties, "required": [column.name for column in columns]}


def operation(
    summary: str,
    body: Mapping[str, Any] | None = None,
    *,
    answer: str = JSON,
    error: Mapping[str, Any] = _ERROR,
    media: Sequence[str] = (JSON,),
) -> dict[str, Any]:
    """Return an operation: what it does, what it takes, and what it may say."""
    refusals = {
        status: {"description": text, "content": {JSON: {"schema": dict(error)}}} for status, text in _REFUSALS.items()
    }
    described: dict[str, Any] = {
        "summary": summary,
        "responses": {"200": {"description": "Done.", "content": {answer: {"schema": {}}}}, **refusals},
    }
    if body is not None:
        schemas = {kind: {"schema": dict(body) if kind == JSON else {"type": "string"}} for kind in media}
        described["requestBody"] = {"required": True, "content": schemas}
    return described


def description(name: str, routes: Iterable[Route], tokens: bool) -> dict[str, Any]:
    """Return the whole description, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        described = {**route.operation, "tags": [route.protocol]}
        described["operationId"] = f"{route.method.lower()}{re.sub(r'[^a-z0-9]+', '_', route.path.lower())}"
        names = re.findall(r"{(\w+)}", route.path)
        if names:
            described["parameters"] = [
                {"name": found, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                for found in names
            ]
        if tokens and route.right is not None:
            described["security"] = [{"token": []}]
        paths.setdefault(route.path, {})[route.method.lower()] = described
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": f"Journeyman: {name}", "version": __version__},
        "paths": paths,
    }
    if tokens:
        whole["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    return whole

"""Kafka's client library and what the user's file says of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from journeyman.errors import SettingsError

__all__ = ["QUIET", "kafka_library", "read_client", "words_of"]

_SILENT = logging.getLogger("journeyman.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

QUIET: dict[str, Any] = {"log.connection.close": False, "logger": _SILENT}
"""What goes wrong is told by ourselves, in one line."""

_OURS = frozenset(
    ("group.id", "transactional.id", "enable.auto.commit", "enable.auto.offset.store", "isolation.level", "acks")
)
"""What exactly-once stands on, and the user's file may not change."""


def kafka_library() -> Any:
    """Return the client library.

    Raises
    ------
    SettingsError
        Where it is not installed.
    """
    try:
        import confluent_kafka  # noqa: PLC0415  # an extra: a server without Kafka starts without it
        import confluent_kafka.admin  # noqa: PLC0415  # an extra, too
    except ImportError:
        raise SettingsError("Kafka's client is not installed", hint='pip install "journeyman[kafka]"') from None
    return confluent_kafka


def read_client(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the settings of a file of lines such as ``sasl.username=me``.

    Raises
    ------
    SettingsError
        Where it cannot be read, or a line is none or sets what is not the user's.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint="give a file of lines such as a.b=c") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise SettingsError(f"{path}, line {number} has no equals sign", hint="write NAME=VALUE, one a line")
        if name.strip() in _OURS:
            raise SettingsError(f"{path}, line {number}: {name.strip()} is set by the server", hint="leave it out")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def words_of(error: Exception) -> str:
    """Return what an error of the client says."""
    first = error.args[0] if error.args else error
    return str(first.str() if hasattr(first, "str") else first) or type(error).__name__

"""A prediction log in a Kafka topic as a stream, read through this machine's copy of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.errors import SettingsError
from journeyman.stores.kafka_topic import KafkaTopic, TopicAddress
from journeyman.stores.topic_log import TopicLog
from journeyman.streams.tables import TableStream

__all__ = ["KafkaStream", "open_topic"]


def open_topic(address: str) -> KafkaStream:
    """Open the stream of an address such as kafka://host:9092/houses.log?folder=DIR, DIR being this machine's copy.

    Raises
    ------
    SettingsError
        Where the address names no topic, or no folder.
    WorkspaceError
        Where the folder cannot be used.

    Examples
    --------
    >>> open_topic("kafka://host:9092/houses.log")
    Traceback (most recent call last):
    ...
    journeyman.errors.SettingsError: kafka://host:9092/houses.log names no folder (hint: add ?folder=DIR)
    """
    folder = parse_qs(urlsplit(address).query).get("folder", [""])[0]
    place = TopicAddress.read(address)
    if not folder:
        raise SettingsError(f"{address} names no folder", hint="add ?folder=DIR")
    return KafkaStream(TopicLog(Path(folder), KafkaTopic(place)))


class KafkaStream(TableStream):
    """What a topic holds; see :class:`journeyman.interfaces.Stream`.

    Parameters
    ----------
    log : TopicLog
        With connections of its own.
    """

    def __init__(self, log: TopicLog) -> None:
        super().__init__(log)
        self._shared = log

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        """Return what came since a position, on all machines; WorkspaceError without brokers."""
        self._shared.catch_up()
        return super().poll(position, end, most)

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows whose labels came last before a moment, on all machines; WorkspaceError without brokers."""
        self._shared.catch_up()
        return super().labelled(before, most)

    def committed(self) -> int:
        """Return the latest position that was committed on any machine; 0 before the first."""
        self._shared.catch_up()
        return super().committed()

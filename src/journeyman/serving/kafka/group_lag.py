"""How far a group is behind its topic, and how fast it reads, whichever of its workers is asked."""

from __future__ import annotations

import time
from typing import Any

from journeyman.serving.counters import Counters
from journeyman.serving.kafka_topics import KafkaSettings, client_settings
from journeyman.stores.kafka_client import kafka_library

__all__ = ["GroupLag"]

_BETWEEN = 2.0  # seconds between two looks, each of which asks the brokers twice
_SECONDS = 5.0


class GroupLag:
    """Measures a group's topic of rows.

    Parameters
    ----------
    settings : KafkaSettings
        Topic and group.
    counters : Counters
        Where to tell.
    """

    def __init__(self, settings: KafkaSettings, counters: Counters) -> None:
        self._kafka, self._settings, self._counters = kafka_library(), settings, counters
        self._admin = self._kafka.admin.AdminClient(client_settings(settings, {}))
        self._looked, self._read = 0.0, -1

    def look(self, consumer: Any) -> None:
        """Ask the brokers, unless that was done a moment ago."""
        now = time.monotonic()
        if now < self._looked + _BETWEEN:
            return
        places = [self._kafka.TopicPartition(self._settings.rows, part) for part in self._partitions()]
        ends = self._offsets(places, self._kafka.admin.OffsetSpec.latest())
        begins = self._offsets(places, self._kafka.admin.OffsetSpec.earliest())
        lag = read = 0
        for place in consumer.committed(places, _SECONDS):
            at = max(place.offset, begins[place.partition])  # before the first commit a group begins at the earliest
            lag, read = lag + max(0, ends[place.partition] - at), read + at
        if self._read >= 0:
            rate = max(0, read - self._read) / (now - self._looked)
            self._counters.set("journeyman_kafka_messages_per_second", round(rate, 1))
        self._counters.set("journeyman_kafka_lag", lag)
        self._looked, self._read = now, read

    def _partitions(self) -> list[int]:
        topic = self._admin.list_topics(self._settings.rows, _SECONDS).topics[self._settings.rows]
        return sorted(topic.partitions)

    def _offsets(self, places: list[Any], spec: Any) -> dict[int, int]:
        level = self._kafka.IsolationLevel.READ_COMMITTED
        found = self._admin.list_offsets(dict.fromkeys(places, spec), isolation_level=level, request_timeout=_SECONDS)
        return {place.partition: int(at.result(_SECONDS).offset) for place, at in found.items()}

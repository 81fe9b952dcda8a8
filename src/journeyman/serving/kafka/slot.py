"""A name for transactions that stays: whoever takes a dead worker's place has its name, and shuts it out."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import tempfile
from pathlib import Path

from journeyman.serving.kafka_topics import KafkaSettings

__all__ = ["Slot"]


class Slot:
    """The lowest number of this machine and group that no other worker holds.

    Parameters
    ----------
    settings : KafkaSettings
        Workers of one machine and group have one name each.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        group = hashlib.sha256(f"{settings.brokers} {settings.group} {os.geteuid()}".encode()).hexdigest()[:16]
        place = Path(tempfile.gettempdir())
        number = 0
        while True:
            self._held = os.open(place / f"journeyman-kafka-{group}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            os.close(self._held)
            number += 1
        self.name = f"{settings.group}.{socket.gethostname()}.{number}"

    def leave(self) -> None:
        """Give the name free."""
        os.close(self._held)

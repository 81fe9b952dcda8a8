"""File systems and object stores on the network, by address: hdfs://, viewfs://, s3:// and gs://."""

from __future__ import annotations

from journeyman.filesystems.remote import Entry, Remote, is_remote, is_remote_path, joined, place_of

__all__ = ["Entry", "Remote", "is_remote", "is_remote_path", "joined", "place_of"]

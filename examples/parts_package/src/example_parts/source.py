"""A source: files whose rows are pairs, as in "size=3 rooms=2", and the same by an address, pairs://FILE."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from journeyman.errors import SourceError
from journeyman.sources import FrameSource

__all__ = ["open_address", "open_pairs"]


def open_pairs(path: str) -> FrameSource:
    """Return the table of a file; a pair that a row leaves out is a missing value.

    Raises
    ------
    SourceError
        Where there is no such file, or a word of it is no pair.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {type(error).__name__}", hint="check the file") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if any("=" not in word for word in words):
            raise SourceError(f"line {number} of {path} is no row of pairs", hint="write it as in size=3 rooms=2")
        rows.append(dict(word.split("=", 1) for word in words))
    return FrameSource(pd.DataFrame(rows, dtype="str"), Path(path).name)


def open_address(address: str) -> FrameSource:
    """Return the table of pairs://FILE."""
    return open_pairs(address.partition("://")[2])

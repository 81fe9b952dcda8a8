"""The user's own experience as a table, a row a trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from journeyman.entities.experience import Experience
from journeyman.errors import SettingsError
from journeyman.stores.disk import disk_errors
from journeyman.stores.experience import EXPERIENCE, opened_experience
from journeyman.stores.home import user_folder

__all__ = ["experience_frame", "export"]

_ALL = 1_000_000
_PLAIN = (
    "job",
    "algorithm",
    "candidate",
    "stated_probability",
    "stated_gain",
    "stated_seconds",
    "succeeded",
    "gain",
    "seconds",
    "solo",
)


def experience_frame(past: Sequence[Experience]) -> pd.DataFrame:
    """Return a row a trial, what was known before it in columns named "context ...".

    Examples
    --------
    >>> list(experience_frame(()).columns)[:3]
    ['job', 'algorithm', 'candidate']
    """
    rows = [
        {
            "job": row.job,
            "algorithm": row.algorithm,
            "candidate": row.candidate,
            "stated_probability": row.expectation.probability,
            "stated_gain": row.expectation.gain,
            "stated_seconds": row.expectation.seconds,
            "succeeded": row.succeeded,
            "gain": row.gain,
            "seconds": row.seconds,
            "solo": row.solo,
            **{f"context {name}": value for name, value in sorted(row.context.items())},
        }
        for row in past
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(_PLAIN))


def export(path: Path) -> int:
    """Write the user's own experience to a file; its ending says the format. Return the number of rows.

    Raises
    ------
    SettingsError
        Where the ending is of no known format, or there is no such folder.
    WorkspaceError
        Where the experience cannot be read, or the file not written.
    """
    write = _writer(path)
    if not path.parent.is_dir():
        raise SettingsError(f"{path}: there is no folder {path.parent}", hint="make it first, or name another")
    past: tuple[Experience, ...] = ()
    if (user_folder() / EXPERIENCE).is_file():
        with opened_experience(user_folder()) as store:
            past = store.read(_ALL)
    frame = experience_frame(past)
    draft = path.with_name(f".{path.name}.part")
    try:
        with disk_errors(path):
            write(frame, draft)
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return len(frame)


def _writer(path: Path) -> Callable[[pd.DataFrame, Path], object]:
    writers: dict[str, Callable[[pd.DataFrame, Path], object]] = {
        ".csv": lambda frame, to: frame.to_csv(to, index=False),
        ".parquet": lambda frame, to: frame.to_parquet(to, index=False),
        ".jsonl": lambda frame, to: frame.to_json(to, orient="records", lines=True),
    }
    ending = path.suffix.lower()
    if ending not in writers:
        raise SettingsError(f"{path} has no ending that says a format", hint="name a .csv, .parquet or .jsonl file")
    return writers[ending]

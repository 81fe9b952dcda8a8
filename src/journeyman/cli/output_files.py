"""Files that a command is to write: what cannot be written, or would overwrite what is read, is refused at once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from journeyman.errors import SettingsError

__all__ = ["check_output_files"]


def check_output_files(read: Iterable[str | Path | None], written: Mapping[str, Path | None]) -> None:
    """Refuse files that cannot be written, before work is done for them; nothing that is read is ever overwritten.

    Parameters
    ----------
    read : iterable of str, Path or None
        What the command reads; addresses that are no files are passed over.
    written : mapping of str to Path or None
        By option, the file that it names.

    Raises
    ------
    SettingsError
        Where a file is one that is read or that another option names, is a folder, or its folder is not there or may
        not be written.

    Examples
    --------
    >>> check_output_files(["a.csv"], {"--json": Path("b.json"), "--out": Path("b.json")})
    Traceback (most recent call last):
    journeyman.errors.SettingsError: --json and --out both name b.json (hint: give --out another name)
    """
    inputs = [Path(one) for one in read if one is not None and _exists(Path(one))]
    named: dict[Path, str] = {}
    for option, file in written.items():
        if file is None:
            continue
        if file.is_dir():
            raise SettingsError(
                f"{option} {file} is a folder, wanted a file to write", hint=f"name a file in it: {file / 'NAME'}"
            )
        if not file.parent.is_dir():
            made = shlex.quote(str(file.parent))
            raise SettingsError(f"there is no folder {file.parent} for {option}", hint=f"make it: mkdir -p {made}")
        if not os.access(file.parent, os.W_OK | os.X_OK):
            raise SettingsError(
                f"no permission to write in {file.absolute().parent}",
                hint=f"name a file in another folder for {option}",
            )
        if _exists(file) and any(file.samefile(one) for one in inputs):
            raise SettingsError(f"{option} {file} would overwrite what is read", hint=f"give {option} another name")
        other = named.setdefault(file.absolute(), option)
        if other != option:
            raise SettingsError(f"{other} and {option} both name {file}", hint=f"give {option} another name")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # an address of a database may be no path at all
        return False

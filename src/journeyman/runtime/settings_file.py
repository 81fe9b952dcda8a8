"""Settings as a TOML file: what a build was run with, kept beside its release, and read back to repeat it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from journeyman.errors import SettingsError, SourceError
from journeyman.runtime.machine import available_memory
from journeyman.settings import AUTO, FRAME, BuildSettings, checked, is_address, model_name, parse_budget, parse_memory

__all__ = ["read_settings", "readable", "write_settings"]

_OPENING = "# The effective settings of a build. `journeyman build THIS_FILE` repeats it.\n"


def write_settings(settings: BuildSettings) -> bytes:
    """Return settings as TOML; what is unset is left out.

    Examples
    --------
    >>> text = write_settings(BuildSettings("houses.csv", "price", "houses")).decode()
    >>> 'target = "price"' in text
    True
    """
    plain = {k: v for k, v in asdict(settings).items() if v is not None and v not in ({}, (), [])}
    if settings.budget is None:
        plain["budget"] = AUTO if settings.trials is None else "none"
    return (_OPENING + tomli_w.dumps({k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()})).encode()


def readable(settings: BuildSettings) -> dict[str, str]:
    """Return the settings that are set, as texts for the report.

    Examples
    --------
    >>> readable(BuildSettings("houses.csv", "price", "houses"))["budget"]
    '120.0'
    """
    said = {k: str(v) for k, v in asdict(settings).items() if v is not None and v not in ({}, (), [])}
    return said if settings.budget is not None or settings.trials is not None else {**said, "budget": AUTO}


def read_settings(path: Path) -> BuildSettings:
    """Read settings; a relative source is relative to the file.

    Raises
    ------
    SettingsError
        Where the file is no TOML, lacks ``source``, or both ``target`` and ``task``, or has an unknown or unfit entry.
    """
    if not path.is_file():
        raise SourceError(f"no such file: {path}", hint="name a table or a settings.toml")
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise SettingsError(f"no permission to read {path}", hint="ask its owner, or copy it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}", hint="see docs/ten-minutes.md for an example") from error
    known = {f.name for f in fields(BuildSettings)}
    for name in plain:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise SettingsError(
                f"{path} has an unknown entry {name!r}",
                hint=f"did you mean {near[0]!r}?" if near else f"there is {', '.join(sorted(known))}",
            )
    for name in ("source", *(("target",) if "task" not in plain else ())):
        if name not in plain:
            raise SettingsError(f"{path} lacks {name!r}", hint=f'add a line such as {name} = "..."')
    return _convert(path, plain)


def _convert(path: Path, plain: Mapping[str, Any]) -> BuildSettings:
    values = dict(plain)
    source = str(values["source"])
    if not is_address(source) and source != FRAME and not Path(source).is_absolute():
        values["source"] = str(path.parent / source)
    if "budget" in values:
        budget = values["budget"]
        values["budget"] = None if budget == "none" else parse_budget(str(budget))
    elif "trials" in values:
        values["budget"] = None
    if isinstance(values.get("memory"), str):
        values["memory"] = parse_memory(values["memory"])
    elif "memory" not in values:
        values["memory"] = available_memory(repeatable="trials" in values)
    values.setdefault("target", None)  # of a task that needs none
    values.setdefault("name", model_name(source, str(values["target"] or values.get("task"))))
    try:
        settings = msgspec.convert(values, BuildSettings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}", hint="compare with the settings.toml of an earlier release") from error
    return checked(settings)

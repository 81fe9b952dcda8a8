"""The folder of a prototype, copied to where it can be run without harm."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

__all__ = ["add_files", "copy_folder", "listed_files", "place_files"]

_LEFT_OUT = frozenset(
    ("__pycache__", "node_modules", "site-packages", "venv", "env", "mlruns", "wandb", "catboost_info")
)
_MOST_FILES = 20_000
_MOST_BYTES = 2 << 30


def copy_folder(folder: Path, to: Path) -> bool:
    """Copy a folder without what is hidden, other notebooks, and environments of Python; return whether it is whole.

    Of a folder of more than 2 GiB or 20,000 files only the modules beside the prototype are copied: data that it names
    is added by :func:`add_files`.
    """
    to.mkdir(parents=True)
    size, count = 0, 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        folders[:] = [name for name in folders if not (Path(place) / name / "pyvenv.cfg").exists()]
        here = to / Path(place).relative_to(folder)
        for name in files:
            file = Path(place) / name
            if name.startswith(".") or name.endswith(".ipynb") or not file.is_file():
                continue
            size, count = size + file.stat().st_size, count + 1
            if size > _MOST_BYTES or count > _MOST_FILES:
                shutil.rmtree(to)
                to.mkdir()
                for module in folder.glob("*.py"):
                    shutil.copyfile(module, to / module.name)
                return False
            here.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, here / name)
    return True


def add_files(wanted: Sequence[str], beside: Path, data: Path | None, to: Path) -> None:
    """Copy files that a program names into its copied folder, where they are not in it.

    Parameters
    ----------
    wanted : sequence of str
        Paths and addresses as the program writes them.
    beside : Path
        The folder from which the program's own paths lead.
    data : Path or None
        A folder, or a file, that was given for it: files are found there by their names.
    to : Path
        The copied folder.
    """
    given = _by_name(data)
    for path in wanted:
        plain = path.replace("\\", "/")
        name = PurePosixPath(plain.partition("?")[0]).name
        inside = "://" not in plain and not os.path.isabs(plain) and not os.path.normpath(plain).startswith("..")
        if not name or (inside and (to / plain).is_file()):
            continue
        own = None if "://" in plain else beside / plain
        file = given.get(name.lower()) or (own if own is not None and _is_file(own) else None)
        if file is not None:
            place = to / plain if inside and file is own else to / "data" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def place_files(missing: Sequence[str], folder: Path) -> bool:
    """Copy files to where a program looked for them in vain, from elsewhere in its folder; return whether any was.

    A path that leads out of the folder cannot be served so.
    """
    placed = False
    by_name = _by_name(folder)
    for path in missing:
        place = Path(os.path.normpath(folder / path))
        file = by_name.get(place.name.lower())
        if file is not None and place.is_relative_to(folder) and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
            placed = True
    return placed


def listed_files(folder: Path) -> tuple[str, ...]:
    """Return the files of a folder, relative to it, with ``/``."""
    return tuple(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()))


def _by_name(data: Path | None) -> dict[str, Path]:
    if data is None:
        return {}
    if data.is_file():
        return {data.name.lower(): data}
    found: dict[str, Path] = {}
    for file in sorted(data.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            found.setdefault(file.name.lower(), file)
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

"""A file as a prototype: what kind it is, and whether it is one at all."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.prototype import Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.notebook import read_notebook
from journeyman.importers.prototypes.script import read_script

__all__ = ["read_prototype"]

_MOST_BYTES = 200 << 20
_KINDS = "give a notebook (.ipynb) or a script (.py, .R, .Rmd, .m)"


def read_prototype(path: Path, data: Path | None = None) -> Prototype:
    """Return the code of a notebook or a script.

    Parameters
    ----------
    path : Path
    data : Path or None
        The folder with the tables that it reads, where they do not lie beside it.

    Raises
    ------
    InputError
        There is no such file, it is a folder or too large, or what its reader raises.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, wanted a notebook or a script", hint=_KINDS)
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint=_KINDS)
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path.name} is larger than 200 MiB", hint="clear its outputs and save it again")
    content = path.read_bytes()
    beginning = content[:2_000].lstrip().lower()
    if beginning.startswith((b"<!doctype html", b"<html")):
        raise InputError(
            f"{path.name} is a web page, wanted a notebook or a script",
            hint="download the raw file (on GitHub: the button Raw, or Download raw file)",
        )
    if path.suffix.lower() == ".ipynb":
        return read_notebook(content, path.name, data or path.absolute().parent)
    return read_script(content, path.name, data or path.absolute().parent)

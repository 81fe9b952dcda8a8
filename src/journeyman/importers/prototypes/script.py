"""Scripts as prototypes: of Python, those that were saved from notebooks among them, of R, and of MATLAB or Octave."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.matlab import read_matlab
from journeyman.importers.prototypes.plain_python import plain_python
from journeyman.importers.prototypes.python_2 import in_today_python
from journeyman.importers.prototypes.r import read_r

__all__ = ["read_script"]

_MOST_BYTES, _MOST_FILES = 1 << 20, 500
_LANGUAGES = {"py": Language.PYTHON, "r": Language.R, "rmd": Language.R, "m": Language.MATLAB}


def read_script(content: bytes, name: str, folder: Path | None = None) -> Prototype:
    """Return a script's code as one cell; R, R Markdown and MATLAB are translated into Python.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file.
    folder : Path or None
        Where the tables and functions lie that it uses: a translation looks at them.

    Raises
    ------
    InputError
        It is no text, holds no code, or has an ending of no known language.

    Examples
    --------
    >>> read_script(b"x <- 1", "a.R").language
    <Language.R: 'R'>
    """
    ending = name.rpartition(".")[2].lower()
    if ending not in _LANGUAGES:
        raise InputError(
            f"{name} is of an unknown kind", hint="give a notebook (.ipynb) or a script (.py, .R, .Rmd, .m)"
        )
    if _LANGUAGES[ending] is Language.R:
        return read_r(content, name, folder)
    if _LANGUAGES[ending] is Language.MATLAB:
        return read_matlab(content, name, _functions_beside(folder))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        if "\0" in text:
            raise InputError(f"{name} is no text", hint="give the script itself") from None
    if not text.strip():
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    language, cells, findings = in_today_python((Cell(1, plain_python(text).source),))
    return Prototype(name, language, cells, findings)


def _functions_beside(folder: Path | None) -> dict[str, bytes]:
    """Return the MATLAB files of a folder, by their names."""
    if folder is None:
        return {}
    files = [file for file in sorted(folder.glob("*.m")) if file.is_file() and file.stat().st_size < _MOST_BYTES]
    return {file.name: file.read_bytes() for file in files[:_MOST_FILES]}

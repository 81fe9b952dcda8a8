"""Scripts as prototypes: of Python, those that were saved from notebooks among them, of R, and of MATLAB or Octave."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.plain_python import plain_python
from journeyman.importers.prototypes.python_2 import in_today_python
from journeyman.importers.prototypes.r import read_r

__all__ = ["read_script"]

_LANGUAGES = {"py": Language.PYTHON, "r": Language.R, "rmd": Language.R, "m": Language.MATLAB}


def read_script(content: bytes, name: str, folder: Path | None = None) -> Prototype:
    """Return a script's code as one cell; R, and the chunks of R Markdown, are translated into Python.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file.
    folder : Path or None
        Where the tables lie that it reads: a translation looks at them.

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
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        if "\0" in text:
            raise InputError(f"{name} is no text", hint="give the script itself") from None
    if not text.strip():
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    language = _LANGUAGES[ending]
    if language is not Language.PYTHON:
        return Prototype(name, language, (Cell(1, text),))
    language, cells, findings = in_today_python((Cell(1, plain_python(text).source),))
    return Prototype(name, language, cells, findings)

"""Scripts as prototypes: of Python, those that were saved from notebooks among them, of R, and of MATLAB or Octave."""

from __future__ import annotations

import re

from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.plain_python import plain_python
from journeyman.importers.prototypes.python_2 import in_today_python

__all__ = ["read_script"]

_LANGUAGES = {"py": Language.PYTHON, "r": Language.R, "rmd": Language.R, "m": Language.MATLAB}
_CHUNK = re.compile(r"^```\{\s*[rR]\b[^}]*\}\s*$(.*?)^```\s*$", re.M | re.S)


def read_script(content: bytes, name: str) -> Prototype:
    """Return a script's code, of R Markdown the chunks, as one cell.

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
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        if "\0" in text:
            raise InputError(f"{name} is no text", hint="give the script itself") from None
    if ending == "rmd":
        text = "\n".join(chunk for chunk in _CHUNK.findall(text))
    if not text.strip():
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    language = _LANGUAGES[ending]
    if language is not Language.PYTHON:
        return Prototype(name, language, (Cell(1, text),))
    language, cells, findings = in_today_python((Cell(1, plain_python(text).source),))
    return Prototype(name, language, cells, findings)

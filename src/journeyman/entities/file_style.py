"""How a file is written: what the user says of it, what was found, and what a release expects of later files."""

from __future__ import annotations

import codecs
import difflib
from dataclasses import dataclass

from journeyman.errors import SettingsError

__all__ = ["AS_FOUND", "NO_QUOTE", "FileStyle", "parse_file_style"]

NO_QUOTE = "none"
"""Stands for a file without quotes, where a quote is a character like any other."""

_DELIMITERS = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "spaces": " ",
    "blank": " ",
    "colon": ":",
    "tilde": "~",
    "^a": "\x01",
    "\\x01": "\x01",
    "\\001": "\x01",
}
_QUOTES = {"double": '"', "single": "'", "no": NO_QUOTE, "": NO_QUOTE}
_ENCODINGS = ("utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253", "cp850", "koi8-r")
_MORE = (
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp874",
    "mac-roman",
)


@dataclass(frozen=True)
class FileStyle:
    """How a file is written; None leaves it to the file itself.

    Attributes
    ----------
    encoding : str or None
        Python's name of the encoding.
    delimiter : str or None
        One character; a space stands for any run of spaces.
    quote : str or None
        The character around texts, or "none".
    sheet : str or None
        Name of a workbook's sheet, or of a file in an archive.
    decimal : str or None
        The decimal sign of numbers in texts, "." or ",".
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    decimal: str | None = None


AS_FOUND = FileStyle()
"""A style of which nothing is known beforehand."""


def parse_file_style(
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    sheet: str | None = None,
    decimal: str | None = None,
) -> FileStyle:
    """Read a style as a person writes it: a delimiter may be called by its name.

    Raises
    ------
    SettingsError
        Naming what does not exist.

    Examples
    --------
    >>> parse_file_style("UTF8", "tab", "double")
    FileStyle(encoding='utf-8', delimiter='\\t', quote='"', sheet=None, decimal=None)
    """
    if encoding is not None:
        encoding = _encoding(encoding)
    if delimiter is not None:
        delimiter = _DELIMITERS.get(delimiter.lower(), delimiter)
        if len(delimiter) != 1 or delimiter in "\"'\r\n\0" or delimiter.isalnum():
            raise SettingsError(
                f"{delimiter!r} cannot be a delimiter", hint="give one character such as ; or a word such as tab"
            )
    if quote is not None:
        quote = _QUOTES.get(quote.lower(), quote)
        if quote not in ('"', "'", NO_QUOTE):
            raise SettingsError(f"{quote!r} cannot be a quote", hint="give double, single or none")
    return FileStyle(encoding, delimiter, quote, sheet, decimal)


def _encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)  # rot13 and base64 are codecs too, but not of texts
    except (LookupError, ValueError):
        near = difflib.get_close_matches(name.lower(), (*_ENCODINGS, *_MORE), n=1)
        hint = f"did you mean {near[0]}?" if near else f"give one such as {', '.join(_ENCODINGS[:6])}"
        raise SettingsError(f"there is no encoding {name!r}", hint=hint) from None
    return codec.name

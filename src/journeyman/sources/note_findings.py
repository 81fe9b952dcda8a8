"""Findings about how a file was read: what was decided on thin evidence, and what was left out of it."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding, Severity
from journeyman.sources.dialects import Layout
from journeyman.sources.encodings import Encoding
from journeyman.sources.rewrite import Rewritten

__all__ = ["text_findings"]

_SHOWN = 3
_NAMES = {"\t": "tab", " ": "space", "\x01": "^A", "\x1f": "\\x1f"}


def text_findings(
    name: str, encoding: Encoding, layout: Layout, rewritten: Rewritten | None, expected: FileStyle
) -> tuple[Finding, ...]:
    """Return findings about a text file.

    Parameters
    ----------
    name : str
        What the user calls it.
    encoding : Encoding
        What its bytes were read as.
    layout : Layout
        How its lines were divided.
    rewritten : Rewritten or None
        What came of writing it again, where that was done.
    expected : FileStyle
        How the training table was written: what is as there is not told again.
    """
    out = []
    if encoding.detected and encoding.name != expected.encoding:
        out.append(_encoding(name, encoding))
    if encoding.strays:
        places = _count(encoding.strays, "place")
        message = f"{name} is UTF-8 but for {places}, read as Western letters (cp1252)"
        shown = f", as in {encoding.example!r}" if encoding.example else ""
        out.append(
            Finding(
                "DQ031",
                Severity.WARNING,
                (),
                f"{message}{shown}.",
                "Repair these cells at the source, or name another encoding with --encoding.",
                {"places": encoding.strays},
            )
        )
    if layout.rival is not None:
        one, other = _delimiter_name(layout.dialect.delimiter), _delimiter_name(layout.rival)
        out.append(
            Finding(
                "DQ035",
                Severity.WARNING,
                (),
                f"{name} was divided at {one}; {other} divides its rows nearly as well.",
                f"Where {other} is right, give --delimiter {other}.",
            )
        )
    if layout.dialect.escape:
        out.append(_quotes(f"{name} writes a backslash before quotes inside texts; it was read so.", 0, Severity.NOTE))
    if rewritten is not None and rewritten.quotes:
        lines = ", ".join(str(n) for n in rewritten.quotes[:_SHOWN]) + (
            ", ..." if len(rewritten.quotes) > _SHOWN else ""
        )
        number = len(rewritten.quotes)
        message = f"{name} has {_count(number, 'row')} with a quote that closes or opens nothing (line {lines}); "
        out.append(_quotes(message + "each was taken for a character, and the row ends with its line.", number))
    left = _left_out(layout, rewritten)
    if left:
        message = f"{name} holds lines that are no rows: {'; '.join(left)}. They are left out."
        out.append(
            Finding("DQ034", Severity.WARNING, (), message, "Take them out of the file where they are no part of it.")
        )
    if layout.row_names:
        message = f"The header of {name} has one name fewer than its rows have fields: the first names rows."
        out.append(_header(message))
    return tuple(out)


def _encoding(name: str, encoding: Encoding) -> Finding:
    shown = f", as in {encoding.example!r}" if encoding.example else ""
    message = f"{name} is not UTF-8; its letters say {encoding.name}{shown}"
    if encoding.rival is None:
        hint = f"Where that reads wrongly, name the encoding with --encoding ({encoding.name} was taken)."
        return Finding("DQ030", Severity.NOTE, (), f"{message}.", hint)
    return Finding(
        "DQ030",
        Severity.WARNING,
        (),
        f"{message}, but {encoding.rival} fits nearly as well.",
        f"Say which with --encoding {encoding.name} or --encoding {encoding.rival}, or save the file as UTF-8.",
    )


def _quotes(message: str, rows: int, severity: Severity = Severity.WARNING) -> Finding:
    hint = "Where quotes never hold texts, give --quote none; else double the quotes inside texts at the source."
    return Finding("DQ032", severity, (), message, hint, {"rows": rows} if rows else {})


def _header(message: str) -> Finding:
    return Finding("DQ018", Severity.NOTE, (), message, "Write a name above every column, as col.names=NA does in R.")


def _left_out(layout: Layout, rewritten: Rewritten | None) -> list[str]:
    out = []
    if layout.left_out:
        out.append(f"{_count(len(layout.left_out), 'line')} before the header ({_quoted(layout.left_out)})")
    if rewritten is None:
        return out
    if rewritten.units:
        out.append(f"{_count(len(rewritten.units), 'line')} that go on with the header ({_quoted(rewritten.units)})")
    if rewritten.headers:
        out.append(
            f"the header again, in line {', '.join(map(str, rewritten.headers[:_SHOWN]))}"
            + (", ..." if len(rewritten.headers) > _SHOWN else "")
        )
    if rewritten.empty:
        out.append(f"{_count(rewritten.empty, 'row')} without any value at the end")
    if rewritten.comments:
        out.append(_count(rewritten.comments, "comment"))
    if rewritten.after:
        out.append(f"{_count(len(rewritten.after), 'line')} behind the table ({_quoted(rewritten.after)})")
    return out


def _quoted(lines: Sequence[str]) -> str:
    return ", ".join(repr(line[:40]) for line in lines[:_SHOWN]) + (", ..." if len(lines) > _SHOWN else "")


def _delimiter_name(delimiter: str) -> str:
    return _NAMES.get(delimiter, repr(delimiter))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""Functions of texts and dates."""

from __future__ import annotations

import re

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, is_true, match_arguments, needed, whole_number
from journeyman.importers.prototypes.r.expressions import as_text, translate
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS", "python_pattern"]

_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s"}
_CLASSES |= {"blank": r" \t", "punct": r"!-/:-@\[-`{-~"}


def python_pattern(pattern: str) -> str:
    r"""Return a regular expression as Python writes it.

    Examples
    --------
    >>> python_pattern("[[:punct:]a]+")
    '[!-/:-@\\[-`{-~a]+'
    """
    return re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found.group(1), found.group()), pattern)


def _paste(program: Program, call: Call) -> Value:
    values = [translate(program, one.value) for one in call.arguments if one.name is None and one.value is not None]
    told = {one.name: one.value for one in call.arguments if one.name is not None}
    if "collapse" in told or any(one.kind in (Kind.TABLE, Kind.LIST) for one in values) or not values:
        raise OutsideSubsetError("paste() with collapse, or of lists", call)
    between = told.get("sep")
    if between is not None and not isinstance(between, syntax.Text):
        raise OutsideSubsetError("paste() with a sep that is not written out", call)
    sep = between.value if isinstance(between, syntax.Text) else "" if called_name(call) == "paste0" else " "
    rows = next((one for one in values if one.kind in (Kind.SERIES, Kind.ARRAY)), None)
    codes = [as_text(one) for one in values]
    joint = f" + {sep!r} + " if sep else " + "
    kind = rows.kind if rows is not None else Kind.SCALAR
    return Value(f"({joint.join(codes)})", kind, Holds.TEXTS, rows.frame if rows is not None else None)


def _of_texts(program: Program, node: Node, call: Call) -> Value:
    value = translate(program, node)
    if value.kind is Kind.SERIES:
        return value.with_code(as_text(value))
    if value.kind in (Kind.LIST, Kind.ARRAY):
        return value.as_series()
    if value.kind is Kind.UNKNOWN:
        return value
    raise OutsideSubsetError(f"{called_name(call)}() of a {value.kind}", call)


def _cased(program: Program, call: Call) -> Value:
    value = _of_texts(program, needed(match_arguments(call, "x"), "x", call), call)
    names = {"toupper": "upper", "str_to_upper": "upper", "trimws": "strip", "str_trim": "strip"}
    method = names.get(called_name(call), "lower")
    return Value(f"{value.code}.str.{method}()", Kind.SERIES, Holds.TEXTS, value.frame)


def _number_of_signs(program: Program, call: Call) -> Value:
    value = _of_texts(program, needed(match_arguments(call, "x"), "x", call), call)
    return Value(f"{value.code}.str.len()", Kind.SERIES, Holds.NUMBERS, value.frame)


def _part(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x start stop")
    value = _of_texts(program, needed(found, "x", call), call)
    first, last = whole_number(needed(found, "start", call)), whole_number(needed(found, "stop", call))
    if first is None or last is None or first < 1 or last < 0:
        raise OutsideSubsetError("substr() by places that are not written out", call)
    return Value(f"{value.code}.str[{first - 1}:{last}]", Kind.SERIES, Holds.TEXTS, value.frame)


def _substitute(program: Program, call: Call) -> Value:
    tidy = called_name(call).startswith("str_")
    order = "x pattern replacement" if tidy else "pattern replacement x"
    found = match_arguments(call, order)
    pattern, new = needed(found, "pattern", call), found.get("replacement", syntax.Text(call.line, ""))
    if not isinstance(pattern, syntax.Text) or not isinstance(new, syntax.Text):
        raise OutsideSubsetError(f"{called_name(call)}() of a pattern that is not written out", call)
    value = _of_texts(program, needed(found, "x", call), call)
    plain = is_true(found.get("fixed"))
    told = [repr(pattern.value if plain else python_pattern(pattern.value)), repr(new.value)]
    if called_name(call) in ("sub", "str_replace", "str_remove"):
        told.append("n=1")
    if is_true(found.get("ignore.case")):
        told.append("case=False")
    told.append(f"regex={not plain}")
    return Value(f"{value.code}.str.replace({', '.join(told)})", Kind.SERIES, Holds.TEXTS, value.frame)


def _holds_pattern(program: Program, call: Call) -> Value:
    tidy = called_name(call) == "str_detect"
    found = match_arguments(call, "x pattern" if tidy else "pattern x")
    pattern = needed(found, "pattern", call)
    if not isinstance(pattern, syntax.Text):
        raise OutsideSubsetError(f"{called_name(call)}() of a pattern that is not written out", call)
    value = _of_texts(program, needed(found, "x", call), call)
    plain = is_true(found.get("fixed"))
    told = repr(pattern.value if plain else python_pattern(pattern.value))
    told += ", case=False" if is_true(found.get("ignore.case")) else ""
    code = f"{value.code}.str.contains({told}, regex={not plain}, na=False)"
    return Value(code, Kind.SERIES, Holds.LOGICAL, value.frame)


def _as_texts(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(as_text(value), value.kind, Holds.TEXTS, value.frame, predicted=value.predicted)


def _as_date(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x format")
    value = translate(program, needed(found, "x", call))
    written = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}.get(called_name(call))
    told = f", format={translate(program, found['format']).code}" if "format" in found else ""
    if written is not None:
        told = f", dayfirst={called_name(call) == 'dmy'}"
    kind = Kind.SERIES if value.kind in (Kind.SERIES, Kind.UNKNOWN) else Kind.SCALAR
    return Value(f"pd.to_datetime({value.code}{told})", kind, Holds.UNKNOWN, value.frame)


def _part_of_date(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if value.kind not in (Kind.SERIES, Kind.UNKNOWN):
        raise OutsideSubsetError(f"{called_name(call)}() of a {value.kind}", call)
    dates = value.code if "to_datetime" in value.code else f"pd.to_datetime({value.code})"
    names = {"mday": "day", "yday": "dayofyear"}
    code = f"{dates}.dt.{names.get(called_name(call), called_name(call))}"
    if called_name(call) == "wday":
        code = f"(({dates}.dt.dayofweek + 1) % 7 + 1)"
    return Value(code, Kind.SERIES, Holds.NUMBERS, value.frame)


def _divided(program: Program, call: Call) -> Value:
    """``strsplit(x, pattern)`` of one text, as it stands in a function that is given one."""
    found = match_arguments(call, "x split fixed")
    value, pattern = translate(program, needed(found, "x", call)), needed(found, "split", call)
    if value.kind not in (Kind.SCALAR, Kind.UNKNOWN) or not isinstance(pattern, syntax.Text):
        raise OutsideSubsetError("strsplit() but of one text, by a pattern that is written out", call)
    told = re.escape(pattern.value) if is_true(found.get("fixed")) else python_pattern(pattern.value)
    return Value(f"re.split({told!r}, {value.code})", Kind.LIST, Holds.TEXTS, parts=("split",))


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(("paste", "paste0", "str_c"), _paste),
    **dict.fromkeys(("toupper", "tolower", "trimws", "str_to_upper", "str_to_lower", "str_trim"), _cased),
    **dict.fromkeys(("nchar", "str_length"), _number_of_signs),
    **dict.fromkeys(("substr", "substring", "str_sub"), _part),
    **dict.fromkeys(("gsub", "sub", "str_replace", "str_replace_all", "str_remove", "str_remove_all"), _substitute),
    **dict.fromkeys(("grepl", "str_detect"), _holds_pattern),
    **dict.fromkeys(("as.Date", "ymd", "dmy", "mdy", "as.POSIXct", "ymd_hms"), _as_date),
    **dict.fromkeys(("year", "month", "mday", "day", "yday", "wday", "hour", "minute"), _part_of_date),
    "as.character": _as_texts,
    "strsplit": _divided,
}

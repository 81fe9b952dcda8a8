"""Functions of numbers: one by one, and statistics of many."""

from __future__ import annotations

from journeyman.importers.prototypes.r.arguments import called_name, is_true, match_arguments, needed
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Call
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS"]

_NUMPY = dict.fromkeys(
    ["exp", "abs", "log2", "log10", "log1p", "expm1", "floor", "sin", "cos", "tan", "tanh", "sign", "trunc"]
)
_ELEMENTWISE = {name: name for name in _NUMPY} | {"ceiling": "ceil"}


def _elementwise(program: Program, call: Call) -> Value:
    name = called_name(call)
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    _refuse_texts(value, call)
    code = f"np.{_ELEMENTWISE[name]}({value.code})"
    return Value(code, value.kind, Holds.NUMBERS, value.frame, value.columns, predicted=value.predicted)


def _log(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x base")
    value = translate(program, needed(found, "x", call))
    _refuse_texts(value, call)
    code = f"np.log({value.code})"
    if "base" in found:
        code = f"({code} / np.log({translate(program, found['base']).code}))"
    return Value(code, value.kind, Holds.NUMBERS, value.frame, value.columns)


def _round(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x digits")
    value = translate(program, needed(found, "x", call))
    digits = f", {translate(program, found['digits']).code}" if "digits" in found else ""
    return Value(f"np.round({value.code}{digits})", value.kind, Holds.NUMBERS, value.frame, predicted=value.predicted)


def _as_number(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    whole = called_name(call) == "as.integer"
    if value.kind in (Kind.TABLE, Kind.MODEL):
        raise OutsideSubsetError(f"{called_name(call)}() of a {value.kind}", call)
    if value.kind is Kind.SCALAR:
        return Value(f"{'int' if whole else 'float'}({value.code})", Kind.SCALAR, Holds.NUMBERS)
    if value.holds is Holds.FACTOR:
        codes = f"({value.code}.cat.codes + 1)" if value.kind is Kind.SERIES else f"({value.code}.codes + 1)"
        return Value(codes, value.kind, Holds.NUMBERS, value.frame, predicted=value.predicted)
    if value.holds is Holds.LOGICAL:
        return Value(f"{value.code}.astype(int)", value.kind, Holds.NUMBERS, value.frame, predicted=value.predicted)
    if value.holds is Holds.NUMBERS:
        code = f"np.trunc({value.code})" if whole else value.code
        return Value(code, value.kind, Holds.NUMBERS, value.frame, predicted=value.predicted)
    code = f"pd.to_numeric({value.code}, errors='coerce')"
    kind = value.kind if value.kind is Kind.SERIES else Kind.ARRAY
    return Value(f"np.trunc({code})" if whole else code, kind, Holds.NUMBERS, value.frame, predicted=value.predicted)


_METHODS = {"mean": "mean", "median": "median", "min": "min", "max": "max", "sum": "sum", "prod": "prod"}


def _statistic(program: Program, call: Call) -> Value:
    judged = program.operations["score of a mean"](program, call)
    if judged.kind is not Kind.NOTHING:
        return judged
    found = match_arguments(call, "x na.rm" if called_name(call) in ("mean", "median") else "x ... na.rm")
    name = called_name(call)
    unnamed = [one.value for one in call.arguments if one.name is None and one.value is not None]
    if len(unnamed) > 1 and name in ("min", "max", "sum"):
        given = ", ".join(translate(program, one).code for one in unnamed)
        return Value(f"np.{name}([{given}])", Kind.SCALAR, Holds.NUMBERS)
    value = translate(program, needed(found, "x", call))
    skips = is_true(found.get("na.rm")) or _is_complete(program, value)
    if program.groups is not None:
        return _of_groups(program, call, value, _METHODS[name], skips)
    return Value(_statistic_code(value, _METHODS[name], skips), Kind.SCALAR, Holds.NUMBERS)


def _is_complete(program: Program, value: Value) -> bool:
    """Return whether it is a column that is known to have no missing value."""
    return value.kind is Kind.SERIES and any(value.code == f"{value.frame}[{name!r}]" for name in program.complete)


def _of_groups(program: Program, call: Call, value: Value, method: str, skips: bool) -> Value:
    frame = program.mask
    if frame is None or program.groups is None or not value.code.startswith(f"{frame.code}["):
        raise OutsideSubsetError(f"{called_name(call)}() of what is no column, by groups", call)
    how = repr(method) if skips else f"lambda column: column.{method}(skipna=False)"
    groups = f"{frame.code}.groupby({list(program.groups)!r}, dropna=False, observed=True)"
    return Value(f"{groups}{value.code[len(frame.code) :]}.transform({how})", Kind.SERIES, Holds.NUMBERS, frame.code)


def _statistic_code(value: Value, method: str, skips: bool) -> str:
    """Return the code of a statistic of many values: not a number where one is missing, unless these are skipped."""
    if value.kind is Kind.SERIES:
        return f"{value.code}.{method}({'' if skips else 'skipna=False'})"
    if value.kind is Kind.SCALAR:
        return value.code
    if value.kind is Kind.TABLE:
        return f"np.{method}({value.code}.to_numpy())"
    if skips:
        return f"np.nan{method}({value.code})"
    return f"np.{method}(np.asarray({value.code}))" if value.kind is Kind.UNKNOWN else f"np.{method}({value.code})"


def _spread(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x na.rm")
    value = translate(program, needed(found, "x", call))
    skips = is_true(found.get("na.rm")) or _is_complete(program, value)
    method = {"sd": "std", "var": "var"}[called_name(call)]
    if program.groups is not None:
        return _of_groups(program, call, value, method, skips)
    if value.kind is Kind.SERIES:
        code = f"{value.code}.{method}({'' if skips else 'skipna=False'})"
    else:
        inner = f"np.asarray({value.code})" if value.kind is Kind.UNKNOWN else value.code
        code = f"np.{'nan' if skips else ''}{method}({inner}, ddof=1)"
    return Value(code, Kind.SCALAR, Holds.NUMBERS)


def _quantile(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x probs na.rm")
    value = translate(program, needed(found, "x", call))
    if "type" in found:
        raise OutsideSubsetError("quantile() of another type than 7", call)
    probs = translate(program, found["probs"]) if "probs" in found else Value("[0, 0.25, 0.5, 0.75, 1]", Kind.LIST)
    kind = Kind.SCALAR if probs.kind is Kind.SCALAR else Kind.ARRAY
    if value.kind is Kind.SERIES and kind is Kind.SCALAR:
        return Value(f"{value.code}.quantile({probs.code})", kind, Holds.NUMBERS)
    return Value(f"np.nanquantile({value.code}, {probs.code})", kind, Holds.NUMBERS)


def _iqr(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(
        f"(np.nanquantile({value.code}, 0.75) - np.nanquantile({value.code}, 0.25))", Kind.SCALAR, Holds.NUMBERS
    )


def _correlation(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x y")
    if "y" not in found:
        raise OutsideSubsetError("a matrix of correlations", call)
    first, second = (translate(program, found[name]) for name in ("x", "y"))
    return Value(f"np.corrcoef({first.plain}, {second.plain})[0, 1]", Kind.SCALAR, Holds.NUMBERS)


def _extremes(program: Program, call: Call) -> Value:
    given = [translate(program, one.value).code for one in call.arguments if one.name is None and one.value is not None]
    if len(given) != 2:
        raise OutsideSubsetError(f"{called_name(call)}() of other than two", call)
    first = translate(program, call.arguments[0].value or call)
    name = {"pmin": "minimum", "pmax": "maximum"}[called_name(call)]
    return Value(f"np.{name}({given[0]}, {given[1]})", first.kind, Holds.NUMBERS, first.frame)


def _running(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"np.{called_name(call)}({value.code})", value.kind, Holds.NUMBERS, value.frame)


def _scale(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x center scale")
    value = translate(program, needed(found, "x", call))
    if value.kind not in (Kind.TABLE, Kind.SERIES, Kind.UNKNOWN):
        raise OutsideSubsetError("scale() of what is neither a table nor a column", call)
    if not value.code.isidentifier() and value.kind is Kind.TABLE and program.may_state:
        name = program.fresh("values")
        program.emit(f"{name} = {value.code}")
        value = value.with_code(name)
    parts = [value.code]
    for name, own in (("center", f"{value.code}.mean()"), ("scale", f"{value.code}.std()")):
        told = translate(program, found[name]) if name in found else None
        if told is None or told.code == "True":
            parts.append(own)
        else:
            parts.append("" if told.code == "False" else told.code)
    code = parts[0] if not parts[1] else f"({parts[0]} - {parts[1]})"
    code = code if not parts[2] else f"({code} / {parts[2]})"
    return Value(code, value.kind, Holds.NUMBERS, value.frame, value.columns)


def _any_all(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"np.{called_name(call)}({value.code})", Kind.SCALAR, Holds.LOGICAL)


def _refuse_texts(value: Value, call: Call) -> None:
    if value.holds in (Holds.TEXTS, Holds.FACTOR) or value.kind in (Kind.MODEL, Kind.FUNCTION):
        raise OutsideSubsetError(f"{called_name(call)}() of {value.holds}", call)


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **dict.fromkeys(_METHODS, _statistic),
    **dict.fromkeys(("as.numeric", "as.integer", "as.double"), _as_number),
    **dict.fromkeys(("pmin", "pmax"), _extremes),
    **dict.fromkeys(("cumsum", "cumprod"), _running),
    **dict.fromkeys(("any", "all"), _any_all),
    "log": _log,
    "round": _round,
    "sd": _spread,
    "var": _spread,
    "quantile": _quantile,
    "IQR": _iqr,
    "cor": _correlation,
    "scale": _scale,
}

"""Vectors and factors: made, tested, chosen from, and cut into classes."""

from __future__ import annotations

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, given_texts, is_true, match_arguments, needed
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS"]

_COMPARED = {"==", "!=", "<", ">", "<=", ">="}


def _combine(program: Program, call: Call) -> Value:
    values = [translate(program, one.value) for one in call.arguments if one.value is not None]
    if not values:
        return Value("None", Kind.NOTHING)
    holds = values[0].holds if len({one.holds for one in values}) == 1 else Holds.UNKNOWN
    if all(one.kind is Kind.SCALAR for one in values):
        texts = tuple(one.parts[0] for one in values if one.holds is Holds.TEXTS and one.parts)
        told = texts if len(texts) == len(values) else ()
        return Value(f"[{', '.join(one.code for one in values)}]", Kind.LIST, holds, parts=told)
    if any(one.kind not in (Kind.SCALAR, Kind.SERIES, Kind.ARRAY, Kind.LIST, Kind.UNKNOWN) for one in values):
        raise OutsideSubsetError("c() of tables or models", call)
    parts = [f"[{one.code}]" if one.kind is Kind.SCALAR else one.code for one in values]
    return Value(f"np.concatenate([{', '.join(parts)}])", Kind.ARRAY, holds)


def _sequence(program: Program, call: Call) -> Value:
    found = match_arguments(call, "from to by length.out")
    first = translate(program, needed(found, "from", call)).code
    if "to" not in found:
        return Value(f"np.arange(1, {first} + 1)", Kind.ARRAY, Holds.NUMBERS)
    last = translate(program, found["to"]).code
    if "length.out" in found:
        code = f"np.linspace({first}, {last}, {translate(program, found['length.out']).code})"
    else:
        step = translate(program, found["by"]).code if "by" in found else "1"
        code = f"np.arange({first}, {last} + {step} / 2, {step})"
    return Value(code, Kind.ARRAY, Holds.NUMBERS)


def _count_up(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call)).code
    last = value if called_name(call) == "seq_len" else f"len({value})"
    return Value(f"np.arange(1, {last} + 1)", Kind.ARRAY, Holds.NUMBERS)


def _repeated(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x times")
    value = translate(program, needed(found, "x", call))
    if set(found) - {"x", "times"}:
        raise OutsideSubsetError("rep() with each or length.out", call)
    times = translate(program, needed(found, "times", call))
    if times.kind is not Kind.SCALAR:
        return Value(f"np.repeat({value.code}, {times.code})", Kind.ARRAY, value.holds)
    word = "full" if value.kind is Kind.SCALAR else "tile"
    given = f"{times.code}, {value.code}" if word == "full" else f"{value.code}, {times.code}"
    return Value(f"np.{word}({given})", Kind.ARRAY, value.holds)


def _is_missing(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if value.kind in (Kind.SERIES, Kind.TABLE):
        return Value(f"{value.code}.isna()", value.kind, Holds.LOGICAL, value.frame)
    return Value(f"pd.isna({value.code})", value.kind, Holds.LOGICAL, value.frame)


def _choose(program: Program, call: Call) -> Value:
    """``ifelse``: what is compared with a missing value stays missing."""
    found = match_arguments(call, "test yes no")
    if called_name(call) == "if_else":
        found = match_arguments(call, "condition true false")
        found = {"test": found["condition"], "yes": found["true"], "no": found["false"]} if len(found) == 3 else found
    test, yes, no = (translate(program, needed(found, name, call)) for name in ("test", "yes", "no"))
    if test.code == f"{no.code}.isna()" and no.kind is Kind.SERIES:
        return no.with_code(f"{no.code}.fillna({yes.code})")
    code = f"np.where({test.code}, {yes.code}, {no.code})"
    holds = yes.holds if yes.holds is no.holds or no.code == "np.nan" else Holds.UNKNOWN
    holds = no.holds if yes.code == "np.nan" else holds
    holds = Holds.UNKNOWN if holds is Holds.FACTOR else holds
    if test.kind is Kind.SCALAR:
        return Value(f"({yes.code} if {test.code} else {no.code})", Kind.SCALAR, holds)
    predicted = _of_predictions(program, found["test"])
    missing = _may_miss(program, found["test"])
    if not missing or test.kind is not Kind.SERIES:
        return Value(code, Kind.ARRAY, holds, test.frame, predicted=predicted)
    known = " & ".join(f"{one}.notna()" for one in missing)
    code = f"pd.Series({code}, index={test.frame}.index).where({known})"
    return Value(code, Kind.SERIES, holds, test.frame, predicted=predicted)


def _of_predictions(program: Program, node: Node) -> bool:
    """Return whether a condition compares what a model predicted."""
    for one in syntax.walk(node):
        if isinstance(one, syntax.Name):
            known = program.variables.get(one.name)
            if known is not None and known.predicted:
                return True
        if isinstance(one, syntax.Call) and called_name(one) == "predict":
            return True
    return False


def _may_miss(program: Program, node: Node) -> list[str]:
    """Return the code of the columns that a condition compares and that may be missing."""
    found: list[str] = []
    for one in syntax.walk(node):
        if isinstance(one, syntax.Binary) and one.operator in _COMPARED:
            for side in (one.left, one.right):
                value = translate(program, side)
                complete = any(value.code.endswith(f"[{name!r}]") for name in program.complete)
                if value.kind is Kind.SERIES and not complete and value.code not in found:
                    found.append(value.code)
    return found


def _factor(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x levels labels")
    value = translate(program, needed(found, "x", call))
    value = value.as_series()
    if value.kind not in (Kind.SERIES, Kind.UNKNOWN):
        raise OutsideSubsetError(f"{called_name(call)}() of a {value.kind}", call)
    labels, levels = given_texts(found.get("labels")), _literals(program, found.get("levels"))
    code = f"{value.code}.astype('category')"
    if "labels" in found and labels is None:
        listed = _literals(program, found["labels"])
        labels = tuple(one.strip("'\"") for one in listed or ())
    names = tuple(repr(label) for label in labels or ())
    if "levels" in found:
        if levels is None:
            raise OutsideSubsetError("levels of a factor that are not written out", call)
        if labels:
            pairs = ", ".join(f"{level}: {label!r}" for level, label in zip(levels, labels, strict=False))
            code = f"{value.code}.map({{{pairs}}}).astype(pd.CategoricalDtype({list(labels)!r}))"
        else:
            code = f"{value.code}.astype(pd.CategoricalDtype([{', '.join(levels)}]))"
            names = tuple(levels)
    elif labels:
        code = f"{code}.cat.rename_categories({list(labels)!r})"
    return Value(code, Kind.SERIES, Holds.FACTOR, value.frame, predicted=value.predicted, parts=names)


def _literals(program: Program, node: Node | None) -> list[str] | None:
    """Return the code of the elements of ``c(...)`` or of a range, where they are written out."""
    if isinstance(node, syntax.Call) and called_name(node) == "c":
        values = [one.value for one in node.arguments if one.value is not None]
        return [translate(program, one).code for one in values]
    if isinstance(node, syntax.Binary) and node.operator == ":":
        ends = (node.left, node.right)
        if all(isinstance(one, syntax.Number) for one in ends):
            first, last = (int(float(one.text)) for one in ends if isinstance(one, syntax.Number))
            return [str(k) for k in range(first, last + 1)]
    return None


def _relevel(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x ref")
    value = translate(program, needed(found, "x", call))
    ref = translate(program, needed(found, "ref", call)).code
    inner = value.code if value.holds is Holds.FACTOR else f"{value.code}.astype('category')"
    if "(" in inner and program.may_state:
        name = program.fresh("factor")
        program.emit(f"{name} = {inner}")
        inner = name
    order = f"[{ref}, *{inner}.cat.categories.drop({ref})]"
    return Value(f"{inner}.cat.reorder_categories({order})", Kind.SERIES, Holds.FACTOR, value.frame, parts=(ref, "..."))


def _levels(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.code}.astype('category').cat.categories", Kind.LIST, Holds.TEXTS)


def _cut(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x breaks labels include.lowest right")
    value, breaks = (translate(program, needed(found, name, call)) for name in ("x", "breaks"))
    told = []
    labels = found.get("labels")
    counts = isinstance(labels, syntax.Constant) and labels.name == "FALSE"
    if labels is not None:
        told.append(f"labels={translate(program, labels).code}")
    right = found.get("right")
    if isinstance(right, syntax.Constant) and right.name == "FALSE":
        told.append("right=False")
    if is_true(found.get("include.lowest")):
        told.append("include_lowest=True")
    code = f"pd.cut({', '.join([value.code, breaks.code, *told])})"
    if counts:
        return Value(f"({code} + 1)", value.kind, Holds.NUMBERS, value.frame)
    if labels is None:  # R's labels are texts, and so are these; they are written otherwise
        code = f"{code}.astype(str).where({value.code}.notna())"
        return Value(code, value.kind, Holds.TEXTS, value.frame)
    return Value(code, value.kind, Holds.FACTOR, value.frame, parts=tuple(map(repr, given_texts(labels) or ())))


def _which(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if called_name(call) in ("which.max", "which.min"):
        return Value(f"(np.arg{called_name(call)[6:]}({value.code}) + 1)", Kind.SCALAR, Holds.NUMBERS)
    return Value(f"(np.flatnonzero({value.code}) + 1)", Kind.ARRAY, Holds.NUMBERS)


def _unique(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if value.kind is Kind.TABLE:
        return Value(f"{value.code}.drop_duplicates()", Kind.TABLE, columns=value.columns)
    code = f"{value.code}.unique()" if value.kind is Kind.SERIES else f"pd.unique({value.code})"
    return Value(code, Kind.ARRAY, Holds.UNKNOWN if value.holds is Holds.FACTOR else value.holds)


def _duplicated(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.code}.duplicated()", Kind.SERIES, Holds.LOGICAL, value.frame or value.code)


def _length(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    by_columns = value.kind is Kind.TABLE and called_name(call) == "length"
    return Value(f"{value.code}.shape[1]" if by_columns else f"len({value.code})", Kind.SCALAR, Holds.NUMBERS)


def _same(program: Program, call: Call) -> Value:
    return translate(program, needed(match_arguments(call, "x"), "x", call))


def _as_vector(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if value.kind is Kind.TABLE:
        return Value(f"{value.code}.to_numpy().ravel('F')", Kind.ARRAY)
    return value


def _replace(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x list values")
    value, where, other = (translate(program, needed(found, name, call)) for name in ("x", "list", "values"))
    if value.kind is not Kind.SERIES or where.holds is not Holds.LOGICAL:
        raise OutsideSubsetError("replace() by place", call)
    return Value(f"{value.code}.mask({where.code}, {other.code})", Kind.SERIES, value.holds, value.frame)


def _case_when(program: Program, call: Call) -> Value:
    conditions, values, default, frame = list[str](), list[Value](), None, None
    for one in call.arguments:
        if one.name == ".default" and one.value is not None:
            default = translate(program, one.value)
            continue
        if not isinstance(one.value, syntax.Binary) or one.value.operator != "~":
            raise OutsideSubsetError("case_when() of what is no condition ~ value", call)
        value = translate(program, one.value.right)
        if is_true(one.value.left):
            default = value
            break
        condition = translate(program, one.value.left)
        frame = frame or condition.frame
        conditions.append(condition.code)
        values.append(value)
    holds = values[0].holds if values else Holds.UNKNOWN
    other = default.code if default is not None else "None" if holds is Holds.TEXTS else "np.nan"
    code = f"np.select([{', '.join(conditions)}], [{', '.join(one.code for one in values)}], default={other})"
    return Value(code, Kind.ARRAY, holds, frame)


def _test_of_kind(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    asked = {"is.numeric": "is_numeric_dtype", "is.character": "is_string_dtype"}[called_name(call)]
    return Value(f"pd.api.types.{asked}({value.code})", Kind.SCALAR, Holds.LOGICAL)


def _reversed(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.plain}[::-1]", Kind.ARRAY, value.holds)


def _without(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x y")
    first, second = (translate(program, needed(found, name, call)) for name in ("x", "y"))
    listed = f"[{second.code}]" if second.kind is Kind.SCALAR else second.code
    if first.code.endswith(".columns"):
        return Value(f"{first.code}.difference({listed}, sort=False)", Kind.LIST, Holds.TEXTS)
    return Value(f"[one for one in pd.unique({first.code}) if one not in {listed}]", Kind.LIST, first.holds)


def _mean_by_group(program: Program, call: Call) -> Value:
    """``ave(x, group, FUN = f)``: a statistic, at each row."""
    functions = [one.value for one in call.arguments if one.name == "FUN"]
    given = [translate(program, one.value) for one in call.arguments if one.name is None and one.value is not None]
    body = functions[0] if functions else syntax.Name(call.line, "mean")
    if not given or given[0].kind is not Kind.SERIES:
        raise OutsideSubsetError("ave() of what is no column", call)
    column = Value("column", Kind.SERIES, given[0].holds, "column")
    name = "column"
    if isinstance(body, syntax.Function) and len(body.parameters) == 1:
        own = body.parameters[0].value
        name = own.name if isinstance(own, syntax.Name) else name
        body = body.body
    elif isinstance(body, syntax.Name):
        body = Call(call.line, body, (syntax.Argument(None, syntax.Name(call.line, name)),))
    else:
        raise OutsideSubsetError("ave() with a function of its own", call)
    before = program.variables.get(name)
    alone = len(given) == 1
    program.know(name, given[0] if alone else column)
    try:
        with program.without_statements():
            made = translate(program, body)
    finally:
        program.variables.pop(name, None)
        if before is not None:
            program.know(name, before)
    if alone:
        return Value(made.code, Kind.SCALAR, Holds.NUMBERS)
    groups = ", ".join(one.code for one in given[1:])
    code = f"{given[0].code}.groupby([{groups}], dropna=False, observed=True).transform(lambda column: {made.code})"
    return Value(code, Kind.SERIES, Holds.NUMBERS, given[0].frame)


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(("ifelse", "if_else"), _choose),
    **dict.fromkeys(("factor", "as.factor", "ordered", "as_factor"), _factor),
    **dict.fromkeys(("relevel", "fct_relevel"), _relevel),
    **dict.fromkeys(("which", "which.max", "which.min"), _which),
    **dict.fromkeys(("length", "nrow", "NROW"), _length),
    **dict.fromkeys(("seq_len", "seq_along"), _count_up),
    **dict.fromkeys(("is.numeric", "is.character"), _test_of_kind),
    **dict.fromkeys(
        ("I", "unname", "invisible", "as.matrix", "droplevels", "drop", "force", "suppressWarnings"), _same
    ),
    **dict.fromkeys(("as.vector", "unlist"), _as_vector),
    "c": _combine,
    "seq": _sequence,
    "rep": _repeated,
    "is.na": _is_missing,
    "levels": _levels,
    "cut": _cut,
    "unique": _unique,
    "duplicated": _duplicated,
    "replace": _replace,
    "case_when": _case_when,
    "rev": _reversed,
    "setdiff": _without,
    "ave": _mean_by_group,
}

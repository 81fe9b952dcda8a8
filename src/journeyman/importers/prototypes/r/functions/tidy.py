"""The verbs of dplyr and tidyr."""

from __future__ import annotations

from dataclasses import replace

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import (
    called_name,
    given_text,
    given_texts,
    is_true,
    match_arguments,
    needed,
    whole_number,
)
from journeyman.importers.prototypes.r.expressions import table, translate
from journeyman.importers.prototypes.r.formulas import written
from journeyman.importers.prototypes.r.functions.tables import column_list, without_or_only
from journeyman.importers.prototypes.r.indexing import choose_rows
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Argument, Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS"]

_STATISTICS = {"mean": "mean", "median": "median", "sum": "sum", "min": "min", "max": "max", "sd": "std", "var": "var"}
_STATISTICS |= {"n_distinct": "nunique", "first": "first", "last": "last"}


def _frame(program: Program, call: Call) -> Value:
    if not call.arguments or call.arguments[0].value is None:
        raise OutsideSubsetError(f"{called_name(call)}() of a table", call)
    return table(program, call.arguments[0].value)


def _filter(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    _refuse_groups(frame, call)
    condition: Node | None = None
    for one in call.arguments[1:]:
        if one.name is not None or one.value is None:
            raise OutsideSubsetError("filter() with named arguments", call)
        inner = syntax.Unary(call.line, "(", one.value)
        condition = inner if condition is None else syntax.Binary(call.line, "&", condition, inner)
    if condition is None:
        return frame
    with program.within(frame):
        return choose_rows(program, frame, condition)


def _mutate(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    if not program.may_state:
        raise OutsideSubsetError("mutate() within a function without a name", call)
    name = program.name_for(frame.code)
    if name != frame.code:
        program.emit(f"{name} = {frame.code}.copy()")
    value = frame.with_code(name)
    for one in call.arguments[1:]:
        if one.value is not None and called_name(one.value) == "across":
            _across(program, value, one.value)
            continue
        if one.name is None or one.value is None:
            raise OutsideSubsetError("mutate() of what has no name", call)
        with program.within(value), program.grouped(value):
            new = translate(program, one.value)
        columns = dict(value.columns) if value.columns is not None else None
        if new.kind is Kind.NOTHING:
            program.emit(f"{name} = {name}.drop(columns=[{one.name!r}])")
            (columns or {}).pop(one.name, None)
        else:
            program.emit(f"{name}[{one.name!r}] = {new.beside(name)}")
            if new.holds is Holds.FACTOR:
                program.levels[one.name] = new.parts or None
            else:
                program.complete -= {one.name}
            if columns is not None:
                columns[one.name] = new.holds
        value = replace(value, columns=columns)
    if called_name(call) == "transmute":
        return without_or_only(value, [one.name for one in call.arguments[1:] if one.name], False)
    return value


def _across(program: Program, frame: Value, node: Node) -> None:
    """``across(c(a, b), f)``: one function of each of several columns, in their places."""
    assert isinstance(node, Call)  # as asked by the caller
    found = match_arguments(node, "columns function")
    columns, function = needed(found, "columns", node), needed(found, "function", node)
    names, _ = column_list(program, frame, (Argument(None, columns),))
    if not isinstance(function, syntax.Name):
        raise OutsideSubsetError("across() with a function of its own", node)
    for name in names:
        inner = Call(node.line, function, (Argument(None, syntax.Name(node.line, name)),))
        with program.within(frame):
            new = translate(program, inner)
        program.emit(f"{frame.code}[{name!r}] = {new.code}")
        if new.holds is Holds.FACTOR:
            program.levels[name] = new.parts or None


def _change_some(program: Program, call: Call) -> Value:
    """``mutate_if(is.character, as.factor)``, ``mutate_at(c("a"), f)``."""
    frame = _frame(program, call)
    name = program.name_for(frame.code)
    if name != frame.code:
        program.emit(f"{name} = {frame.code}.copy()")
    value = frame.with_code(name)
    which, function = (one.value for one in (*call.arguments[1:3], Argument(None, None))[:2])
    made = {"as.factor": "'category'", "factor": "'category'", "as.numeric": "float", "as.character": "str"}
    to = made.get(given_text(function) or "")
    if to is None:
        raise OutsideSubsetError(f"{called_name(call)}() with a function of its own", call)
    texts = given_texts(which)
    if isinstance(which, Call) and called_name(which) == "vars":
        texts = tuple(given_text(one.value) or "" for one in which.arguments)
    kinds = {"is.character": "['object', 'string']", "is.numeric": "'number'", "is.factor": "'category'"}
    kind = kinds.get(given_text(which) or "")
    if texts is None and kind is None:
        raise OutsideSubsetError(f"{called_name(call)}() of columns that are not written out", call)
    listed = repr(list(texts)) if texts is not None else f"{name}.select_dtypes({kind}).columns"
    program.emit(f"{name}[{listed}] = {name}[{listed}].astype({to})")
    return replace(value, columns=None)


def _select(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    named = {one.name: given_text(one.value) for one in call.arguments[1:] if one.name}
    plain = tuple(Argument(None, one.value) for one in call.arguments[1:])
    names, out = column_list(program, frame, plain)
    value = without_or_only(frame, names, out)
    new = {old: name for name, old in named.items() if old}
    return _renamed(value, new) if new else value


def _renamed(value: Value, new: dict[str, str]) -> Value:
    columns = {new.get(one, one): holds for one, holds in value.columns.items()} if value.columns is not None else None
    return Value(f"{value.code}.rename(columns={new!r})", Kind.TABLE, columns=columns)


def _rename(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    new = {given_text(one.value) or "": one.name for one in call.arguments[1:] if one.name}
    if "" in new or len(new) != len(call.arguments) - 1:
        raise OutsideSubsetError("rename() of what is not written out", call)
    return _renamed(frame, new)


def _arrange(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    by, up = list[str](), list[bool]()
    for one in call.arguments[1:]:
        node, rises = one.value, True
        if isinstance(node, Call) and called_name(node) == "desc":
            node, rises = node.arguments[0].value, False
        elif isinstance(node, syntax.Unary) and node.operator == "-":
            node, rises = node.operand, False
        name = given_text(node)
        if name is None:
            raise OutsideSubsetError("arrange() by what is no column", call)
        by.append(name)
        up.append(rises)
    told = "" if all(up) else f", ascending={up[0] if len(up) == 1 else up}"
    keys = by[0] if len(by) == 1 else by
    return frame.with_code(f"{frame.code}.sort_values({keys!r}{told}, kind='stable', ignore_index=True)")


def _distinct(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    kept = any(one.name == ".keep_all" and is_true(one.value) for one in call.arguments)
    names = [given_text(one.value) for one in call.arguments[1:] if one.name is None]
    if not names:
        return frame.with_code(f"{frame.code}.drop_duplicates()")
    if None in names:
        raise OutsideSubsetError("distinct() by what is no column", call)
    unique = frame.with_code(f"{frame.code}.drop_duplicates({names!r})")
    return unique if kept else without_or_only(unique, [str(name) for name in names], False)


def _group(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    names = [given_text(one.value) for one in call.arguments[1:] if one.name is None]
    if None in names or not names:
        raise OutsideSubsetError("group_by() of what is no column", call)
    return replace(frame, parts=tuple(str(name) for name in names))


def _ungroup(program: Program, call: Call) -> Value:
    return replace(_frame(program, call), parts=())


def _sum_up(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    told = [one for one in call.arguments[1:] if one.name not in (".groups", ".by")]
    if not frame.parts:
        codes = []
        with program.within(frame):
            for one in told:
                if one.name is None or one.value is None:
                    raise OutsideSubsetError("summarise() of what has no name", call)
                codes.append(f"{one.name!r}: [{translate(program, one.value).code}]")
        return Value(f"pd.DataFrame({{{', '.join(codes)}}})", Kind.TABLE)
    codes = []
    for one in told:
        if not isinstance(one.value, Call):
            raise OutsideSubsetError("summarise() but of one plain statistic each", call)
        codes.append(f"{one.name or written(one.value)!r}: {_aggregate(program, frame, one.value)}")
    code = f"{frame.code}.groupby({list(frame.parts)!r}, as_index=False, dropna=False, observed=True)"
    return Value(f"{code}.agg(**{{{', '.join(codes)}}})", Kind.TABLE)


def _aggregate(program: Program, frame: Value, call: Call) -> str:
    name = called_name(call)
    if name == "n":
        return f"({frame.parts[0]!r}, 'size')"
    found = match_arguments(call, "x na.rm")
    column, method = given_text(found.get("x")), _STATISTICS.get(name)
    if column is None or method is None or isinstance(found.get("x"), syntax.Text):
        raise OutsideSubsetError("summarise() but of one plain statistic of a column each", call)
    if column in program.complete or is_true(found.get("na.rm")) or method in ("nunique", "first", "last"):
        return f"({column!r}, {method!r})"
    return f"({column!r}, lambda column: column.{method}(skipna=False))"


def _count(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    names = [given_text(one.value) for one in call.arguments[1:] if one.name is None]
    if None in names or not names:
        return Value(f"len({frame.code})", Kind.SCALAR, Holds.NUMBERS)
    code = f"{frame.code}.groupby({names!r}, as_index=False, dropna=False, observed=True).size()"
    return Value(f"{code}.rename(columns={{'size': 'n'}})", Kind.TABLE)


def _rows_of_group(program: Program, call: Call) -> Value:
    frame = program.mask
    if frame is None or program.groups is None:
        if frame is None:
            raise OutsideSubsetError("n() outside a table", call)
        return Value(f"len({frame.code})", Kind.SCALAR, Holds.NUMBERS)
    code = f"{frame.code}.groupby({list(program.groups)!r}, dropna=False, observed=True)"
    return Value(f"{code}[{program.groups[0]!r}].transform('size')", Kind.SERIES, Holds.NUMBERS, frame.code)


def _slice(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    _refuse_groups(frame, call)
    if len(call.arguments) != 2 or call.arguments[1].value is None:
        raise OutsideSubsetError("slice() of several", call)
    return choose_rows(program, frame, call.arguments[1].value)


def _join(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x y by")
    left = table(program, needed(found, "x", call))
    right = translate(program, needed(found, "y", call))
    name = called_name(call)
    by = found.get("by")
    keys = given_texts(by)
    told = f"on={list(keys)!r}, " if keys else ""
    if by is not None and not keys:
        if not isinstance(by, Call) or called_name(by) != "c" or any(one.name is None for one in by.arguments):
            raise OutsideSubsetError("a join by what is not written out", call)
        pairs = [(one.name, given_text(one.value)) for one in by.arguments]
        told = f"left_on={[a for a, _ in pairs]!r}, right_on={[b for _, b in pairs]!r}, "
    if name in ("anti_join", "semi_join"):
        if not keys or len(keys) != 1:
            raise OutsideSubsetError(f"{name}() but by one column", call)
        sign = "~" if name == "anti_join" else ""
        return left.with_code(f"{left.code}[{sign}{left.code}[{keys[0]!r}].isin({right.code}[{keys[0]!r}])]")
    how = {"left_join": "left", "right_join": "right", "inner_join": "inner", "full_join": "outer"}[name]
    columns = None
    if left.columns is not None and right.columns is not None:
        columns = {**right.columns, **left.columns}
    if name != "inner_join":
        program.complete = frozenset() if name != "left_join" else program.complete - set(right.columns or ())
    return Value(f"{left.code}.merge({right.code}, {told}how={how!r})", Kind.TABLE, columns=columns)


def _column(program: Program, call: Call) -> Value:
    """``.data[["x"]]`` and the like are outside; ``desc`` and ``across`` stand in verbs only."""
    raise OutsideSubsetError(f"{called_name(call)}() outside a verb", call)


def _add_row_number(program: Program, call: Call) -> Value:
    frame = program.mask
    if frame is None or program.groups is not None:
        raise OutsideSubsetError("row_number() outside a table", call)
    return Value(f"np.arange(1, len({frame.code}) + 1)", Kind.ARRAY, Holds.NUMBERS)


def _number_distinct(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.code}.nunique(dropna=False)", Kind.SCALAR, Holds.NUMBERS)


def _refuse_groups(frame: Value, call: Call) -> None:
    if frame.parts:
        raise OutsideSubsetError(f"{called_name(call)}() of groups", call)


def _first_of(program: Program, call: Call) -> Value:
    frame = _frame(program, call)
    _refuse_groups(frame, call)
    number = next((whole_number(one.value) for one in call.arguments[1:] if one.name in (None, "n")), None)
    if number is None:
        raise OutsideSubsetError(f"{called_name(call)}() but of a number of rows", call)
    return frame.with_code(f"{frame.code}.{'head' if called_name(call) == 'slice_head' else 'tail'}({number})")


def _filled(program: Program, call: Call) -> Value:
    """``replace_na(rows, list(a = 0))``."""
    listed = call.arguments[1].value if len(call.arguments) == 2 else None
    if isinstance(listed, Call) and called_name(listed) == "list":
        frame = _frame(program, call)
        pairs = [f"{one.name!r}: {translate(program, one.value).code}" for one in listed.arguments if one.value]
        return frame.with_code(f"{frame.code}.fillna({{{', '.join(pairs)}}})")
    found = match_arguments(call, "x y")
    value, other = (translate(program, needed(found, name, call)) for name in ("x", "y"))
    if value.kind is Kind.TABLE:
        raise OutsideSubsetError("replace_na() of a table but by list(column = value)", call)
    return Value(f"{value.code}.fillna({other.code})", Kind.SERIES, value.holds, value.frame)


def _between(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x left right")
    value, low, high = (translate(program, needed(found, name, call)) for name in ("x", "left", "right"))
    return Value(f"{value.code}.between({low.code}, {high.code})", Kind.SERIES, Holds.LOGICAL, value.frame)


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(("mutate", "transmute"), _mutate),
    **dict.fromkeys(("mutate_if", "mutate_at"), _change_some),
    **dict.fromkeys(("summarise", "summarize"), _sum_up),
    **dict.fromkeys(["left_join", "right_join", "inner_join", "full_join", "anti_join", "semi_join"], _join),
    **dict.fromkeys(("desc", "across"), _column),
    **dict.fromkeys(("slice_head", "slice_tail"), _first_of),
    **dict.fromkeys(("replace_na", "coalesce"), _filled),
    "filter": _filter,
    "select": _select,
    "rename": _rename,
    "arrange": _arrange,
    "distinct": _distinct,
    "group_by": _group,
    "ungroup": _ungroup,
    "count": _count,
    "n": _rows_of_group,
    "slice": _slice,
    "row_number": _add_row_number,
    "n_distinct": _number_distinct,
    "between": _between,
}

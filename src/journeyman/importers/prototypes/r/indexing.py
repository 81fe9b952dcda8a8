"""Rows, columns and elements: ``[``, ``[[`` and ``$``. R counts from 1, Python from 0."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, given_texts, is_true, match_arguments, whole_number
from journeyman.importers.prototypes.r.expressions import column_of, translate
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.syntax import Argument, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["ColumnChoice", "choose_columns", "choose_rows", "element", "take_columns"]

_ACCURACY = ("Accuracy", "1")


@dataclass(frozen=True)
class ColumnChoice:
    """Columns: their names where they are known, else code that gives them; ``single`` where it is one by itself.

    ``without`` names those left out, where the index does so.
    """

    names: tuple[str, ...] | None
    code: str
    single: bool = False
    without: tuple[str, ...] = ()


def element(program: Program, node: Node) -> Value:
    """Return what brackets or a dollar take out of a value."""
    if isinstance(node, syntax.Member):
        return _member(program, node)
    if not isinstance(node, syntax.Index):
        raise OutsideSubsetError("an element of nothing", node)
    special = _of_confusion(program, node)
    if special is not None:
        return special
    given = tuple(one for one in node.arguments if one.name not in ("drop", "exact"))
    if isinstance(node.value, syntax.Call) and called_name(node.value) in ("dim", "names", "colnames", "levels"):
        return _of_listed(program, node, given)
    value = translate(program, node.value)
    if value.parts == ("split",) and node.double and whole_number(given[0].value) == 1:
        return Value(value.code, Kind.ARRAY, Holds.TEXTS)
    if value.parts == ("partition",) and (node.double or len(given) == 2):
        return value
    if value.kind is Kind.TABLE and len(given) == 2:
        kept = next((one.value for one in node.arguments if one.name == "drop"), None)
        keeps = isinstance(kept, syntax.Constant) and kept.name == "FALSE"
        return _rows_and_columns(program, value, given, keeps)
    if len(given) == 2 and value.kind in (Kind.PROBABILITIES, Kind.ARRAY):
        return _column_of_array(program, node, value, given)
    if len(given) != 1 or given[0].value is None:
        raise OutsideSubsetError("these brackets", node)
    if value.kind is Kind.TABLE:
        choice = choose_columns(program, value, given[0].value)
        return take_columns(value, choice, node.double)
    return _elements(program, node, value, given[0].value)


def choose_rows(program: Program, frame: Value, node: Node) -> Value:
    """Return a table without the rows that an index leaves out."""
    code = frame.code
    if isinstance(node, syntax.Unary) and node.operator == "-":
        inner = _peeled(node.operand)
        if whole_number(inner) is not None:
            return frame.with_code(f"{code}.drop({code}.index[{(whole_number(inner) or 1) - 1}])")
        if isinstance(inner, syntax.Call) and called_name(inner) == "which":
            kept = translate(program, match_arguments(inner, "x")["x"])
            return frame.with_code(f"{code}[~{_aligned(kept, frame)}]")
        whole = _alone(inner)
        if isinstance(whole, syntax.Binary) and whole.operator == ":":
            return frame.with_code(f"{code}.drop({code}.index[{_slice(program, whole)}])")
        positions = translate(program, inner)
        return frame.with_code(f"{code}.drop({code}.index[{_from_nought(inner, positions)}])")
    if isinstance(node, syntax.Call) and called_name(node) == "order":
        return _ordered(program, frame, node)
    if isinstance(node, syntax.Call) and called_name(node) == "which":
        node = match_arguments(node, "x")["x"]
    number = whole_number(node)
    if number is not None and number > 0:
        return frame.with_code(f"{code}.iloc[[{number - 1}]]")
    if isinstance(node, syntax.Binary) and node.operator == ":":
        return frame.with_code(f"{code}.iloc[{_slice(program, node)}]")
    value = translate(program, node)
    if value.holds is Holds.LOGICAL:
        return frame.with_code(f"{code}[{_aligned(value, frame)}]")
    if value.holds is Holds.NUMBERS:
        return frame.with_code(f"{code}.iloc[{_from_nought(node, value)}]")
    raise OutsideSubsetError("an index of rows whose kind is not known", node)


def _alone(node: Node) -> Node:
    """Return what ``c()`` holds where it is one, and anything else as it is."""
    if isinstance(node, syntax.Call) and called_name(node) == "c" and len(node.arguments) == 1:
        return node.arguments[0].value or node
    return node


def choose_columns(program: Program, frame: Value, node: Node) -> ColumnChoice:
    """Return which columns an index names."""
    texts = given_texts(node)
    if texts is not None:
        return ColumnChoice(texts, repr(list(texts)), isinstance(node, syntax.Text))
    listed = program.variables.get(node.name) if isinstance(node, syntax.Name) else None
    if listed is not None and listed.holds is Holds.TEXTS and listed.parts:
        return ColumnChoice(listed.parts, listed.code, listed.kind is Kind.SCALAR)
    names = tuple(frame.columns) if frame.columns is not None else None
    places = _places(node)
    if places is not None:
        single = whole_number(node) is not None and places[0] > 0
        if names is not None and all(0 < abs(k) <= len(names) for k in places):
            chosen = (
                [name for k, name in enumerate(names) if -(k + 1) not in places]
                if places[0] < 0
                else [names[k - 1] for k in places]
            )
            gone = tuple(names[-k - 1] for k in places) if places[0] < 0 else ()
            return ColumnChoice(tuple(chosen), repr(chosen), single, gone)
        numbers = [abs(k) - 1 for k in places]
        if places[0] < 0:
            return ColumnChoice(None, f"{frame.code}.columns.delete({numbers})")
        return ColumnChoice(None, f"{frame.code}.columns[{numbers[0] if single else numbers}]", single)
    negated = isinstance(node, syntax.Unary) and node.operator in ("!", "-")
    inner = _peeled(node.operand) if isinstance(node, syntax.Unary) and negated else _peeled(node)
    if isinstance(inner, syntax.Call) and called_name(inner) == "which":
        inner = _peeled(match_arguments(inner, "x").get("x", inner))
    if isinstance(inner, syntax.Binary) and inner.operator in ("%in%", "==", "!="):
        named = called_name(inner.left) in ("names", "colnames")
        listed_texts = given_texts(inner.right)
        if named and (listed_texts is not None or inner.operator == "%in%"):
            listed_code = repr(list(listed_texts)) if listed_texts else translate(program, inner.right).code
            outside = negated != (inner.operator == "!=")
            chosen = [n for n in names or () if listed_texts is not None and (n in listed_texts) != outside]
            known = names is not None and listed_texts is not None
            code = f"{frame.code}.columns[{'~' if outside else ''}{frame.code}.columns.isin({listed_code})]"
            gone = tuple(listed_texts or ()) if outside else ()
            return ColumnChoice(tuple(chosen) if known else None, repr(chosen) if known else code, False, gone)
    if isinstance(inner, syntax.Call) and called_name(inner) in ("sapply", "unlist", "lapply") and not negated:
        kinds = {"is.numeric": "'number'", "is.factor": "'category'", "is.character": "['object', 'string']"}
        tested = next(
            (kinds[c.name] for c in syntax.walk(inner) if isinstance(c, syntax.Name) and c.name in kinds), None
        )
        if tested is not None:
            return ColumnChoice(None, f"{frame.code}.select_dtypes({tested}).columns")
    value = translate(program, inner)
    if value.holds is Holds.TEXTS:
        single = value.kind is Kind.SCALAR
        code = f"{frame.code}.columns.drop({value.code})" if negated else value.code
        return ColumnChoice(None, code, single and not negated)
    if value.holds is Holds.LOGICAL:
        return ColumnChoice(None, f"{frame.code}.columns[{'~' if negated else ''}np.asarray({value.code})]")
    if value.holds is Holds.NUMBERS and not negated:
        return ColumnChoice(None, f"{frame.code}.columns[{value.code} - 1]", value.kind is Kind.SCALAR)
    raise OutsideSubsetError("an index of columns whose kind is not known", node)


def take_columns(frame: Value, choice: ColumnChoice, alone: bool) -> Value:
    """Return columns of a table: one ``alone`` is a series."""
    if alone and choice.single:
        if choice.names is not None:
            return column_of(frame, choice.names[0])
        return Value(f"{frame.code}[{choice.code}]", Kind.SERIES, Holds.UNKNOWN, frame.code)
    code = f"[{choice.code}]" if choice.single and not choice.code.startswith("[") else choice.code
    columns = None
    if choice.names is not None and frame.columns is not None:
        columns = {name: frame.columns.get(name, Holds.UNKNOWN) for name in choice.names}
    if choice.without:
        gone = [name for name in choice.without if frame.columns is None or name in frame.columns]
        told = "" if frame.columns is not None else ", errors='ignore'"
        return Value(f"{frame.code}.drop(columns={gone!r}{told})", Kind.TABLE, columns=columns)
    return Value(f"{frame.code}[{code}]", Kind.TABLE, columns=columns)


def _rows_and_columns(program: Program, frame: Value, given: tuple[Argument, ...], keeps_table: bool) -> Value:
    rows, columns = given[0].value, given[1].value
    choice = choose_columns(program, frame, columns) if columns is not None else None
    if choice is None:
        return choose_rows(program, frame, rows) if rows is not None else frame
    taken = take_columns(frame, choice, not keeps_table)
    if rows is None:
        return taken
    number = whole_number(rows)
    if taken.kind is Kind.SERIES and number is not None and number > 0:
        return Value(f"{taken.code}.iloc[{number - 1}]", Kind.SCALAR, taken.holds)
    chosen = choose_rows(program, frame, rows)
    code = taken.code.removeprefix(frame.code)
    if taken.kind is Kind.SERIES:
        return Value(f"{chosen.code}{code}", Kind.SERIES, taken.holds, chosen.code)
    return taken.with_code(f"{chosen.code}{code}")


def _member(program: Program, node: syntax.Member) -> Value:
    value = translate(program, node.value)
    special = program.operations.get(f"${node.name}")
    if value.kind in (Kind.MODEL, Kind.CROSS_TABLE):
        if special is None:
            raise OutsideSubsetError(f"${node.name} of a model", node)
        return special(program, node)
    if value.kind in (Kind.TABLE, Kind.UNKNOWN):
        return column_of(value, _column_name(value, node.name))
    if value.predicted and node.name in ("predictions", "class"):
        return value
    if value.parts == ("partition",) and node.name == "Resample1":
        return value
    if value.kind is Kind.PROBABILITIES and value.parts:
        place = f"list({value.parts[0]}.classes_).index({node.name!r})"
        return Value(f"{value.code}[:, {place}]", Kind.ARRAY, Holds.NUMBERS, predicted=True)
    raise OutsideSubsetError(f"${node.name} of a {value.kind}", node)


def _column_name(frame: Value, name: str) -> str:
    """R completes the name of a column that is begun."""
    known = frame.columns or {}
    begun = [one for one in known if one.startswith(name)]
    return begun[0] if name not in known and len(begun) == 1 else name


def _of_confusion(program: Program, node: syntax.Index) -> Value | None:
    """``confusion$overall["Accuracy"]``, in any kind of brackets."""
    if isinstance(node.value, syntax.Member) and node.value.name in ("overall", "byClass"):
        before = len(program.lines)
        table = translate(program, node.value.value)
        del program.lines[before:]  # the accuracy that a confusion matrix shows: it is asked for here
        asked = node.arguments[0].value if node.arguments else None
        word = asked.value if isinstance(asked, syntax.Text) else str(whole_number(asked) or "")
        if table.parts and node.value.name == "overall" and word in _ACCURACY:
            metric = program.need("sklearn.metrics", "accuracy_score")
            return Value(f"{metric}({table.parts[1]}, {table.parts[0]})", Kind.SCALAR, Holds.NUMBERS)
        raise OutsideSubsetError(f"{node.value.name} of a confusion matrix but its accuracy", node)
    return None


def _of_listed(program: Program, node: syntax.Index, given: tuple[Argument, ...]) -> Value:
    call = node.value
    assert isinstance(call, syntax.Call)  # as asked by the caller
    value = translate(program, call)
    number = whole_number(given[0].value) if len(given) == 1 else None
    if number is not None and number > 0:
        return Value(f"{value.code}[{number - 1}]", Kind.SCALAR, value.holds)
    if len(given) == 1 and isinstance(given[0].value, syntax.Unary) and called_name(call) in ("names", "colnames"):
        places = _places(given[0].value)
        if places is not None:
            return Value(f"{value.code}.delete({[abs(k) - 1 for k in places]})", Kind.LIST, Holds.TEXTS)
    if len(given) == 1 and given[0].value is not None:
        inside = translate(program, given[0].value)
        if inside.holds is Holds.LOGICAL:
            return Value(f"{value.code}[{inside.plain}]", Kind.LIST, Holds.TEXTS)
        if inside.holds is Holds.NUMBERS:
            return Value(f"{value.code}[{inside.code} - 1]", Kind.LIST, Holds.TEXTS)
    raise OutsideSubsetError("these brackets", node)


def _column_of_array(program: Program, node: syntax.Index, value: Value, given: tuple[Argument, ...]) -> Value:
    rows, column = given[0].value, given[1].value
    if rows is not None or column is None:
        raise OutsideSubsetError("rows of a matrix", node)
    number = whole_number(column)
    if number is not None and number > 0:
        return Value(f"{value.code}[:, {number - 1}]", Kind.ARRAY, Holds.NUMBERS, predicted=value.predicted)
    if isinstance(column, syntax.Text) and value.parts:
        place = f"list({value.parts[0]}.classes_).index({column.value!r})"
        return Value(f"{value.code}[:, {place}]", Kind.ARRAY, Holds.NUMBERS, predicted=value.predicted)
    raise OutsideSubsetError("this column of a matrix", node)


def _elements(program: Program, node: syntax.Index, value: Value, index: Node) -> Value:
    at = ".iloc" if value.kind is Kind.SERIES else ""
    number = whole_number(index)
    if number is not None and number > 0:
        return Value(f"{value.code}{at}[{number - 1}]", Kind.SCALAR, value.holds)
    if value.kind is Kind.LIST or (value.kind is Kind.UNKNOWN and isinstance(index, syntax.Text)):
        raise OutsideSubsetError("an element of a list", node)
    if isinstance(index, syntax.Binary) and index.operator == ":":
        return value.with_code(f"{value.code}{at}[{_slice(program, index)}]")
    if isinstance(index, syntax.Unary) and index.operator == "-":
        inner = _peeled(index.operand)
        if isinstance(inner, syntax.Call) and called_name(inner) == "which":
            kept = translate(program, match_arguments(inner, "x")["x"])
            return value.with_code(f"{value.code}[~{kept.code}]")
        places = translate(program, inner)
        return Value(
            f"np.delete({value.plain}, {_from_nought(inner, places)})",
            Kind.ARRAY,
            value.holds,
            predicted=value.predicted,
        )
    inside = translate(program, index)
    if inside.holds is Holds.LOGICAL and inside.kind is not Kind.SCALAR:
        aligned = value.kind is Kind.SERIES and inside.kind is Kind.SERIES and value.frame == inside.frame
        code = f"{value.code}[{inside.code if aligned else inside.plain}]"
        return Value(code, value.kind, value.holds, None if value.frame is None else f"{value.frame}[{inside.code}]")
    if inside.holds is Holds.NUMBERS:
        kind = Kind.SCALAR if inside.kind is Kind.SCALAR else value.kind
        code = f"{value.code}{at}[{_from_nought(index, inside)}]"
        return Value(code, kind, value.holds, None if value.frame is None else code, predicted=value.predicted)
    raise OutsideSubsetError("an index whose kind is not known", node)


def _ordered(program: Program, frame: Value, node: syntax.Call) -> Value:
    by: list[str] = []
    ascending: list[bool] = []
    falling = any(one.name == "decreasing" and is_true(one.value) for one in node.arguments)
    for one in node.arguments:
        if one.name is not None or one.value is None:
            continue
        key, up = _peeled(one.value), not falling
        if isinstance(key, syntax.Unary) and key.operator == "-":
            key, up = key.operand, not up
        value = translate(program, key)
        if value.kind is not Kind.SERIES or not value.code.startswith(f"{frame.code}["):
            raise OutsideSubsetError("an order by what is no column", node)
        by.append(value.code[len(frame.code) + 1 : -1])
        ascending.append(up)
    if not by:
        raise OutsideSubsetError("order() of nothing", node)
    first = f"{by[0]}" if len(by) == 1 else f"[{', '.join(by)}]"
    told = "" if all(ascending) else f", ascending={ascending[0] if len(by) == 1 else ascending}"
    return frame.with_code(f"{frame.code}.sort_values({first}{told}, kind='stable')")


def _aligned(value: Value, frame: Value) -> str:
    return value.code if value.kind is not Kind.SERIES or value.frame == frame.code else value.plain


def _from_nought(node: Node, value: Value) -> str:
    """Return the code of places counted from 0."""
    places = _places(node)
    if places is not None and min(places) > 0:
        return repr([k - 1 for k in places] if whole_number(node) is None else places[0] - 1)
    if value.kind is Kind.LIST:
        return f"np.array({value.code}) - 1"
    return f"{value.plain} - 1"


def _slice(program: Program, node: syntax.Binary) -> str:
    first, last = whole_number(node.left), whole_number(node.right)
    begin = "" if first == 1 else str(first - 1) if first is not None and first > 0 else ""
    if first is None:
        begin = f"{translate(program, node.left).code} - 1"
    return f"{begin}:{last if last is not None else translate(program, node.right).code}"


def _places(node: Node) -> list[int] | None:
    """Return literal places: ``3``, ``1:4``, ``c(1, 3:5)``, with a minus before; None of others."""
    node = _peeled(node)
    number = whole_number(node)
    if number is not None:
        return [number]
    if isinstance(node, syntax.Unary) and node.operator == "-":
        inner = _places(node.operand)
        return [-k for k in inner] if inner and min(inner) > 0 else None
    if isinstance(node, syntax.Binary) and node.operator == ":":
        first, last = whole_number(node.left), whole_number(node.right)
        if first is None or last is None or abs(last - first) > 1000 or first * last <= 0:
            return None
        return list(range(first, last + 1)) if last >= first else list(range(first, last - 1, -1))
    if isinstance(node, syntax.Call) and called_name(node) == "c" and node.arguments:
        parts = [_places(one.value) if one.value is not None else None for one in node.arguments]
        found = [k for part in parts if part for k in part]
        if any(part is None for part in parts) or not found or min(found) * max(found) <= 0:
            return None
        return found
    return None


def _peeled(node: Node) -> Node:
    while isinstance(node, syntax.Unary) and node.operator == "(":
        node = node.operand
    return node

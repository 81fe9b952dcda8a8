"""What is assigned: to a name, to columns, to rows, to elements, to names of columns."""

from __future__ import annotations

from dataclasses import replace

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, given_texts, whole_number
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.indexing import choose_columns
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.syntax import Argument, Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["assign", "assign_name"]

_PICTURES = frozenset(["ggplot", "qplot", "plot_ly", "hist", "boxplot", "barplot", "plot", "corrplot"])


def assign(program: Program, node: syntax.Assign) -> None:
    """State an assignment.

    Raises
    ------
    OutsideSubsetError
        It has no translation.
    """
    target = node.target
    while isinstance(target, syntax.Unary) and target.operator == "(":
        target = target.operand
    if isinstance(node.value, syntax.Assign):  # a <- b <- 1
        assign(program, node.value)
        node = replace(node, value=node.value.target)
    if isinstance(target, syntax.Name):
        assign_name(program, target.name, node.value)
    elif isinstance(target, syntax.Text):
        assign_name(program, target.value, node.value)
    elif isinstance(target, syntax.Member):
        _column(program, _owner(program, target.value), target.name, node.value)
    elif isinstance(target, syntax.Index):
        _into_brackets(program, target, node.value)
    elif isinstance(target, Call):
        _attribute(program, target, node.value)
    else:
        raise OutsideSubsetError("an assignment to what can be assigned to", node)


def assign_name(program: Program, name: str, node: Node) -> None:
    """State an assignment to a name, and keep what is known of it."""
    inner = node
    while isinstance(inner, Call) and called_name(inner) in ("as.formula", "formula") and inner.arguments:
        inner = inner.arguments[0].value or inner
        if not isinstance(inner, Call):
            break
    if isinstance(inner, syntax.Binary) and inner.operator == "~":
        program.formulas[name] = inner
        return
    if called_name(node) == "trainControl":
        program.controls[name] = node
        return
    own = program.name(name)
    leftmost = node
    while isinstance(leftmost, syntax.Binary):
        leftmost = leftmost.left
    if called_name(leftmost) in _PICTURES:
        program.know(name, Value("None", Kind.PICTURE))
        return
    used = sum(isinstance(one, syntax.Name) and one.name == name for one in syntax.walk(node))
    free = used == 0 or (used == 1 and _root(node) == name)
    with program.going_into(own if free else None):
        value = translate(program, node)
    if value.kind is Kind.PICTURE:
        program.know(name, value)
        return
    if value.code != own:
        alias = value.kind in (Kind.TABLE, Kind.SERIES, Kind.ARRAY) and value.code.isidentifier()
        program.emit(f"{own} = {value.code}{'.copy()' if alias else ''}")
    program.know(name, value.with_code(own))


def _root(node: Node) -> str | None:
    """Return the name at which a chain of pipes begins."""
    while isinstance(node, Call) and node.arguments and node.arguments[0].value is not None:
        node = node.arguments[0].value
    return node.name if isinstance(node, syntax.Name) else None


def _owner(program: Program, node: Node) -> Value:
    if not isinstance(node, syntax.Name):
        raise OutsideSubsetError("a column of a table of its own name", node)
    value = translate(program, node)
    if value.kind not in (Kind.TABLE, Kind.UNKNOWN):
        raise OutsideSubsetError(f"an assignment into a {value.kind}", node)
    return value


def _column(program: Program, frame: Value, name: str, node: Node) -> None:
    new = translate(program, node)
    if new.kind is Kind.NOTHING:
        program.emit(f"{frame.code} = {frame.code}.drop(columns=[{name!r}])")
        program.column_changed(frame.code, name, None)
        program.levels.pop(name, None)
        return
    if new.kind in (Kind.MODEL, Kind.FUNCTION, Kind.CROSS_TABLE, Kind.PROBABILITIES):
        raise OutsideSubsetError(f"a column that is a {new.kind}", node)
    if new.code != f"{frame.code}[{name!r}]":
        program.emit(f"{frame.code}[{name!r}] = {new.beside(frame.code)}")
    program.column_changed(frame.code, name, new.holds)
    if new.holds is Holds.FACTOR:
        program.levels[name] = new.parts or None
    else:
        program.levels.pop(name, None)


def _into_brackets(program: Program, target: syntax.Index, value: Node) -> None:
    given = tuple(one for one in target.arguments if one.name != "drop")
    base = target.value
    if isinstance(base, Call) and called_name(base) in ("names", "colnames") and len(given) == 1:
        _rename(program, base, given[0].value, value)
        return
    column = _column_named(base)
    if column is not None and len(given) == 1 and given[0].value is not None:
        frame = _owner(program, column[0])
        _some_rows(program, frame, column[1], given[0].value, base, value)
        return
    if not isinstance(base, syntax.Name):
        raise OutsideSubsetError("an assignment into these brackets", target)
    known = translate(program, base)
    if known.kind is Kind.TABLE or (known.kind is Kind.UNKNOWN and target.double):
        _into_table(program, known, target, given, value)
        return
    if len(given) != 1 or given[0].value is None or known.kind not in (Kind.ARRAY, Kind.SERIES, Kind.UNKNOWN):
        raise OutsideSubsetError(f"an assignment into a {known.kind}", target)
    where, new = translate(program, given[0].value), translate(program, value)
    if where.holds is Holds.LOGICAL:
        if known.kind is Kind.SERIES:
            program.emit(f"{known.code} = {known.code}.mask({where.code}, {new.plain})")
        elif known.holds is new.holds:
            program.emit(f"{known.code}[{where.plain}] = {new.plain}")
        else:
            program.emit(f"{known.code} = np.where({where.plain}, {new.plain}, {known.code})")
        program.know(base.name, replace(known, holds=new.holds if new.holds is not known.holds else known.holds))
    elif where.holds is Holds.NUMBERS:
        at = ".iloc" if known.kind is Kind.SERIES else ""
        program.emit(f"{known.code}{at}[{where.plain} - 1] = {new.plain}")
    else:
        raise OutsideSubsetError("an index whose kind is not known", target)


def _column_named(node: Node) -> tuple[Node, str] | None:
    """Return table and column of ``t$x`` and ``t[["x"]]``."""
    if isinstance(node, syntax.Member):
        return node.value, node.name
    if isinstance(node, syntax.Index) and node.double and len(node.arguments) == 1:
        inner = node.arguments[0].value
        return (node.value, inner.value) if isinstance(inner, syntax.Text) else None
    return None


def _into_table(program: Program, frame: Value, target: syntax.Index, given: tuple[Argument, ...], value: Node) -> None:
    if len(given) == 2 and given[1].value is not None:
        choice = choose_columns(program, frame, given[1].value)
        if choice.names is not None and len(choice.names) == 1 and given[0].value is not None:
            column = syntax.Member(target.line, target.value, choice.names[0])
            _some_rows(program, frame, choice.names[0], given[0].value, column, value)
            return
        if given[0].value is not None:
            raise OutsideSubsetError("an assignment to several columns of some rows", target)
    elif len(given) == 1 and given[0].value is not None:
        if called_name(given[0].value) == "is.na":
            program.emit(f"{frame.code} = {frame.code}.fillna({translate(program, value).code})")
            return
        choice = choose_columns(program, frame, given[0].value)
    else:
        raise OutsideSubsetError("an assignment to rows", target)
    if choice.names is not None and len(choice.names) == 1:
        _column(program, frame, choice.names[0], value)
        return
    new = translate(program, value)
    if new.kind is Kind.NOTHING:
        program.emit(f"{frame.code} = {frame.code}.drop(columns={choice.code})")
        for name in choice.names or ():
            program.column_changed(frame.code, name, None)
        return
    values = new.code if new.kind in (Kind.TABLE, Kind.SCALAR) or new.frame == frame.code else new.plain
    program.emit(f"{frame.code}[{choice.code}] = {values}")
    holds = set((new.columns or {"": new.holds}).values())
    if choice.names is None or frame.columns is None:
        program.table_is(frame.code, None)
        return
    for name in choice.names:
        program.column_changed(frame.code, name, holds.pop() if len(holds) == 1 else Holds.UNKNOWN)
        holds = holds or {Holds.UNKNOWN}
        if (new.columns or {}).get(name, new.holds) is Holds.FACTOR:
            program.levels[name] = None


def _some_rows(program: Program, frame: Value, name: str, where: Node, column: Node, value: Node) -> None:
    """``t$x[where] <- value``."""
    new = translate(program, value)
    code = f"{frame.code}[{name!r}]"
    known = (frame.columns or {}).get(name, Holds.UNKNOWN)
    inner = where.arguments[0].value if isinstance(where, Call) and called_name(where) == "is.na" else None
    whole = new.kind is Kind.SCALAR or new.frame == frame.code
    same = inner is not None and (inner == column or _column_named(inner) == _column_named(column))
    if same and whole:
        program.emit(f"{code} = {code}.fillna({new.beside(frame.code)})")
        program.complete |= {name}
        return
    if isinstance(where, Call) and called_name(where) == "which" and where.arguments[0].value is not None:
        where = where.arguments[0].value
    rows = translate(program, where)
    if rows.holds is Holds.LOGICAL:
        if frame.columns is not None and name not in frame.columns:
            program.emit(f"{code} = np.nan")
        if new.holds is known or (new.kind is not Kind.SCALAR and new.frame != frame.code):
            program.emit(f"{frame.code}.loc[{rows.beside(frame.code)}, {name!r}] = {new.plain}")
        else:  # R turns the column into what holds both
            if not whole:
                raise OutsideSubsetError("values of another kind for some rows of a column", value)
            program.emit(f"{code} = {code}.mask({rows.beside(frame.code)}, {new.code})")
    elif rows.holds is Holds.NUMBERS:
        program.emit(f"{frame.code}.iloc[{rows.plain} - 1, {frame.code}.columns.get_loc({name!r})] = {new.plain}")
    else:
        raise OutsideSubsetError("an index of rows whose kind is not known", where)
    if new.holds is not known:
        program.column_changed(frame.code, name, new.holds if new.holds is Holds.TEXTS else Holds.UNKNOWN)


def _attribute(program: Program, target: Call, value: Node) -> None:
    """``names(t) <- ...``, ``levels(t$x) <- ...``."""
    name = called_name(target)
    inner = target.arguments[0].value if target.arguments else None
    if inner is None:
        raise OutsideSubsetError(f"{name}() of nothing", target)
    if name in ("rownames", "row.names"):
        return
    if name in ("names", "colnames"):
        frame = _owner(program, inner)
        texts = given_texts(value)
        new = translate(program, value)
        program.emit(f"{frame.code}.columns = {new.code}")
        columns = None
        if texts is not None and frame.columns is not None and len(texts) == len(frame.columns):
            columns = dict(zip(texts, frame.columns.values(), strict=True))
            known = zip(frame.columns, texts, strict=True)
            program.complete |= {theirs for old, theirs in known if old in program.complete}
        program.table_is(frame.code, columns)
        return
    column = _column_named(inner)
    if name == "levels" and column is not None:
        frame = _owner(program, column[0])
        texts = given_texts(value)
        if texts is None:
            raise OutsideSubsetError("levels that are not written out", target)
        code = f"{frame.code}[{column[1]!r}]"
        program.emit(f"{code} = {code}.astype('category').cat.rename_categories({list(texts)!r})")
        program.column_changed(frame.code, column[1], Holds.FACTOR)
        program.levels[column[1]] = tuple(map(repr, texts))
        return
    raise OutsideSubsetError(f"an assignment to {name}()", target)


def _rename(program: Program, base: Call, where: Node | None, value: Node) -> None:
    """``names(t)[2] <- "x"``, ``names(t)[names(t) == "a"] <- "b"``."""
    frame = _owner(program, base.arguments[0].value or base)
    new, place = given_texts(value), whole_number(where)
    if new is None or where is None:
        raise OutsideSubsetError("names that are not written out", base)
    if place is not None and frame.columns is None:
        program.emit(f"{frame.code} = {frame.code}.rename(columns={{{frame.code}.columns[{place - 1}]: {new[0]!r}}})")
        return
    choice = choose_columns(program, frame, where)
    old = choice.names
    if old is None:
        texts = given_texts(where.right) if isinstance(where, syntax.Binary) and where.operator == "==" else None
        old = texts
    if old is None or len(old) != len(new):
        raise OutsideSubsetError("names that are not written out", base)
    told = dict(zip(old, new, strict=True))
    program.emit(f"{frame.code} = {frame.code}.rename(columns={told!r})")
    if frame.columns is not None:
        program.table_is(frame.code, {told.get(one, one): holds for one, holds in frame.columns.items()})
        program.complete |= {told[one] for one in told if one in program.complete}

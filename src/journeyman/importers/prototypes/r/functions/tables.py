"""Tables: read, made, cut, joined and summed up."""

from __future__ import annotations

from collections.abc import Mapping

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
from journeyman.importers.prototypes.r.expressions import column_of, table, translate
from journeyman.importers.prototypes.r.indexing import choose_columns, choose_rows, take_columns
from journeyman.importers.prototypes.r.known_tables import column_names
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Argument, Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS", "column_list", "without_or_only"]

_SEPARATORS = {"read.csv": ",", "read_csv": ",", "fread": ",", "read.csv2": ";", "read_csv2": ";", "read.table": r"\s+"}
_SEPARATORS |= {"read.delim": "\t", "read_tsv": "\t", "read_delim": "\t"}
_READ = "file header sep quote dec stringsAsFactors na.strings skip nrows col.names colClasses row.names"
_STATISTICS = {"mean": "mean", "median": "median", "sum": "sum", "min": "min", "max": "max", "sd": "std", "var": "var"}
_STATISTICS |= {"length": "size"}


def _path(program: Program, node: Node) -> str:
    if isinstance(node, syntax.Text):
        return node.value
    if isinstance(node, Call) and called_name(node) in ("file.path", "here", "paste0", "url", "file"):
        parts = [one.value.value for one in node.arguments if isinstance(one.value, syntax.Text)]
        if len(parts) == len(node.arguments):
            return ("" if called_name(node) == "paste0" else "/").join(parts)
    value = translate(program, node)
    if value.kind is Kind.SCALAR and value.parts:
        return value.parts[0]
    raise OutsideSubsetError("a path that is not written out", node)


def _read(program: Program, call: Call) -> Value:
    reader = called_name(call)
    found = match_arguments(call, _READ)
    if reader in ("read_csv", "read_tsv", "read_csv2", "read_delim", "fread"):
        found = match_arguments(call, "file delim sep col_names na skip n_max stringsAsFactors")
    path = _path(program, needed(found, "file" if "file" in found else "path", call))
    if path.lower().endswith((".xls", ".xlsx", ".rds", ".rdata")):
        raise OutsideSubsetError("a table in a text file: write.csv(rows, FILE, row.names = FALSE) makes one", call)
    options: dict[str, object] = {}
    sep = given_text(found.get("sep") or found.get("delim")) or _SEPARATORS[reader]
    if sep != ",":
        options["sep"] = r"\s+" if sep == "" else sep
    decimal = given_text(found.get("dec")) or ("," if reader.endswith("csv2") else ".")
    if decimal != ".":
        options["decimal"] = decimal
    header = found.get("header", found.get("col_names"))
    headless = isinstance(header, syntax.Constant) and header.name == "FALSE"
    headless = headless or (header is None and reader == "read.table")
    if headless:
        options["header"] = None
    for name, theirs in (("skip", "skiprows"), ("nrows", "nrows"), ("n_max", "nrows")):
        number = whole_number(found.get(name))
        if number:
            options[theirs] = number
    words = given_texts(found.get("na.strings") or found.get("na"))
    options["keep_default_na"] = False
    options["na_values"] = list(dict.fromkeys([*(words or ("NA",)), ""]))
    known = program.look(path, options)
    empties = known is not None and bool(known.empty) and not (words and "" in words) and "read_" not in reader
    if known is not None and empties and known.told_missing:
        options["na_values"] = {
            name: list(words or ("NA",)) if name in known.empty else [*(words or ("NA",)), ""] for name in known.columns
        }
    name = program.name_for("")
    told = "".join(f", {key}={value!r}" for key, value in options.items())
    program.emit(f"{name} = pd.read_csv({path!r}{told})")
    if known is not None and empties and not known.told_missing:
        program.emit(f"{name} = {name}.fillna({dict.fromkeys(known.empty, '')!r})")
    elif known is None and not (words and "" in words):
        program.note(f"{path} is not at hand: empty fields of its texts are taken for missing, which R does not", call)
    columns = dict(known.columns) if known is not None else None
    if known is not None:
        program.complete |= known.complete
    columns = _renamed(program, name, columns, headless, found) if "read_" not in reader else columns
    if is_true(found.get("stringsAsFactors")):
        texts = f"{name}.select_dtypes(exclude=['number', 'bool']).columns"
        if columns is not None:
            texts = repr([key for key, holds in columns.items() if holds is Holds.TEXTS])
            columns = {key: Holds.FACTOR if holds is Holds.TEXTS else holds for key, holds in columns.items()}
        if texts != "[]":
            program.emit(f"{name}[{texts}] = {name}[{texts}].astype('category')")
    return Value(name, Kind.TABLE, columns=columns)


def _renamed(
    program: Program, name: str, columns: dict[str, Holds] | None, headless: bool, found: Mapping[str, Node]
) -> dict[str, Holds] | None:
    """Name columns as R does."""
    given = given_texts(found.get("col.names"))
    if given is not None:
        program.emit(f"{name}.columns = {list(given)!r}")
        return dict(zip(given, columns.values(), strict=False)) if columns is not None else None
    if headless:
        program.emit(f"{name}.columns = [f'V{{k}}' for k in range(1, {name}.shape[1] + 1)]")
        return {f"V{k + 1}": holds for k, holds in enumerate(columns.values())} if columns is not None else None
    kept = found.get("check.names")
    if columns is None or (isinstance(kept, syntax.Constant) and kept.name == "FALSE"):
        return columns
    new = column_names(list(columns))
    if new:
        program.emit(f"{name} = {name}.rename(columns={new!r})")
    program.complete |= {new[one] for one in new if one in program.complete}
    return {new.get(one, one): holds for one, holds in columns.items()}


def _new_table(program: Program, call: Call) -> Value:
    columns: dict[str, Value] = {}
    for one in call.arguments:
        if one.name in ("stringsAsFactors", "check.names") or one.value is None:
            continue
        value = translate(program, one.value)
        name = one.name or (one.value.name if isinstance(one.value, syntax.Name | syntax.Member) else None)
        if value.kind is Kind.TABLE and len(call.arguments) == 1:
            return value
        if name is None or value.kind is Kind.TABLE:
            raise OutsideSubsetError("data.frame() of tables", call)
        columns[name] = value
    frames = {value.frame for value in columns.values()}
    by_place = len(frames) > 1 or len({value.kind for value in columns.values()}) > 1
    codes = [f"{name!r}: {value.plain if by_place else value.code}" for name, value in columns.items()]
    if all(value.kind is Kind.SCALAR for value in columns.values()):
        codes = [f"{name!r}: [{value.code}]" for name, value in columns.items()]
    holds = {name: value.holds for name, value in columns.items()}
    return Value(f"pd.DataFrame({{{', '.join(codes)}}})", Kind.TABLE, columns=holds)


def column_list(program: Program, frame: Value, arguments: tuple[Argument, ...]) -> tuple[list[str], bool]:
    """Return columns named as ``select(a, -b)`` and ``subset(select = ...)`` do, and whether they are left out."""
    names: list[str] = []
    out: list[bool] = []
    for one in arguments:
        node, left_out = one.value, False
        while isinstance(node, syntax.Unary) and node.operator in ("-", "!", "("):
            left_out, node = left_out or node.operator != "(", node.operand
        if isinstance(node, Call) and called_name(node) in ("c", "one_of", "all_of", "any_of"):
            inner, inner_out = column_list(program, frame, node.arguments)
            names += inner
            out += [left_out or inner_out] * len(inner)
            continue
        if isinstance(node, syntax.Binary) and node.operator == ":" and frame.columns is not None:
            listed = list(frame.columns)
            first, last = given_text(node.left), given_text(node.right)
            if first in listed and last in listed:
                chosen = listed[listed.index(first) : listed.index(last) + 1]
                names += chosen
                out += [left_out] * len(chosen)
                continue
        text = given_text(node)
        place = whole_number(node)
        if text is None and place and frame.columns is not None and place <= len(frame.columns):
            text = list(frame.columns)[place - 1]
        if text is None:
            raise OutsideSubsetError("columns that are not written out", node)
        names.append(text)
        out.append(left_out)
    if len(set(out)) > 1:
        raise OutsideSubsetError("columns taken and left out at once", arguments[0].value)
    return names, bool(out and out[0])


def _subset(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x subset select")
    frame = table(program, needed(found, "x", call))
    value = frame
    if "subset" in found:
        with program.within(frame):
            value = choose_rows(program, frame, found["subset"])
    if "select" in found:
        names, out = column_list(program, frame, (Argument(None, found["select"]),))
        value = without_or_only(value, names, out)
    return value


def without_or_only(frame: Value, names: list[str], out: bool) -> Value:
    """Return a table without some columns, or with them only."""
    columns = frame.columns
    if out:
        kept = {one: holds for one, holds in columns.items() if one not in names} if columns is not None else None
        return Value(f"{frame.code}.drop(columns={names!r})", Kind.TABLE, columns=kept)
    kept = {one: columns.get(one, Holds.UNKNOWN) for one in names} if columns is not None else None
    return Value(f"{frame.code}[{names!r}]", Kind.TABLE, columns=kept)


def _with(program: Program, call: Call) -> Value:
    found = match_arguments(call, "data expr")
    with program.within(table(program, needed(found, "data", call))):
        return translate(program, needed(found, "expr", call))


def _transform(program: Program, call: Call) -> Value:
    frame = table(program, call.arguments[0].value or call)
    columns, codes = dict(frame.columns or {}), list[str]()
    with program.within(frame):
        for one in call.arguments[1:]:
            if one.name is None or one.value is None or not one.name.isidentifier():
                raise OutsideSubsetError("transform() of what has no plain name", call)
            value = translate(program, one.value)
            columns[one.name] = value.holds
            codes.append(f"{one.name}={value.code if value.frame == frame.code else value.plain}")
    code = f"{frame.code}.assign({', '.join(codes)})"
    return Value(code, Kind.TABLE, columns=columns if frame.columns is not None else None)


def _within(program: Program, call: Call) -> Value:
    frame = table(program, call.arguments[0].value or call)
    body = call.arguments[1].value if len(call.arguments) > 1 else None
    name = program.name_for("")
    program.emit(f"{name} = {frame.code}.copy()")
    value = frame.with_code(name)
    for one in body.statements if isinstance(body, syntax.Block) else (body,):
        if not isinstance(one, syntax.Assign) or not isinstance(one.target, syntax.Name):
            raise OutsideSubsetError("within() of more than assignments", call)
        with program.within(value):
            new = translate(program, one.value)
        program.emit(f"{name}[{one.target.name!r}] = {new.code}")
        if value.columns is not None:
            value = Value(name, Kind.TABLE, columns={**value.columns, one.target.name: new.holds})
    return value


def _merge(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x y by by.x by.y all all.x all.y")
    left, right = (translate(program, needed(found, name, call)) for name in ("x", "y"))
    everything = is_true(found.get("all"))
    on_left, on_right = everything or is_true(found.get("all.x")), everything or is_true(found.get("all.y"))
    how = {(False, False): "inner", (True, False): "left", (False, True): "right", (True, True): "outer"}
    keys = [
        f"{theirs}={list(given)!r}"
        for name, theirs in (("by", "on"), ("by.x", "left_on"), ("by.y", "right_on"))
        if (given := given_texts(found.get(name))) is not None
    ]
    if on_left or on_right:
        program.complete = frozenset()
    program.note(
        "merge() leaves rows of equal keys in an order of its own: rows drawn behind it are others than in R", call
    )
    told = ", ".join([right.code, *keys, f"how={how[on_left, on_right]!r}", "sort=True"])
    return Value(f"{left.code}.merge({told})", Kind.TABLE, columns=_columns_of_both(left, right))


def _columns_of_both(left: Value, right: Value) -> dict[str, Holds] | None:
    if left.columns is None or right.columns is None:
        return None
    return {**right.columns, **left.columns}


def _stacked(program: Program, call: Call) -> Value:
    values = [translate(program, one.value) for one in call.arguments if one.value is not None and one.name is None]
    if not values or any(one.kind not in (Kind.TABLE, Kind.UNKNOWN) for one in values):
        raise OutsideSubsetError(f"{called_name(call)}() of other than tables", call)
    code = f"pd.concat([{', '.join(one.code for one in values)}], ignore_index=True)"
    return Value(code, Kind.TABLE, columns=values[0].columns)


def _beside(program: Program, call: Call) -> Value:
    values = [(one, translate(program, one.value)) for one in call.arguments if one.value is not None]
    first = values[0][1] if values else Value("None")
    if first.kind is not Kind.TABLE:
        raise OutsideSubsetError("cbind() whose first is no table", call)
    code, columns = first.code, dict(first.columns or {})
    for one, value in values[1:]:
        if value.kind is Kind.TABLE:
            code = f"pd.concat([{code}.reset_index(drop=True), {value.code}.reset_index(drop=True)], axis=1)"
            columns |= value.columns or {}
            continue
        name = one.name or given_text(one.value)
        if name is None or not name.isidentifier():
            raise OutsideSubsetError("cbind() of what has no plain name", call)
        columns[name] = value.holds
        code = f"{code}.assign({name}={value.code if value.frame == first.code else value.plain})"
    return Value(code, Kind.TABLE, columns=columns if first.columns is not None else None)


def _without_missing(program: Program, call: Call) -> Value:
    value = translate(program, call.arguments[0].value or call) if call.arguments else Value("None")
    names, _ = column_list(program, value, call.arguments[1:]) if len(call.arguments) > 1 else ([], False)
    if called_name(call) == "na.omit":
        names = []
    return Value(
        f"{value.code}.dropna({f'subset={names!r}' if names else ''})", value.kind, value.holds, columns=value.columns
    )


def _complete(program: Program, call: Call) -> Value:
    value = table(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.code}.notna().all(axis=1)", Kind.SERIES, Holds.LOGICAL, value.code)


def _first_rows(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x n")
    value = translate(program, needed(found, "x", call))
    number = translate(program, found["n"]).code if "n" in found else "6"
    return value.with_code(f"{value.code}.{called_name(call)}({number})")


def _names(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    return Value(f"{value.code}.columns", Kind.LIST, Holds.TEXTS)


def _shape(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    if called_name(call) == "dim":
        return Value(f"{value.code}.shape", Kind.LIST, Holds.NUMBERS)
    return Value(f"{value.code}.shape[1]", Kind.SCALAR, Holds.NUMBERS)


def _columnwise(program: Program, call: Call) -> Value:
    value = translate(program, needed(match_arguments(call, "x"), "x", call))
    method = {"colMeans": "mean()", "colSums": "sum()", "rowSums": "sum(axis=1)", "rowMeans": "mean(axis=1)"}
    if value.kind is not Kind.TABLE:
        raise OutsideSubsetError(f"{called_name(call)}() of a {value.kind}", call)
    by_row = called_name(call).startswith("row")
    code = f"{value.code}.{method[called_name(call)]}"
    if not is_true(match_arguments(call, "x na.rm").get("na.rm")):
        code = code.replace("()", "(skipna=False)").replace("axis=1", "axis=1, skipna=False")
    return Value(code, Kind.SERIES if by_row else Kind.UNKNOWN, Holds.NUMBERS, value.code if by_row else None)


def _applied(program: Program, call: Call) -> Value:
    by_table = called_name(call) != "apply"
    found = match_arguments(call, "X FUN" if by_table else "X MARGIN FUN")
    value = translate(program, needed(found, "X", call))
    if "na.rm" in found or set(found) - {"X", "MARGIN", "FUN"}:
        raise OutsideSubsetError(f"{called_name(call)}() with further arguments", call)
    code, holds = _function(program, needed(found, "FUN", call))
    if value.kind is Kind.TABLE:
        axis = ", axis=1" if not by_table and whole_number(found.get("MARGIN")) == 1 else ""
        columns = dict.fromkeys(value.columns, holds) if value.columns is not None else None
        return Value(f"{value.code}.apply({code}{axis})", Kind.TABLE, columns=columns)
    if value.kind is Kind.SERIES:
        return Value(f"{value.code}.map({code})", Kind.SERIES, holds, value.frame)
    return Value(f"[{code}(one) for one in {value.code}]", Kind.LIST, holds)


def _function(program: Program, node: Node) -> tuple[str, Holds]:
    """Return the code of a function given to another one, and what it makes."""
    if isinstance(node, syntax.Name) and node.name not in program.variables:
        with program.without_statements():
            call = Call(node.line, node, (Argument(None, syntax.Name(node.line, "column")),))
            program.know("column", Value("column", Kind.SERIES, Holds.UNKNOWN, "column"))
            try:
                value = translate(program, call)
            finally:
                program.variables.pop("column", None)
        return f"(lambda column: {value.code})", value.holds
    value = translate(program, node)
    if value.kind is not Kind.FUNCTION:
        raise OutsideSubsetError("a function", node)
    return value.code, value.holds


def _grouped(program: Program, call: Call) -> Value:
    """``tapply(x, group, f)`` and ``aggregate(y ~ group, data, f)``."""
    if called_name(call) == "tapply":
        found = match_arguments(call, "X INDEX FUN")
        values, groups = (translate(program, needed(found, name, call)) for name in ("X", "INDEX"))
        method = _STATISTICS.get(given_text(found.get("FUN")) or "")
        if method is None or values.kind is not Kind.SERIES:
            raise OutsideSubsetError("tapply() of a function of its own", call)
        return Value(f"{values.code}.groupby({groups.code}, observed=True).{method}()", Kind.UNKNOWN, Holds.NUMBERS)
    found = match_arguments(call, "x data FUN")
    formula, method = found.get("x"), _STATISTICS.get(given_text(found.get("FUN")) or "")
    if not isinstance(formula, syntax.Binary) or formula.operator != "~" or method is None or "data" not in found:
        raise OutsideSubsetError("aggregate() but of a formula, by a plain statistic", call)
    frame = translate(program, found["data"])
    target = given_text(formula.left)
    groups_named = [one.name for one in syntax.walk(formula.right) if isinstance(one, syntax.Name)]
    code = f"{frame.code}.groupby({groups_named!r}, as_index=False, observed=True)[{target!r}].{method}()"
    if target is None:
        raise OutsideSubsetError("aggregate() of several targets", call)
    return Value(code, Kind.TABLE)


def _as_table(program: Program, call: Call) -> Value:
    value = translate(program, call.arguments[0].value or call) if call.arguments else Value("None")
    if value.kind in (Kind.TABLE, Kind.UNKNOWN):
        return value
    return Value(f"pd.DataFrame({value.code})", Kind.TABLE)


def _pulled(program: Program, call: Call) -> Value:
    frame = table(program, call.arguments[0].value or call)
    node = call.arguments[1].value if len(call.arguments) > 1 else None
    name = given_text(node)
    if name is not None:
        return column_of(frame, name)
    if node is None:
        raise OutsideSubsetError("pull() without a column", call)
    return take_columns(frame, choose_columns(program, frame, node), True)


def _data(program: Program, call: Call) -> Value:
    """``data(iris)``: what comes with scikit-learn too, or lies beside as a file."""
    name = given_text(call.arguments[0].value) if call.arguments else None
    if name == "iris":
        return _iris(program)
    known = program.look(f"{name}.csv", {"keep_default_na": False, "na_values": ["NA", ""]})
    if name is None or known is None:
        needs = (
            f"the table itself: write.csv({name}, '{name}.csv', row.names = FALSE) in R, and put it beside the script"
        )
        raise OutsideSubsetError(needs, call)
    own = program.name(name)
    program.emit(f"{own} = pd.read_csv({name + '.csv'!r}, keep_default_na=False, na_values=['NA', ''])")
    program.complete |= known.complete
    value = Value(own, Kind.TABLE, columns=known.columns)
    program.know(name, value)
    return value


def _iris(program: Program) -> Value:
    """Make R's table of irises known, out of scikit-learn's."""
    own = program.name("iris")
    load = program.need("sklearn.datasets", "load_iris")
    names = ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"]
    program.emit(f"iris_data = {load}(as_frame=True)")
    program.emit(f"{own} = iris_data.data.set_axis({names!r}, axis=1)")
    program.emit(f"{own}['Species'] = iris_data.target.map(dict(enumerate(iris_data.target_names))).astype('category')")
    columns = {**dict.fromkeys(names, Holds.NUMBERS), "Species": Holds.FACTOR}
    program.complete |= set(columns)
    value = Value(own, Kind.TABLE, columns=columns)
    program.know("iris", value)
    return value


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(_SEPARATORS, _read),
    **dict.fromkeys(("data.frame", "tibble", "data_frame"), _new_table),
    **dict.fromkeys(("rbind", "bind_rows"), _stacked),
    **dict.fromkeys(("cbind", "bind_cols"), _beside),
    **dict.fromkeys(("na.omit", "drop_na"), _without_missing),
    **dict.fromkeys(("head", "tail"), _first_rows),
    **dict.fromkeys(("names", "colnames"), _names),
    **dict.fromkeys(("dim", "ncol"), _shape),
    **dict.fromkeys(("colMeans", "colSums", "rowSums", "rowMeans"), _columnwise),
    **dict.fromkeys(("lapply", "sapply", "apply", "map"), _applied),
    **dict.fromkeys(("tapply", "aggregate"), _grouped),
    **dict.fromkeys(("as.data.frame", "as_tibble", "tbl_df", "setDT", "data.table"), _as_table),
    "subset": _subset,
    "with": _with,
    "within": _within,
    "transform": _transform,
    "merge": _merge,
    "complete.cases": _complete,
    "pull": _pulled,
    "data": _data,
}

"""What a table's methods leave of its columns."""

from __future__ import annotations

import ast

from journeyman.stages.trace_rows.columns import NO_COLUMNS, Columns, Source, joined_columns
from journeyman.stages.trace_rows.known_calls import words
from journeyman.stages.trace_rows.selections import names_of
from journeyman.stages.trace_rows.values import UNKNOWN, Constant, Data, Items, Value, joined

__all__ = ["follow_columns", "group_keys"]

Named = dict[str, Value]
_OF_THE_ROW = words(
    "transform apply cumsum cumprod cummax cummin ffill bfill fillna rank diff pct_change head tail nth"
)
_OF_NONE = words("cumcount ngroup size count nunique shift")
_BY_COLUMN = words("select_dtypes filter dot pivot melt stack unstack corr describe")
_JOINED = words("merge join append add sub mul div where mask combine_first")


def group_keys(data: Data, args: list[Value], named: Named) -> frozenset[Source]:
    """Return what the keys of a grouping are made of."""
    by = named.get("by", args[0] if args else UNKNOWN)
    names = names_of(by)
    if names is not None:
        return frozenset[Source]().union(*(data.columns.sources_of(name) for name in names))
    return joined(by).columns.sources


def follow_columns(data: Data, method: str, args: list[Value], named: Named, made: Value, node: ast.Call) -> None:
    """Note the columns of what a method gave, and those of the table itself where it is changed in place."""
    columns = _columns_after(data, method, args, named, node)
    in_place = named.get("inplace")
    if method == "pop":
        names = names_of(args[0] if args else None) or ()
        data.columns = data.columns.less(names)
    elif method == "insert" and len(args) > 2:
        for name in names_of(args[1]) or ():
            data.columns = data.columns.assigned(name, joined(args[2]).columns.sources)
    elif isinstance(in_place, Constant) and in_place.value is True:
        data.columns = columns
    elif isinstance(made, Data) and made is not data and made.columns is NO_COLUMNS:
        made.columns = columns


def _columns_after(data: Data, method: str, args: list[Value], named: Named, node: ast.Call) -> Columns:
    columns = data.columns
    if data.grouped:
        return _columns_of_groups(data, method, args, named, node)
    others = joined_columns(joined(one).columns for one in (*args, *named.values()))
    match method:
        case "drop":
            return _dropped(columns, args, named)
        case "pop" | "get":
            names = names_of(args[0] if args else None)
            return columns.of(names[0]) if names and len(names) == 1 else NO_COLUMNS
        case "shift":
            return columns.shifted()
        case "assign":
            for name, value in named.items():
                columns = columns.assigned(name, joined(value).columns.sources)
            return columns
        case "rename" | "to_frame" | "reset_index" if columns.own and not (columns.named or columns.rest):
            names = names_of(named.get("name", args[0] if args else None))
            return Columns({names[0]: columns.own}) if names and len(names) == 1 else columns
        case "rename":
            return _renamed(columns, named)
        case "map" | "replace" if not columns.rest and not columns.named:
            return joined_columns((columns, Columns(own=others.sources)))
        case _ if method in _BY_COLUMN:
            return NO_COLUMNS
        case _ if method in _JOINED or columns.own:
            return joined_columns((columns, others))
        case _:
            return columns


def _columns_of_groups(data: Data, method: str, args: list[Value], named: Named, node: ast.Call) -> Columns:
    if method in _OF_NONE or ".shift(" in ast.unparse(node):
        return NO_COLUMNS
    if method in _OF_THE_ROW:
        of_row = data.columns if method.startswith("cum") or method in ("diff", "pct_change") else None
        figures = data.columns.over(data.rows) if of_row is None else of_row
        return figures.mixed_with(data.keys)
    figures = data.columns.over(data.rows)
    if method in ("agg", "aggregate"):
        pairs = {name: names_of(value) for name, value in named.items()}
        if pairs and all(pair for pair in pairs.values()):  # agg(mean_price=("price", "mean"))
            return Columns({name: figures.sources_of(pair[0]) for name, pair in pairs.items() if pair})
        given = args[0] if args else UNKNOWN
        if isinstance(given, Items) and given.keys is None and figures.own:
            return Columns(dict.fromkeys(names_of(given) or (), figures.own))
    return figures


def _dropped(columns: Columns, args: list[Value], named: Named) -> Columns:
    axis = named.get("axis", args[1] if len(args) > 1 else None)
    by_column = isinstance(axis, Constant) and axis.value in (1, "columns")
    given = named.get("columns")
    if given is None and by_column:
        given = named.get("labels", args[0] if args else None)
    if given is None:
        return columns
    names = names_of(given)
    return NO_COLUMNS if names is None else columns.less(names)


def _renamed(columns: Columns, named: Named) -> Columns:
    given = named.get("columns")
    if given is None:
        return columns
    if not isinstance(given, Items) or given.keys is None:
        return NO_COLUMNS
    pairs = [(old, names_of(new)) for old, new in zip(given.keys, given.values, strict=False)]
    if not all(isinstance(old, str) and new is not None and len(new) == 1 for old, new in pairs):
        return NO_COLUMNS
    return columns.renamed({str(old): new[0] for old, new in pairs if new})

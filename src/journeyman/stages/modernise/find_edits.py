"""Find what a program has to say otherwise today."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from journeyman.stages.modernise import known_changes as known
from journeyman.stages.modernise.edits import Edit, Text

__all__ = ["find_edits"]

_IN_PLACE = frozenset(
    ("fillna", "replace", "clip", "ffill", "bfill", "interpolate", "mask", "where", "sort_values", "dropna")
)
_NUMBERS_ONLY = frozenset(("mean", "median", "std", "var", "sum", "min", "max", "quantile", "skew"))
_SCORED = frozenset(("cross_val_score", "cross_validate", "GridSearchCV", "RandomizedSearchCV", "learning_curve"))
_SPLITTERS = frozenset(("KFold", "StratifiedKFold"))
_FOLDS = ("n_folds", "n_splits", "indices")


def find_edits(tree: ast.Module, text: Text) -> list[Edit]:
    """Return the edits that a program needs; some may lie within others."""
    modules = _imported_modules(tree)
    own = {*modules, *_own_names(tree)}
    edits: list[Edit] = []
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom():
                edits += _import_from(node, text)
            case ast.Import():
                edits += _import(node, text)
            case ast.Attribute():
                edits += _attribute(node, text, modules)
            case ast.Call():
                edits += _call(node, text, modules)
            case ast.Assign():
                edits += _assignment(node, text, modules)
            case ast.Expr():
                edits += _statement(node, text)
            case ast.Subscript():
                edits += _subscript(node, text)
            case ast.Name() if node.id in known.BUILT_IN and node.id not in own:
                edits.append(text.edit(node, known.BUILT_IN[node.id], f"{node.id} is gone since Python 3"))
            case _:
                pass
    return edits


def _own_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that the program makes itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _imported_modules(tree: ast.Module) -> dict[str, str]:
    """Return which module each name stands for: {"np": "numpy"}."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _import_from(node: ast.ImportFrom, text: Text) -> Iterator[Edit]:
    """Yield a statement for each place that the names come from today."""
    if node.module is None or node.level:
        return
    places: dict[str, list[str]] = {}
    changed = False
    for alias in node.names:
        module, name = known.NAMES.get((node.module, alias.name), (node.module, alias.name))
        module = known.MODULES.get(module, module)
        changed = changed or (module, name) != (node.module, alias.name)
        called = alias.asname or alias.name
        places.setdefault(module, []).append(name if called == name else f"{name} as {called}")
    if changed:
        lines = [
            "; ".join(f"import {name}" for name in names) if not module else f"from {module} import {', '.join(names)}"
            for module, names in places.items()
        ]
        yield text.edit(node, "; ".join(lines), f"{node.module} was moved")


def _import(node: ast.Import, text: Text) -> Iterator[Edit]:
    for alias in node.names:
        module = known.MODULES.get(alias.name)
        if module is not None and alias.asname:
            yield text.edit(alias, f"{module} as {alias.asname}", f"{alias.name} is {module} today")
        elif module is not None:
            yield text.edit(alias, module, f"{alias.name} is {module} today")


def _attribute(node: ast.Attribute, text: Text, modules: dict[str, str]) -> Iterator[Edit]:
    if isinstance(node.value, ast.Name):
        module = modules.get(node.value.id, "")
        today = known.ATTRIBUTES.get((module, node.attr))
        if today is not None:
            name = f"{module}.{node.attr}"
            yield text.edit(node, today.format(node.value.id), f"{name} is gone")
            return
    dotted = ast.unparse(node) if isinstance(node.value, ast.Name | ast.Attribute) else ""
    if dotted in known.MODULES and modules.get(dotted.partition(".")[0]) == dotted.partition(".")[0]:
        yield text.edit(node, known.MODULES[dotted], f"{dotted} was moved")


def _call(node: ast.Call, text: Text, modules: dict[str, str]) -> Iterator[Edit]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    imported = modules.get(name, "").rpartition(".")[2] or name
    if isinstance(node.func, ast.Attribute):
        yield from _method(node, node.func, text)
    yield from _keywords(node, name if name in known.DROPPED_KEYWORDS else imported, text)
    for place, argument in enumerate(node.args):
        keyword = known.POSITIONAL.get((name, place))
        if keyword is not None and _needs_a_name(node, name, argument, modules):
            yield text.edit(argument, f"{keyword}={text.of(argument)}", f"{name} takes {keyword} by name only")
    if name in _SPLITTERS and node.args:
        yield from _splitter(node, name, text)


def _needs_a_name(node: ast.Call, name: str, argument: ast.expr, modules: dict[str, str]) -> bool:
    if isinstance(argument, ast.Starred):
        return False
    if name == "drop":
        return isinstance(argument, ast.Constant) and argument.value in (0, 1, "columns", "index")
    if name in ("concat", "read_csv"):
        return isinstance(node.func, ast.Attribute) and modules.get(getattr(node.func.value, "id", "")) == "pandas"
    return isinstance(argument, ast.Constant) and isinstance(argument.value, int | str)


def _method(node: ast.Call, func: ast.Attribute, text: Text) -> Iterator[Edit]:
    today = known.METHODS.get(func.attr)
    if today is not None:
        begin, end = text.span(func)
        before = text.source[begin : end - len(func.attr)]
        yield Edit(begin, end, before + today, f"{func.attr} is {today} today", node.lineno)
    named = {one.arg for one in node.keywords}
    if func.attr == "corr" and not node.args and not named:
        yield text.edit(node, f"{text.of(func)}(numeric_only=True)", "corr no longer leaves texts out by itself")
    grouped = isinstance(func.value, ast.Call) and getattr(func.value.func, "attr", "") == "groupby"
    if grouped and func.attr in _NUMBERS_ONLY and not node.args and not named:
        yield text.edit(
            node, f"{text.of(func)}(numeric_only=True)", f"{func.attr} of groups no longer leaves texts out by itself"
        )
    if func.attr == "fillna" and "method" in named:
        how = next(one.value for one in node.keywords if one.arg == "method")
        if isinstance(how, ast.Constant) and how.value in ("ffill", "pad", "bfill", "backfill"):
            today = "ffill" if how.value in ("ffill", "pad") else "bfill"
            rest = [f"{one.arg}={text.of(one.value)}" for one in node.keywords if one.arg != "method"]
            yield text.edit(
                node, f"{text.of(func.value)}.{today}({', '.join(rest)})", "fillna takes no method any more"
            )


def _keywords(node: ast.Call, name: str, text: Text) -> Iterator[Edit]:
    dropped = known.DROPPED_KEYWORDS.get(name, frozenset())
    kept = [one for one in node.keywords if one.arg not in dropped]
    if name in _SPLITTERS and not any(one.arg == "shuffle" for one in kept):
        kept = [one for one in kept if one.arg != "random_state"]  # it was of no use, and is an error today
    if name == "read_csv":
        yield from _bad_lines(node, text)
    if len(kept) != len(node.keywords):
        gone = ", ".join(str(one.arg) for one in node.keywords if one not in kept)
        parts = [text.of(one) for one in node.args]
        parts += [f"{one.arg}={text.of(one.value)}" if one.arg else f"**{text.of(one.value)}" for one in kept]
        yield text.edit(node, f"{text.of(node.func)}({', '.join(parts)})", f"{name} takes no {gone} any more")
    for one in kept:
        today = known.KEYWORDS.get((name, one.arg or ""))
        if today is not None:
            yield text.edit(one, f"{today}={text.of(one.value)}", f"{one.arg} of {name} is {today} today")
        values = known.KEYWORD_VALUES.get((name, one.arg or ""), {})
        if isinstance(one.value, ast.Constant) and isinstance(one.value.value, str) and one.value.value in values:
            after = values[one.value.value]
            yield text.edit(one.value, repr(after), f"{one.arg}={one.value.value!r} of {name} is {after!r} today")
        if one.arg == "scoring" and name in _SCORED and isinstance(one.value, ast.Constant):
            scored = str(one.value.value)
            if scored in known.SCORINGS:
                today = known.SCORINGS[scored]
                yield text.edit(one.value, repr(today), f"the score {scored} is {today} today")


def _bad_lines(node: ast.Call, text: Text) -> Iterator[Edit]:
    for one in node.keywords:
        if one.arg in ("error_bad_lines", "warn_bad_lines"):
            skipped = isinstance(one.value, ast.Constant) and one.value.value is False
            both = {other.arg for other in node.keywords}
            if one.arg == "warn_bad_lines" and "error_bad_lines" in both:
                continue
            after = 'on_bad_lines="skip"' if skipped else 'on_bad_lines="error"'
            yield text.edit(one, after, f"read_csv takes no {one.arg} any more")


def _splitter(node: ast.Call, name: str, text: Text) -> Iterator[Edit]:
    """Yield a splitter of today for one that was given its rows, as before scikit-learn 0.18."""
    folds = next((one.value for one in node.keywords if one.arg in ("n_folds", "n_splits")), None)
    if folds is None:
        second = node.args[1] if len(node.args) > 1 else None
        if not isinstance(second, ast.Constant) or type(second.value) is not int:
            return  # it is given how many parts, and perhaps whether to shuffle, as today
        folds = second
    count = text.of(folds)
    rest = [f"{one.arg}={text.of(one.value)}" for one in node.keywords if one.arg not in _FOLDS]
    if not any(one.startswith("shuffle") for one in rest):
        rest = [one for one in rest if not one.startswith("random_state")]
    made = f"{text.of(node.func)}({', '.join([f'n_splits={count}', *rest])})"
    rows = text.of(node.args[0])
    split = f"list({made}.split(range({rows})))" if name == "KFold" else f"list({made}.split({rows}, {rows}))"
    yield text.edit(node, split, f"{name} is given its rows by split() today")


def _assignment(node: ast.Assign, text: Text, modules: dict[str, str]) -> Iterator[Edit]:
    """Yield what is assigned in ways that pandas no longer knows."""
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "append":
        pandas = next((name for name, module in modules.items() if module == "pandas"), None)
        if pandas is not None and len(value.args) == 1:  # a list's append gives nothing to assign
            other = text.of(value.args[0])
            if isinstance(value.args[0], ast.Dict):
                other = f"{pandas}.DataFrame([{other}])"
            rest = "".join(
                f", {one.arg}={text.of(one.value)}" for one in value.keywords if one.arg != "verify_integrity"
            )
            made = f"{pandas}.concat([{text.of(value.func.value)}, {other}]{rest})"
            yield text.edit(value, made, "append of tables is concat today")
    [target] = node.targets if len(node.targets) == 1 else [None]
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Subscript):
        inner = target.value
        if isinstance(inner.slice, ast.Constant) and isinstance(inner.slice.value, str) and _is_plain(inner.value):
            rows, column = text.of(target.slice), text.of(inner.slice)
            after = f"{text.of(inner.value)}.loc[{rows}, {column}] = {text.of(value)}"
            if not isinstance(target.slice, ast.Constant):
                yield text.edit(node, after, "a part of a column is no longer the table's own")


def _is_plain(node: ast.expr) -> bool:
    """Return whether an expression is a name or an attribute of one: a table, and no dictionary of tables."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_plain(node.value))


def _statement(node: ast.Expr, text: Text) -> Iterator[Edit]:
    """Yield an assignment for a column that is changed in place: since pandas 3 that changes a copy."""
    call = node.value
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _IN_PLACE):
        return
    in_place = any(
        one.arg == "inplace" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in call.keywords
    )
    column = call.func.value
    if not in_place or not isinstance(column, ast.Subscript | ast.Attribute):
        return
    parts = [text.of(one) for one in call.args]
    parts += [f"{one.arg}={text.of(one.value)}" for one in call.keywords if one.arg != "inplace"]
    after = f"{text.of(column)} = {text.of(column)}.{call.func.attr}({', '.join(parts)})"
    yield text.edit(node, after, "a column that is changed in place is a copy since pandas 3")


def _subscript(node: ast.Subscript, text: Text) -> Iterator[Edit]:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "ix":
        index = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        names = [n for n in ast.walk(node.slice) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        today = "iloc" if isinstance(node.slice, ast.Tuple) and not names and isinstance(index, ast.Slice) else "loc"
        begin, end = text.span(node.value)
        yield Edit(begin, end, text.source[begin : end - 2] + today, f"ix is {today} today", node.lineno)

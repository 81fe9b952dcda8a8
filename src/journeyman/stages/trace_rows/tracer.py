"""Follow the rows of a program through its statements, branches, loops and functions, without running it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from journeyman.stages.trace_rows import known_calls as known
from journeyman.stages.trace_rows import selections
from journeyman.stages.trace_rows.calls import (
    call_items,
    call_library,
    call_method,
    call_model,
    chosen_by,
    is_model_name,
    is_opaque,
)
from journeyman.stages.trace_rows.choices import best_of_branch, note_best, try_settings
from journeyman.stages.trace_rows.columns import Columns, Rest
from journeyman.stages.trace_rows.row_sets import RowSet, Statistic, Step, parts_of
from journeyman.stages.trace_rows.values import (
    UNKNOWN,
    AllBut,
    Choice,
    Chosen,
    ClassValue,
    Closure,
    Constant,
    Data,
    Instance,
    Items,
    Model,
    Name,
    Scope,
    Selection,
    Splits,
    Value,
    joined,
    merged,
    method_of,
    models_in,
)

__all__ = ["Tracer"]

_DEEPEST, _MOST_TURNS, _MOST_STEPS = 12, 24, 60_000
_OPPOSITES = {ast.GtE: ("<", 1), ast.Lt: ("<", 0), ast.LtE: (">", 1), ast.Gt: (">", 0)}
_OPPOSITES |= {ast.Eq: ("==", 0), ast.NotEq: ("==", 1), ast.In: ("in", 0), ast.NotIn: ("in", 1)}


class _Returned(Exception):
    def __init__(self, value: Value) -> None:
        self.value = value


class Tracer:
    """Goes through a program; ``models`` are those that it made, in order, ``choices`` where it took the best score."""

    def __init__(self) -> None:
        self.models: list[Model] = []
        self.choices: list[Chosen] = []
        self._depth = 0
        self._steps = 0

    def run(self, tree: ast.Module) -> None:
        """Go through a whole program."""
        self._body(tree.body, Scope())

    def _body(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                return
            self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.Import():
                for alias in node.names:
                    dotted = alias.name if alias.asname else alias.name.partition(".")[0]
                    scope.names[alias.asname or dotted] = Name(dotted)
            case ast.ImportFrom():
                for alias in node.names:
                    scope.names[alias.asname or alias.name] = Name(f"{node.module}.{alias.name}")
            case ast.Assign():
                value = self.value(node.value, scope)
                for target in node.targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign() if node.value is not None:
                self._assign(node.target, self.value(node.value, scope), scope)
            case ast.AugAssign():
                before = self.value(node.target, scope)
                self._assign(node.target, self._combined(before, self.value(node.value, scope)), scope)
            case ast.Expr():
                self.value(node.value, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope.names[node.name] = Closure(node, scope)
            case ast.ClassDef():
                scope.names[node.name] = ClassValue(node, scope)
            case ast.Return():
                raise _Returned(UNKNOWN if node.value is None else self.value(node.value, scope))
            case ast.If():
                best_of_branch(self, node, self.value(node.test, scope))
                self._branches((node.body, node.orelse), scope)
            case ast.For() | ast.AsyncFor():
                for element in self.elements(self.value(node.iter, scope)):
                    self._assign(node.target, element, scope)
                    self._body(node.body, scope)
                self._body(node.orelse, scope)
            case ast.While():
                for _ in range(2):
                    self.value(node.test, scope)
                    self._body(node.body, scope)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self.value(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, value, scope)
                self._body(node.body, scope)
            case ast.Try():
                self._body(node.body, scope)
                self._branches([handler.body for handler in node.handlers] + [[]], scope)
                self._body([*node.orelse, *node.finalbody], scope)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        scope.names.pop(target.id, None)
            case _:
                pass

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]], scope: Scope) -> None:
        """Go through each branch from the same names; what differs after them is one of several."""
        before, found, returned = dict(scope.names), [], []
        for body in bodies:
            scope.names = dict(before)
            try:
                self._body(body, scope)
                found.append(scope.names)
            except _Returned as done:
                returned.append(done.value)
        if not found:
            raise _Returned(merged(*returned))
        names = {name for one in found for name in one}
        scope.names = {name: merged(*(one[name] for one in found if name in one)) for name in names}
        if returned:
            scope.names["return"] = merged(scope.names.get("return", UNKNOWN), *returned)

    def _assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        match target:
            case ast.Name():
                scope.names[target.id] = value
            case ast.Starred():
                self._assign(target.value, value, scope)
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, scope)
            case ast.Subscript() | ast.Attribute():
                self._store(target, value, scope)
            case _:
                pass

    def _unpack(self, targets: Sequence[ast.expr], value: Value, scope: Scope) -> None:
        if isinstance(value, Choice):
            same = [v for v in value.values if isinstance(v, Items) and len(v.values) == len(targets)]
            if same:
                value = Items([merged(*(v.values[k] for v in same)) for k in range(len(targets))])
        if isinstance(value, Items) and len(value.values) == len(targets):
            for one, part in zip(targets, value.values, strict=True):
                self._assign(one, part, scope)
            return
        for one in targets:
            self._assign(one, UNKNOWN if not isinstance(value, Data) else Data(value.rows, value.learned), scope)

    def _store(self, target: ast.Subscript | ast.Attribute, value: Value, scope: Scope) -> None:
        base = self.value(target.value, scope)
        for one in base.values if isinstance(base, Choice) else (base,):
            if isinstance(one, Data):
                whole = joined(value)
                selections.store(one, target, whole, value, scope)
            elif isinstance(one, Instance) and isinstance(target, ast.Attribute):
                one.fields[target.attr] = value
            elif isinstance(one, Items) and isinstance(target, ast.Subscript):
                key = self.value(target.slice, scope)
                plain = key.value if isinstance(key, Constant) else None
                if one.keys is not None and plain in one.keys:
                    one.values[one.keys.index(plain)] = value
                else:
                    one.values.append(value)
                    if one.keys is not None:
                        one.keys.append(plain)

    def elements(self, value: Value) -> list[Value]:
        """Return what a loop goes over, each known element once."""
        if isinstance(value, Items):
            return value.values[:_MOST_TURNS]
        if isinstance(value, Model) and value.name in known.SPLITTERS:  # before 2015: of its own rows
            value = Splits(f"fold:{id(value)}", 0)
        if isinstance(value, Splits):
            pair: list[Value] = [Selection(Step(value.site, k, line=value.line)) for k in (0, 1)]
            return [Items(pair)] * 2
        if isinstance(value, Choice):
            return [one for v in value.values for one in self.elements(v)][:_MOST_TURNS]
        if isinstance(value, Data) and value.grouped:
            return [Items([UNKNOWN, Data(value.rows, value.learned, columns=value.columns)])]
        if isinstance(value, Data) and (value.rows or value.learned):
            return [Data(value.rows, value.learned, single=True, columns=value.columns, predicted=value.predicted)]
        return [UNKNOWN] * 2

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression stands for."""
        match node:
            case ast.Constant():
                return Constant(node.value)
            case ast.Name():
                found = scope.find(node.id)
                return Name(f"builtins.{node.id}") if found is None else found
            case ast.Attribute():
                return self._attribute(self.value(node.value, scope), node.attr)
            case ast.Subscript():
                return self._selected(self.value(node.value, scope), node.slice, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.BinOp() | ast.JoinedStr() if (text := selections.text_in(node, scope)) is not None:
                return Constant(text)
            case ast.BinOp(left=ast.List(elts=several), op=ast.Mult()):
                return Items(self._items_of(several, scope).values * 2)
            case ast.BinOp():
                return self._combined(self.value(node.left, scope), self.value(node.right, scope))
            case ast.Compare():
                return self._compared(node, scope)
            case ast.BoolOp():
                values = [self.value(one, scope) for one in node.values]
                return self._combined(*values, mask=Step(f"mask:{ast.unparse(node)}"))
            case ast.UnaryOp():
                value = self.value(node.operand, scope)
                if isinstance(node.op, ast.Invert) and isinstance(value, Data) and value.mask is not None:
                    opposite = Step(value.mask.site, 1 - value.mask.part)
                    return Data(value.rows, value.learned, mask=opposite)
                if isinstance(node.op, ast.Invert) and isinstance(value, Selection) and value.step is not None:
                    return Selection(Step(value.step.site, 1 - value.step.part))
                return value
            case ast.IfExp():
                asked = joined(self.value(node.test, scope))
                either = self.value(node.body, scope), self.value(node.orelse, scope)
                return merged(*either) if not asked.learned else Data(learned=joined(asked, *either).learned)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._items_of(node.elts, scope)
            case ast.Dict():
                values = [self.value(one, scope) for one in node.values]
                keys = [one.value if isinstance(one, ast.Constant) else None for one in node.keys]
                return Items(values, list(keys))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Lambda():
                return Closure(node, scope)
            case ast.Starred() | ast.Await():
                return self.value(node.value, scope)
            case ast.NamedExpr():
                value = self.value(node.value, scope)
                self._assign(node.target, value, scope)
                return value
            case _:
                return UNKNOWN

    def _items_of(self, nodes: Sequence[ast.expr], scope: Scope) -> Items:
        values: list[Value] = []
        for node in nodes:
            value = self.value(node, scope)
            values.extend(value.values if isinstance(node, ast.Starred) and isinstance(value, Items) else [value])
        return Items(values)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> Value:
        inner = Scope(outer=scope)
        first = node.generators[0]
        source = self.value(first.iter, scope)
        made: list[Value] = []
        if isinstance(node, ast.ListComp) and (names := selections.listed_names(node, source, scope)) is not None:
            return names
        for element in self.elements(source):
            self._assign(first.target, element, inner)
            for further in node.generators[1:]:
                [*_, last] = self.elements(self.value(further.iter, inner)) or [UNKNOWN]
                self._assign(further.target, last, inner)
            made.append(self.value(node.value if isinstance(node, ast.DictComp) else node.elt, inner))
        if isinstance(source, Data):
            whole = joined(*made)
            whole.rows, whole.learned = source.rows | whole.rows, source.learned | whole.learned
            whole.several = bool(whole.scores)
            return whole
        return Items(made)

    def _combined(self, *values: Value, mask: Step | None = None) -> Value:
        if any(isinstance(value, Data) for value in values):
            whole = joined(*values)
            single = all(v.single or not v.rows for v in values if isinstance(v, Data))
            whole.mask, whole.single, whole.compared = mask, single, whole.predicted is not None
            return whole
        if any(isinstance(value, Items) for value in values):
            return Items([one for value in values if isinstance(value, Items) for one in value.values])
        selections = [value for value in values if isinstance(value, Selection)]
        return selections[0] if selections else UNKNOWN

    def _compared(self, node: ast.Compare, scope: Scope) -> Value:
        values = [self.value(one, scope) for one in (node.left, *node.comparators)]
        sign, part = _OPPOSITES.get(type(node.ops[0]), ("?", 0))
        site = f"mask:{ast.unparse(node.left)} {sign} {ast.unparse(node.comparators[0])}"
        made = self._combined(*values, mask=Step(site, part, line=node.lineno))
        drawn = "rand" in site and not (
            isinstance(made, Data) and made.rows
        )  # a mask by random numbers, one for each row
        return Selection(Step(site, part, line=node.lineno)) if drawn else made

    def _attribute(self, value: Value, name: str) -> Value:
        match value:
            case Name():
                return Name(f"{value.dotted}.{name}")
            case Choice():
                return merged(*(self._attribute(one, name) for one in value.values))
            case Instance():
                if name in value.fields:
                    return value.fields[name]
                method = method_of(value, name)
                return UNKNOWN if method is None else Closure(method, value.kind.scope, value)
            case Data():
                if name == "columns":
                    return AllBut()
                if name in known.SIZES:
                    return Selection(selections.last_step(value)) if name == "index" else UNKNOWN
                if name in known.VIEWS:
                    return value
                columns = value.columns.less(["target"]) if name == "data" else value.columns.of(name)
                made = Data(value.rows, value.learned, owner=value, grouped=value.grouped, single=value.single)
                made.columns, made.keys, made.scores = columns, value.keys, value.scores
                return made
            case Model():
                if value.parts and (name in known.PARTS or not name.endswith("_")):
                    return merged(*value.parts)
                learned = value.learned
                if value.name in known.SEARCHES:
                    learned |= {Statistic(fit.rows, fit.line, chooses=True) for fit in value.fits if fit.rows}
                return Data(learned=learned) if name.endswith("_") else UNKNOWN
            case _:
                return UNKNOWN

    def _selected(self, value: Value, index: ast.expr, scope: Scope) -> Value:
        first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
        match value:
            case Choice():
                return merged(*(self._selected(one, index, scope) for one in value.values))
            case Data():
                return self._rows_selected(value, index, scope)
            case Selection() if isinstance(first, ast.Slice):
                step = selections.slice_step(first)
                return value if step is None else Selection(step)
            case Items():
                return self._item(value, first, scope)
            case AllBut():
                chosen = joined(self.value(first, scope))
                return Data(learned=chosen.learned) if chosen.learned else UNKNOWN
            case Model():
                return merged(*value.parts) if value.parts else UNKNOWN
            case Splits():
                return self.elements(value)[0]
            case _:
                return UNKNOWN

    def _item(self, value: Items, index: ast.expr, scope: Scope) -> Value:
        if isinstance(index, ast.Slice):
            return value
        key = self.value(index, scope)
        if isinstance(key, Constant):
            if value.keys is not None and key.value in value.keys:
                return value.values[value.keys.index(key.value)]
            if (
                value.keys is None
                and isinstance(key.value, int)
                and -len(value.values) <= key.value < len(value.values)
            ):
                return value.values[key.value]
        return merged(*value.values)

    def _rows_selected(self, data: Data, index: ast.expr, scope: Scope) -> Value:
        """Return the rows, or the columns, that an index takes of a table."""
        first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
        step, key = None, None
        if isinstance(first, ast.Slice):
            step = selections.slice_step(first)
        else:
            key = self.value(first, scope)
            if isinstance(key, Selection):
                step = key.step
            elif isinstance(key, Data) and key.mask is not None and key.rows:
                step = key.mask
        made = Data(data.rows if step is None else parts_of(data.rows, step), data.learned, scores=data.scores)
        if isinstance(index, ast.Tuple) and not any(isinstance(one, ast.Call) for one in ast.walk(index)):
            made.learned |= joined(*(self.value(one, scope) for one in index.elts[1:])).learned
        if isinstance(key, Data) and not key.rows:  # columns that a transformer chose
            made.learned |= key.learned
        if data.grouped:
            made.rows, made.grouped, made.keys = data.rows, True, data.keys
        elif step is None:
            made.owner, made.single, made.predicted = data, data.single, data.predicted
        selections.select(made, data, index, key, scope)
        return made

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        args = self._items_of(node.args, scope).values
        named = {one.arg or "**": self.value(one.value, scope) for one in node.keywords}
        if isinstance(node.func, ast.Attribute):
            base = self.value(node.func.value, scope)
            found = [
                self._call_on(one, node.func.attr, args, named, node)
                for one in (base.values if isinstance(base, Choice) else (base,))
            ]
            return merged(*found)
        function = self.value(node.func, scope)
        if isinstance(function, Choice):
            return merged(*(self.call(one, args, named, node) for one in function.values))
        return self.call(function, args, named, node)

    def _call_on(self, base: Value, method: str, args: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        if method in known.OPTIMISERS:
            return try_settings(self, [*args, *named.values()], node)
        match base:
            case Name():
                return self.call(Name(f"{base.dotted}.{method}"), args, named, node)
            case Data():
                return call_method(self, base, method, args, named, node)
            case Model():
                return call_model(self, base, method, args, named, node)
            case Instance():
                return self.call(self._attribute(base, method), args, named, node)
            case AllBut():
                return selections.call_names(base, method, args)
            case Items():
                note_best(self, method, [base], node)
                return call_items(base, method, args)
            case _:
                return joined(*args, *named.values()) if args or named else UNKNOWN

    def call(self, function: Value, args: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """Return what a call gives."""
        match function:
            case Closure():
                return self._call_closure(function, args, named)
            case ClassValue():
                made = Instance(function)
                start = method_of(made, "__init__")
                if start is not None:
                    self._call_closure(Closure(start, function.scope, made), args, named)
                return made
            case Name() if is_model_name(function):
                parts = [*args, *named.values()]
                model = Model(function.leaf, [p for one in parts for p in models_in(one)])
                model.settings, model.chosen = frozenset(named), chosen_by(args, named)
                model.opaque = is_opaque(model.name, parts)
                self.models.append(model)
                return model
            case Name():
                return call_library(self, function, args, named, node)
            case _:
                return joined(*args, *named.values()) if args or named else UNKNOWN

    def _call_closure(self, function: Closure, args: list[Value], named: dict[str, Value]) -> Value:
        if self._depth >= _DEEPEST:
            return UNKNOWN
        node, inner = function.node, Scope(outer=function.scope)
        given = args if function.bound is None else [function.bound, *args]
        parameters = [*node.args.posonlyargs, *node.args.args]
        defaults = node.args.defaults
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            inner.names[parameter.arg] = self.value(default, function.scope)
        for parameter, value in zip(parameters, given, strict=False):
            inner.names[parameter.arg] = value
        if node.args.vararg is not None:
            inner.names[node.args.vararg.arg] = Items(given[len(parameters) :])
        known = {p.arg for p in (*parameters, *node.args.kwonlyargs)}
        inner.names |= {name: value for name, value in named.items() if name in known}
        for parameter in parameters:
            inner.names.setdefault(parameter.arg, UNKNOWN)
        self._depth += 1
        try:
            if isinstance(node, ast.Lambda):
                return self.value(node.body, inner)
            self._body(node.body, inner)
        except _Returned as done:
            return merged(inner.names.get("return", UNKNOWN), done.value)
        finally:
            self._depth -= 1
        return inner.names.get("return", UNKNOWN)

    def table(self, node: ast.AST) -> Data:
        """Return a table that was read from somewhere."""
        name = f"table:{ast.unparse(node)}"
        return Data(frozenset({RowSet(name)}), columns=Columns(rest=frozenset({Rest(name)})))

"""A recorded program: its statements, what each reads, makes and changes, and what its expressions gave."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from journeyman.entities.prototype import parse_program
from journeyman.entities.recording import RecordedValue, Recording, RowSet, Span
from journeyman.stages.plan_pipeline.places import loads, loop_variables, picked_rows, read_paths, span_of

__all__ = ["Program", "Statement", "base_name", "bound_arguments", "first_line", "read_program"]

_CHANGING_WORDS = (
    "fit fit_transform fit_resample fit_predict partial_fit append extend insert update pop remove clear add sort "
    "setdefault compile set_params add_layer train fit_on_texts"
)
_CHANGING = frozenset(_CHANGING_WORDS.split())
_SHUFFLES = frozenset(("numpy.random.shuffle", "random.Random.shuffle"))
_SHOWN_WORDS = "head tail info describe plot hist show value_counts nunique unique isnull isna sum mean"
_SHOWN = frozenset(_SHOWN_WORDS.split())
_PICTURES = frozenset(("matplotlib", "seaborn", "plotly", "bokeh", "altair", "missingno", "wordcloud", "graphviz"))
_DEFINITIONS = ast.FunctionDef | ast.ClassDef
_LIBRARY_TYPES = ("pandas.", "numpy.")
_LIBRARIES = (*_LIBRARY_TYPES, "sklearn.", "scipy.", "statsmodels.", "str.", "xgboost.", "lightgbm.", "catboost.")


@dataclass(frozen=True)
class Statement:
    """A statement at the top of the program; names that it reads, makes anew, and may change; ``text`` as written."""

    number: int
    node: ast.stmt
    text: str
    reads: frozenset[str]
    makes: frozenset[str]
    changes: frozenset[str]
    shown: bool = False
    ran: bool = False

    @property
    def surely(self) -> frozenset[str]:
        """Names whose former values are not needed any more."""
        if isinstance(self.node, ast.For) and self.ran:
            return _first_made(self.node)
        if isinstance(self.node, ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | _DEFINITIONS):
            return self.makes - self.changes - (self.reads if isinstance(self.node, ast.Assign) else frozenset())
        return frozenset()


@dataclass(frozen=True)
class Program:
    """The statements of a program and its recording."""

    recording: Recording
    source: str
    lines: tuple[str, ...]
    statements: tuple[Statement, ...]
    functions: Mapping[str, ast.FunctionDef | ast.ClassDef] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()
    effects: _Effects | None = None
    loops: Mapping[str, tuple[ast.expr, ...]] = field(default_factory=dict)
    varying: frozenset[Span] = frozenset()
    read_paths: Mapping[Span, str] = field(default_factory=dict)
    picked: frozenset[Span] = frozenset()
    counted: frozenset[Span] = frozenset()

    def name_at(self, span: Span) -> str:
        """Return the variable that stands at a place, "" where something else does."""
        if span.line != span.end_line or span.line > len(self.lines):
            return ""
        text = self.lines[span.line - 1].encode()[span.column : span.end_column].decode(errors="ignore")
        return text if text.isidentifier() else ""

    def changed_at(self, node: ast.Name) -> bool:
        """Whether a variable is changed where it stands: ``table.drop(..., inplace=True)``, ``table["x"] = 1``."""
        number = self.statement_at(span_of(node))
        return number is not None and node.id in self.statements[number].changes

    def value(self, node: ast.AST) -> RecordedValue | None:
        """Return what an expression gave."""
        return self.recording.values.get(span_of(node))

    def rows(self, node: ast.AST) -> RowSet | None:
        """Return the rows that an expression carried."""
        value = self.value(node)
        if value is None or value.rows is None:
            return None
        return self.recording.row_sets[value.rows]

    def text(self, node: ast.AST) -> str:
        """Return the text of an expression."""
        return ast.get_source_segment(self.source, node) or ast.unparse(node)

    def inner(self, node: ast.stmt) -> Statement:
        """Return a statement within another, with its effects."""
        assert self.effects is not None
        return self.effects.statement(-1, node, _text_of(self.lines, node), failed=False)

    def next_value(self, name: ast.Name) -> RecordedValue | None:
        """Return what a variable held when it was read next, by place."""
        later = [
            value
            for span, value in self.recording.values.items()
            if span > span_of(name) and self.name_at(span) == name.id
        ]
        return min(later, key=lambda value: value.span, default=None)

    def idle_within(self, node: ast.stmt, needed: set[str]) -> frozenset[Span]:
        """Return the statements within one that show something, or make what is not needed behind it nor within."""
        inner = [
            (one, self.inner(one))
            for one in ast.walk(node)
            if isinstance(one, ast.Expr | ast.Assign | ast.AugAssign) and one is not node
        ]
        idle: set[Span] = set()
        grown = True
        while grown:
            grown = False
            within = {n.id for n in loads(node) if not any(_holds(span, n) for span in idle)}
            for one, effects in inner:
                if span_of(one) in idle:
                    continue
                touched = effects.makes | effects.changes
                if effects.changes & self.loops.keys():  # it stands for what the loop goes through
                    continue
                own = {n.id for n in loads(one)}
                others = {
                    n.id for n in loads(node)
                    if not _holds(span_of(one), n) and not any(_holds(span, n) for span in idle)
                }  # fmt: skip
                if effects.shown or (
                    touched and not touched & needed and not touched & others & within and not (touched & own & needed)
                ):
                    idle.add(span_of(one))
                    grown = True
        return frozenset(idle)

    def reads_without(self, statement: Statement, dropped: frozenset[Span]) -> frozenset[str]:
        """Return the names that a statement reads without some of what stands within it."""
        reads = statement.reads
        if dropped:
            assert self.effects is not None
            left = {n.id for n in loads(statement.node) if not any(_holds(span, n) for span in dropped)}
            called = [self.effects.read_by(name) for name in left]
            reads = frozenset(left.union(*called) if called else left)
        return reads - _first_made(statement.node) if isinstance(statement.node, ast.For) else reads

    def statement_at(self, span: Span) -> int | None:
        """Return the number of the statement in which something stands."""
        for statement in self.statements:
            if first_line(statement.node) <= span.line <= (statement.node.end_lineno or 0):
                node = statement.node
                begins, ends = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
                if first_line(node) < node.lineno or begins <= (span.line, span.column) < ends:
                    return statement.number
        return None


def _holds(span: Span, node: ast.AST) -> bool:
    inner = span_of(node)
    return (span.line, span.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        span.end_line,
        span.end_column,
    )


def _first_made(node: ast.For) -> frozenset[str]:
    """Return the names that each pass of a loop makes before it reads them."""
    read = {one.id for one in loads(node.iter)}
    made = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - read
    for statement in node.body:
        read |= {one.id for one in loads(statement)} - made
        if isinstance(statement, ast.Assign):
            stored = {n.id for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            made |= stored - read
    return frozenset(made)


def first_line(node: ast.stmt) -> int:
    """Return where a statement begins, its decorators included."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return node.lineno


def base_name(node: ast.AST) -> str:
    """Return the variable that a chain of attributes and brackets begins with, "" where a call stands between."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def read_program(recording: Recording) -> Program:
    """Return a recorded program with the effects of its statements; those that failed had none."""
    body = parse_program(recording.source).body
    functions = {
        node.name: node for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    failed = frozenset(failure.first for failure in recording.failures)
    reader = _Effects(recording, functions, _picture_names(body))
    lines = tuple(recording.source.splitlines())
    statements = tuple(
        reader.statement(number, node, _text_of(lines, node), first_line(node) in failed)
        for number, node in enumerate(body)
    )
    imported = frozenset(
        one.asname or one.name.partition(".")[0]
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for one in node.names
    )
    loops, varying = loop_variables(body)
    paths = read_paths(body, recording)
    picked, counted = picked_rows(body)
    return Program(
        recording, recording.source, lines, statements, functions, imported, reader, loops, varying, paths, picked,
        counted,
    )  # fmt: skip


def _text_of(lines: Sequence[str], node: ast.stmt) -> str:
    """Return a statement as it is written, with the comments before it."""
    first, last = first_line(node), node.end_lineno or node.lineno
    own = list(lines[first - 1 : last])
    shares_line = lines[last - 1].encode()[node.end_col_offset or 0 :].strip().startswith(b";")
    if node.col_offset or first != node.lineno or shares_line:
        part = ast.get_source_segment("\n".join(lines), node)
        own = part.splitlines() if part is not None and first == node.lineno else own
    return "\n".join(own)


def _picture_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    found = set()
    for node in ast.walk(ast.Module(list(body), [])):
        if isinstance(node, ast.Import):
            found |= {
                one.asname or one.name.partition(".")[0]
                for one in node.names
                if one.name.partition(".")[0] in _PICTURES
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _PICTURES:
            found |= {one.asname or one.name for one in node.names}
    return frozenset(found)


class _Effects:
    """Works out what statements read, make and change, with the types of values that were seen."""

    def __init__(
        self, recording: Recording, functions: Mapping[str, ast.FunctionDef | ast.ClassDef], pictures: frozenset[str]
    ) -> None:
        self._values = recording.values
        self._functions = functions
        self._pictures = pictures
        self._aliases: dict[str, set[str]] = {}
        self._parameters: dict[str, frozenset[str]] = {}
        self._free: dict[str, frozenset[str]] = {}
        for name in functions:
            self._parameters[name] = frozenset()
        for _ in range(2):  # functions that call one another
            for name, node in functions.items():
                self._parameters[name] = self._changed_parameters(node)
        for name in functions:
            self._free[name] = self._read_by(name)

    def statement(self, number: int, node: ast.stmt, text: str, failed: bool) -> Statement:
        """Return a statement with its effects."""
        if failed:
            return Statement(number, node, text, frozenset(), frozenset(), frozenset(), shown=True)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return Statement(number, node, text, self._free[node.name], frozenset((node.name,)), frozenset())
        reads = {one.id for one in loads(node)}
        for name in tuple(reads):
            reads |= self._free.get(name, frozenset())
        makes = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        makes |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                makes |= {one.asname or one.name.partition(".")[0] for one in inner.names}
        if isinstance(node, ast.AugAssign):
            reads |= {base_name(node.target)}
        changes = self._with_aliases(node, set(self._changed(node)) - {""})
        makes -= _inner_names(node)
        ran = isinstance(node, ast.For) and any(span_of(one) in self._values for one in ast.walk(node.body[0]))
        return Statement(
            number, node, text, frozenset(reads), frozenset(makes), frozenset(changes), self._only_shows(node), ran
        )

    def read_by(self, name: str) -> frozenset[str]:
        """Return the names of the program that a function reads when it is called."""
        return self._free.get(name, frozenset())

    def _with_aliases(self, node: ast.stmt, changes: set[str]) -> set[str]:
        """Return changed names with those that stand for the same values, and note new ones."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.For) and isinstance(inner.target, ast.Name) and inner.target.id in changes:
                changes |= {one.id for one in loads(inner.iter) if one.id not in self._functions}
        found, asked = set(changes), list(changes)
        while asked:
            more = self._aliases.get(asked.pop(), set()) - found
            found |= more
            asked += more
        if isinstance(node, ast.Assign):
            names = [one.id for one in node.targets if isinstance(one, ast.Name)]
            for name in names:
                for other in self._aliases.pop(name, set()):
                    self._aliases.get(other, set()).discard(name)
            same = [node.value] if isinstance(node.value, ast.Name) else []
            if isinstance(node.value, ast.List | ast.Tuple):
                same = [one for one in node.value.elts if isinstance(one, ast.Name)]
            for name in names:
                for one in same:
                    if self._mutable(one):
                        self._aliases.setdefault(name, set()).add(one.id)
                        self._aliases.setdefault(one.id, set()).add(name)
        return found

    def _mutable(self, node: ast.AST) -> bool:
        value = self._values.get(span_of(node))
        return value is None or value.type_name not in ("int", "float", "str", "bool")

    def _read_by(self, name: str) -> frozenset[str]:
        """Return the names of the program that a function reads when it is called."""
        found: set[str] = set()
        asked, done = [name], set()
        while asked:
            one = asked.pop()
            if one in done or one not in self._functions:
                continue
            done.add(one)
            node = self._functions[one]
            own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
            own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
            for n in ast.walk(node):
                if isinstance(n, ast.Global):
                    own -= set(n.names)
            if isinstance(node, ast.ClassDef):
                own = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
            more = {n.id for n in loads(node)} - own
            found |= more
            asked += more
        return frozenset(found)

    def _changed_parameters(self, node: ast.FunctionDef | ast.ClassDef) -> frozenset[str]:
        """Return the parameters of a function whose values it changes, before it makes them anew."""
        if isinstance(node, ast.ClassDef):
            return frozenset()
        remade: set[str] = set()
        found: set[str] = set()
        for statement in node.body:
            found |= set(self._changed(statement)) - remade
            if isinstance(statement, ast.Assign):
                remade |= {one.id for one in statement.targets if isinstance(one, ast.Name)}
        return frozenset(found & {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)})

    def _changed(self, node: ast.stmt) -> Iterator[str]:
        """Yield the names whose values a statement may change without making them anew."""
        alone = isinstance(node, ast.Expr)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Subscript | ast.Attribute) and not isinstance(inner.ctx, ast.Load):
                yield base_name(inner)
            if isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
                yield inner.target.id
            if isinstance(inner, ast.Call):
                yield from self._changed_by_call(inner, alone and inner is getattr(node, "value", None))

    def _changed_by_call(self, call: ast.Call, alone: bool) -> Iterator[str]:
        value = self._values.get(span_of(call))
        called = (value.called if value is not None else None) or ""
        if called in _SHUFFLES:
            yield from (base_name(one) for one in call.args[:1])
        if isinstance(call.func, ast.Attribute):
            receiver = self._values.get(span_of(call.func.value))
            of_library = called.startswith(_LIBRARY_TYPES) and (receiver is None or receiver.type_name != "list")
            in_place = any(one.arg == "inplace" and not _is_false(one.value) for one in call.keywords)
            word = call.func.attr
            mutates = in_place or (word in _CHANGING and not (of_library and word in ("add", "train", "update")))
            if of_library and word in ("insert", "pop", "update"):
                mutates = True
            if mutates or (alone and not called.startswith(_LIBRARIES) and word not in _SHOWN):
                yield base_name(call.func.value)
        name = call.func.id if isinstance(call.func, ast.Name) else called.rpartition(".")[2]
        function = self._functions.get(name)
        if isinstance(function, ast.FunctionDef):
            for parameter, argument in bound_arguments(function, call):
                if parameter in self._parameters[name]:
                    yield base_name(argument)
        elif name in ("setattr", "delattr"):
            yield base_name(call.args[0])

    def _only_shows(self, node: ast.stmt) -> bool:
        """Whether a statement changes nothing that others read: a picture, a print, a look at a value."""
        if isinstance(node, ast.Pass):
            return True
        if not isinstance(node, ast.Expr):
            return False
        if isinstance(node.value, ast.Call):
            name: ast.AST = node.value.func
            while isinstance(name, ast.Attribute | ast.Subscript | ast.Call):
                if isinstance(name, ast.Attribute) and name.attr in ("plot", "hist", "boxplot"):
                    return True
                name = name.func if isinstance(name, ast.Call) else name.value
            if isinstance(name, ast.Name) and name.id in (*self._pictures, "print", "display"):
                return True
        return not any(self._changed(node))


def bound_arguments(function: ast.FunctionDef, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters of a function with the arguments that a call gives them."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if names[:1] == ["self"]:
        names = names[1:]
    yield from zip(names, call.args, strict=False)
    yield from ((one.arg, one.value) for one in call.keywords if one.arg is not None)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _inner_names(node: ast.AST) -> set[str]:
    """Return names that comprehensions and lambdas within a statement make for themselves."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.comprehension):
            found |= {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
    stored = {
        n.id
        for statement in ast.walk(node)
        if isinstance(statement, ast.Assign | ast.For | ast.With | ast.AugAssign)
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return found - stored

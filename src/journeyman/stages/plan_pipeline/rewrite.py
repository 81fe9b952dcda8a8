"""Rewrite statements so that what they learn from rows is kept, and what leaves rows out does so in training alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from journeyman.entities.conversion import OperationKind
from journeyman.entities.recording import CallRole, RecordedValue, RowSet, Span
from journeyman.stages.plan_pipeline.places import loads, span_of
from journeyman.stages.plan_pipeline.program import Program
from journeyman.stages.plan_pipeline.special_calls import NEIGHBOURS, special_call
from journeyman.stages.plan_pipeline.styles import Style

__all__ = ["Rewriter", "Scope"]

_AT_HAND_WORDS = "shape index columns size empty name names dtype ndim"
_OF_THE_ROWS_AT_HAND = frozenset(_AT_HAND_WORDS.split())
_CONTAINERS = frozenset(("list", "tuple", "dict", "set", "defaultdict"))
_HALF_WAY_WORDS = "Methods Properties Accessor Indexer GroupBy Groupby Rolling Expanding Window Resampler"
_HALF_WAY = tuple(_HALF_WAY_WORDS.split())
"""Words in the names of classes that only lead from a table to a method of it."""
_CHANCELESS_WORDS = (
    "Imputer Encoder Scaler Vectorizer Binarizer Normalizer LinearRegression Neighbors NB LinearDiscriminant "
    "QuadraticDiscriminant Polynomial Transformer OLS GLM Logit Selector VarianceThreshold SelectKBest"
)
_WITHOUT_CHANCE = tuple(_CHANCELESS_WORDS.split())
"""Words in the names of classes whose fit draws nothing at random."""


@dataclass(frozen=True)
class Scope:
    """The rows that matter: those predicted, those the model learned from, and the table that they are of.

    ``lengths`` are those of tables and arrays that hold such rows, where it is not known which.
    """

    scored: RowSet
    fitted: frozenset[int]
    table: int
    n_rows: int
    lengths: frozenset[int]


@dataclass
class Rewriter:
    """Finds in statements what is learned and what leaves rows out, and writes them anew in three styles."""

    program: Program
    scope: Scope
    names: dict[str, int] = field(default_factory=dict)
    given: dict[object, str] = field(default_factory=dict)
    given_rows: str = "rows"
    within: bool = False
    fitted_before: set[Span] = field(default_factory=set)
    dropped: set[Span] = field(default_factory=set)
    _containers: dict[str, bool] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0]
        for line in self.program.source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = self.program.source.splitlines(keepends=True)
        self._drawing = frozenset(_draws(self.program))
        self._scored = frozenset(self.scope.scored.numbers.tolist())

    # ---- what values are

    def carries(self, value: RecordedValue | None) -> bool:
        """Whether a value holds rows, also of other tables and in lists."""
        if value is None:
            return False
        if value.rows is not None:
            return True
        if value.type_name.endswith(".Bunch"):
            return True
        if self._is_container(value):
            if value.shape and value.shape[0] > 10 and value.shape[0] in self.scope.lengths:
                return True
            return value.text == "" and value.shape not in ((0,), ())
        table = value.type_name.startswith(("pandas.", "numpy.", "scipy.", "polars."))
        if not table or not value.shape or value.shape[0] <= 5 or value.text:
            return False
        return value.shape[0] in self.scope.lengths or 2 * value.shape[0] > self.scope.n_rows

    def on_path(self, value: RecordedValue | None) -> bool:
        """Whether a value holds rows that may be among those predicted."""
        if value is None or not self.carries(value):
            return False
        if value.rows is None:
            return not self._is_container(value) or self._container_on_path(value)
        rows = self.program.recording.row_sets[value.rows]
        if self.within or value.span in self.program.varying:
            return True
        if rows.table != self.scope.table:
            return False
        return len(rows.numbers) == 0 or not self._scored.isdisjoint(rows.numbers.tolist())

    def _is_container(self, value: RecordedValue) -> bool:
        return value.type_name.rpartition(".")[2] in _CONTAINERS

    def _holds_values(self, value: RecordedValue | None) -> bool:
        """Whether a value is a list or a set of data, of which something is picked out."""
        if value is None or value.rows is not None:
            return False
        return self._is_container(value) or value.type_name.endswith(".Bunch")

    def _container_on_path(self, value: RecordedValue) -> bool:
        """Whether a list holds rows that may be predicted: where it is filled, such rows are read."""
        name = self.program.name_at(value.span)
        if not name or self.within:
            return True
        if name in self._containers:
            return self._containers[name]
        self._containers[name] = False
        sources: list[ast.AST] = list(self.program.loops.get(name, ()))
        if not sources:
            sources = [s.node for s in self.program.statements if name in s.makes | s.changes and not s.shown]
        read = [
            found
            for node in sources
            for one in loads(node)
            if one.id != name and (found := self.program.value(one)) is not None and self.carries(found)
        ]
        self._containers[name] = not read or any(self.on_path(one) for one in read)
        return self._containers[name]

    def reads_rows(self, node: ast.AST) -> bool:
        """Whether an expression depends on rows beyond how many they are and what their columns are called."""
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            return self.reads_rows(node.body) if isinstance(node, ast.Lambda) else False
        if self._of_rows_at_hand(node):
            return False
        if isinstance(node, ast.Subscript | ast.Attribute) and self._holds_values(self.program.value(node.value)):
            return isinstance(node, ast.Subscript) and self.reads_rows(node.slice)
        if isinstance(node, ast.Name):
            value = self.program.value(node)
            kept = value is not None and value.rows is None and self._is_container(value) and not self.on_path(value)
            return isinstance(node.ctx, ast.Load) and self.carries(value) and not kept
        return any(self.reads_rows(child) for child in ast.iter_child_nodes(node))

    def _of_rows_at_hand(self, node: ast.AST) -> bool:
        """Whether it tells only of which rows these are: their number, their index, the names of columns."""
        inner: ast.AST | None = None
        if isinstance(node, ast.Attribute) and node.attr in _OF_THE_ROWS_AT_HAND:
            inner = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and node.args:
            inner = node.args[0]
        return inner is not None and self.on_path(self.program.value(inner))

    # ---- what expressions become

    def hook(self, node: ast.AST) -> bool:
        """Whether an expression gives what is learned from rows, and holds none itself."""
        if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Lambda | ast.Starred | ast.Slice):
            return False
        value = self.program.value(node)
        if value is None or value.type_name == "NoneType" or any(word in value.type_name for word in _HALF_WAY):
            return False
        if self.carries(value) and (self.on_path(value) or value.rows is None):
            return False
        if isinstance(node, ast.Name) and self.program.changed_at(node):
            return False
        if any(span_of(one) in self.program.picked for one in ast.walk(node)):
            return False
        return self.reads_rows(node)

    def selected_from(self, node: ast.AST) -> ast.expr | None:
        """Return what an expression takes some of the rows of, with all columns; None where it does not."""
        rows, value = self.program.rows(node), self.program.value(node)
        if rows is None or value is None or rows.table != self.scope.table:
            return None
        source: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            source = node.value
            if isinstance(source, ast.Attribute) and source.attr in ("loc", "iloc"):
                source = source.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            source = node.func.value
            inner = self.program.value(source)
            if inner is None or inner.rows is None:
                source = self._first_with_rows(node)
        elif isinstance(node, ast.Call):
            source = self._first_with_rows(node)
        if source is None:
            return None
        whole, held = self.program.value(source), self.program.rows(source)
        if whole is None or held is None or held.table != rows.table or whole.rows == value.rows:
            return None
        if len(whole.shape) != len(value.shape) or whole.type_name != value.type_name:
            return None
        if whole.columns != value.columns or whole.shape[1:] != value.shape[1:]:
            return None
        if np.array_equal(held.numbers, rows.numbers) or not np.isin(rows.numbers, held.numbers).all():
            return None
        return source

    def _first_with_rows(self, node: ast.Call) -> ast.expr | None:
        for one in (*node.args, *(keyword.value for keyword in node.keywords)):
            value = self.program.value(one)
            if value is not None and value.rows is not None:
                return one
            if isinstance(one, ast.List | ast.Tuple):
                for element in one.elts:
                    if self.program.rows(element) is not None:
                        return element
        return None

    def divides(self, node: ast.AST, source: ast.expr) -> bool:
        """Whether the rows left out are learned from, or predicted."""
        held, rows = self.program.rows(source), self.program.rows(node)
        if held is None or rows is None:
            return False
        left = set(held.numbers.tolist()) - set(rows.numbers.tolist())
        kept = set(rows.numbers.tolist())
        if kept & self._scored:
            return bool(left & self.scope.fitted)
        return bool(left & self._scored)

    def source_of_rows(self, node: ast.AST) -> bool:
        """Whether an expression is the main table as it is read."""
        if not isinstance(node, ast.Call):
            return False
        if span_of(node) == self.program.recording.tables[self.scope.table].span:
            return True
        value = self.program.value(node)
        if value is None or value.rows is None:
            return False
        rows = self.program.recording.row_sets[value.rows]
        if rows.table != self.scope.table or len(rows.numbers) != self.scope.n_rows:
            return False
        own = isinstance(node.func, ast.Name) and node.func.id in self.program.functions
        return own and not any(self.carries(self.program.value(one)) for one in loads(node))

    # ---- writing

    def text(self, node: ast.AST, style: Style) -> str:
        """Return the text of a node in a style."""
        begin, end = self._place(node)
        text = self.program.source[begin:end]
        for first, last, after in sorted(self._edits(node, style), key=lambda edit: -edit[0]):
            text = text[: first - begin] + after + text[last - begin :]
        return text

    def inner_text(self, node: ast.AST, style: Style) -> str:
        """Return the text of a node of which only what stands within is written anew."""
        begin, end = self._place(node)
        text = self.program.source[begin:end]
        for first, last, after in sorted(self._child_edits(node, style), key=lambda edit: -edit[0]):
            text = text[: first - begin] + after + text[last - begin :]
        return text

    def needed(self, node: ast.AST) -> Iterator[ast.Name]:
        """Yield the names that are read in predicting."""
        if self.source_of_rows(node):
            return
        special = special_call(self, node)
        if special is not None:
            for one in special.needed:
                yield from self.needed(one)
            return
        if self.hook(node):
            return
        source = self.selected_from(node)
        if source is not None:
            yield from self.needed(source)
            return
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                yield node
            return
        for child in ast.iter_child_nodes(node):
            yield from self.needed(child)

    def kinds(self, node: ast.AST) -> Iterator[tuple[OperationKind, str]]:
        """Yield what is found within a node, with the reason."""
        if self.source_of_rows(node):
            yield OperationKind.READ, "the main table"
            return
        special = special_call(self, node)
        if special is not None:
            yield special.kind, special.reason
            return
        if self.hook(node):
            yield OperationKind.LEARNED, f"{_short_text(self.program.text(node))} is learned from rows"
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            word, rows = node.func.attr, self.on_path(self.program.value(node))
            if rows and word in NEIGHBOURS:
                yield OperationKind.OPAQUE, f"{word} looks at the rows beside each row"
            elif rows and word in ("merge", "join"):
                yield OperationKind.JOIN, "columns of another table are joined"
        source = self.selected_from(node)
        if source is not None:
            if self.divides(node, source):
                yield OperationKind.SPLIT, "some rows are learned from, others predicted"
            else:
                yield OperationKind.FILTER, "rows are left out or put in another order"
        for child in ast.iter_child_nodes(node):
            yield from self.kinds(child)

    def _seeded(self, node: ast.AST, style: Style) -> Iterator[tuple[int, int, str]]:
        """Yield what is written before a statement: a seed where it draws at random, transformers that it fits."""
        if isinstance(node, ast.stmt) and style is not Style.TRAIN:
            yield from self._fits_before(node, style)
        if self.program.recording.seed is None or style is Style.PREDICT or not isinstance(node, ast.stmt):
            return
        draws = {span_of(one) for one in _own_expressions(node) if isinstance(one, ast.Call)} & self._drawing
        at_top = any(one.node is node for one in self.program.statements)
        if draws and (at_top or not self.program.lines[node.lineno - 1][: node.col_offset].strip()):
            begin, _ = self._place(node)
            yield begin, begin, f"np.random.seed({self.program.recording.seed})\n" + " " * node.col_offset

    def _fits_before(self, node: ast.stmt, style: Style) -> Iterator[tuple[int, int, str]]:
        """Yield the fit of a named transformer as a statement of its own, so that later ones find it fitted."""
        if self.program.lines[node.lineno - 1][: node.col_offset].strip():
            return
        for one in _own_expressions(node):
            if isinstance(one, ast.Call) and (special := special_call(self, one)) is not None and special.before:
                self.fitted_before.add(span_of(one))
                begin, _ = self._place(node)
                yield begin, begin, special.before(style) + "\n" + " " * node.col_offset

    def _edits(self, node: ast.AST, style: Style) -> Iterator[tuple[int, int, str]]:
        yield from self._seeded(node, style)
        after = self._after(node, style)
        if after is not None:
            yield (*self._place(node), after)
            return
        left_out = self._edits_without(node)
        yield from left_out.values()
        for child in ast.iter_child_nodes(node):
            if id(child) not in left_out:
                yield from self._edits(child, style)

    def _edits_without(self, node: ast.AST) -> dict[int, tuple[int, int, str]]:
        """Return the statements within one that are left out, as edits; a body that loses all of them passes."""
        found: dict[int, tuple[int, int, str]] = {}
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if not isinstance(body, list):
                continue
            left = [one for one in body if span_of(one) not in self.dropped]
            for one in body:
                if span_of(one) not in self.dropped:
                    continue
                if not left and one is body[0]:
                    found[id(one)] = (*self._place(one), "pass")
                elif not self.program.lines[one.lineno - 1][: one.col_offset].strip():
                    last = one.end_lineno or one.lineno
                    found[id(one)] = (self._starts[one.lineno - 1], self._starts[last], "")
        return found

    def _after(self, node: ast.AST, style: Style) -> str | None:
        if self.source_of_rows(node):
            return self.given_rows
        if (path := self._file_read(node)) is not None:
            return path
        if span_of(node) in self.program.counted and getattr(node, "value", None) == self.scope.n_rows:
            return "len(rows)"
        if style is Style.TRAIN:
            return self._divided(node)
        special = special_call(self, node)
        if special is not None:
            return special.text(style)
        if self.hook(node) and not isinstance(node, ast.Name):
            return self.learned(node, self.program.text(node), style)
        if isinstance(node, ast.Name) and self.hook(node):
            return self.learned(node, node.id, style)
        source = self.selected_from(node)
        if source is None:
            return None
        inner = self.text(source, style)
        if style is Style.PREDICT:
            return inner
        whole = self.inner_text(node, style)
        if self.divides(node, source):
            return f"learned.part(lambda: {whole}, {inner})"
        return whole if style is Style.LEARN else f"({whole} if learned.learning else {inner})"

    def _file_read(self, node: ast.AST) -> str | None:
        """Return the place of a file of the project, where a node is the path of a table besides the main one."""
        if not isinstance(node, ast.Constant | ast.Name | ast.BinOp | ast.JoinedStr | ast.Call):
            return None
        path = self.program.read_paths.get(span_of(node))
        return None if path is None else f'DATA / "{path}"'

    def _divided(self, node: ast.AST) -> str | None:
        """Return the text of what divides rows; the rest of what learning alone needs stays as it is."""
        special = special_call(self, node)
        if special is not None and special.kind is OperationKind.SPLIT:
            return special.text(Style.TRAIN)
        source = self.selected_from(node)
        if source is None or not self.divides(node, source):
            return None
        return f"learned.part(lambda: {self.program.text(node)}, {self.text(source, Style.TRAIN)})"

    def _child_edits(self, node: ast.AST, style: Style) -> Iterator[tuple[int, int, str]]:
        for child in ast.iter_child_nodes(node):
            yield from self._edits(child, style)

    def learned(self, node: ast.AST, compute: str, style: Style, name: str = "") -> str:
        """Return the call that keeps what is computed, or gives it back."""
        given = self.name_of(node, name or _slug(self.program.text(node)))
        if style is Style.PREDICT:
            return f'learned("{given}")'
        return f'learned("{given}", lambda: {compute})'

    def name_of(self, key: object, asked: str) -> str:
        """Return a name for a site: the same for the same, and no two alike."""
        known = span_of(key) if isinstance(key, ast.AST) else key
        if known not in self.given:
            self.names[asked] = self.names.get(asked, 0) + 1
            self.given[known] = asked if self.names[asked] == 1 else f"{asked}_{self.names[asked]}"
        return self.given[known]

    def _place(self, node: ast.AST) -> tuple[int, int]:
        span = span_of(node)
        return self._at(span.line, span.column), self._at(span.end_line, span.end_column)

    def _at(self, line: int, column: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        inside = column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + inside


def _draws(program: Program) -> Iterator[Span]:
    """Yield the calls that draw from NumPy's global generator: fits and divisions that are given no seed."""
    roles = (CallRole.FIT, CallRole.FIT_TRANSFORM, CallRole.SPLIT, CallRole.RESAMPLE)
    recording = program.recording
    settings = {model.number: f"{model.name.rpartition('.')[2]} {model.settings}" for model in recording.models}
    for call in recording.calls:
        if call.role not in roles or call.added:
            continue
        if call.model is None:
            line = "".join(program.lines[call.span.line - 1 : call.span.end_line])
            if "random_state" not in line:
                yield call.span
            continue
        told = settings.get(call.model, "")
        plain = any(word in told.partition(" ")[0] for word in _WITHOUT_CHANCE)
        if not plain and not (told.count("(") == 1 and "random_state=" in told):
            yield call.span


def _own_expressions(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement evaluates itself, not in the statements within it."""
    asked: list[ast.AST] = [node]
    while asked:
        for child in ast.iter_child_nodes(asked.pop()):
            if not isinstance(child, ast.stmt | ast.Lambda | ast.comprehension):
                yield child
                asked.append(child)


def _short_text(text: str) -> str:
    """Return a text on one line."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _slug(text: str) -> str:
    """Return a name made of the words of an expression: "Age_median" of ``df['Age'].median()``."""
    words = re.findall(r"[A-Za-z_][A-Za-z_0-9]*", text)
    words = [w for w in words if w not in ("lambda", "for", "in", "if", "else", "np", "pd", "axis", "True", "False")]
    return "_".join(words[:4]).strip("_").lower()[:40] or "value"

"""Lay the kept statements out: what prepares rows, what learns from them, and what both share."""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from journeyman.stages.plan_pipeline.find_prediction import Prediction
from journeyman.stages.plan_pipeline.places import loads, span_of
from journeyman.stages.plan_pipeline.program import Program, first_line
from journeyman.stages.plan_pipeline.rewrite import Rewriter
from journeyman.stages.plan_pipeline.slice_rows import Unit
from journeyman.stages.plan_pipeline.styles import Style

__all__ = ["Layout", "indented", "lay_out"]

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Layout:
    """Lines of the functions of a project, unindented.

    Attributes
    ----------
    shared : tuple of str
        Functions and constants that stand by themselves, that predicting needs.
    own : tuple of str
        Those that learning alone needs.
    clean, features, training : tuple of str
        Bodies of the functions; ``clean`` is used by both others.
    live : tuple of str
        What ``clean`` returns.
    result : str
        The features, as an expression at the end of ``features``.
    """

    shared: tuple[str, ...]
    own: tuple[str, ...]
    clean: tuple[str, ...]
    features: tuple[str, ...]
    training: tuple[str, ...]
    live: tuple[str, ...]
    result: str


def lay_out(program: Program, prediction: Prediction, rewriter: Rewriter, units: Sequence[Unit]) -> Layout:
    """Return where each kept statement stands in the project."""
    units = [u for u in units if not isinstance(u.statement.node, ast.Import | ast.ImportFrom)]
    hoisted = _hoisted(program, rewriter, units)
    rest = [unit for unit in units if unit not in hoisted]
    cut = _cut(rest, rewriter)
    first, later = rest[:cut], rest[cut:]
    ends = [*loads(prediction.model), *(n for node in prediction.fit for n in loads(node))]
    learning = frozenset(
        unit.statement.node.name
        for unit in rest
        if isinstance(unit.statement.node, ast.FunctionDef) and _learns_inside(unit.statement.node, rewriter)
    )
    in_training = _needed_in_training(later, learning, {one.id for one in ends}, rewriter)
    training: list[str] = []
    for unit in later:
        if unit in in_training:
            lines = _learning_text(unit, rewriter)
            if not unit.predicts and unit.statement.reads & learning:
                lines = ["with learned.apart():\n" + "\n".join(indented(line) for line in lines)]
            training += lines
    features: list[str] = []
    for unit in later:
        if unit.predicts:
            features += _predicting_text(unit, rewriter)
    result = rewriter.text(prediction.features, Style.PREDICT)
    training += _model_text(prediction, program)
    made = set().union(*(unit.statement.makes for unit in first)) if first else set()
    read = _reads_of([*training, *features, result])
    live = tuple(name for name in _in_order(first) if name in made & read)
    clean = _clean_text(first, rewriter, set(live))
    shared, own = _divided(hoisted, program, [*clean, *features, result])
    return Layout(shared, own, tuple(clean), tuple(features), tuple(training), live, result)


def _divided(
    hoisted: Sequence[Unit], program: Program, preparation: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the definitions that the preparation needs, and those that training alone needs."""
    texts = {unit.statement.number: _definition(unit, program, hoisted) for unit in hoisted}
    needed = {unit.statement.number for unit in hoisted if unit.predicts}
    while True:
        reads = _reads_of([*preparation, *(texts[number] for number in needed)])
        more = {u.statement.number for u in hoisted if u.statement.makes & reads} - needed
        if not more:
            break
        needed |= more
    shared = tuple(text for number, text in texts.items() if number in needed)
    return shared, tuple(text for number, text in texts.items() if number not in needed)


def _hoisted(program: Program, rewriter: Rewriter, units: Sequence[Unit]) -> list[Unit]:
    """Return functions, classes and constants that depend on nothing but one another and imports."""
    made: dict[str, int] = {}
    for unit in units:
        for name in unit.statement.makes | unit.statement.changes:
            made[name] = made.get(name, 0) + 1
    definitions = [u for u in units if isinstance(u.statement.node, ast.FunctionDef | ast.ClassDef)]
    constants = {
        u.statement.node.targets[0].id: u
        for u in units
        if isinstance(u.statement.node, ast.Assign)
        and len(u.statement.node.targets) == 1
        and isinstance(u.statement.node.targets[0], ast.Name)
        and made[u.statement.node.targets[0].id] == 1
        and _is_literal(u.statement.node.value)
        and not u.inside
    }
    known = _BUILTINS | program.imported
    found: list[Unit] = []
    names: set[str] = set()
    grown = True
    while grown:
        grown = False
        for unit in definitions:
            node = unit.statement.node
            assert isinstance(node, ast.FunctionDef | ast.ClassDef)
            if unit in found or (made[node.name] > 1 and isinstance(node, ast.FunctionDef)):
                continue
            free = unit.statement.reads - known - names - {node.name}
            wanted = [constants[name] for name in free if name in constants]
            learns = unit.predicts and isinstance(node, ast.FunctionDef) and _learns_inside(node, rewriter)
            if isinstance(node, ast.FunctionDef) and (free - constants.keys() or learns):
                continue
            for one in (*wanted, unit):
                if one not in found:
                    found.append(one)
                    names |= one.statement.makes
                    grown = True
    return sorted(found, key=lambda unit: unit.statement.number)


def _definition(unit: Unit, program: Program, hoisted: Sequence[Unit]) -> str:
    """Return the text of a definition; of a class with the values that it read of the program, as they were."""
    text = unit.statement.text
    if not isinstance(unit.statement.node, ast.ClassDef):
        return text
    known = _BUILTINS | program.imported | {name for one in hoisted for name in one.statement.makes}
    values = {
        node.id: value.text
        for node in loads(unit.statement.node)
        if node.id in unit.statement.reads - known and (value := program.value(node)) is not None and value.text
    }
    lines = [f"{name} = {value}" for name, value in values.items()]
    return "\n".join([*lines, "", "", text]) if lines else text


def _is_literal(node: ast.AST) -> bool:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(_is_literal(one) for one in node.elts)
    if isinstance(node, ast.Dict):
        return all(one is not None and _is_literal(one) for one in (*node.keys, *node.values))
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    return isinstance(node, ast.Constant)


def _learns_inside(node: ast.FunctionDef, rewriter: Rewriter) -> bool:
    rewriter.within = True
    try:
        return any(True for statement in node.body for _ in rewriter.kinds(statement))
    finally:
        rewriter.within = False


def _cut(units: Sequence[Unit], rewriter: Rewriter) -> int:
    """Return how many statements come before rows are divided, and before what learning alone needs at the end."""
    end = next((k for k, unit in enumerate(units) if _divides(unit, rewriter)), len(units))
    while end and not units[end - 1].predicts:
        end -= 1
    return end


def _divides(unit: Unit, rewriter: Rewriter) -> bool:
    if unit.parts or unit.folds or unit.inside:
        return True
    text = rewriter.text(unit.statement.node, Style.TRAIN)
    return any(word in text for word in ("learned.told", "learned.divide", "learned.part("))


def _needed_in_training(
    units: Sequence[Unit], learning: frozenset[str], needed: set[str], rewriter: Rewriter
) -> list[Unit]:
    """Return what learning runs: what the model depends on, and what learns something for predicting itself."""
    found = []
    for unit in reversed(units):
        one = unit.statement
        if not unit.learns:
            continue
        learns = bool(unit.kept) or bool(
            unit.predicts and not unit.whole and (_keeps(unit, rewriter) or one.reads & learning)
        )
        if learns or (one.makes | one.changes) & needed or not (one.makes | one.changes or unit.predicts):
            found.append(unit)
            needed -= one.surely
            needed |= one.reads
    return found


def _keeps(unit: Unit, rewriter: Rewriter) -> bool:
    return "learned(" in rewriter.text(unit.statement.node, Style.LEARN) or "learned.get_dummies" in rewriter.text(
        unit.statement.node, Style.LEARN
    )


def _learning_text(unit: Unit, rewriter: Rewriter) -> list[str]:
    style = Style.LEARN if unit.predicts and not unit.whole else Style.TRAIN
    text = _division_text(unit, rewriter) if unit.folds else _dedented(unit, rewriter, style)
    return [text, *(f'learned.keep("{_kept_name(unit, name, rewriter)}", {name})' for name in unit.kept)]


def _kept_name(unit: Unit, name: str, rewriter: Rewriter) -> str:
    return rewriter.name_of((unit.statement.number, name), name)


def _division_text(unit: Unit, rewriter: Rewriter) -> str:
    """Return a loop over divisions, in which all rows are on both sides where no division is asked for."""
    node = unit.statement.node
    assert isinstance(node, ast.For)
    text = unit.statement.text
    over = rewriter.program.text(node.iter)
    call = next(one for one in ast.walk(node.iter) if isinstance(one, ast.Call) and one.args)
    return text.replace(over, f"learned.folds({over}, {rewriter.program.text(call.args[0])})", 1)


def _predicting_text(unit: Unit, rewriter: Rewriter) -> list[str]:
    lines = [f'{name} = learned("{_kept_name(unit, name, rewriter)}")' for name in unit.kept]
    if unit.whole:
        return lines
    if unit.guarded:
        return []
    if unit.parts:
        for name, source in unit.parts:
            text = rewriter.text(source, Style.PREDICT)
            lines += [f"{name} = {text}"] if text != name else []
        return lines
    return [_dedented(unit, rewriter, Style.PREDICT), *lines]


def _model_text(prediction: Prediction, program: Program) -> list[str]:
    model = program.text(prediction.model) if not isinstance(prediction.model, ast.Name) else prediction.model.id
    if prediction.fit:
        given = ", ".join(program.text(one) for one in prediction.fit)
        return [f'learned.keep("model", clone({model}).fit({given}))']
    return [f'learned.keep("model", {model})']


def _merged(lines: Sequence[str]) -> list[str]:
    """Return lines in which neighbours that are run in learning alone stand under one condition."""
    opening = "if learned.learning:\n"
    found: list[str] = []
    for line in lines:
        both = found and found[-1].startswith(opening) and line.startswith(opening)
        if both and "\nelse:\n" not in found[-1] and "\nelse:\n" not in line:
            found[-1] += "\n" + line.removeprefix(opening)
        else:
            found.append(line)
    return found


def _clean_text(units: Sequence[Unit], rewriter: Rewriter, live: set[str]) -> list[str]:
    lines: list[str] = []
    for unit in units:
        node = unit.statement.node
        if unit.whole:
            lines += _kept_text(unit, rewriter)
        elif unit.guarded:
            lines.append("if learned.learning:\n" + indented(_dedented(unit, rewriter, Style.LEARN)))
        elif unit.predicts:
            lines.append(_dedented(unit, rewriter, Style.BOTH))
            lines += [f'{name} = learned("{_kept_name(unit, name, rewriter)}", lambda: {name})' for name in unit.kept]
        elif isinstance(node, ast.Assign) and not unit.statement.changes and not _reads_more(node, rewriter):
            lines.append(_dedented(unit, rewriter, Style.TRAIN))
        else:
            text = "if learned.learning:\n" + indented(_dedented(unit, rewriter, Style.TRAIN))
            absent = sorted(unit.statement.makes & live)
            if absent:
                text += "\nelse:\n" + indented("\n".join(f"{name} = None" for name in absent))
            lines.append(text)
    return _merged(lines)


def _reads_more(node: ast.stmt, rewriter: Rewriter) -> bool:
    """Whether a statement learns or leaves rows out, or reads another file."""
    return any(rewriter.kinds(node)) or any(span_of(one) in rewriter.program.read_paths for one in ast.walk(node))


def _kept_text(unit: Unit, rewriter: Rewriter) -> list[str]:
    """Return a statement whose result is learned, in the form that learns and gives back."""
    node = unit.statement.node
    if len(unit.kept) == 1:
        name = unit.kept[0]
        given = _kept_name(unit, name, rewriter)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return [f'{name} = learned("{given}", lambda: {rewriter.text(node.value, Style.TRAIN)})']
        value = rewriter.program.value(node.value) if isinstance(node, ast.Expr) else None
        if value is not None and (value.called or "").startswith("sklearn.") and (value.called or "").endswith(".fit"):
            assert isinstance(node, ast.Expr)
            return [f'{name} = learned("{given}", lambda: {rewriter.text(node.value, Style.TRAIN)})']
    names = {name: _kept_name(unit, name, rewriter) for name in unit.kept}
    kept = "\n".join(f'learned.keep("{given}", {name})' for name, given in names.items())
    back = "\n".join(f'{name} = learned("{given}")' for name, given in names.items())
    text = _dedented(unit, rewriter, Style.TRAIN)
    return [f"if learned.learning:\n{indented(text)}\n{indented(kept)}\nelse:\n{indented(back)}"]


def _dedented(unit: Unit, rewriter: Rewriter, style: Style) -> str:
    """Return the text of a statement that may stand within a loop, as if it stood at the top."""
    node = unit.statement.node
    rewriter.within = isinstance(node, ast.FunctionDef)
    try:
        text = rewriter.text(node, style)
    finally:
        rewriter.within = False
    text = _with_comments(node, text, rewriter.program)
    if node.col_offset:
        first, *others = text.split("\n")
        margin = " " * node.col_offset
        text = "\n".join([first, *(line.removeprefix(margin) for line in others)])
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        text = "".join(f"@{rewriter.program.text(one)}\n" for one in node.decorator_list) + text
    return text


def _with_comments(node: ast.stmt, text: str, program: Program) -> str:
    """Return a statement at the top with the comments that stand above it and behind it."""
    if node.col_offset:
        return text
    last = node.end_lineno or node.lineno
    behind = program.lines[last - 1].encode()[node.end_col_offset or 0 :].decode(errors="ignore").strip()
    if behind.startswith("#"):
        text += "  " + behind
    above: list[str] = []
    line = first_line(node) - 2
    while line >= 0 and program.lines[line].startswith("#"):
        above.insert(0, program.lines[line].rstrip())
        line -= 1
    return "\n".join([*above, text])


def indented(text: str, by: int = 4) -> str:
    """Return a text moved to the right, except for what stands inside texts of several lines."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return textwrap.indent(text, " " * by)
    inside: set[int] = set()
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in told:
            continue
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            inside |= set(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    lines = text.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else " " * by + line for number, line in enumerate(lines, start=1)
    )


def _reads_of(lines: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for line in lines:
        found |= {node.id for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Name)}
    return found


def _in_order(units: Sequence[Unit]) -> list[str]:
    names: dict[str, None] = {}
    for unit in units:
        for name in sorted(unit.statement.makes):
            names[name] = None
    return list(names)

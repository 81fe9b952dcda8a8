"""Slice a program: the statements that a line of it depends on; plots, prints and abandoned attempts fall away."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from journeyman.entities.prototype import parse_program
from journeyman.errors import InputError

__all__ = ["Slice", "slice_program"]

_SHOWN_WORDS = (
    "head tail info describe plot hist show figure savefig value_counts sample scatter bar boxplot corr nunique unique "
    "isnull isna sum mean count memory_usage"
)
_SHOWN = frozenset(_SHOWN_WORDS.split())
"""What only shows or tells something, where nothing is made of what it gives."""

_PICTURES = frozenset(("matplotlib", "seaborn", "plotly", "bokeh", "altair", "missingno", "wordcloud", "graphviz"))
_CHANGING_WORDS = (
    "fit fit_transform fit_resample fit_predict partial_fit append extend insert update pop remove clear add sort "
    "sort_values setdefault shuffle compile seed set_params add_layer train drop fillna replace rename reset_index "
    "set_index dropna drop_duplicates fit_on_texts"
)
_CHANGING = frozenset(_CHANGING_WORDS.split())
"""Methods that may change what they are called on, where their value is used as well."""

_PRINTING = frozenset(("print", "display", "pprint"))
_SEEDS = frozenset(("seed", "set_seed", "set_random_seed", "seed_everything"))


@dataclass(frozen=True)
class Slice:
    """A part of a program that runs by itself.

    Attributes
    ----------
    source : str
        The statements, as they are written, with the comments inside them.
    lines : tuple of (int, int)
        First and last line of each in the program, from 1.
    statements : int
        How many the program has.
    """

    source: str
    lines: tuple[tuple[int, int], ...]
    statements: int


@dataclass(frozen=True)
class _Effect:
    """What a statement of the program reads, makes anew, and may change; whether it is kept whatever is asked."""

    node: ast.stmt
    reads: frozenset[str]
    makes: frozenset[str]
    changes: frozenset[str]
    always: bool = False


def slice_program(source: str, line: int) -> Slice:
    """Return the statements that the one at a line depends on, and itself.

    A statement is kept where it makes, or may change, what a kept one reads later. Seeds of random numbers stay, and
    imports of all that a module has. Whatever may change a value counts as changing it, so that too much is kept rather
    than too little.

    Parameters
    ----------
    source : str
        Of a program in Python.
    line : int
        Of it, from 1.

    Raises
    ------
    InputError
        Where it is no Python, or no statement stands at that line.

    References
    ----------
    Weiser 1981, "Program slicing", ICSE.

    Examples
    --------
    >>> program = "import numpy as np\\nx = np.ones(3)\\nprint(x)\\ny = 5\\nx[0] = 2\\nz = x.sum()\\n"
    >>> print(slice_program(program, 6).source, end="")
    import numpy as np
    x = np.ones(3)
    x[0] = 2
    z = x.sum()
    """
    body = parse_program(source).body
    pictures = _picture_names(body)
    last = next((k for k, node in enumerate(body) if _first_line(node) <= line <= (node.end_lineno or 0)), None)
    if last is None:
        raise InputError(f"no statement stands at line {line}", hint="name a line of a statement")
    effects = [*(_effect_of(node, pictures) for node in body[:last]), _whole_effect(body[last])]
    called = _reads_of_functions(effects)
    effects = [replace(effect, reads=_with_called(effect.reads, called)) for effect in effects]
    kept = {last}
    needed = set(effects[last].reads)
    for k in range(last - 1, -1, -1):
        effect = effects[k]
        if effect.always or (effect.makes | effect.changes) & needed:
            kept.add(k)
            needed = (needed - _surely_made(effect)) | effect.reads
    written = source.splitlines()
    spans = tuple((_first_line(body[k]), body[k].end_lineno or body[k].lineno) for k in sorted(kept))
    text = "".join("\n".join(_of_statement(written, body[k])) + "\n" for k in sorted(kept))
    return Slice(text, spans, len(body))


def _reads_of_functions(effects: Sequence[_Effect]) -> dict[str, frozenset[str]]:
    """Return what each function and class reads of the program when it is called."""
    found: dict[str, frozenset[str]] = {}
    for effect in effects:
        if isinstance(effect.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[effect.node.name] = found.get(effect.node.name, frozenset()) | effect.reads
    return found


def _with_called(reads: frozenset[str], called: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return names with those that the functions among them read in turn."""
    found, asked = set(reads), list(reads)
    while asked:
        more = called.get(asked.pop(), frozenset()) - found
        found |= more
        asked += more
    return frozenset(found)


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return node.lineno


def _of_statement(written: Sequence[str], node: ast.stmt) -> list[str]:
    """Return the lines of a statement; where it shares one with others, its own part."""
    first, last = _first_line(node), node.end_lineno or node.lineno
    lines = list(written[first - 1 : last])
    if node.col_offset or first != node.lineno or not lines:
        part = ast.get_source_segment("\n".join(written), node)
        return part.splitlines() if part is not None and first == node.lineno else lines
    rest = lines[-1].encode()[node.end_col_offset or 0 :].decode().strip()
    if rest.startswith(";"):
        lines[-1] = lines[-1].encode()[: node.end_col_offset or 0].decode()
    return lines


def _picture_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names under which libraries of pictures are known."""
    found = set()
    for node in body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import):
                found |= {
                    one.asname or one.name.partition(".")[0]
                    for one in inner.names
                    if one.name.partition(".")[0] in _PICTURES
                }
            elif isinstance(inner, ast.ImportFrom) and (inner.module or "").partition(".")[0] in _PICTURES:
                found |= {one.asname or one.name for one in inner.names}
    return frozenset(found)


def _effect_of(node: ast.stmt, pictures: frozenset[str]) -> _Effect:
    if isinstance(node, ast.Expr) and _only_shows(node.value, pictures):
        return _Effect(node, frozenset(), frozenset(), frozenset())
    return _whole_effect(node)


def _whole_effect(node: ast.stmt) -> _Effect:
    reads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    makes = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        own = makes | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
        return _Effect(node, frozenset(reads - own), frozenset((node.name,)), frozenset())
    makes |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import | ast.ImportFrom):
            makes |= {one.asname or one.name.partition(".")[0] for one in inner.names}
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    always = "*" in makes or any(func.attr in _SEEDS for func in calls)
    return _Effect(node, frozenset(reads), frozenset(makes), frozenset(_changed_names(node)), always)


def _only_shows(value: ast.expr, pictures: frozenset[str]) -> bool:
    """Return whether an expression that stands alone changes nothing: a picture, a print, a look at a value."""
    if isinstance(value, ast.Name | ast.Constant | ast.Attribute | ast.Compare):
        return True
    if isinstance(value, ast.Subscript):
        return True
    if isinstance(value, ast.Tuple | ast.List):
        return all(_only_shows(one, pictures) for one in value.elts)
    if not isinstance(value, ast.Call):
        return False
    if _base_name(value.func) in pictures:
        return True
    if isinstance(value.func, ast.Attribute):
        shows = value.func.attr in _SHOWN and not any(one.arg == "inplace" for one in value.keywords)
    else:
        shows = isinstance(value.func, ast.Name) and value.func.id in _PRINTING
    inner = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
    return shows and not any(isinstance(one.func, ast.Attribute) and one.func.attr in _CHANGING for one in inner)


def _base_name(node: ast.expr) -> str:
    """Return the name that an expression begins with: "df" of ``df['a'].str.lower``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _changed_names(node: ast.stmt) -> Iterator[str]:
    """Yield the names whose values a statement may change without making them anew."""
    alone = isinstance(node, ast.Expr)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Subscript | ast.Attribute) and not isinstance(inner.ctx, ast.Load):
            yield _base_name(inner)
        if not isinstance(inner, ast.Call):
            continue
        in_place = any(one.arg == "inplace" for one in inner.keywords)
        changing = isinstance(inner.func, ast.Attribute) and (inner.func.attr in _CHANGING or in_place or alone)
        if changing:
            yield _base_name(inner.func)
        if alone or in_place or not isinstance(node, ast.Assign):  # a function may change what it is given
            for argument in (*inner.args, *(one.value for one in inner.keywords)):
                yield _base_name(argument)


def _surely_made(effect: _Effect) -> frozenset[str]:
    """Return the names that a statement makes anew whatever comes: what they were before is no longer needed."""
    node = effect.node
    if isinstance(node, ast.Assign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return effect.makes - effect.changes
    return frozenset()

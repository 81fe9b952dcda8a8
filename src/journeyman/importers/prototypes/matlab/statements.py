"""Statements and functions of a MATLAB script as lines of Python; what is outside of the subset is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.assignments import assign
from journeyman.importers.prototypes.matlab.expressions import translate
from journeyman.importers.prototypes.matlab.names import changed_names, made_names, widened_names
from journeyman.importers.prototypes.matlab.operators import truth
from journeyman.importers.prototypes.matlab.scope import Scope, python_name
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    ModelOutside,
    Outside,
    Value,
    fill,
    flat,
    join_kinds,
    more_one,
    number,
    scalar,
    tidy,
)

__all__ = ["Line", "Remark", "Translation"]

_SHOWN_WORDS = (
    "clear clearvars close clc hold figure plot plot3 scatter scatter3 gscatter xlabel ylabel zlabel title legend grid "
    "axis subplot surf surfc mesh contour contourf histogram hist histfit bar barh boxplot boxchart gplotmatrix "
    "plotmatrix pause format more warning view drawnow print saveas set colorbar colormap tic toc addpath pkg head "
    "tail summary whos who xlim ylim line text refline lsline confusionchart heatmap pie stem errorbar area fill "
    "figure1 tiledlayout nexttile sgtitle plotResiduals plotDiagnostics imagesc imshow exportgraphics savefig fflush "
    "fclose beep input keyboard disp fprintf printf display sprintf plotData crosstab anova save writetable "
    "writematrix csvwrite dlmwrite global assert error anova1 dbstop fdisp puts diary loglog semilogx semilogy "
    "fplot ezplot rotate3d waitbar gtext axes"
)
_SHOWN = frozenset(_SHOWN_WORDS.split())
_PICTURE_WORDS = (
    "figure plot plot3 scatter scatter3 gscatter subplot legend title xlabel ylabel surf mesh contour histogram bar "
    "hist fplot "
    "boxplot axes gca gcf tiledlayout nexttile confusionchart heatmap pie stem errorbar line text colorbar waitbar"
)
_PICTURES = frozenset(_PICTURE_WORDS.split())
_PRINTED = frozenset(("fprintf", "printf", "disp", "display"))
_FORMAT = re.compile(r"%[-+ 0#]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]|\\[a-z]|%%")
_DEEPEST_CALLS = 20
_MOST_TURNS = 3


class Line(NamedTuple):
    """A line of Python, and the line of the script that it stands for; 0 where it stands for none."""

    text: str
    number: int


class Remark(NamedTuple):
    """A line, and what it would need, or how its meaning differs."""

    line: int
    reason: str


class Translation:
    """A script on its way to Python.

    Parameters
    ----------
    script : Script
    beside : sequence of Function
        From files beside it.

    Attributes
    ----------
    functions : list of Line
        Of the script's functions, in an order in which each stands before those that call it.
    left_out : list of Remark
        Lines outside of the subset, and what they would need.
    told : list of Remark
        Lines whose meaning differs from MATLAB's, and how.
    """

    def __init__(self, script: s.Script, beside: Sequence[s.Function] = ()) -> None:
        self._own = frozenset(function.name for function in script.functions)
        self._by_name = {function.name: function for function in (*beside, *script.functions)}
        self._known: dict[tuple[object, ...], tuple[str, list[Kind]]] = {}
        self._texts: dict[str, str] = {}
        self._calls: list[str] = []
        self._reasons: dict[int, str] = {}
        self.functions: list[Line] = []
        self.left_out: list[Remark] = []
        self.told: list[Remark] = []

    def body(self, statements: s.Block) -> list[Line]:
        """Return the lines of the script itself."""
        return self._block(self._scope(statements), statements, 0)

    def _scope(self, statements: s.Block) -> Scope:
        scope = Scope(_no_value, self._call, frozenset(self._by_name), changed_names(statements))
        scope.widened = widened_names(statements)
        scope.value = lambda node: translate(scope, node)
        return scope

    # blocks

    def _block(self, scope: Scope, statements: s.Block, depth: int) -> list[Line]:
        lines: list[Line] = []
        for statement in statements:
            lines += self._statement(scope, statement, depth)
        return lines

    def _inner(self, scope: Scope, statements: s.Block, depth: int) -> list[Line]:
        lines = self._block(scope, statements, depth + 1)
        if all(line.text.lstrip().startswith("#") for line in lines):
            lines.append(Line("    " * (depth + 1) + "pass", 0))
        return lines

    def _statement(self, scope: Scope, statement: s.Statement, depth: int) -> list[Line]:
        scope.before.clear()
        scope.told.clear()
        scope.ends.clear()
        told, left = len(self.told), len(self.left_out)
        kinds = dict(scope.kinds)
        try:
            lines = self._translated(scope, statement, depth)
        except ModelOutside as outside:
            raise ModelOutside(f"{statement.line}|{outside}") if "|" not in str(outside) else outside from None
        except (Outside, RecursionError) as outside:
            if self._calls:
                raise Outside(str(outside) or "less depth") from None
            scope.kinds.clear()
            scope.kinds.update(kinds)
            del self.told[told:]
            self._lose(scope, statement, left, str(outside) or "less depth")
            return []
        self.told += [Remark(statement.line, reason) for reason in scope.told]
        return lines

    def _lose(self, scope: Scope, statement: s.Statement, left: int, reason: str) -> None:
        """Note that a statement is left out, and that what it makes is not there."""
        del self.left_out[left:]
        own = f"line {statement.line} was to make"
        if reason.endswith(own):  # in an earlier turn of its loop: what it needed then is the reason
            reason = self._reasons.get(statement.line, reason)
        self._reasons[statement.line] = reason
        self.left_out.append(Remark(statement.line, reason))
        for name in sorted(made_names((statement,))):
            scope.know(name, Kind(Form.LOST, other=f"line {statement.line} was to make"))

    def _translated(self, scope: Scope, node: s.Statement, depth: int) -> list[Line]:
        match node:
            case s.Comment(line, text):
                return [Line("    " * depth + f"# {text}".rstrip(), line)] if text.strip("%=-*# ") else []
            case s.Assign() if self._is_picture(scope, node.value):
                for name in made_names((node,)):
                    scope.know(name, Kind(Form.LOST, other=f"line {node.line} was to make"))
                return []
            case s.Assign():
                return self._lines(scope, assign(scope, node), node.line, depth)
            case s.Show(line, value):
                return self._lines(scope, self._shown(scope, value), line, depth)
            case s.Command():
                return self._command(scope, node, depth)
            case s.If():
                return self._if(scope, node, depth)
            case s.For():
                return self._for(scope, node, depth)
            case s.While():
                return self._while(scope, node, depth)
            case s.Switch():
                return self._switch(scope, node, depth)
            case s.Try():
                return self._try(scope, node, depth)
            case s.Jump(line, word):
                return self._jump(scope, word, line, depth)
            case s.Faulty(_, reason):
                raise Outside(f"to be read: {reason}")
        raise Outside("a statement of the subset")

    def _is_picture(self, scope: Scope, node: s.Expression) -> bool:
        """Return whether a value is the handle of a picture: ``h = figure``."""
        node = node.target if isinstance(node, s.Call) else node
        return isinstance(node, s.Name) and node.name in _PICTURES and node.name not in {*scope.kinds, *self._by_name}

    def _command(self, scope: Scope, node: s.Command, depth: int) -> list[Line]:
        if node.name != "load":
            return []
        if node.words != ("fisheriris",):
            raise Outside("a variable to load into, data = load('...'), of a file of text")
        scope.know("meas", Kind(Form.MATRIX))
        scope.know("species", Kind(Form.COLUMN, Element.TEXT, series=True))
        made = ["iris = load_iris()", "meas = iris.data", "species = pd.Series(iris.target_names[iris.target])"]
        return self._lines(scope, made, node.line, depth)

    def _lines(self, scope: Scope, codes: Sequence[str], line: int, depth: int) -> list[Line]:
        made = [*scope.before, *codes]
        scope.before.clear()
        texts = [text for code in made for text in tidy(code).splitlines() if not _does_nothing(text)]
        return [Line("    " * depth + text, line) for text in texts]

    def _shown(self, scope: Scope, value: s.Expression) -> list[str]:
        """Return what is printed; a look at a value or a picture is nothing."""
        name, nodes = "", tuple[s.Expression, ...]()
        if isinstance(value, s.Call) and isinstance(value.target, s.Name) and value.target.name not in scope.kinds:
            name, nodes = value.target.name, value.arguments
        elif isinstance(value, s.Name) and value.name not in scope.kinds:
            name = value.name
        if name == "rng":
            seed = nodes[0] if nodes else None
            return [
                f"np.random.seed({seed.text})"
                if isinstance(seed, s.Number) and seed.text.isdigit()
                else "np.random.seed(0)"
            ]
        if name in _PRINTED:
            return self._printed(scope, nodes)
        shows = name in self._by_name and not self._by_name[name].results
        if name in _SHOWN or shows or _is_look(value):
            return []
        return [translate(scope, value).code]

    def _printed(self, scope: Scope, nodes: tuple[s.Expression, ...]) -> list[str]:
        """Return a print of what is calculated within it; texts alone are left out."""
        told = []
        for node in nodes:
            if isinstance(node, s.Matrix) and len(node.rows) == len(node.rows[0]) == 1:
                ((node,),) = node.rows
            if isinstance(node, s.Text):
                label = " ".join(_FORMAT.sub(" ", node.value).replace("\n", " ").split())
                told += [repr(label)] if label.strip(" :=%.,") else []
            else:
                try:
                    value = translate(scope, node)
                except ModelOutside:
                    raise
                except Outside:
                    continue
                told.append(value.code)
        if all(isinstance(node, s.Text | s.Number) for node in nodes) or not told:
            return []
        return [f"print({', '.join(told)})"]

    # branches and loops

    def _if(self, scope: Scope, node: s.If, depth: int) -> list[Line]:
        lines, before, ends = list[Line](), dict(scope.kinds), list[dict[str, Kind]]()
        word = "if"
        for test, body in node.branches:
            asked = truth(translate(scope, test))
            if asked in ("False", "not True") and word == "if" and len(node.branches) == 1:
                return self._block(scope, node.otherwise, depth)
            if word == "if":
                lines += self._lines(scope, (), node.line, depth)
            elif scope.before:
                raise Outside("a condition that is no single expression")
            lines.append(
                Line("    " * depth + tidy(f"{word.removeprefix('el')} {asked}:\n    pass").split("\n")[0], node.line)
            )
            if word == "elif":
                lines[-1] = Line(lines[-1].text.replace("if ", "elif ", 1), node.line)
            scope.kinds = dict(before)
            lines += self._inner(scope, body, depth)
            if not _leaves(body):
                ends.append(scope.kinds)
            word = "elif"
        scope.kinds = dict(before)
        if node.otherwise:
            lines.append(Line("    " * depth + "else:", 0))
            lines += self._inner(scope, node.otherwise, depth)
        if not _leaves(node.otherwise):
            ends.append(scope.kinds)
        scope.kinds = _joined(ends) if ends else dict(before)
        return lines

    def _for(self, scope: Scope, node: s.For, depth: int) -> list[Line]:
        source, kind = self._turns(scope, node.value)
        lines = self._lines(scope, (), node.line, depth)
        begun = self._settle(scope, node.body, (node.variable, kind))
        lines += self._lines(scope, [f"{python_name(name)} = np.array([])" for name in begun], node.line, depth)
        scope.know(node.variable, kind)
        head = tidy(f"for {python_name(node.variable)} in {source}:\n    pass").split("\n")[0]
        before = dict(scope.kinds)
        lines.append(Line("    " * depth + head, node.line))
        lines += self._inner(scope, node.body, depth)
        scope.kinds = _joined([before, scope.kinds])
        return lines

    def _settle(self, scope: Scope, body: s.Block, variable: tuple[str, Kind] | None) -> list[str]:
        """Find what holds of variables in every turn of a loop; return the arrays that begin to grow within it."""
        begun = set[str]()
        for _ in range(_MOST_TURNS):
            before, kept = dict(scope.kinds), (list(self.functions), dict(self._texts), dict(self._known))
            told, left = len(self.told), len(self.left_out)
            if variable is not None:
                scope.know(*variable)
            self._block(scope, body, 0)
            self.functions, self._texts, self._known = kept
            del self.told[told:], self.left_out[left:]
            begun |= {name for name, kind in scope.kinds.items() if kind.other == "grows" and name not in before}
            scope.kinds = _joined([before, scope.kinds])
            if scope.kinds == before:
                break
        return sorted(begun)

    def _turns(self, scope: Scope, node: s.Expression) -> tuple[str, Kind]:
        """Return what a loop goes over, and the kind of its variable."""
        if isinstance(node, s.Range):
            first, last = number(translate(scope, node.first)), number(translate(scope, node.last))
            step = scalar("1", whole=True) if node.step is None else number(translate(scope, node.step))
            if first.kind.whole and last.kind.whole and step.kind.whole:
                begin = f"{first.code}, {more_one(last.code)}" if step.code == "1" else ""
                if not begin:
                    beyond = "- 1" if step.code.lstrip("(").startswith("-") else "+ 1"
                    begin = f"{first.code}, ({last.code}) {beyond}, {step.code}"
                return f"range({begin})", Kind(Form.SCALAR, whole=True)
        if isinstance(node, s.Matrix) and len(node.rows) == 1 and all(_is_whole(one) for one in node.rows[0]):
            numbers = ", ".join(one.text for one in node.rows[0] if isinstance(one, s.Number))
            return f"[{numbers}]", Kind(Form.SCALAR, whole=True)
        value = translate(scope, node)
        if value.form is Form.ROW:
            return flat(value), Kind(Form.SCALAR, value.kind.element)
        if value.form is Form.SCALAR:
            return f"[{value.code}]", value.kind
        if value.form is Form.MATRIX:
            return fill("{}.T", value.code), Kind(Form.COLUMN)
        if value.form is Form.LIST:
            return value.code, Kind(Form.LIST, value.kind.element, other="one")
        raise Outside(f"a loop over {value.form.value}")

    def _while(self, scope: Scope, node: s.While, depth: int) -> list[Line]:
        begun = self._settle(scope, node.body, None)
        lines = self._lines(scope, [f"{python_name(name)} = np.array([])" for name in begun], node.line, depth)
        asked = truth(translate(scope, node.test))
        if scope.before:
            raise Outside("a condition that is no single expression")
        before = dict(scope.kinds)
        head = tidy(f"while {asked}:\n    pass").split("\n")[0]
        lines.append(Line("    " * depth + head, node.line))
        lines += self._inner(scope, node.body, depth)
        scope.kinds = _joined([before, scope.kinds])
        return lines

    def _switch(self, scope: Scope, node: s.Switch, depth: int) -> list[Line]:
        branches = []
        for case, body in node.cases:
            rows = case.rows if isinstance(case, s.CellArray) else ((case,),)
            tests: list[s.Expression] = [s.Binary("==", node.value, one) for row in rows for one in row]
            test = tests[0]
            for one in tests[1:]:
                test = s.Binary("||", test, one)
            branches.append((test, body))
        if not branches:
            return self._block(scope, node.otherwise, depth)
        return self._if(scope, s.If(node.line, tuple(branches), node.otherwise), depth)

    def _try(self, scope: Scope, node: s.Try, depth: int) -> list[Line]:
        before = dict(scope.kinds)
        lines = [Line("    " * depth + "try:", node.line), *self._inner(scope, node.body, depth)]
        done, scope.kinds = scope.kinds, dict(before)
        lines.append(Line("    " * depth + "except Exception:", node.line))
        lines += self._inner(scope, node.handler, depth)
        scope.kinds = _joined([done, scope.kinds])
        return lines

    def _jump(self, scope: Scope, word: str, line: int, depth: int) -> list[Line]:
        if word != "return":
            return [Line("    " * depth + word, line)]
        if not self._calls:
            raise Outside("a return outside of a function")
        return [Line("    " * depth + "return " + scope.results, line)]

    # functions

    def _call(self, name: str, values: list[Value], wanted: int) -> list[Value]:
        """Return the results of one of the script's functions, which is translated for what it is given."""
        function = self._by_name[name]
        if len(values) > len(function.parameters) or wanted > max(1, len(function.results)):
            raise Outside(f"{name} with as many values as it has parameters")
        if any(value.form is Form.FUNCTION and isinstance(value.kind.function, s.Lambda) for value in values):
            raise Outside("an anonymous function given to a function")
        key = (name, wanted, *(value.kind for value in values))
        if key not in self._known:
            self._known[key] = self._translate_function(function, [value.kind for value in values], wanted)
        python, kinds = self._known[key]
        given = [value for value in values if value.form is not Form.FUNCTION]
        call = f"{python}({', '.join(value.code for value in given)})"
        if wanted <= 1 and len(kinds) == 1:
            return [Value(call, kinds[0])]
        return [Value(f"{call}[{k}]", kind) for k, kind in enumerate(kinds)]

    def _translate_function(self, function: s.Function, given: list[Kind], wanted: int) -> tuple[str, list[Kind]]:
        if function.name in self._calls or len(self._calls) > _DEEPEST_CALLS:
            raise Outside(f"{function.name}, which calls itself")
        if not function.results:
            raise Outside(f"a result of {function.name}")
        scope = self._scope(function.body)
        results = function.results[: max(1, wanted)]
        scope.given = len(given)
        for name, kind in zip(function.parameters, given, strict=False):
            scope.kinds[name] = kind
        scope.results = ", ".join(python_name(name) for name in results)
        lines = [
            Line(f"    {python_name(name)} = {python_name(name)}.copy()", 0)
            for name, kind in zip(function.parameters, given, strict=False)
            if name in scope.changed and (kind.is_array or kind.form is Form.TABLE)
        ]
        self._calls.append(function.name)
        try:
            lines += self._block(scope, function.body, 1)
        except Outside as outside:
            error = ModelOutside if isinstance(outside, ModelOutside) else Outside
            reason = str(outside).rpartition("|")[2]
            raise error(f"{reason} (in the function {function.name})") from None
        finally:
            self._calls.pop()
        kinds = []
        for name in results:
            value = scope.find(name)
            if value is None:
                raise Outside(f"{function.name} to give {name}")
            kinds.append(value.kind)
        lines.append(Line(f"    return {scope.results}", 0))
        names = [
            python_name(name)
            for name, kind in zip(function.parameters, given, strict=False)
            if kind.form is not Form.FUNCTION
        ]
        return self._write(function, ", ".join(names), lines), kinds

    def _write(self, function: s.Function, parameters: str, lines: list[Line]) -> str:
        """Write a function, unless one of the same text stands there; return its name."""
        text = "\n".join(line.text for line in lines)
        key = f"{function.name}({parameters})\n{text}"
        if key not in self._texts:
            name, number_ = python_name(function.name), 2
            while name in self._texts.values():
                name, number_ = f"{python_name(function.name)}_{number_}", number_ + 1
            self._texts[key] = name
            self.functions += [
                Line("", 0),
                Line("", 0),
                *(
                    line if function.name in self._own else Line(line.text, 0)
                    for line in (Line(f"def {name}({parameters}):", function.line), *lines)
                ),
            ]
        return self._texts[key]


def _no_value(node: s.Expression) -> Value:
    raise Outside(f"a value of {node}")


def _is_look(value: s.Expression) -> bool:
    """Return whether an expression only shows a variable."""
    while isinstance(value, s.Field | s.Call) and not isinstance(value, s.Call):
        value = value.target
    return isinstance(value, s.Name | s.Number | s.Text | s.Field)


def _does_nothing(text: str) -> bool:
    return text.isidentifier() or text.replace(".", "").isdigit()


def _is_whole(node: s.Expression) -> bool:
    return isinstance(node, s.Number) and node.text.isdigit()


def _leaves(body: s.Block) -> bool:
    return any(isinstance(one, s.Jump) for one in body)


def _joined(ends: Sequence[dict[str, Kind]]) -> dict[str, Kind]:
    """Return what is known of variables where ways meet."""
    found = dict(ends[0])
    for end in ends[1:]:
        for name, kind in end.items():
            found[name] = join_kinds(found[name], kind) if name in found else kind
    return found

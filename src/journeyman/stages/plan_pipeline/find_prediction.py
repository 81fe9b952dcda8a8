"""Which prediction a pipeline is to repeat: of the model that is scored last, on the rows that it is scored on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from journeyman.entities.conversion import ModelChoice
from journeyman.entities.recording import CallRole, RecordedCall, RecordedModel, Recording, Span
from journeyman.errors import InputError
from journeyman.stages.plan_pipeline.places import span_of
from journeyman.stages.plan_pipeline.program import Program, bound_arguments

__all__ = ["Prediction", "find_prediction", "list_models"]

_WITHOUT_NEW_ROWS = frozenset(("DBSCAN", "OPTICS", "HDBSCAN", "AgglomerativeClustering", "SpectralClustering"))
_JUDGES = frozenset((CallRole.PREDICT, CallRole.PROBABILITY))


@dataclass(frozen=True)
class Prediction:
    """A recorded prediction, and where its features and its model stand in the program.

    Attributes
    ----------
    call : RecordedCall
    statement : int
        Number of the statement at the top before which the features are there; it is run in learning where ``runs``.
    runs : bool
    features : ast.expr
    model : ast.expr
        What is asked once all of the statements were run.
    method : str
        "predict" or another method.
    fit : tuple of ast.expr, or empty
        Features and target that a copy of the model is to be fitted on.
    inside : tuple of ast.stmt
        Statements of a loop that come before, where the prediction stands in one.
    """

    call: RecordedCall
    statement: int
    runs: bool
    features: ast.expr
    model: ast.expr
    method: str
    fit: tuple[ast.expr, ...] = ()
    inside: tuple[ast.stmt, ...] = ()


def list_models(recording: Recording) -> tuple[ModelChoice, ...]:
    """Return the models whose predictions are known, those without a score first and the last scored one last."""
    asked = {call.model for call in recording.calls if call.role in _JUDGES and call.output is not None}
    scores: dict[int, RecordedCall] = {}
    for call in recording.calls:
        judged = call.role in (CallRole.METRIC, CallRole.SCORE, CallRole.CROSS_VALIDATION)
        if judged and call.model in asked and call.model is not None:
            scores.pop(call.model, None)
            scores[call.model] = call
    order = list(scores)
    found = []
    for model in recording.models or _models_of_calls(recording):
        if model.number in asked:
            told = scores.get(model.number)
            name = None if told is None else told.name.rpartition(".")[2]
            line = None if told is None else told.span.line
            value = None if told is None else told.value
            found.append(ModelChoice(model.number, model.name, model.variable, value, name, line))
    return tuple(sorted(found, key=lambda one: (order.index(one.number) if one.number in order else -1, one.number)))


def _models_of_calls(recording: Recording) -> list[RecordedModel]:
    """Return the models of a run that was ended before it could tell what they are called."""
    named = {call.model: call.name.rpartition(".")[0] for call in recording.calls if call.role in _JUDGES}
    return [RecordedModel(number, name, "") for number, name in named.items() if number is not None]


def find_prediction(program: Program, choice: ModelChoice) -> Prediction:
    """Return the prediction of a model that is to be repeated.

    Raises
    ------
    InputError
        Where none of them can be traced.
    """
    places = _Places(program)
    reasons = []
    for call in _candidates(program.recording, choice.number):
        try:
            return places.prediction(call)
        except _Untraceable as error:
            reasons.append(str(error))
    reason = reasons[0] if reasons else "it was never asked"
    raise InputError(
        f"the predictions of {choice.variable or choice.name} cannot be traced back: {reason}",
        hint="--model NAME asks for another model",
    )


def _candidates(recording: Recording, model: int) -> list[RecordedCall]:
    """Return the predictions of a model, best first: scored, with known rows, late."""
    asked = [c for c in recording.calls if c.role in _JUDGES and c.model == model and c.output is not None]
    scored: list[int] = []
    for call in recording.calls:
        if call.role is CallRole.METRIC and call.model == model and call.rows:
            earlier = [c for c in asked if not c.added and c.number < call.number]
            before = [c for c in earlier if c.given and c.given[0] in call.rows]
            scored += [before[-1].number] if before else []
    sets = recording.row_sets
    fitted = {
        sets[number].table
        for c in recording.calls
        if c.model == model and c.role is CallRole.FIT
        for number in c.rows
        if number is not None
    }
    known = {c.number: bool(c.given) for c in asked}
    learned = {c.number: bool(c.given) and (not fitted or sets[c.given[0]].table in fitted) for c in asked}
    return sorted(
        asked,
        key=lambda c: (
            known[c.number],
            c.number in scored,
            learned[c.number],
            not c.added,
            c.role is CallRole.PREDICT,
            c.number,
        ),
        reverse=True,
    )


class _Untraceable(Exception):
    """A prediction stands where it cannot be followed from."""


class _Places:
    """The calls of a program by their place, and what stands around each node."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._calls: dict[Span, ast.Call] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        for statement in program.statements:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Call):
                    self._calls[span_of(node)] = node
                for child in ast.iter_child_nodes(node):
                    self._parents[child] = node

    def prediction(self, call: RecordedCall) -> Prediction:
        """Return where the features and the model of a prediction stand.

        Raises
        ------
        _Untraceable
        """
        node = self._calls.get(call.span)
        if node is None:
            raise _Untraceable("its call is not found")
        method = call.name.rpartition(".")[2]
        fit: tuple[ast.expr, ...] = ()
        if call.added and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("fit"):
            model, features, runs = self._of_fit(node)
        elif call.added:
            if len(node.args) < 2:
                raise _Untraceable("its features are not named")
            model, features, runs = node.args[0], node.args[1], False
            fit = tuple(node.args[1:3])
        else:
            if not isinstance(node.func, ast.Attribute):
                raise _Untraceable("it is asked in a way that is not known")
            given = [*node.args, *(one.value for one in node.keywords if one.arg in ("X", "exog", "data", "x", "test"))]
            if not given:
                raise _Untraceable("it is asked about no features")
            model, features, runs = node.func.value, given[0], method == "fit_predict"
            if runs and call.name.rpartition(".")[0].rpartition(".")[2] in _WITHOUT_NEW_ROWS:
                raise _Untraceable("it can tell nothing of new rows")
            method = "predict" if runs else method
        found = Prediction(call, 0, runs, features, model, method, fit)
        return self._at_top(found, node, call)

    def _of_fit(self, node: ast.Call) -> tuple[ast.expr, ast.expr, bool]:
        assert isinstance(node.func, ast.Attribute)
        given = [*node.args, *(one.value for one in node.keywords if one.arg in ("X", "x"))]
        model = node.func.value
        parent = self._parents.get(node)
        named = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
        if isinstance(named, ast.Name):
            model = ast.copy_location(ast.Name(named.id, ast.Load()), named)
        elif not isinstance(model, ast.Name | ast.Attribute | ast.Subscript):
            raise _Untraceable("it has no name")
        if not given:
            given = self._of_formula(node)
        return model, given[0], True

    def _of_formula(self, node: ast.Call) -> list[ast.expr]:
        """Return the features of a model that was given them when it was made: OLS(y, X).fit()."""
        made: ast.AST = node.func.value if isinstance(node.func, ast.Attribute) else node
        if isinstance(made, ast.Name):
            before = [
                s.node.value
                for s in self._program.statements
                if isinstance(s.node, ast.Assign)
                and any(isinstance(t, ast.Name) and t.id == made.id for t in s.node.targets)
                and s.node.lineno < node.lineno
            ]
            made = before[-1] if before else made
        if isinstance(made, ast.Call):
            named = [one.value for one in made.keywords if one.arg in ("exog", "data")]
            if named or len(made.args) > 1:
                return named or [made.args[1]]
        raise _Untraceable("it is fitted on no features that are named")

    def _at_top(self, found: Prediction, node: ast.AST, call: RecordedCall) -> Prediction:
        """Return a prediction by the statement at the top; within a function by the call of that function."""
        chain = [node]
        while chain[-1] in self._parents:
            chain.append(self._parents[chain[-1]])
        function = next((one for one in chain[1:] if isinstance(one, ast.FunctionDef | ast.Lambda)), None)
        if isinstance(function, ast.FunctionDef):
            return self._from_call(found, function)
        if function is not None:
            raise _Untraceable("it stands in a lambda")
        number = next(s.number for s in self._program.statements if s.node is chain[-1])
        top = chain[-1]
        inside = tuple(self._before(top, chain)) if isinstance(top, ast.For | ast.While | ast.With | ast.If) else ()
        runs = found.runs or bool(inside) or isinstance(top, ast.For | ast.While | ast.With | ast.If)
        return replace(found, statement=number, runs=runs, inside=inside)

    def _before(self, top: ast.stmt, chain: list[ast.AST]) -> Iterator[ast.stmt]:
        """Yield the statements within a loop that come before a node."""
        for outer, inner in zip(reversed(chain[1:]), reversed(chain[:-1]), strict=True):
            body = next(
                (
                    part
                    for name in ("body", "orelse")
                    if isinstance(part := getattr(outer, name, None), list) and inner in part
                ),
                [],
            )
            for statement in body:
                if statement is inner:
                    break
                yield statement

    def _from_call(self, found: Prediction, function: ast.FunctionDef) -> Prediction:
        calls = [
            node
            for span, node in self._calls.items()
            if isinstance(node.func, ast.Name) and node.func.id == function.name and self._ran(node)
        ]
        if not calls:
            raise _Untraceable(f"it stands in the function {function.name}, whose call is not found")
        node = max(calls, key=lambda one: (one.lineno, one.col_offset))
        bound = dict(bound_arguments(function, node))
        features, model = self._outside(found.features, bound), self._outside(found.model, bound)
        fit = tuple(self._outside(one, bound) for one in found.fit)
        return self._at_top(replace(found, features=features, model=model, fit=fit, runs=True), node, found.call)

    def _ran(self, node: ast.Call) -> bool:
        return span_of(node) in self._program.recording.values

    @staticmethod
    def _outside(node: ast.expr, bound: Mapping[str, ast.expr]) -> ast.expr:
        if isinstance(node, ast.Name) and node.id in bound:
            return bound[node.id]
        raise _Untraceable("its features are made within a function")

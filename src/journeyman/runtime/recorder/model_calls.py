"""Calls of models, of metrics and of divisions: what they were given, what came out, and which model was judged."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeyman.entities.recording import CallRole, Span
from journeyman.runtime.recorder.journal import Journal
from journeyman.runtime.recorder.public_names import class_name
from journeyman.runtime.recorder.row_flow import Called, RowFlow
from journeyman.runtime.recorder.row_tags import Rows, is_table, length_of

__all__ = ["Model", "ModelCalls"]

_LIBRARIES_TEXT = "sklearn xgboost lightgbm catboost imblearn statsmodels keras tensorflow mord sktime"
_LIBRARIES = frozenset(_LIBRARIES_TEXT.split())
_ROLES = {
    "fit": CallRole.FIT, "partial_fit": CallRole.FIT, "fit_regularized": CallRole.FIT, "fit_generator": CallRole.FIT,
    "fit_transform": CallRole.FIT_TRANSFORM, "transform": CallRole.TRANSFORM,
    "texts_to_sequences": CallRole.TRANSFORM, "predict": CallRole.PREDICT, "fit_predict": CallRole.PREDICT,
    "predict_proba": CallRole.PROBABILITY, "predict_log_proba": CallRole.PROBABILITY,
    "decision_function": CallRole.PROBABILITY, "score": CallRole.SCORE, "evaluate": CallRole.SCORE,
    "fit_resample": CallRole.RESAMPLE, "fit_sample": CallRole.RESAMPLE, "split": CallRole.SPLIT,
}  # fmt: skip
_DRAWING = frozenset((CallRole.SPLIT, CallRole.RESAMPLE, CallRole.CROSS_VALIDATION))
_FEATURES = ("X", "x", "exog", "data", "raw_documents", "endog", "dtrain", "train_set", "y")
_CROSS_VALIDATIONS_TEXT = "cross_val_score cross_validate cross_val_predict"
_CROSS_VALIDATIONS = frozenset(_CROSS_VALIDATIONS_TEXT.split())
_TOGETHER_TEXT = "sklearn.model_selection.train_test_split sklearn.utils.shuffle sklearn.utils.resample"
_TOGETHER = frozenset(_TOGETHER_TEXT.split())
_FITTED_ROWS_TEXT = "labels_ embedding_ fittedvalues resid oob_prediction_ oob_decision_function_"
_FITTED_ROWS = frozenset(_FITTED_ROWS_TEXT.split())
_MOST_OF_A_SPAN = 60
_MOST_ASKED_OF_A_PLACE = 3
_MOST_ARRAYS_OF_A_SPAN = 12
_DATA_HOLDERS_TEXT = "DMatrix QuantileDMatrix Dataset Pool"
_DATA_HOLDERS = frozenset(_DATA_HOLDERS_TEXT.split())


@dataclass
class Model:
    """A model that the program made, what it was fitted to last, and whether it was asked."""

    number: int
    what: Any
    name: str
    variable: str
    span: Span
    fitted: tuple[Any, ...] = ()
    fitted_rows: Rows | None = None
    asked: bool = False
    crossed: bool = False


@dataclass(frozen=True)
class _Outcome:
    """What a call gave: row sets, a score, features and predictions to keep; whether the recorder asked for it."""

    given: Sequence[int] = ()
    score: float | None = None
    kept: tuple[Any, Any] | None = None
    added: bool = False


class ModelCalls:
    """Recognises calls of models among the calls of a program, and notes them."""

    def __init__(self, journal: Journal, flow: RowFlow) -> None:
        self.models: list[Model] = []
        self.seed: int | None = None
        self._journal = journal
        self._flow = flow
        self._by_id: dict[int, tuple[Any, Model]] = {}  # holds the objects, whose numbers are not used again so
        self._n_calls = 0
        self._of_span: dict[Span, list[int]] = {}
        self._arrays: dict[Span, list[tuple[int, list[str]]]] = {}
        self._within = 0
        self._designs: dict[int, tuple[Any, tuple[Any, ...]]] = {}

    def run(self, function: Callable[..., Any], call: Called, variable: str) -> tuple[bool, Any]:
        """Make a call, and note it if it is a model's; return whether its rows are told here, and what it gave."""
        role = None if self._within else self._role(call)
        if role is None:
            return False, function(*call.args, **call.named)
        self._within += 1
        if self.seed is not None and (role in _DRAWING or call.method.startswith("fit")):
            np.random.seed(self.seed)  # noqa: NPY002 - the generator that models draw from where they are given none
        try:
            if call.name in _TOGETHER:
                value, parts = self._divided(function, call)
            else:
                value, parts = function(*call.args, **call.named), []
        finally:
            self._within -= 1
        if role is CallRole.SPLIT and call.name not in _TOGETHER:
            return True, self._folds(call, value) if hasattr(value, "__next__") else value
        with self._journal.apart():
            if role is CallRole.SPLIT:
                self._note_division(call, parts)
            else:
                self._note(role, call, variable, value)
        return True, value

    def hold(self, call: Called, value: Any) -> None:
        """Remember the data that a design or a data set of a library was made of."""
        kind = type(value).__name__
        module = type(value).__module__.partition(".")[0]
        if kind in _DATA_HOLDERS and module in ("xgboost", "lightgbm", "catboost"):
            self._flow.tags.put(value, self._flow.tags.rows(self._features(call)))
            self._designs[id(value)] = (value, tuple(call.args))
        elif module == "statsmodels" and hasattr(value, "fit") and hasattr(value, "endog"):
            self._designs[id(value)] = (value, (*call.args, *call.named.values()))

    def attribute(self, owner: Any, word: str, value: Any) -> None:
        """Follow rows to what a fitted model holds for each of the rows that it was fitted to."""
        _, model = self._by_id.get(id(owner), (None, None)) if word in _FITTED_ROWS else (None, None)
        if model is not None and model.fitted_rows is not None:
            self._flow.tags.put(value, model.fitted_rows, model.number)

    def _role(self, call: Called) -> CallRole | None:
        if call.name in _TOGETHER:
            return CallRole.SPLIT if call.name.endswith("train_test_split") else CallRole.RESAMPLE
        if call.name.startswith("sklearn.model_selection.") and call.method in _CROSS_VALIDATIONS:
            return CallRole.CROSS_VALIDATION
        if call.name.startswith(("sklearn.metrics.", "statsmodels.tools.eval_measures.")) and call.receiver is None:
            return CallRole.METRIC
        if call.name in ("xgboost.train", "lightgbm.train", "catboost.train"):
            return CallRole.FIT
        role = _ROLES.get(call.method)
        if role is None or call.receiver is None or isinstance(call.receiver, type):
            return None
        if role is CallRole.SPLIT:
            return role if hasattr(call.receiver, "get_n_splits") else None
        return role if _is_model(call.receiver) else None

    def model_of(self, what: Any, variable: str, span: Span) -> Model:
        """Return what is known of a model, which is noted where it is new."""
        _, found = self._by_id.get(id(what), (None, None))
        if found is None:
            found = Model(len(self.models), what, class_name(type(what)), variable, span)
            self.models.append(found)
            self._answers_for(what, found)
            self._note_model(found, variable)
        elif variable and not found.variable:
            found.variable = variable
        return found

    def _answers_for(self, what: Any, model: Model) -> None:
        """Have an object's predictions count as those of a model."""
        self._by_id[id(what)] = (what, model)

    def note_models(self, names: dict[str, Any]) -> None:
        """Write what the models are called by now."""
        by_id = {id(value): name for name, value in list(names.items()) if not name.startswith("__")}
        for model in self.models:
            self._note_model(model, by_id.get(id(model.what), model.variable))

    def _note_model(self, model: Model, variable: str) -> None:
        fact = {"number": model.number, "name": model.name, "variable": variable, "settings": _settings(model.what)}
        self._journal.note("model", fact)

    def _features(self, call: Called) -> Any:
        if call.args:
            return call.args[0]
        return next((call.named[name] for name in _FEATURES if name in call.named), None)

    def _note(self, role: CallRole, call: Called, variable: str, value: Any) -> None:
        tags = self._flow.tags
        arguments = [*call.args, *call.named.values()]
        if role is CallRole.METRIC:
            self._note_metric(call, arguments, value)
            return
        if role is CallRole.CROSS_VALIDATION:
            self._note_cross_validation(call, value)
            return
        if role is CallRole.RESAMPLE:
            self._note_resampling(call, value)
            return
        receiver = call.receiver if call.receiver is not None else value
        model = self.model_of(receiver, variable, call.span)
        features: Any = self._features(call)
        if role in (CallRole.FIT, CallRole.FIT_TRANSFORM) or call.method == "fit_predict":
            design = self._design(receiver, features)
            if design:
                arguments = list(design)
            model.fitted = tuple(
                self._shallow_copy(one) for one in arguments if length_of(one) is not None or _is_held(one)
            )
            model.fitted_rows = next((rows for one in arguments if (rows := tags.rows(one)) is not None), None)
            model.asked = False
            if value is not None and value is not receiver and hasattr(value, "predict"):
                model.what = value  # statsmodels answers by another object than it fits
                self._answers_for(value, model)
                self._answers_for(getattr(value, "_results", value), model)
            best = getattr(receiver, "best_estimator_", None)
            if best is not None:
                self._answers_for(best, model)
        given: list[int] = []
        rows = tags.rows(features) if features is not None else None
        if features is None and role is CallRole.PREDICT:
            rows = model.fitted_rows
        judges = role in (CallRole.PREDICT, CallRole.PROBABILITY)
        if judges or role in (CallRole.TRANSFORM, CallRole.FIT_TRANSFORM):
            self._tag_output(value, rows, model.number if judges else None)
            number = self._journal.rows(rows if length_of(value) == (len(rows) if rows else None) else None)
            given = [] if number is None else [number]
        elsewhere = model.fitted_rows is not None and rows is not None and rows.table != model.fitted_rows.table
        model.asked = model.asked or (judges and bool(given) and not elsewhere)
        score = _number(value) if role is CallRole.SCORE else None
        held = self._designs.get(id(features))
        kept = (held[1][0] if held and held[1] else features, value) if judges else None
        self._write(role, call, model.number, arguments, _Outcome(given, score, kept))

    def _tag_output(self, value: Any, rows: Rows | None, model: int | None) -> None:
        if length_of(value) is not None:
            self._flow.tags.put(value, rows, model)

    def _note_metric(self, call: Called, arguments: Sequence[Any], value: Any) -> None:
        number = _number(value)
        if number is None:
            return
        known = [self._flow.tags.model(one) for one in arguments]
        judged = [one for one in known if one is not None]
        self._write(CallRole.METRIC, call, judged[-1] if judged else None, arguments, _Outcome(score=number))

    def _note_cross_validation(self, call: Called, value: Any) -> None:
        estimator = call.argument(0, "estimator")
        model = self.model_of(estimator, "", call.span)
        features, target = call.argument(1, "X"), call.argument(2, "y")
        model.crossed = True
        if not model.fitted:
            model.fitted = tuple(self._shallow_copy(one) for one in (features, target) if one is not None)
            model.fitted_rows = self._flow.tags.rows(features)
        rows, given, score = self._flow.tags.rows(features), [], None
        kept = None
        if call.method == "cross_val_predict":
            self._tag_output(value, rows, model.number)
            number = self._journal.rows(rows)
            given, kept = ([] if number is None else [number]), (None, value)
        elif isinstance(value, dict):
            found = next((value[key] for key in value if str(key).startswith("test_")), None)
            score = None if found is None else _number(np.mean(found))
        else:
            score = _number(np.mean(value))
        self._write(CallRole.CROSS_VALIDATION, call, model.number, (features, target), _Outcome(given, score, kept))

    def _note_resampling(self, call: Called, value: Any) -> None:
        chosen = getattr(call.receiver, "sample_indices_", None)
        parts = value if isinstance(value, tuple) else (value,)
        given: list[int] = []
        if chosen is not None:
            for before, after in zip(call.args, parts, strict=False):
                rows = self._flow.tags.rows(before)
                if rows is not None:
                    self._flow.tags.put(after, rows.take(np.asarray(chosen)))
        for one in parts:
            number = self._journal.rows(self._flow.tags.rows(one))
            given += [] if number is None else [number]
        self._write(CallRole.RESAMPLE, call, None, call.args, _Outcome(given))

    def _divided(self, function: Callable[..., Any], call: Called) -> tuple[Any, list[Any]]:
        """Divide or draw rows with their places beside them, which come out in the parts."""
        sizes = {length_of(one) for one in call.args}
        size = sizes.pop() if len(sizes) == 1 else None
        if size is None:
            return function(*call.args, **call.named), []
        done = function(*call.args, np.arange(size), **call.named)
        each = len(done) // (len(call.args) + 1)
        places = done[-each:]
        value = done[:-each]
        for k, part in enumerate(value):
            known = self._flow.tags.get(call.args[k // each])
            if known is not None and known.rows is not None:
                self._flow.tags.put(part, known.rows.take(places[k % each]), known.model)
        return (value[0] if each == 1 and len(value) == 1 else value), list(value)

    def _note_division(self, call: Called, parts: Sequence[Any]) -> None:
        numbers = [self._journal.rows(self._flow.tags.rows(one)) for one in parts]
        given = [one for one in numbers if one is not None]
        self._write(CallRole.SPLIT, call, None, call.args, _Outcome(given))

    def _folds(self, call: Called, folds: Iterator[Any]) -> Iterator[Any]:
        rows = next((rows for one in call.args if (rows := self._flow.tags.rows(one)) is not None), None)
        for fold in folds:
            with self._journal.apart():
                given = []
                if rows is not None and isinstance(fold, tuple):
                    numbers = [self._journal.rows(rows.take(np.asarray(part))) for part in fold]
                    given = [one for one in numbers if one is not None]
                self._write(CallRole.SPLIT, call, None, call.args, _Outcome(given))
            yield fold

    def _design(self, receiver: Any, features: Any) -> tuple[Any, ...]:
        """Return the data of a model that was given them before it was fitted."""
        if features is not None and not _is_held(features):
            return ()
        held = self._designs.get(id(receiver)) or self._designs.get(id(features))
        if held is None:
            return ()
        found = [one for one in held[1] if length_of(one) is not None]
        if _is_held(features):
            return (features,)
        frame = getattr(getattr(receiver, "data", None), "frame", None)
        return tuple(found) or (() if frame is None else (frame,))

    def _write(
        self, role: CallRole, call: Called, model: int | None, arguments: Sequence[Any], outcome: _Outcome
    ) -> None:
        number = self._n_calls
        self._n_calls += 1
        rows = [
            self._journal.rows(self._flow.tags.rows(one))
            for one in arguments
            if length_of(one) is not None or _is_held(one)
        ]
        names: list[str | None] = [None, None]
        if outcome.kept is not None:
            names = [
                None if one is None else self._journal.array(f"{word}{number}", one)
                for word, one in zip(("inputs", "output"), outcome.kept, strict=True)
            ]
        told = self._of_span.setdefault(call.span, [])
        if len(told) >= _MOST_OF_A_SPAN:
            self._journal.note("drop", {"number": told.pop()})
        told.append(number)
        saved = [name for name in names if name is not None]
        if saved:
            held = self._arrays.setdefault(call.span, [])
            held.append((number, saved))
            if len(held) > _MOST_ARRAYS_OF_A_SPAN:
                _, gone = held.pop(-2)
                for name in gone:
                    self._journal.drop_array(name)
        fact = {
            "number": number,
            "span": call.span,
            "role": role.value,
            "name": call.name,
            "model": model,
            "rows": rows,
            "given": list(outcome.given),
            "value": outcome.score,
            "inputs": names[0],
            "output": names[1],
            "added": outcome.added,
        }
        self._journal.note("call", fact)
        self._journal.flush()

    def _shallow_copy(self, value: Any) -> Any:
        """Return a table as it is now: what the program changes of it later does not reach the copy."""
        if not is_table(value):
            return value
        copied = value.copy(deep=False)
        self._flow.tags.put(copied, self._flow.tags.rows(value))
        return copied

    def ask_at_end(self, seconds: float) -> None:
        """Ask each predictor that was asked for no rows of a table, on the rows that it was fitted to.

        Of the models that one place of the program made, the last are asked; none once the seconds are over.
        """
        ended = time.monotonic() + seconds
        silent = [one for one in self.models if not one.asked and one.fitted and hasattr(one.what, "predict")]
        of_place: dict[Span, int] = {}
        for model in sorted(silent, key=lambda one: (one.crossed, -one.number)):
            of_place[model.span] = of_place.get(model.span, 0) + 1
            if of_place[model.span] <= _MOST_ASKED_OF_A_PLACE and time.monotonic() < ended:
                with self._journal.apart():
                    self._ask(model)

    def _ask(self, model: Model) -> None:
        what, features = model.what, model.fitted[0]
        library = type(what).__module__.partition(".")[0]
        if library == "statsmodels":
            value, features = what.predict(), model.fitted[-1]
        else:
            if model.crossed and not _is_fitted(what):
                from sklearn.base import clone  # noqa: PLC0415 - the program has imported it by now

                if self.seed is not None:
                    np.random.seed(self.seed)  # noqa: NPY002 - as in ``run``
                what = clone(what).fit(*model.fitted[:2])
            value = what.predict(features)
        rows = model.fitted_rows or self._flow.tags.rows(features)
        if rows is not None and length_of(value) not in (None, len(rows)):
            rows = None
        number = self._journal.rows(rows)
        call = Called(model.span, f"{model.name}.predict", what, (features,), {})
        outcome = _Outcome([] if number is None else [number], None, (features, value), added=True)
        self._write(CallRole.PREDICT, call, model.number, (features,), outcome)


def _is_model(what: Any) -> bool:
    module = type(what).__module__
    if module.partition(".")[0] in _LIBRARIES:
        return True
    scikit = sys.modules.get("sklearn.base")
    if scikit is not None and isinstance(what, scikit.BaseEstimator):
        return True
    return module == "__main__" and hasattr(what, "fit") and hasattr(what, "predict")


def _is_fitted(what: Any) -> bool:
    return any(name.endswith("_") and not name.startswith("_") for name in vars(what))


def _is_held(what: Any) -> bool:
    return type(what).__name__ in _DATA_HOLDERS


def _number(value: Any) -> float | None:
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    try:
        return float(value) if np.ndim(value) == 0 and not isinstance(value, str) and value is not None else None
    except (TypeError, ValueError):
        return None


def _settings(what: Any) -> str:
    """Return a model's settings that are not its defaults, as scikit-learn writes them."""
    try:
        return repr(what)[:2_000] if hasattr(what, "get_params") else ""
    except Exception:  # noqa: BLE001 - a class of the program may fail to describe itself in any way
        return ""

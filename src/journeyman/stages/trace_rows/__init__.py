"""Trace rows: follow which rows a program's models learned from and were judged on, and tell where these meet.

The program is not run. Its statements are gone through with sets of rows in place of tables: a division makes parts
that have no row in common, a statistic of rows remembers which, and whatever is made with it has seen them.
"""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.prototype import parse_program
from journeyman.stages.trace_rows.chosen_leaks import chosen_leaks
from journeyman.stages.trace_rows.columns import target_columns
from journeyman.stages.trace_rows.row_sets import overlap, shares_duplicates
from journeyman.stages.trace_rows.tracer import Tracer
from journeyman.stages.trace_rows.values import Evaluation, Fit, Model

__all__ = ["trace_rows"]


def trace_rows(source: str) -> tuple[CodeLeak, ...]:
    """Return the leaks of a Python program, by line.

    Parameters
    ----------
    source : str
        Of the program; a notebook's cells one after the other.

    Raises
    ------
    InputError
        Where it is no Python.

    References
    ----------
    Yang, Brower-Sinning, Lewis, Kästner 2022, "Data leakage in notebooks: static detection and better processes".

    Examples
    --------
    >>> found = trace_rows('''
    ... import pandas as pd
    ... from sklearn.linear_model import LinearRegression
    ... from sklearn.model_selection import train_test_split
    ... from sklearn.preprocessing import StandardScaler
    ... table = pd.read_csv("t.csv")
    ... x = StandardScaler().fit_transform(table.drop(columns="y"))
    ... x_train, x_test, y_train, y_test = train_test_split(x, table["y"])
    ... model = LinearRegression().fit(x_train, y_train)
    ... print(model.score(x_test, y_test))
    ... ''')
    >>> [(leak.kind.value, leak.method, leak.cause) for leak in found]
    [('learned before the split', 'LinearRegression.fit', 7)]
    """
    tree = parse_program(source)
    tracer = Tracer()
    tracer.run(tree)
    found = [leak for model in tracer.models for k, fit in enumerate(model.fits) for leak in _leaks(model, k, fit)]
    found += chosen_leaks(tracer.models, tracer.choices)
    return tuple(sorted(dict.fromkeys(found), key=lambda leak: (leak.line, leak.kind)))


def _leaks(model: Model, number: int, fit: Fit) -> list[CodeLeak]:
    """Return what is wrong with a fit and the evaluations that follow it, at most one of each kind."""
    judged = [one for one in model.evaluations if one.after == number + 1]
    scored = [one for k, one in enumerate(model.evaluations) if one.after == number + 1 and k in model.scored]
    found: dict[LeakKind, CodeLeak] = {}
    for one in judged:
        doubled = shares_duplicates(fit.rows, one.rows)
        if doubled is not None:
            found.setdefault(LeakKind.RESAMPLED, _leak(LeakKind.RESAMPLED, fit, one, doubled.line))
        told = target_columns(fit.columns, fit.target, one.rows)
        known = set(target_columns(one.columns, fit.target, one.rows))
        columns = tuple(name for name in told if name in known)
        if columns:
            leak = replace(_leak(LeakKind.TARGET, fit, one, fit.line), columns=columns)
            found.setdefault(LeakKind.TARGET, leak)
        if overlap(fit.rows, one.rows):
            continue
        seen = [s for s in fit.learned | one.learned if overlap(s.rows, one.rows)]
        if seen:
            cause = min(s.line for s in seen)
            found.setdefault(LeakKind.PREPROCESSING, _leak(LeakKind.PREPROCESSING, fit, one, cause))
    if scored and all(overlap(fit.rows, one.rows) for one in scored):
        first = scored[0]
        kind = LeakKind.TRAINING_SCORE if first.rows == fit.rows else LeakKind.OVERLAP
        found.setdefault(kind, _leak(kind, fit, first, fit.line))
    return list(found.values())


def _leak(kind: LeakKind, fit: Fit, judged: Evaluation, cause: int) -> CodeLeak:
    return CodeLeak(kind, fit.line, fit.method, cause, judged.line)

"""Compare parts: what a recorded run shows of the rows that taught a model and of those that judged it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.finding import Finding, Remedy
from journeyman.entities.honest_split import RowDivision
from journeyman.entities.recording import CallRole, RecordedCall, Recording
from journeyman.entities.row_groups import equal_rows, group_codes, time_order

__all__ = ["MainTable", "candidate_scores", "compare_parts", "divided_rows", "judged_call", "leaks_of_chance"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_GIVES_AWAY = frozenset(("DQ301", "DQ302", "DQ307", "DQ308"))
_TIMES = frozenset((Remedy.USE_AS_TIME, Remedy.USE_ROW_ORDER))
_BY_ROWS = frozenset((LeakKind.OVERLAP, LeakKind.TRAINING_SCORE))
_APART = ("GroupKFold", "GroupShuffleSplit", "LeaveOneGroupOut", "LeavePGroupsOut", "TimeSeriesSplit")
_FEWEST_DOUBLED, _SHARE_DOUBLED = 3, 0.01
_BEYOND_CHANCE = 5
_BLOCKS = 20
_SURE = 1e-4
_SHARED_GROUPS = 0.2  # of the test rows: fewer may stand on both sides by an odd key
_MIXED = 0.5


@dataclass(frozen=True)
class MainTable:
    """The table that a prototype's model learns from, as it was read, and what is known of it.

    Attributes
    ----------
    number : int
        Of it in the recording.
    frame : pandas.DataFrame of shape (n_rows, n_columns)
    target : str or None
    columns : tuple of str
        Those that the model's features are made of.
    findings : tuple of Finding
        Of a build or an analysis of the table with the same target: which columns give the target away (DQ301, DQ302,
        DQ307, DQ308), group the rows (DQ503) or tell their time (DQ501, DQ502).
    """

    number: int
    frame: pd.DataFrame
    target: str | None
    columns: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def divided_rows(recording: Recording, model: int, table: int) -> RowDivision:
    """Return the rows of a table that a model learned from last, and those that its score was made of.

    No rows judge where none of the table did, or where all did in turn.

    Examples
    --------
    >>> from journeyman.entities.recording import RowSet, Span
    >>> sets = (RowSet(0, np.arange(6)), RowSet(0, np.arange(6, 9)))
    >>> fit = RecordedCall(0, Span(4, 0, 4, 9), CallRole.FIT, "sklearn.svm.SVC.fit", 1, (0, 0))
    >>> score = RecordedCall(1, Span(5, 0, 5, 9), CallRole.SCORE, "sklearn.svm.SVC.score", 1, (1, 1))
    >>> run = Recording("", True, "done", 1.0, calls=(fit, score), row_sets=sets)
    >>> divided_rows(run, 1, 0).test.tolist()
    [6, 7, 8]
    """
    fit, judged = _calls_of(recording, model, table)
    training = _rows_of(recording, fit, table)
    if judged is None or judged.role is CallRole.CROSS_VALIDATION:
        return RowDivision(training, np.empty(0, dtype=np.int64))
    return RowDivision(np.unique(training), np.unique(_rows_of(recording, judged, table)))


def judged_call(recording: Recording, model: int, table: int) -> RecordedCall | None:
    """Return the call whose score is told of a model: the last on rows it did not learn from, or the last."""
    return _calls_of(recording, model, table)[1]


def candidate_scores(recording: Recording, model: int, table: int) -> tuple[float, ...]:
    """Return the scores that were told of any model by the same metric on the rows that a model was judged on.

    Each value once, in the order of the calls.
    """
    _, judged = _calls_of(recording, model, table)
    if judged is None:
        return ()
    rows = np.unique(_rows_of(recording, judged, table))
    metric = judged.name.rpartition(".")[2]
    scores = [
        call.value
        for call in recording.calls
        if call.value is not None
        and not call.added
        and call.role in (CallRole.METRIC, CallRole.SCORE)
        and call.name.rpartition(".")[2] == metric
        and np.array_equal(np.unique(_rows_of(recording, call, table)), rows)
    ]
    return tuple(dict.fromkeys(scores))


def compare_parts(leaks: Sequence[CodeLeak], recording: Recording, model: int, main: MainTable) -> tuple[CodeLeak, ...]:
    """Return the leaks of a model: those that the code tells, put right by what the run showed, and those of the rows.

    Parameters
    ----------
    leaks : sequence of CodeLeak
        Of the whole program, as its code tells them.
    recording : Recording
    model : int
        Number of the model in the recording.
    main : MainTable

    Returns
    -------
    tuple of CodeLeak
        One of each kind at most, but for columns that give the target away.

    Notes
    -----
    Equal rows on both sides count where they are more than columns that have nothing to do with one another would
    give. Groups and times come from the findings of the table; a time is a leak only where test rows lie among the
    training rows and neighbours in time share the target (one-way analysis of variance of its ranks over 20 stretches,
    Kruskal and Wallis 1952).
    """
    fit, judged = _calls_of(recording, model, main.number)
    if fit is None:
        return tuple(leaks)
    lines = {call.span.line for call in recording.calls if call.model == model and not call.added}
    rows = divided_rows(recording, model, main.number)
    own = [
        leak
        for leak in leaks
        if leak.line in lines or leak.judged in lines or _chose(leak, recording, main.number, rows.test)
    ]
    base = _base_leak(fit, judged)
    if len(rows.test) and len(rows.training):  # row numbers know better than the code which rows are in both parts
        own = [leak for leak in own if leak.kind not in _BY_ROWS]
        own += _shared_rows(base, rows, _rows_of(recording, fit, main.number), main)
    compared = rows
    if judged is not None and judged.role is CallRole.CROSS_VALIDATION and not _kept_apart(recording.source):
        compared = RowDivision(rows.training, rows.training)
    if len(compared.test):
        own += _shared_groups(base, compared, main)
        own += _mixed_times(base, compared, main)
    own += _given_away(base, main)
    found = {(leak.kind, leak.columns if leak.kind is LeakKind.TARGET else ()): leak for leak in reversed(own)}
    return tuple(sorted(found.values(), key=lambda leak: (leak.line, leak.kind)))


def leaks_of_chance(recording: Recording, model: int, main: MainTable) -> tuple[CodeLeak, ...]:
    """Return the groups and the time that a part drawn at random would tear apart.

    A model that was judged on no rows of the table has no leak of the kind, but an honest part has to keep them.
    """
    fit, judged = _calls_of(recording, model, main.number)
    if fit is None:
        return ()
    training = divided_rows(recording, model, main.number).training
    every = RowDivision(training, training)
    base = _base_leak(fit, judged)
    return (*_shared_groups(base, every, main), *_mixed_times(base, every, main))


def _base_leak(fit: RecordedCall, judged: RecordedCall | None) -> CodeLeak:
    """Return a leak with the places of a model's calls; its kind is told later."""
    line = fit.span.line
    method = ".".join(fit.name.split(".")[-2:])
    return CodeLeak(LeakKind.OVERLAP, line, method, line, line if judged is None else judged.span.line)


def _calls_of(recording: Recording, model: int, table: int) -> tuple[RecordedCall | None, RecordedCall | None]:
    """Return the fit that counts, and the call whose score is told: the latest on other rows, or the latest."""
    calls = [call for call in recording.calls if call.model == model and not call.added]
    fits = [c for c in calls if c.role is CallRole.FIT and len(_rows_of(recording, c, table))]
    folds = [c for c in calls if c.role is CallRole.CROSS_VALIDATION and len(_rows_of(recording, c, table))]
    if not fits and not folds:
        return None, None
    fit = (fits or folds)[-1]
    scores = [c for c in calls if c.role in (CallRole.METRIC, CallRole.SCORE) and c.number > fit.number]
    scores = scores or [
        c for c in calls if c.role in (CallRole.PREDICT, CallRole.PROBABILITY) and c.number > fit.number
    ]
    scores = [c for c in scores if len(_rows_of(recording, c, table))]
    training = _rows_of(recording, fit, table)
    other = [c for c in scores if not np.isin(_rows_of(recording, c, table), training).all()]
    judged = other or scores or folds
    return fit, judged[-1] if judged else None


def _rows_of(recording: Recording, call: RecordedCall | None, table: int) -> IntArray:
    if call is None:
        return np.empty(0, dtype=np.int64)
    sets = [recording.row_sets[number] for number in call.rows if number is not None]
    numbers = next((one.numbers for one in sets if one.table == table and len(one.numbers)), np.empty(0))
    return np.asarray(numbers[numbers >= 0], dtype=np.int64)


def _chose(leak: CodeLeak, recording: Recording, table: int, test: IntArray) -> bool:
    """Return whether a choice among other models was made by rows that judge this one: it was made for it."""
    if leak.kind is not LeakKind.CHOSEN:
        return False
    calls = [call for call in recording.calls if call.span.line == leak.judged]
    return any(bool(np.isin(_rows_of(recording, call, table), test).any()) for call in calls)


def _kept_apart(source: str) -> bool:
    return any(name in source for name in _APART)


def _shared_rows(base: CodeLeak, rows: RowDivision, taught: IntArray, main: MainTable) -> Iterator[CodeLeak]:
    shared = np.intersect1d(rows.training, rows.test)
    if len(shared) == len(rows.test):
        yield replace(base, kind=LeakKind.TRAINING_SCORE, n_rows=len(shared))
        return
    if len(shared):
        several = len(rows.training) < len(taught)
        yield replace(base, kind=LeakKind.RESAMPLED if several else LeakKind.OVERLAP, n_rows=len(shared))
    doubled = _doubled(rows, main)
    if doubled and not len(shared):
        yield replace(base, kind=LeakKind.OVERLAP, n_rows=doubled)


def _doubled(rows: RowDivision, main: MainTable) -> int:
    """Return how many test rows equal a training row, where that is no chance."""
    if main.frame.shape[1] < 3:
        return 0
    codes = equal_rows(main.frame)
    seen = int(np.isin(codes[rows.test], codes[rows.training]).sum())
    if seen < max(_FEWEST_DOUBLED, _SHARE_DOUBLED * len(rows.test)):
        return 0
    half = main.frame.shape[1] // 2
    order = np.random.default_rng(0).permutation(len(main.frame))
    mixed = pd.concat([main.frame.iloc[:, :half], main.frame.iloc[order, half:].set_axis(main.frame.index)], axis=1)
    chance = equal_rows(mixed)
    by_chance = int(np.isin(chance[rows.test], chance[rows.training]).sum())
    return seen if seen > _BEYOND_CHANCE * (by_chance + 1) or (seen > 2 * by_chance and seen >= 50) else 0


def _shared_groups(base: CodeLeak, rows: RowDivision, main: MainTable) -> Iterator[CodeLeak]:
    for finding in main.findings:
        if finding.remedy is Remedy.USE_AS_GROUP and finding.subject and finding.subject[0] in main.frame.columns:
            derive = str(finding.evidence.get("derive", ""))
            codes = group_codes(main.frame, finding.subject[0], derive)
            shared = int(np.isin(codes[rows.test], codes[rows.training]).sum())
            if shared >= _SHARED_GROUPS * len(rows.test):
                yield replace(base, kind=LeakKind.GROUPS, columns=finding.subject[:1], n_rows=shared, derive=derive)
            return


def _mixed_times(base: CodeLeak, rows: RowDivision, main: MainTable) -> Iterator[CodeLeak]:
    for finding in main.findings:
        if finding.remedy not in _TIMES or any(name not in main.frame.columns for name in finding.subject):
            continue
        order = time_order(main.frame, finding.subject)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        before = int((place[rows.test] < place[rows.training].max()).sum())
        earlier = np.searchsorted(np.sort(place[rows.training]), place[rows.test]) / len(rows.training)
        if float(np.mean(earlier < 0.9)) >= _MIXED and _depends_on_time(order, main):
            yield replace(base, kind=LeakKind.TIME, columns=finding.subject[:1], n_rows=before)
        return


def _depends_on_time(order: IntArray, main: MainTable) -> bool:
    if main.target is None or main.target not in main.frame.columns:
        return False
    values = main.frame[main.target].iloc[order]
    values = values[values.notna().to_numpy()]
    numeric = pd.api.types.is_numeric_dtype(values)
    y = values.to_numpy(dtype=np.float64) if numeric else pd.factorize(values)[0].astype(np.float64)
    if len(y) < 5 * _BLOCKS or not np.ptp(y):
        return False
    stretches = np.array_split(y, _BLOCKS)
    return bool(stats.kruskal(*stretches).pvalue < _SURE)


def _given_away(base: CodeLeak, main: MainTable) -> Iterator[CodeLeak]:
    for finding in main.findings:
        if finding.code in _GIVES_AWAY and finding.remedy is Remedy.IGNORE_COLUMN:
            used = tuple(name for name in finding.subject if name in main.columns and name != main.target)
            if used:
                yield replace(base, kind=LeakKind.TARGET, columns=used)

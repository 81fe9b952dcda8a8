"""The line of an assessment: from tables to use cases, ranked by the probability that a full build succeeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from journeyman.entities.table import Table
from journeyman.entities.use_case import (
    Assessment,
    AssessRequest,
    BuildOutcome,
    Objection,
    Probe,
    RefusedTarget,
    SuccessEstimate,
    UseCase,
)
from journeyman.errors import JourneymanError, SettingsError, SourceError
from journeyman.interfaces import Metric, Source
from journeyman.linear_algebra import on_one_thread
from journeyman.pipelines.probe_case import PreparedCase, prepare_case, probe_case, without_leaks
from journeyman.runtime.build_context import BuildContext
from journeyman.settings import BuildSettings, bounded
from journeyman.sources import FrameSource
from journeyman.stages.case_remarks import objections, suggestions
from journeyman.stages.ingest import ingest
from journeyman.stages.possible_targets import possible_targets
from journeyman.stages.rank import meta_features
from journeyman.stages.rank.memory import TABLE
from journeyman.stages.success import (
    SuccessModel,
    estimate_success,
    expected_score,
    extrapolated_gain,
    own_shift,
)
from journeyman.tasks import metric_of

__all__ = ["NamedSource", "assess"]

_FIRST_ROWS, _SECOND_ROWS = 600, 3_000
_MOST_CELLS, _LEAST_ROWS, _MOST_ROWS = 600_000, 4_000, 30_000
_DECIDED = 0.03
"""Nearer to no or yes than this, a case is not looked at again."""

_NOTHING = SuccessEstimate(None, 0.0, 0.0, 0.0, "too few rows are left to learn from and to judge by")


@dataclass(frozen=True)
class NamedSource:
    """A table of the source: its name, and what opens it."""

    name: str
    open: Callable[[], Source]


@dataclass(frozen=True)
class _Loaded:
    """Raw rows of a table, the same in canonical form, and how many rows there are."""

    name: str
    frame: pd.DataFrame
    table: Table
    source_rows: int


@dataclass(frozen=True)
class _Open:
    """A case that was looked at: what was prepared for it, and what was said of it."""

    loaded: _Loaded
    prepared: PreparedCase
    case: UseCase


@dataclass
class _Progress:
    """What is known so far, so that an interruption loses nothing."""

    cases: dict[tuple[str, str], _Open] = field(default_factory=dict)
    refused: list[RefusedTarget] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def assess(
    sources: Sequence[NamedSource],
    context: BuildContext,
    request: AssessRequest,
    model: SuccessModel,
    outcomes: Sequence[BuildOutcome] = (),
) -> Assessment:
    """Rank the columns that could be predicted by the probability that a build succeeds.

    Every case is looked at once, cheaply; those that this leaves open are looked at again, the most open ones first,
    until the budget is used. Ctrl+C ends with what is known.

    Parameters
    ----------
    sources : sequence of NamedSource
        The tables.
    context : BuildContext
        Components and settings; its clock measures the budget.
    request : AssessRequest
        What is asked.
    model : SuccessModel
        What is known of other cases.
    outcomes : sequence of BuildOutcome
        Of the user's own builds.

    Raises
    ------
    SourceError
        Where no table can be read.
    SettingsError
        Where a named target is in no table.
    """
    began = context.components.clock.monotonic()
    known, shift = _Progress(), own_shift(outcomes)
    line = _Line(context, request, model, shift, began)
    try:
        loaded = _load(sources, line, known)
        wanted = _choose_columns(loaded, request, known)
        with on_one_thread():
            line.first_looks(wanted, loaded, known)
            line.second_looks(loaded, known)
    except KeyboardInterrupt:
        if not known.cases:
            raise
        known.notes.append("It was stopped: cases that were not looked at are missing, and open ones stayed so.")
    cases = sorted((one.case for one in known.cases.values()), key=_rank)
    seconds = context.components.clock.monotonic() - began
    return Assessment(
        request, tuple(cases), tuple(known.refused), tuple(known.notes), shift, len(outcomes), round(seconds, 3)
    )


def _rank(case: UseCase) -> tuple[bool, float, float, str, str]:
    chance = case.estimate.probability
    return chance is None, -round(chance or 0.0, 3), -case.estimate.gain, case.table, case.target


def _load(sources: Sequence[NamedSource], line: _Line, known: _Progress) -> dict[str, _Loaded]:
    """Return the tables that can be read; the others are noted.

    Raises
    ------
    SourceError
        Where none can.
    """
    found: dict[str, _Loaded] = {}
    last: JourneymanError | None = None
    for one in sources:
        line.tell("read", one.name)
        try:
            found[one.name] = _read(one, line.context)
        except JourneymanError as error:
            last = error
            known.notes.append(f"{one.name} is not looked at: {error.message}.")
    if not found:
        if last is not None and len(sources) == 1:
            raise last
        raise SourceError("no table of the source can be read", hint="give a table, a folder of tables or a database")
    for table in found.values():
        if len(table.frame) < table.source_rows:
            known.notes.append(f"Of {table.name} {len(table.frame):,} of {table.source_rows:,} rows are looked at.")
    return found


def _read(one: NamedSource, context: BuildContext) -> _Loaded:
    source = one.open()
    rows = source.rows()
    most = int(np.clip(_MOST_CELLS // max(1, len(source.names)), _LEAST_ROWS, _MOST_ROWS))
    raw = source.read(most if rows > most else None, context.settings.seed).reset_index(drop=True)
    raw.columns = [str(name) for name in raw.columns]
    settings = replace(context.settings, target=None)
    return _Loaded(one.name, raw, ingest(FrameSource(raw, one.name), settings).table, max(rows, len(raw)))


def _choose_columns(loaded: Mapping[str, _Loaded], request: AssessRequest, known: _Progress) -> list[tuple[str, str]]:
    """Return which columns of which tables are looked at, by turns; SettingsError for one that is in no table."""
    possible: dict[str, tuple[str, ...]] = {}
    refused: dict[tuple[str, str], RefusedTarget] = {}
    for table in loaded.values():
        possible[table.name], others = possible_targets(table.table)
        refused |= {(one.table, one.target): replace(one, table=table.name) for one in others}
        refused = {(table.name if k[0] == table.table.name else k[0], k[1]): v for k, v in refused.items()}
    if request.targets:
        named = [pair for text in request.targets for pair in _find_columns(text, loaded)]
        known.refused += [refused[pair] for pair in named if pair in refused]
        return [pair for pair in dict.fromkeys(named) if pair not in refused]
    known.refused += list(refused.values())
    most = max((len(names) for names in possible.values()), default=0)
    return [(table, names[k]) for k in range(most) for table, names in possible.items() if k < len(names)]


def _find_columns(text: str, loaded: Mapping[str, _Loaded]) -> list[tuple[str, str]]:
    found = [(name, text) for name, table in loaded.items() if text in table.frame.columns]
    found += [
        (name, text.removeprefix(f"{name}."))
        for name, table in loaded.items()
        if text.startswith(f"{name}.") and text.removeprefix(f"{name}.") in table.frame.columns
    ]
    if not found:
        columns = sorted({str(c) for table in loaded.values() for c in table.frame.columns})
        shown = ", ".join(columns[:6]) + (", ..." if len(columns) > 6 else "")
        raise SettingsError(f"no table has a column {text!r}", hint=f"columns are {shown}")
    return found


@dataclass(frozen=True)
class _Line:
    """What every look at a case needs."""

    context: BuildContext
    request: AssessRequest
    model: SuccessModel
    shift: float
    began: float

    def tell(self, name: str, detail: str) -> None:
        self.context.components.progress.stage(name, detail)

    def now(self) -> float:
        return self.context.components.clock.monotonic()

    def used(self) -> float:
        """Return the share of the budget that is used."""
        return 0.0 if self.request.budget is None else (self.now() - self.began) / self.request.budget

    def first_looks(self, wanted: Sequence[tuple[str, str]], loaded: Mapping[str, _Loaded], known: _Progress) -> None:
        for number, (table, target) in enumerate(wanted):
            # One case at least is told of, however small the budget.
            if known.cases and self.used() >= 1.0:
                left = len(wanted) - number
                known.notes.append(
                    f"The budget was used before {left} of {len(wanted)} columns were looked at; "
                    "give more with --budget, or name some with --targets."
                )
                return
            self.tell("look at", f"{target} of {table}, {number + 1} of {len(wanted)}")
            found = self._first_look(loaded[table], target, loaded)
            if isinstance(found, RefusedTarget):
                known.refused.append(found)
            else:
                known.cases[table, target] = found

    def second_looks(self, loaded: Mapping[str, _Loaded], known: _Progress) -> None:
        """Look at open cases again, with more rows."""
        again = [key for key, one in known.cases.items() if _is_open(one)]
        again.sort(key=lambda key: abs((known.cases[key].case.estimate.probability or 0.5) - 0.5))
        for number, key in enumerate(again):
            if self.used() >= 1.0:
                known.notes.append(
                    f"The budget was used before {len(again) - number} open cases were looked at again; "
                    "give more with --budget."
                )
                return
            one, began = known.cases[key], self.now()
            self.tell("look again", f"{key[1]} of {key[0]}, {number + 1} of {len(again)}")
            case = self._case(one.loaded, one.prepared, _SECOND_ROWS, loaded)
            spent = round(one.case.seconds + self.now() - began, 3)
            known.cases[key] = replace(one, case=replace(case, looks=2, seconds=spent))

    def _first_look(self, table: _Loaded, target: str, loaded: Mapping[str, _Loaded]) -> _Open | RefusedTarget:
        began = self.now()
        context = replace(self.context, settings=replace(self.context.settings, target=target))
        try:
            prepared = prepare_case(table.frame, table.name, context)
        except JourneymanError as error:
            return RefusedTarget(table.name, target, f"it cannot be learned: {error.message}")
        case = self._case(table, prepared, _FIRST_ROWS, loaded)
        return _Open(table, prepared, replace(case, seconds=round(self.now() - began, 3)))

    def _case(self, table: _Loaded, prepared: PreparedCase, rows: int, loaded: Mapping[str, _Loaded]) -> UseCase:
        data = without_leaks(prepared)
        seed, margin, metric = self.request.seed, self.request.margin, metric_of(data.task)
        probe = probe_case(data, rows, seed)
        against = objections(probe, data, prepared.findings, prepared.leaks)
        found = UseCase(
            table=table.name,
            target=data.task.target,
            task=data.task.kind,
            metric=metric.name,
            estimate=_NOTHING,
            margin=margin,
            base_score=float("nan"),
            expected_score=float("nan"),
            low_score=float("nan"),
            high_score=float("nan"),
            leaks=prepared.leaks,
            against=against,
            build_seconds=_build_seconds(table, len(data.table.features)),
        )
        if probe is None:
            return found
        estimate = estimate_success(self.model, probe, margin, self.shift)
        if estimate.unlike:
            against = (*against, Objection("unlike", f"There is no probability: {estimate.unlike}."))
        leaky = probe_case(prepared.data, rows, seed) if prepared.leaks else None
        doubled = extrapolated_gain(probe, 2 * probe.rows) - extrapolated_gain(probe, probe.rows)
        scores = _scores(metric, probe, estimate)
        number = meta_features(prepared.data.table, prepared.data.task).get(TABLE)
        return replace(
            found,
            estimate=estimate,
            base_score=probe.base_score,
            expected_score=scores[0],
            low_score=min(scores),
            high_score=max(scores),
            with_leaks=None if leaky is None else estimate_success(self.model, leaky, margin, self.shift).probability,
            raises=suggestions(probe, data, doubled, _joinable(table, loaded)),
            against=against,
            probe=probe,
            unmoved=estimate_success(self.model, probe, margin).probability,
            number="" if number is None else f"{number:.0f}",
        )


def _is_open(one: _Open) -> bool:
    chance, probe = one.case.estimate.probability, one.case.probe
    more = probe is not None and len(one.prepared.data.split.train) > probe.looked_at
    return more and chance is not None and _DECIDED < chance < 1.0 - _DECIDED


def _scores(metric: Metric, probe: Probe, estimate: SuccessEstimate) -> tuple[float, float, float]:
    return (
        expected_score(probe, metric, estimate.gain),
        expected_score(probe, metric, estimate.low),
        expected_score(probe, metric, estimate.high),
    )


def _build_seconds(table: _Loaded, columns: int) -> float:
    """Return the seconds that a build may take at most where it decides itself when more is not worth it."""
    settings = BuildSettings(table.name, None, "assess", budget=None)
    return round(bounded(settings, table.source_rows, max(columns, 1)).budget or 0.0, 1)


def _joinable(table: _Loaded, loaded: Mapping[str, _Loaded]) -> dict[str, tuple[str, ...]]:
    """Return other tables with columns of the same name, and values that are there in both."""
    found: dict[str, tuple[str, ...]] = {}
    for name, other in loaded.items():
        shared = [
            str(c)
            for c in table.frame.columns
            if name != table.name and c in other.frame.columns and _same_values(table.frame[c], other.frame[c])
        ]
        if shared:
            found[name] = tuple(shared)
    return found


def _same_values(one: pd.Series, other: pd.Series) -> bool:
    first, second = set(one.dropna().astype(str).unique()[:500]), set(other.dropna().astype(str).unique())
    return len(first & second) >= max(3, 0.5 * len(first))

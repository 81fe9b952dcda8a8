"""Tasks without a target: which rows go together, found anew on every part of the rows that examines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.algorithms.grouping.partition import METHODS, Method
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.grouping import Grouping
from journeyman.entities.metric import GROUPS_LOSS
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Bound, TaskTraits
from journeyman.errors import SettingsError, SourceError
from journeyman.interfaces import Metric
from journeyman.metrics.agreement import GROUPING, contingency
from journeyman.settings import BuildSettings
from journeyman.tasks.classes import Classification
from journeyman.tasks.framing import check_options, parse_share

__all__ = ["NONE", "Groups"]

FloatArray = NDArray[np.float64]
NONE = "none of these"
_KIND, _TARGET = "groups", "group"
_OUTSIDE = 0.01
_LEAST_ROWS, _ROWS_A_GROUP, _MOST_GROUPS = 20, 3, 50
_SAME = 0.5  # Jaccard similarity up to which a group has dissolved (Hennig 2007)
_TRAITS = TaskTraits(
    error_name="share of rows in another group",
    error_metric="same_group",
    loss_name="Brier score",
    strata_name="group",
    pictures=frozenset(),
    bound=Bound.NONE,
    sliced=False,
)


class Groups(Classification):
    """Rows are put into groups, with the probability of each, or into none of them.

    Labels are made, not given: each half of the rows is grouped by a model of the other half. A model is examined by
    whether it puts rows that it has not learned from into the same groups, which is chance where there are none.
    """

    def __init__(self) -> None:
        super().__init__(_KIND, "adjusted_rand", _TRAITS, needs_target=False)

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task, whose target is a column that the table does not have.

        Raises
        ------
        SettingsError
            An option that is no number of groups, or no share of rows.
        SourceError
            Where rows are too few.
        """
        check_options(settings, self.name, ("k", "outside"))
        rows = len(table.frame)
        if rows < _LEAST_ROWS:
            raise SourceError(f"{rows} rows are too few to look for groups", hint=f"give {_LEAST_ROWS} or more")
        options = {"outside": _outside(settings.task_options.get("outside"))}
        asked = settings.task_options.get("k")
        if asked is not None:
            options["asked"] = float(_number(asked, rows))
        taken = {c.name for c in table.columns}
        target = _TARGET
        while target in taken:
            target += "_"
        return Task(
            target=target,
            kind=self.name,
            metric=settings.metric or self.default_metric,
            scheme=Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED,
            time_column=settings.time,
            group_column=settings.group,
            reason=reason,
            metric_loss=GROUPS_LOSS,
            options=options,
        )

    def pose(self, table: Table, task: Task, seed: int) -> Table:
        """Return the table with each row's group as its target, and what was found in ``posed``."""
        # Late: a service knows kinds of task, and finds no groups; what does takes a second to load.
        from journeyman.algorithms.grouping.find import find_groups  # noqa: PLC0415 - see above

        columns = tuple(_left_out(c) for c in table.columns)
        usable = [c for c in columns if c.role is Role.FEATURE]
        if not usable:
            raise SourceError(
                "only texts and dates are left, in which groups are not looked for",
                hint="give the table columns of numbers or categories",
            )
        asked = int(task.options.get("asked", 0))
        found, codes = find_groups(table.frame, usable, asked, float(task.options["outside"]), seed)
        labels = (*(card.name for card in found.cards), NONE)
        target = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object))
        kept = tuple(
            replace(c, role=Role.IGNORED, reason=f"{c.reason}; groups were found in numbers, and it describes them")
            if c.name in found.described
            else c
            for c in columns
        )
        made = Column(task.target, Kind.CATEGORY, Role.TARGET, categories=labels, native=True, reason=found.reason)
        frame = table.frame.assign(**{task.target: target})
        return replace(table, frame=frame, columns=(*kept, made), posed={self.name: _as_builtins(found)})

    def settle(self, table: Table, task: Task) -> Task:
        """Return the task with the groups that were found, and how."""
        found = _read(table)
        method = METHODS.index(Method(found.method))
        options = {**task.options, "method": float(method), "k": float(found.k), "sure": float(_sure(found))}
        labels = table.column(task.target).categories
        return replace(task, labels=labels, options=options, reason=f"{task.reason}: {found.reason}")

    def objections(self, task: Task) -> tuple[tuple[bool, str], ...]:
        """Return why groups should not be relied on, each with whether that forbids a release."""
        if task.options.get("k") == 1:
            return ((True, "no groups were found: the rows of this table do not fall apart into groups"),)
        if not task.options.get("sure", 1.0):
            return ((False, "groups were asked for that the table does not show: other rows may give others"),)
        return ()

    def follow(self, table: Table, task: Task, former: Sequence[str]) -> tuple[Table, Task]:
        """Return table and task with groups called as the version before called them, where they are the same.

        Names go to the groups with which they share most rows (Kuhn 1955); a group that shares half or less with its
        match, of the rows that either has, is a new one and gets a number that was not used.

        Parameters
        ----------
        former : sequence of str
            What the version before called each row.
        """
        old = sorted({name for name in former if name != NONE}, key=_number_of)
        own = table.frame[task.target].cat.codes.to_numpy().astype(np.int64)
        groups = len(task.labels) - 1
        places = {name: code for code, name in enumerate(old)}
        before = np.array([places.get(name, len(old)) for name in former], dtype=np.int64)
        counts = contingency(own, before, groups, len(old) + 1)
        union = counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts
        alike = (counts / np.maximum(union, 1.0))[:, : len(old)]
        names, told = _followed(alike, old)
        labels = (*names, NONE)
        found = _read(table)
        cards = tuple(
            replace(card, name=name, former=words) for card, name, words in zip(found.cards, names, told, strict=True)
        )
        order = sorted(range(groups), key=lambda k: _number_of(names[k]))
        found = replace(
            found,
            cards=tuple(cards[k] for k in order),
            points=tuple((a, b, order.index(code) if code >= 0 else -1) for a, b, code in found.points),
        )
        labels = (*(names[k] for k in order), NONE)
        moved = np.array([order.index(k) for k in range(groups)])[own]
        target = pd.Categorical.from_codes(moved, categories=pd.Index(labels, dtype=object))
        columns = tuple(replace(c, categories=labels) if c.name == task.target else c for c in table.columns)
        frame = table.frame.assign(**{task.target: target})
        posed = {**table.posed, self.name: _as_builtins(found)}
        return replace(table, frame=frame, columns=columns, posed=posed), replace(task, labels=labels)

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return groups as they are, and the task with their names."""
        return values, column, replace(task, labels=column.categories)

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return how far models of different rows agree."""
        return GROUPING

    def unfamiliar(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which rows are in none of the groups."""
        return np.asarray(predictions.argmax(axis=1) == task.labels.index(NONE))

    def unfamiliar_share(self, task: Task) -> float:
        """Return the share of ordinary rows that are in none."""
        return float(task.options["outside"])

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return one less the probability of each row's group."""
        return self.misses(y, predictions)


def _outside(text: str | None) -> float:
    """Read the share of ordinary rows that may be in none of the groups."""
    if text is None:
        return _OUTSIDE
    try:
        share = parse_share(text)
    except ValueError:
        share = float("nan")
    if not 0.0 < share <= 0.5:
        raise SettingsError(
            f"outside={text} is no share of ordinary rows that may be in none of the groups",
            hint="give a number above 0, up to 0.5, such as 0.01",
        )
    return share


def _number(text: str, rows: int) -> int:
    """Read a number of groups."""
    most = min(_MOST_GROUPS, rows // _ROWS_A_GROUP)
    hint = f"give a whole number from 2 to {most} with --task-option k=3, or leave it out to have it found"
    try:
        number = int(text.strip())
    except ValueError:
        raise SettingsError(f"k={text} is no number of groups", hint=hint) from None
    if number < 2:
        raise SettingsError(f"k={text}: rows fall into 2 groups or more", hint=hint)
    if number > rows:
        raise SettingsError(f"k={text} groups are more than the {rows:,} rows of the table", hint=hint)
    if number > most:
        raise SettingsError(f"k={text} groups are too many for {rows:,} rows", hint=hint)
    return number


def _left_out(column: Column) -> Column:
    """Return a column, ignored where groups cannot be looked for in it."""
    if column.role is not Role.FEATURE or column.kind.numeric or column.kind.categorical:
        return column
    return replace(column, role=Role.IGNORED, reason=f"{column.reason}; groups are not looked for in it".lstrip("; "))


def _sure(found: Grouping) -> bool:
    return not found.reason.endswith("not clearly show")


def _as_builtins(found: Grouping) -> object:
    return msgspec.to_builtins(found, enc_hook=lambda value: value.item())  # of NumPy's own numbers


def _read(table: Table) -> Grouping:
    found: Grouping = msgspec.convert(table.posed[_KIND], Grouping)
    return found


def _number_of(name: str) -> int:
    return int(name.rsplit(" ", 1)[-1]) if name.rsplit(" ", 1)[-1].isdigit() else 0


def _followed(alike: FloatArray, old: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the name of each group, and what is told of it."""
    from journeyman.algorithms.grouping.stability import matched  # noqa: PLC0415 - it loads SciPy, see Groups.pose

    partner = matched(alike)
    unused = max(map(_number_of, old), default=0)
    names, told = [], []
    for group, place in enumerate(partner.tolist()):
        if place >= 0 and alike[group, place] > _SAME:
            names.append(old[place])
            told.append(f"{alike[group, place]:.0%} the same rows as '{old[place]}' of the version before")
        else:
            unused += 1
            names.append(f"group {unused}")
            told.append("new: no group of the version before has most of its rows")
    return names, told

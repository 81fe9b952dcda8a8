"""Options that say what kind of task is wanted, and what it is given, in fewer words than --task and --task-option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from journeyman.errors import SettingsError

__all__ = [
    "Anomalies",
    "Capacity",
    "Forecast",
    "Groups",
    "Holidays",
    "Horizon",
    "Known",
    "NumberOfGroups",
    "Season",
    "Series",
    "asked_task",
]

Forecast = Annotated[
    bool, typer.Option("--forecast", help="Forecast COLUMN over time; short for --task forecast.", show_default=False)
]
Horizon = Annotated[
    str | None,
    typer.Option(metavar="H", help="Steps of time to forecast [default: about a season].", show_default=False),
]
Series = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL", help="Column that tells series apart; found by default; repeatable.", show_default=False
    ),
]
Season = Annotated[
    str | None,
    typer.Option(metavar="N", help="Steps of time after which values repeat; found by default.", show_default=False),
]
Known = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Column whose values are known ahead of time; repeatable.", show_default=False),
]
Holidays = Annotated[
    str | None,
    typer.Option(
        metavar="COUNTRY", help="Learn from the public holidays of a country, as in DE or US-CA.", show_default=False
    ),
]
Groups = Annotated[
    bool,
    typer.Option(
        "--groups", help="Find groups of rows, without a target; short for --task groups.", show_default=False
    ),
]
NumberOfGroups = Annotated[
    str | None, typer.Option("--k", metavar="K", help="Number of groups; found by default.", show_default=False)
]
Anomalies = Annotated[
    bool,
    typer.Option("--anomalies", help="Find odd rows, without a target; short for --task anomaly.", show_default=False),
]
Capacity = Annotated[
    str | None,
    typer.Option(metavar="N", help="Odd rows that can be looked at a day.", show_default=False),
]

_FLAGS = {"forecast": "forecast", "groups": "groups", "anomalies": "anomaly"}
"""Kind of task that each flag stands for."""

_OPTIONS = {
    "horizon": "forecast",
    "season": "forecast",
    "series": "forecast",
    "known": "forecast",
    "holidays": "forecast",
    "k": "groups",
    "capacity": "anomaly",
}
"""Flag of a kind that each option is of: an option alone says the kind, too."""


def asked_task(
    task: str | None,
    options: Mapping[str, str],
    flags: Mapping[str, bool],
    shorthands: Mapping[str, str | Sequence[str] | None],
) -> tuple[str | None, dict[str, str]]:
    """Return the kind of task that was asked for, None where none was, and its options.

    Parameters
    ----------
    task, options
        As ``--task`` and ``--task-option`` said.
    flags : mapping of str to bool
        Which of the flags were given.
    shorthands : mapping of str to str, sequence of str or None
        Values of the options that belong to one kind; those that may be repeated as sequences.

    Raises
    ------
    SettingsError
        Where they ask for two kinds, or for one thing twice.

    Examples
    --------
    >>> asked_task(None, {}, {"groups": True}, {"k": "3", "series": []})
    ('groups', {'k': '3'})
    >>> asked_task(None, {}, {"forecast": False}, {"series": ["shop", "item"]})
    ('forecast', {'series': 'shop,item'})
    >>> asked_task("binary", {}, {"forecast": True}, {})
    Traceback (most recent call last):
    journeyman.errors.SettingsError: --task binary and --forecast ask for two kinds of task (hint: ...)
    """
    wanted = {f"--task {task}": task} if task else {}
    wanted.update({f"--{flag}": kind for flag, kind in _FLAGS.items() if flags.get(flag)})
    given = {name: value for name, value in shorthands.items() if value}
    wanted.update({f"--{name}": _OPTIONS[name] for name in given})
    if len(set(wanted.values())) > 1:
        first = next(iter(wanted))
        other = next(name for name, kind in wanted.items() if kind != wanted[first])
        raise SettingsError(f"{first} and {other} ask for two kinds of task", hint="leave one of them out")
    for name in given:
        if name in options:
            raise SettingsError(f"--{name} and --task-option {name} say the same", hint="leave one of them out")
    joined = {name: value if isinstance(value, str) else ",".join(value) for name, value in given.items()}
    return next(iter(wanted.values()), None), {**options, **joined}

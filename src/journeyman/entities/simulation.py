"""Simulations: a table replayed as live traffic, what is wanted of it and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.operation import Economics, Operation

__all__ = ["DAY", "PolicyResult", "SimulateSettings", "Simulated", "SimulatedDay"]

DAY = 86_400_000
"""A span of a simulation, in milliseconds: each is called a day."""


@dataclass(frozen=True)
class SimulateSettings:
    """How a table is replayed.

    Attributes
    ----------
    table : str
        Where it is, as for a build; its rows are in the order of time.
    target : str
        Column to predict.
    workspace : Path
        Folder that holds the simulated model.
    name : str
        Of the model; with a number where the workspace has one of that name.
    first : int or None
        Rows that the first model is built from; a fifth of all, at most 10,000, where it is None.
    delay : int
        Rows that are asked about before a row's truth comes.
    daily : int
        Rows of one simulated day; the loop looks once a day.
    trials : int
        Of each build.
    economics : Economics
        What staleness and work cost.
    ignore : tuple of str
        Columns that models may not use.
    most : int or None
        Rows that are replayed at most.
    seed : int
        Of everything random in the builds.
    time : str or None
        Column by whose moments the rows are put in order, and by which builds divide them.
    style : FileStyle
        What the user says of how the table's file is written.
    decimal, thousands : str or None
        Signs in numbers that are texts, as for a build.
    task : str or None
        Name of the kind of task; None decides by the values.
    task_options : mapping of str to str
        What the kind of task lets its users choose.
    """

    table: str
    target: str
    workspace: Path
    name: str = "simulated"
    first: int | None = None
    delay: int = 500
    daily: int = 250
    trials: int = 3
    economics: Economics = field(default_factory=Economics)
    ignore: tuple[str, ...] = ()
    most: int | None = None
    seed: int = 0
    time: str | None = None
    style: FileStyle = AS_FOUND
    decimal: str | None = None
    thousands: str | None = None
    task: str | None = None
    task_options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SimulatedDay:
    """How things stand after a simulated day.

    Attributes
    ----------
    number, days : int
        Which one, of how many.
    rows : int
        Rows that were answered so far.
    loss : float
        Mean loss of the day's answers, which the loop itself will know only later.
    champion : int
        Release that answered.
    challenger : int or None
        Release in the shadow.
    operation : Operation or None
        What the loop did at its end.
    """

    number: int
    days: int
    rows: int
    loss: float
    champion: int
    challenger: int | None = None
    operation: Operation | None = None


@dataclass(frozen=True)
class PolicyResult:
    """What a policy lost.

    Attributes
    ----------
    name : str
        In words.
    loss : float
        Mean loss of all answers.
    retrainings : int
        How often it learned again.
    cost : float or None
        Loss and retrainings together, in the user's unit.
    doubt : float
        By how much its cost less the loop's may be off by chance, either way (95 %).
    daily : tuple of float
        Mean loss of each day's answers; NaN without a truth.
    """

    name: str
    loss: float
    retrainings: int
    cost: float | None = None
    doubt: float = 0.0
    daily: tuple[float, ...] = ()


@dataclass(frozen=True)
class Simulated:
    """What came of a simulation.

    Attributes
    ----------
    first, rows, days : int
        Rows of the first build, rows that were answered, days.
    loss : str
        What a loss is called.
    unit : str
        Of the costs.
    results : tuple of PolicyResult
        The loop's first, then what it is compared with.
    operations : tuple of Operation
        What the loop did, the earliest first.
    unknown : int
        Rows whose truth is no class that the first model knew; they were answered, and count in no figure.
    name : str
        Of the model in its workspace.
    """

    first: int
    rows: int
    days: int
    loss: str
    unit: str
    results: tuple[PolicyResult, ...]
    operations: tuple[Operation, ...]
    unknown: int = 0
    name: str = "simulated"

    def day_of(self, operation: Operation) -> int:
        """Return the day at whose end something was done, from 1."""
        return operation.round + 1

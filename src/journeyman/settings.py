"""What the user asked for, frozen and read once at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BuildSettings"]


@dataclass(frozen=True)
class BuildSettings:
    """The effective settings of a build; ``settings.toml`` beside its release holds them and repeats the build.

    Attributes
    ----------
    source : str
        Path or URL of the table; "<frame>" when a frame was handed over from Python.
    target : str
        Column to predict.
    name : str
        Name of the model.
    query : str or None
        SQL to run where the source is a database.
    budget : float or None
        Seconds from start to release; None where ``trials`` alone bounds the work.
    trials : int or None
        Number of trials; makes a build repeatable bit for bit.
    metric : str or None
        Metric to choose by; None takes the field's default for the task.
    task : str or None
        "binary", "multiclass" or "regression"; None decides by the values.
    seed : int
        Seed of everything random.
    time, group : str or None
        Columns that the split must follow.
    kinds : mapping of str to str
        Column to kind, overruling what was inferred.
    roles : mapping of str to str
        Column to role ("feature", "ignored", "time", "group"), overruling what was found.
    missing : tuple of str
        Further texts that stand for a missing value.
    accept : tuple of str
        Codes of findings whose remedy is not to be applied ("DQ301", or "DQ301:column").
    threads : int
        Threads for training.
    memory : int
        Bytes that the table in memory may take; larger sources are sampled.
    """

    source: str
    target: str
    name: str
    query: str | None = None
    budget: float | None = 120.0
    trials: int | None = None
    metric: str | None = None
    task: str | None = None
    seed: int = 0
    time: str | None = None
    group: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    threads: int = 2
    memory: int = 1_500_000_000

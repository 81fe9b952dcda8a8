"""A model that was made elsewhere: what it reads, what it answers, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

__all__ = [
    "AnswersRows",
    "ForeignAnswers",
    "ForeignColumn",
    "ForeignKind",
    "ForeignModel",
    "OfferedModel",
    "ValueType",
    "class_text",
    "told_model",
]


class ForeignKind(StrEnum):
    """What kind of thing a foreign model is."""

    PROJECT = "a project"
    MLFLOW = "an MLflow model"
    SERVED = "a served model"
    LOGGED = "a log"


class ValueType(StrEnum):
    """What a foreign model is given for the values of a column."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True)
class ForeignColumn:
    """A column that a foreign model reads.

    Attributes
    ----------
    name : str
    type : ValueType
        What its values are given as.
    missing : str
        The text that stands for a missing value in the model's own table, such as "?"; empty where it is none.
    """

    name: str
    type: ValueType
    missing: str = ""


@dataclass(frozen=True)
class ForeignModel:
    """A model that was made elsewhere.

    Attributes
    ----------
    kind : ForeignKind
    origin : str
        Where it was found: a folder or an address.
    columns : tuple of ForeignColumn
        What it reads, in its order; empty where that is not known yet.
    target : str
        Name of what it predicts; empty where that is not known.
    classes : tuple of (str, int, float or bool)
        In the order of its probabilities; empty for numbers, and where they are not known.
    probabilities : bool
        Whether it gives probabilities of the classes.
    loader : str
        How its files are opened: the package of a project, the flavor of an MLflow model; the protocol of a served one.
    arguments : mapping of str to str
        Of the loader: names of files, the name of a served model, of its address.
    """

    kind: ForeignKind
    origin: str
    columns: tuple[ForeignColumn, ...] = ()
    target: str = ""
    classes: tuple[str | int | float | bool, ...] = ()
    probabilities: bool = False
    loader: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


class ForeignAnswers(NamedTuple):
    """What a foreign model says of rows: a value each, and probabilities of its classes, where it gives them."""

    values: Sequence[Any]
    probabilities: Sequence[Sequence[float]] | None = None


class AnswersRows(Protocol):
    """Whoever can be asked what a foreign model says."""

    def answer(self, columns: Mapping[str, Sequence[Any]], count: int) -> ForeignAnswers:
        """Return an answer a row.

        Parameters
        ----------
        columns : mapping of str to sequence
            Values as JSON has them; None where there is none.
        count : int
            Rows.

        Raises
        ------
        ModelError
            Where the model does not answer, or not each row.
        """
        ...

    def describe(self) -> Mapping[str, Any]:
        """Return what the model tells of itself: ``classes``, ``columns``, ``probabilities``; ModelError as above."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True)
class OfferedModel:
    """A foreign model with its files by their place in its folder, and what is to be said about it."""

    model: ForeignModel
    files: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def class_text(value: object) -> str:
    """Return a class as labels of a table are written.

    Examples
    --------
    >>> [class_text(value) for value in (1.0, 2, True, " yes ")]
    ['1', '2', 'True', 'yes']
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def told_model(model: ForeignModel) -> str:
    """Return what is known of a model, in a few words.

    Examples
    --------
    >>> told_model(ForeignModel(ForeignKind.PROJECT, "titanic", (ForeignColumn("age", ValueType.NUMBER),), "survived"))
    'a project in titanic that predicts survived from 1 column: age'
    """
    names = [column.name for column in model.columns]
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    columns = f" from {len(names)} {'column' if len(names) == 1 else 'columns'}: {shown}" if names else ""
    return f"{model.kind} in {model.origin} that predicts {model.target or 'something unnamed'}{columns}"

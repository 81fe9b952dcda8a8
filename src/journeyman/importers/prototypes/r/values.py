"""What a translated expression is: its Python code, and what is known of its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from journeyman.importers.prototypes.r.syntax import Node

__all__ = ["FittedModel", "Holds", "Kind", "OutsideSubsetError", "Value"]


class OutsideSubsetError(Exception):
    """A line that has no translation; the message says what it would need."""

    def __init__(self, needs: str, node: Node | None = None) -> None:
        super().__init__(needs)
        self.needs = needs
        self.node = node


class Kind(StrEnum):
    """What a value is in Python."""

    TABLE = "DataFrame"
    SERIES = "Series"
    ARRAY = "array"
    LIST = "list"
    SCALAR = "scalar"
    MODEL = "model"
    PROBABILITIES = "probabilities"
    CROSS_TABLE = "cross table"
    FUNCTION = "function"
    PICTURE = "picture"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class Holds(StrEnum):
    """What a value's elements are."""

    NUMBERS = "numbers"
    TEXTS = "texts"
    LOGICAL = "logical"
    FACTOR = "factor"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class FittedModel:
    """A model that the program fits.

    Attributes
    ----------
    family : str
        "lm", "logit", "poisson", "class", "number", or "conditional" where R's name of it gives probabilities first.
    features : str
        Code of a list of columns, or the name of a function that makes the features of a table.
    function : bool
        Whether it is a function.
    rows : str
        Code of the table that it was fitted on.
    target : str
        Code of the target in these rows.
    asked : str
        What ``predict`` gives where no type is asked: "numbers", "link", "class", "prob".
    second : str
        Code of the place, among a logistic model's classes, of the one whose probability R tells: the second level.
    forest : bool
        Whether it is a random forest, whose answers without new rows R takes from the trees that did not see them.
    """

    family: str
    features: str
    function: bool
    rows: str
    target: str
    asked: str
    second: str = "1"
    forest: bool = False

    def of(self, table: str) -> str:
        """Return the code of a table's features."""
        return f"{self.features}({table})" if self.function else f"({table})[{self.features}]"


@dataclass(frozen=True)
class Value:
    """An expression.

    Attributes
    ----------
    code : str
        In Python; compound expressions stand in brackets.
    kind : Kind
    holds : Holds
    frame : str or None
        Of a series: code of the table whose rows it has; "" of a series with none of its own.
    columns : mapping of str to Holds, or None
        Of a table: what is known of its columns.
    model : FittedModel or None
    predicted : bool
        Whether it is what a model predicted.
    parts : tuple of str
        Of a cross table: code of what was predicted, and of the truth. Of a factor: code of its levels, where they are
        written out. Of a table: the columns that it is grouped by. Of probabilities: code of the model.
        Of a text: itself.
    """

    code: str
    kind: Kind = Kind.UNKNOWN
    holds: Holds = Holds.UNKNOWN
    frame: str | None = None
    columns: Mapping[str, Holds] | None = None
    model: FittedModel | None = None
    predicted: bool = False
    parts: tuple[str, ...] = ()

    def with_code(self, code: str) -> Value:
        """Return a value of the same kind whose code is another."""
        return replace(self, code=code)

    @property
    def is_rowwise(self) -> bool:
        """Whether it may have an element for each row."""
        return self.kind in (Kind.SERIES, Kind.ARRAY, Kind.LIST, Kind.UNKNOWN)

    def as_series(self) -> Value:
        """Return an array or a list as a series, with the rows that it belongs to."""
        if self.kind not in (Kind.ARRAY, Kind.LIST):
            return self
        rows = f", index={self.frame}.index" if self.frame else ""
        code = f"pd.Series({self.code}{rows})"
        return Value(code, Kind.SERIES, self.holds, self.frame or "", predicted=self.predicted)

    def beside(self, frame: str) -> str:
        """Return its code as a column of a table: by place, where it does not hold that table's rows."""
        if self.kind is not Kind.SERIES or self.frame in (frame, None):
            return self.code
        return f"{self.code}.array" if self.holds is Holds.FACTOR else self.plain

    @property
    def plain(self) -> str:
        """Its code as an array, whose elements are matched by position."""
        return f"{self.code}.to_numpy()" if self.kind is Kind.SERIES else self.code

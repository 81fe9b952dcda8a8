"""What is asked of the recorder and what comes back, row by row; Structs, because one is made for each request."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.entities.prediction import Label
from journeyman.serving.refusals import Fault

__all__ = ["LabelRequest", "Outcome", "PredictionRequest", "Row", "StoredPrediction", "numbered_ids"]

Row = Mapping[str, object]


class PredictionRequest(msgspec.Struct, frozen=True):
    """Rows of one request that want an answer.

    Attributes
    ----------
    rows : tuple of mapping
        Column to raw value.
    client_ids : tuple of str or None
        The client's own id of each row.
    protocol : str
        How it was asked.
    deadline : float
        Monotonic seconds after which nobody waits any more; rows that were not begun by then are not recorded.
    strict : bool
        Whether one bad row fails all.
    reasons : bool
        Whether contributions of columns are wanted.
    """

    rows: tuple[Row, ...]
    client_ids: tuple[str | None, ...]
    protocol: str
    deadline: float
    strict: bool = False
    reasons: bool = False

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.rows)


class LabelRequest(msgspec.Struct, frozen=True):
    """Labels of one request."""

    labels: tuple[Label, ...]
    deadline: float

    @property
    def size(self) -> int:
        """Number of labels."""
        return len(self.labels)


class StoredPrediction(msgspec.Struct, frozen=True):
    """An answer that is recorded: the prediction's id, its JSON, and whether it was recorded before."""

    id: int
    output: bytes
    repeated: bool = False


Outcome = StoredPrediction | Fault


def numbered_ids(client_id: str, rows: int) -> list[str | None]:
    """Return a client's own id for each row of a request that has one: itself, or with the row's number.

    Examples
    --------
    >>> numbered_ids("a", 1), numbered_ids("a", 2)
    (['a'], ['a#0', 'a#1'])
    """
    return [client_id] if rows == 1 else [f"{client_id}#{position}" for position in range(rows)]

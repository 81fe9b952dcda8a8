"""What copies of rows have shown: how much the truth of a row tells about another that says the same."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LookupGain"]


@dataclass(frozen=True)
class LookupGain:
    """A release looks rows up that it has met; what that is worth was measured out of fold, among copies.

    Attributes
    ----------
    prior : float
        How many truths the model's own answer counts as much as.
    rows : int
        Validated rows that have a copy.
    share : float
        Of all validated rows.
    loss, recalled : float
        Mean loss of these: of the model's answers, and with what is known of each row's copies.
    """

    prior: float
    rows: int
    share: float
    loss: float
    recalled: float

"""Challenge: which release challenges the champion, as all servers of a log have agreed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Challenge", "Role"]


class Role(StrEnum):
    """What a challenger does."""

    SHADOW = "shadow"
    CANARY = "canary"


@dataclass(frozen=True)
class Challenge:
    """Which version challenges.

    Attributes
    ----------
    version : int or None
        None where nobody challenges.
    role : Role
        Shadow: scored and recorded, told to nobody. Canary: answers a share of the requests.
    share : float
        Of the requests that a canary answers.
    """

    version: int | None = None
    role: Role = Role.SHADOW
    share: float = 0.0

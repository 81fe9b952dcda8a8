"""The HTML card of a fact, as notebooks show it; reports register how each kind of fact is drawn."""

from __future__ import annotations

from functools import singledispatch

__all__ = ["html_card"]


@singledispatch
def html_card(fact: object) -> str | None:
    """Return a fact as a piece of HTML; None where nobody has registered a card for its type.

    An open function, since facts stand below what draws them (docs/decisions/0049).

    Examples
    --------
    >>> html_card(3.0) is None
    True
    """
    return None

"""Retain: which releases of an operated model are kept, and which may go."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["removable"]


def removable(releases: Sequence[int], champions: Sequence[int], needed: Collection[int], most: int) -> tuple[int, ...]:
    """Return the releases that may go: of those that were champion and of those that never were, all but the latest.

    Parameters
    ----------
    releases : sequence of int
        Those that are there and that the loop has built.
    champions : sequence of int
        What the model's name pointed to, move by move, the present champion last.
    needed : collection of int
        What somebody may still ask for, however old it is.
    most : int
        Releases of each of the two kinds that stay besides.

    Examples
    --------
    >>> removable((2, 3, 4, 5, 6, 7), champions=(1, 3, 5, 3, 6), needed={6, 7}, most=1)
    (2, 5)
    """
    led = list(dict.fromkeys(reversed(champions)))
    answered = [release for release in led if release in releases and release not in needed]
    never = sorted((release for release in releases if release not in {*led, *needed}), reverse=True)
    return tuple(sorted((*answered[most:], *never[most:])))

"""Modernise: rewrite what a program calls by names, places and arguments that its libraries no longer have."""

from __future__ import annotations

from journeyman.entities.code_change import CodeChange, ModernCode
from journeyman.entities.prototype import parse_program
from journeyman.stages.modernise.edits import Edit, Text, apply_edits
from journeyman.stages.modernise.find_edits import find_edits

__all__ = ["modernise"]

_MOST_ROUNDS = 6


def modernise(source: str) -> ModernCode:
    """Return a program as it is written for today's pandas, NumPy and scikit-learn.

    Only what is known to have changed is touched: everything else stays as it is written, comments too.

    Parameters
    ----------
    source : str
        In Python 3.

    Raises
    ------
    InputError
        Where it is no Python.

    Examples
    --------
    >>> found = modernise("from sklearn.cross_validation import train_test_split\\ndf['x'].fillna(0, inplace=True)\\n")
    >>> print(found.source, end="")
    from sklearn.model_selection import train_test_split
    df['x'] = df['x'].fillna(0)
    >>> [change.line for change in found.changes]
    [1, 2]
    """
    changes: list[CodeChange] = []
    for _ in range(_MOST_ROUNDS):  # one change may lie within another
        tree = parse_program(source)
        text = Text(source)
        edits = _separate_edits(find_edits(tree, text))
        if not edits:
            break
        changes += [CodeChange(e.line, source[e.begin : e.end], e.after, e.reason) for e in edits]
        source = apply_edits(source, edits)
    return ModernCode(source, tuple(sorted(changes, key=lambda change: change.line)))


def _separate_edits(edits: list[Edit]) -> list[Edit]:
    """Return edits that do not lie within one another, the inner ones first; the others come in the next round."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.end - e.begin, e.begin)):
        if all(edit.end <= other.begin or other.end <= edit.begin for other in kept):
            kept.append(edit)
    return kept

"""Propose repairs: what a wrong cell should hold, by detectors and by rewritings that labelled rows bear out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from journeyman.entities.cleaning import Correction, Evidence, TextTable

__all__ = ["Repair", "propose_repairs"]

_NUMBER = re.compile(r"[+-]?\d[\d,]*\.?\d*|[+-]?\.\d+")
_TRUST: Mapping[str, float] = {
    "missing markers": 0.8,
    "dependencies": 0.85,
    "spelling": 0.75,
    "units": 0.7,
    "swapped": 0.6,
    "patterns": 0.5,
}
"""How often a detector's proposal is right where no label speaks of it; of any other detector 0.5."""


@dataclass(frozen=True)
class Repair:
    """What a cell should hold.

    Attributes
    ----------
    text : str
    confidence : float
    source : str
        Name of the detector or rewriting.
    proved : bool
        Whether labelled rows bear it out.
    """

    text: str
    confidence: float
    source: str
    proved: bool


@dataclass(frozen=True)
class _Way:
    """A way to repair cells of a column: a detector's proposals, or a rewriting."""

    name: str
    propose: Callable[[int], str | None]
    trust: float
    proved: bool
    evidence: Evidence | None

    def voice(self, row: int) -> float:
        """Return how much the way counts for a row's cell."""
        if self.evidence is None or self.proved:
            return self.trust
        return self.trust * (0.2 + 0.8 * float(self.evidence.probability[row]))


def _first_number(text: str) -> str | None:
    found = _NUMBER.search(text)
    return found[0].replace(",", "") if found else None


def _short_number(text: str) -> str | None:
    found = _first_number(text)
    return found.rstrip("0").rstrip(".") if found and "." in found else found


_REWRITINGS: Mapping[str, Callable[[str], str | None]] = {
    "left empty": lambda text: "",
    "number alone": _first_number,
    "number without trailing zeros": _short_number,
    "whole number": lambda text: (_first_number(text) or "").partition(".")[0] or None,
    "without commas": lambda text: text.replace(",", ""),
    "without blanks around": lambda text: " ".join(text.split()),
    "without blanks": lambda text: text.replace(" ", ""),
    "small letters": str.lower,
    "capitals": str.upper,
    "capitals first": str.title,
    "without the last word": lambda text: text.rpartition(" ")[0] or None,
    "without the first word": lambda text: text.partition(" ")[2] or None,
    "first word": lambda text: text.partition(" ")[0],
    "without signs at the end": lambda text: re.sub(r"[^\w)]+$", "", text),
    "with decimals": lambda text: f"{text}.0" if text.isdigit() else None,
}


def propose_repairs(
    table: TextTable,
    found: Mapping[str, Sequence[Evidence]],
    cells: Sequence[tuple[int, int]],
    corrections: Sequence[Correction] = (),
) -> dict[tuple[int, int], Repair]:
    """Return a repair for each cell that has one.

    Detectors' proposals and rewritings are ranked a column by how often they were right on its labelled wrong cells;
    without such, by how much detectors are trusted. A labelled cell is repaired as its label says.

    Parameters
    ----------
    table : TextTable
    found : mapping of str to sequence of Evidence
        By detector.
    cells : sequence of (row, column)
    corrections : sequence of Correction

    Examples
    --------
    >>> import pandas as pd
    >>> from journeyman.entities.cleaning import text_table
    >>> table = text_table("t", pd.DataFrame({"x": ["12.0 oz", "16.0 oz", "8.4 oz"]}))
    >>> labels = [Correction(0, ("12",)), Correction(2, ("8.4",))]
    >>> propose_repairs(table, {}, [(1, 0)], labels)[1, 0]
    Repair(text='16', confidence=0.75, source='number without trailing zeros', proved=True)
    """
    repairs: dict[tuple[int, int], Repair] = {}
    for place, column in enumerate(table.columns):
        rows = [row for row, at in cells if at == place]
        wrong = {c.row: c.values[place] for c in corrections if c.values[place] != column.text(c.row)}
        right = {c.row for c in corrections} - set(wrong)
        known = _known_texts(column.text, wrong)
        pieces = {name: evidence[place] for name, evidence in found.items()}
        ways = [
            _Way(name, propose, *_trust(name, propose, wrong), pieces.get(name))
            for name, propose in _proposers(column.text, pieces).items()
        ]
        for row in rows:
            text = column.text(row)
            if row in wrong:
                repairs[row, place] = Repair(wrong[row], 1.0, "label", True)
            elif row in right:
                continue
            elif text in known:
                repairs[row, place] = Repair(known[text], 0.95, "labelled text", True)
            else:
                repair = _best(row, text, ways)
                if repair is not None:
                    repairs[row, place] = repair
    return repairs


def _known_texts(text_of: Callable[[int], str], wrong: Mapping[int, str]) -> dict[str, str]:
    """Return what texts were corrected to, where all labels of a text agree and there are two of them at least."""
    seen: dict[str, Counter[str]] = {}
    for row, text in wrong.items():
        seen.setdefault(text_of(row), Counter())[text] += 1
    return {text: next(iter(to)) for text, to in seen.items() if len(to) == 1 and to.total() >= 2}


def _proposers(text_of: Callable[[int], str], pieces: Mapping[str, Evidence]) -> dict[str, Callable[[int], str | None]]:
    ways: dict[str, Callable[[int], str | None]] = {name: piece.proposal for name, piece in pieces.items()}
    for name, rewrite in _REWRITINGS.items():
        ways[name] = lambda row, rewrite=rewrite: rewrite(text_of(row))  # type: ignore[misc]  # a default binds it now
    return ways


def _trust(name: str, way: Callable[[int], str | None], wrong: Mapping[int, str]) -> tuple[float, bool]:
    """Return how often a way is right, and whether labels prove it: twice right, and mostly right."""
    proposed = {row: way(row) for row in wrong}
    tried = [row for row, text in proposed.items() if text is not None]
    hits = sum(proposed[row] == wrong[row] for row in tried)
    prior = 0.0 if name in _REWRITINGS else _TRUST.get(name, 0.5)
    trust = (hits + prior) / (len(tried) + 1) if name not in _REWRITINGS else (hits + 0.25) / (len(tried) + 1)
    if name in _REWRITINGS and hits == 0:
        return 0.0, False
    return trust, hits >= 2 and hits >= 0.75 * len(tried)


def _best(row: int, text: str, ways: Sequence[_Way]) -> Repair | None:
    """Return the proposal of the way with most trust; a detector's counts by how much it suspects the cell."""
    proposals = [(way.voice(row), way, way.propose(row)) for way in ways if way.trust > 0.1]
    usable = [(voice, way, proposal) for voice, way, proposal in proposals if proposal not in (None, text)]
    if not usable:
        return None
    _, way, proposal = max(usable, key=lambda one: (one[0], one[1].name))
    return Repair(str(proposal), round(way.trust, 3), way.name, way.proved)

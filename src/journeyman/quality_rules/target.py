"""The target: what is odd about its labels or values.

Imbalance (DQ401), labels that are rare (DQ402), near-equal (DQ404) or quoted (DQ406), missing values (DQ405), shape
(DQ407).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.column import Kind
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import codes_of, not_applicable, share, target_numbers

__all__ = ["LabelRule", "TargetRule"]


@dataclass(frozen=True)
class LabelRule:
    """Look at the labels: how many rows each has, and whether two are spellings of one."""

    codes: tuple[str, ...] = ("DQ401", "DQ402", "DQ404", "DQ406")
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a matter."""
        task = context.task
        if not task.labels:
            return [not_applicable("DQ401", "the target is a number, it has no classes", task.target)]
        column = table.column(task.target)
        values = table.frame[task.target]
        codes = codes_of(table, column)
        if column.kind.categorical:
            labels = [str(c) for c in values.cat.categories]
        else:
            labels = [f"{v:g}" if isinstance(v, float) else str(v) for v in values.dropna().unique()]
        counts = np.bincount(codes[codes >= 0], minlength=len(labels))
        present = [(label, int(n)) for label, n in zip(labels, counts, strict=False) if n]
        merged, findings = _spellings(task.target, present)
        counted: dict[str, int] = defaultdict(int)
        for label, n in present:
            counted[merged.get(label, label)] += n
        return [*findings, *_quotes(task.target, list(counted)), *_balance(task.target, dict(counted))]


def _normalised_label(label: str) -> str:
    """Return what is left of a label without blanks around it, quotes, a full stop at its end, and case.

    Examples
    --------
    >>> _normalised_label(" <=50K. ") == _normalised_label("<=50k")
    True
    >>> _normalised_label("'-1'"), _normalised_label("1."), _normalised_label("A") == _normalised_label("a")
    ('-1', '1', False)
    """
    text = " ".join(label.split()).strip("'\"`").strip()
    text = text.rstrip(".").rstrip() or text
    return text if len(text) == 1 else text.casefold()  # one letter is a code, and codes may count case


def _spellings(target: str, present: Sequence[tuple[str, int]]) -> tuple[dict[str, str], list[Finding]]:
    forms: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for label, count in present:
        forms[_normalised_label(label)].append((label, count))
    merged: dict[str, str] = {}
    for key, group in forms.items():
        if not key or len(group) < 2:
            continue
        keep = min(group, key=lambda item: (-item[1], item[0]))[0]
        merged.update({label: keep for label, _ in group if label != keep})
    if not merged or len(present) - len(merged) < 2:
        return {}, []
    pairs = ", ".join(f"{label!r} and {keep!r}" for label, keep in list(merged.items())[:3])
    finding = Finding(
        "DQ404",
        Severity.WARNING,
        (target,),
        f"'{target}' has {len(present)} labels, but some are spellings of one: {pairs}.",
        "They are merged; if they are different classes, add `--accept DQ404`.",
        merged,
        Remedy.MERGE_LABELS,
    )
    return merged, [finding]


def _quotes(target: str, labels: Sequence[str]) -> list[Finding]:
    quoted = [t for t in labels if len(t.strip()) > 2 and t.strip()[0] == t.strip()[-1] and t.strip()[0] in "'\"`"]
    if not quoted:
        return []
    return [
        Finding(
            "DQ406",
            Severity.NOTE,
            (target,),
            f"Labels of '{target}' are in quotes ({', '.join(quoted[:3])}).",
            "Predictions will be quoted in the same way.",
            {"quoted": len(quoted), "labels": len(labels)},
        )
    ]


def _balance(target: str, counted: dict[str, int]) -> list[Finding]:
    rows = sum(counted.values())
    if not rows or len(counted) < 2:
        return []
    findings = []
    rarest, least = min(counted.items(), key=lambda item: (item[1], item[0]))
    biggest, most = max(counted.items(), key=lambda item: (item[1], item[0]))
    if most / rows >= 0.8 and (len(counted) == 2 or most / rows >= 0.9):
        findings.append(
            Finding(
                "DQ401",
                Severity.WARNING,
                (target,),
                f"{share(most / rows)} of the rows are {biggest!r}; {rarest!r} has {least} ({share(least / rows)}).",
                "Accuracy says little here; look at the score against the baseline and at the chosen threshold.",
                {"majority": round(most / rows, 6), "minority": round(least / rows, 6), "minority rows": least},
            )
        )
    rare = [label for label, n in counted.items() if n < 10]
    if rare:
        findings.append(
            Finding(
                "DQ402",
                Severity.WARNING,
                (target,),
                f"{len(rare)} of {len(counted)} classes have fewer than 10 rows (such as {rare[0]!r}: "
                f"{counted[rare[0]]}).",
                "They can hardly be learned or judged; merge them with others if that makes sense.",
                {"classes": len(rare), "rows": sum(counted[label] for label in rare)},
            )
        )
    return findings


@dataclass(frozen=True)
class TargetRule:
    """Look at the target's values: rows without one, texts that stood for none, a ceiling, a long tail."""

    codes: tuple[str, ...] = ("DQ405", "DQ407")
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a matter."""
        task = context.task
        column = table.column(task.target)
        values = table.frame[task.target]
        gone = int(values.isna().sum())
        findings = []
        markers = [m for m in column.missing_markers if m.strip()]
        if gone:
            said = f" ({', '.join(repr(m) for m in markers[:3])} were read as missing)" if markers else ""
            findings.append(
                Finding(
                    "DQ405",
                    Severity.WARNING if gone >= 0.01 * len(values) else Severity.NOTE,
                    (task.target,),
                    f"{gone} rows ({share(gone / len(values))}) have no '{task.target}'{said}.",
                    "They are left out: nothing can be learned or measured on them.",
                    {"rows": gone, "markers": ", ".join(markers)},
                    Remedy.DROP_ROWS,
                )
            )
        if task.labels or column.kind is Kind.TEXT:
            return findings
        y = target_numbers(table, task)
        y = y[np.isfinite(y)]
        if len(y) < 100:
            return findings
        return [*findings, *_shape(task.target, y)]


def _shape(target: str, y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Finding]:
    values, counts = np.unique(y, return_counts=True)
    findings = []
    if len(values) < 20:
        return []
    typical = float(np.median(counts))
    for end, name, word in ((-1, "highest", "capped"), (0, "lowest", "floored")):
        part = counts[end] / len(y)
        if part >= 0.01 and counts[end] >= 20 * typical and values[end] != 0:
            findings.append(
                Finding(
                    "DQ407",
                    Severity.NOTE,
                    (target,),
                    f"{share(part)} of '{target}' has the {name} value {values[end]:g}: it looks {word}.",
                    "What lies beyond that limit cannot be learned.",
                    {"value": float(values[end]), "share": round(float(part), 6)},
                )
            )
    zero = float((y == 0).mean())
    if zero >= 0.5:
        findings.append(
            Finding(
                "DQ407",
                Severity.WARNING,
                (target,),
                f"{share(zero)} of '{target}' is 0.",
                "Consider two questions instead of one: whether it is above 0, and if so how much.",
                {"zeros": round(zero, 6)},
            )
        )
    return findings

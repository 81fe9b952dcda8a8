"""Values that do not fit: mixed types (DQ203), dates (DQ204), outliers (DQ205), spellings (DQ206), quotes (DQ207)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import candidate_columns, numbers, sample_rows, share

__all__ = ["DateRule", "MixedRule", "OutlierRule", "SpellingRule"]

_ROWS = 20_000
_SENTINELS = frozenset(
    (
        *("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1970-01-01"),
        *("2099-12-31", "9999-12-31"),
    )
)
_YEAR = 365.25 * 86_400


def _texts(table: Table, column: Column, seed: int) -> pd.Series[str]:
    """Return sampled texts of a column, or the names of its categories, one each."""
    values = table.frame[column.name]
    if column.kind.categorical:
        return pd.Series([str(c) for c in values.cat.categories], dtype=object)
    return values.iloc[sample_rows(len(values), _ROWS, seed)].dropna().astype(object).astype(str)


@dataclass(frozen=True)
class MixedRule:
    """Find numbers among texts: a column of names in which a good part are numbers."""

    codes: tuple[str, ...] = ("DQ203",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        findings = []
        for column in candidate_columns(table, context.task):
            if not (column.kind.categorical or column.kind is Kind.TEXT):
                continue
            rows = sample_rows(len(table.frame), _ROWS, context.seed)
            counts = table.frame[column.name].iloc[rows].value_counts()
            counts = counts[counts > 0]
            if counts.empty:
                continue
            numeric = pd.to_numeric(pd.Series([str(v) for v in counts.index]), errors="coerce").notna().to_numpy()
            part = float(counts.to_numpy()[numeric].sum() / counts.sum())
            kinds = int(numeric.sum())
            if 0.02 <= part <= 0.98 and kinds >= 3:
                findings.append(
                    Finding(
                        "DQ203",
                        Severity.WARNING,
                        (column.name,),
                        f"'{column.name}' mixes numbers ({share(part)}) and texts.",
                        "If the texts stand for missing or for a limit, clean them, or overrule the column's kind.",
                        {"numbers": round(part, 6)},
                    )
                )
        return findings


@dataclass(frozen=True)
class DateRule:
    """Find dates that stand for none (1900-01-01 ...) and dates far away from all others.

    What is in the future cannot be asked of a clock here; a date counts as too late when it lies more than a year, and
    further than the whole span of the others, behind them.
    """

    codes: tuple[str, ...] = ("DQ204",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        findings = []
        for column in candidate_columns(table, context.task):
            if column.kind is not Kind.DATETIME:
                continue
            seconds = numbers(table, column)
            known = seconds[np.isfinite(seconds)]
            if len(known) < 20:
                continue
            low, high = np.quantile(known, [0.01, 0.99])
            reach = max(float(high - low), _YEAR)
            away = np.unique(known[(known < low - reach) | (known > high + reach)])
            rows = int(np.isin(known, away).sum())
            if rows:
                days = [str(np.datetime64(int(second), "s").astype("datetime64[D]")) for second in away]
                common = [day for day in days if day in _SENTINELS]
                example = (common or days)[0]
                findings.append(
                    Finding(
                        "DQ204",
                        Severity.WARNING,
                        (column.name,),
                        f"{rows} dates of '{column.name}' lie far from all others (such as {example})"
                        + (f"; {', '.join(common)} usually stands for no date." if common else "."),
                        "Name what stands for a missing date among the missing markers, or correct the dates.",
                        {"rows": rows, "example": example},
                    )
                )
        return findings


@dataclass(frozen=True)
class OutlierRule:
    """Find numbers far outside: further than ten times the middle half beyond the quartiles, on the better scale.

    Tukey's fences (1977) on the values and on their logarithm; a value must lie outside on both.
    """

    codes: tuple[str, ...] = ("DQ205",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        rows = sample_rows(len(table.frame), 50_000, context.seed)
        findings = []
        for column in candidate_columns(table, context.task):
            if column.kind not in (Kind.NUMBER, Kind.INTEGER):
                continue
            values = numbers(table, column, rows)
            values = values[np.isfinite(values)]
            if len(values) < 50:
                continue
            outside = _outside(values)
            if values.min() >= 0:
                outside &= _outside(np.log1p(values / max(float(np.median(values)), 1e-12)))
            count = int(outside.sum())
            if count and count <= 0.01 * len(values):
                extreme = float(values[outside][np.argmax(np.abs(values[outside]))])
                findings.append(
                    Finding(
                        "DQ205",
                        Severity.NOTE,
                        (column.name,),
                        f"{share(count / len(values))} of '{column.name}' lies far outside (up to {extreme:g}).",
                        "Nothing is changed; if these are errors, or codes for missing, correct them at the source.",
                        {"rows": count, "extreme": extreme, "rows looked at": len(values)},
                    )
                )
        return findings


def _outside(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    low, high = np.quantile(values, [0.25, 0.75])
    reach = 10.0 * (high - low)
    if reach <= 0:
        return np.zeros(len(values), dtype=bool)
    outside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (values < low - reach) | (values > high + reach)
    return outside


@dataclass(frozen=True)
class SpellingRule:
    """Find categories that differ in case, blanks or punctuation only, and values still in quotes."""

    codes: tuple[str, ...] = ("DQ206", "DQ207")
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column and code."""
        findings = []
        for column in candidate_columns(table, context.task):
            if not (column.kind.categorical or column.kind is Kind.TEXT):
                continue
            texts = _texts(table, column, context.seed)
            quoted = texts.str.match(r"^(['\"]).*\1$")
            if len(texts) and float(quoted.mean()) > 0.5:
                findings.append(
                    Finding(
                        "DQ207",
                        Severity.NOTE,
                        (column.name,),
                        f"Values of '{column.name}' are in quotes (such as {texts[quoted].iloc[0]}).",
                        "They are taken as they are; later tables must quote them too.",
                    )
                )
            if not column.kind.categorical or len(texts) > 5_000:
                continue
            forms: dict[str, list[str]] = defaultdict(list)
            for text in texts:
                forms["".join(ch for ch in text.casefold() if ch.isalnum())].append(text)
            twice = [group for key, group in forms.items() if key and len(group) > 1 and any(map(str.isalpha, key))]
            if twice:
                findings.append(
                    Finding(
                        "DQ206",
                        Severity.WARNING,
                        (column.name,),
                        f"{len(twice)} categories of '{column.name}' come in several spellings (such as "
                        f"{' / '.join(repr(t) for t in twice[0][:3])}).",
                        "Agree on one spelling at the source.",
                        {"categories": len(twice), "example": " / ".join(twice[0][:3])},
                    )
                )
        return findings

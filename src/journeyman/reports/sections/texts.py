"""Texts: telling words, the hardest texts, languages and lengths."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.entities.text_summary import TextSummary

__all__ = ["TextsSection"]

_LANGUAGES, _LEAST = 5, 0.005
_NETWORK = "embedding_linear"


class TextsSection:
    """What columns of free text are like, and what they say of the target."""

    name, title, weight = "texts", "Texts", 450
    template = Path(__file__).with_name("texts.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return each column's summary; None for tables without texts."""
        if not report.texts:
            return None
        return {
            "texts": [
                {"summary": text, "languages": _languages(text), "hardest": _hardest(report, text)}
                for text in report.texts
            ],
            "classes": bool(report.task.labels),
            "network": any(member.candidate.algorithm == _NETWORK for member in report.members),
        }


def _languages(text: TextSummary) -> str:
    """Say which languages there are.

    Examples
    --------
    >>> _languages(TextSummary("t", 9, 9, (1.0,) * 3, (1.0,) * 3, {"English": 0.9, "unknown": 0.1}, {}, ()))
    'English 90%, cannot be told 10%'
    """
    named = {"cannot be told" if name == "unknown" else name: share for name, share in text.languages.items()}
    told = [(name, share) for name, share in named.items() if share >= _LEAST][:_LANGUAGES]
    return ", ".join(f"{name} {share:.0%}" for name, share in told)


def _hardest(report: BuildReport, text: TextSummary) -> list[tuple[str, str, str]]:
    """Return the hardest texts with their labels and what was predicted, as words."""
    if report.task.labels:
        return [(h.text, report.task.labels[int(h.label)], f"{h.predicted:.1%}") for h in text.hardest]
    return [(h.text, f"{h.label:.4g}", f"{h.predicted:.4g}") for h in text.hardest]

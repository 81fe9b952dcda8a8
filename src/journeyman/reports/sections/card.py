"""The model card: intended use, data, metrics and limits in the field's usual form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.model_card import model_card

__all__ = ["CardSection"]


class CardSection:
    """The card that also lies in the release's folder."""

    name, title, weight = "card", "Model card", 800
    template = Path(__file__).with_name("card.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return the card's sections."""
        return {"card": model_card(report)}

"""The scoring plan: a release as steps that a short reader in any language runs (docs/reference/scoring-plan.md)."""

from __future__ import annotations

from journeyman.exporters.scoring_plan.lowering import LOOKUP, Named, lower
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.exporters.scoring_plan.version_one import every_operation

__all__ = ["LOOKUP", "Named", "every_operation", "lower", "plan_text"]

"""Parts that look at a table and say what is wrong with it, one family a file."""

from __future__ import annotations

from journeyman.interfaces import QualityRule
from journeyman.quality_rules.aggregates import AggregateRule
from journeyman.quality_rules.consistency import DateRule, MixedRule, OutlierRule, SpellingRule
from journeyman.quality_rules.constants import ConstantRule, FewRowsRule
from journeyman.quality_rules.duplicates import DuplicateRule, NearDuplicateRule
from journeyman.quality_rules.functions import DefinitionRule, IdentityRule
from journeyman.quality_rules.groups import GroupRule
from journeyman.quality_rules.identifiers import IdentifierRule, SplitColumnRule
from journeyman.quality_rules.leaks import LeakRule
from journeyman.quality_rules.missing import HiddenZeroRule, MissingRule, MissingTieRule
from journeyman.quality_rules.near_images import NearImageRule
from journeyman.quality_rules.row_order import DriftRule, RowOrderRule
from journeyman.quality_rules.series_over_time import SeriesOverTimeRule
from journeyman.quality_rules.target import LabelRule, TargetRule
from journeyman.quality_rules.time_column import TimeColumnRule

__all__ = ["BUILT_IN"]

BUILT_IN: tuple[QualityRule, ...] = (
    MissingRule(),
    MissingTieRule(),
    ConstantRule(),
    HiddenZeroRule(),
    FewRowsRule(),
    DuplicateRule(),
    NearDuplicateRule(),
    NearImageRule(),
    MixedRule(),
    DateRule(),
    OutlierRule(),
    SpellingRule(),
    LeakRule(),
    IdentityRule(),
    SplitColumnRule(),
    IdentifierRule(),
    AggregateRule(),
    DefinitionRule(),
    LabelRule(),
    TargetRule(),
    TimeColumnRule(),
    RowOrderRule(),
    GroupRule(),
    DriftRule(),
    SeriesOverTimeRule(),
)

"""Contract: what a table should be is learned from tables, and another table is looked at by it."""

from journeyman.stages.contract.learning import learn_contract, learn_frame
from journeyman.stages.contract.merging import has_own_rules, with_own_rules
from journeyman.stages.contract.served import feed_rules, judge_served
from journeyman.stages.contract.verifying import broken_in_memory, verify_table

__all__ = [
    "broken_in_memory",
    "feed_rules",
    "has_own_rules",
    "judge_served",
    "learn_contract",
    "learn_frame",
    "verify_table",
    "with_own_rules",
]

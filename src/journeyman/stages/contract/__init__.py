"""Contract: what a table should be is learned from tables, and another table is looked at by it."""

from journeyman.stages.contract.learning import learn_contract
from journeyman.stages.contract.verifying import verify_table

__all__ = ["learn_contract", "verify_table"]

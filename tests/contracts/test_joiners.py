"""The built-in joiners through the public checks, and joiners that break a promise."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from journeyman.entities.lake import Join
from journeyman.joiners.as_of import AsOfJoiner
from journeyman.joiners.exact import ExactJoiner
from journeyman.plugins import load_parts
from journeyman.testing.joiner_checks import check_joiner


@pytest.mark.parametrize("name", sorted(load_parts("journeyman.joiners")))
def test_a_joiner_keeps_its_promises(name: str) -> None:
    check_joiner(load_parts("journeyman.joiners", [name])[name])


class Late(AsOfJoiner):
    """Counts rows from a month before they were known."""

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        ready = super().prepare(join, frame)
        return ready.assign(__start__=ready["__start__"] - 40 * 86_400.0)


class Twice(ExactJoiner):
    """Gives two rows a key."""

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        ready = super().prepare(join, frame)
        return pd.concat([ready, ready], ignore_index=True)


class Nothing(ExactJoiner):
    """Proposes nothing."""

    def propose(self, match: Any) -> None:
        return None


@pytest.mark.parametrize(
    ("joiner", "words"), [(Late(), "or later"), (Twice(), "two rows of one key"), (Nothing(), "proposes no join")]
)
def test_a_broken_promise_is_named(joiner: Any, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check_joiner(joiner)

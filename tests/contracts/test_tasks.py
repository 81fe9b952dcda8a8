"""Every built-in kind of task through the public checks, and broken ones beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from journeyman.tasks import all_task_types
from journeyman.tasks.numbers import Regression
from journeyman.testing.task_checks import check_task

OPTIONS = {"ordered": {"order": "a,b,c"}}


@pytest.mark.parametrize("name", all_task_types())
def test_built_in(name: str) -> None:
    check_task(all_task_types()[name], OPTIONS.get(name, {}))


@dataclass(frozen=True)
class Unbounded(Regression):
    def live_losses(self, y, predictions, scale):
        return np.abs(y - predictions[:, 0]) / scale


@dataclass(frozen=True)
class Lossy(Regression):
    def decode(self, predictions, task, threshold):
        return predictions[1:, 0]


@dataclass(frozen=True)
class Writing(Regression):
    def decode(self, predictions, task, threshold):
        predictions += 1.0
        return predictions[:, 0]


@dataclass(frozen=True)
class Careless(Regression):
    def frame(self, table, settings, reason):
        return super().frame(table, type(settings)(settings.source, settings.target, settings.name), reason)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Unbounded(), "bounds live losses"),
        (Lossy(), "decodes what it reads"),
        (Writing(), "changes nothing"),
        (Careless(), "refuses unknown options"),
    ],
)
def test_a_broken_one_is_found(broken: Regression, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_task(broken)

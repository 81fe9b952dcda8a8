"""What the search proposes."""

from __future__ import annotations

from journeyman.entities.candidate import Candidate
from journeyman.workflow.search import _rescaled


def test_a_long_tail_is_tried_on_both_scales_for_the_first_two_of_each():
    several = [Candidate("a", {"n": n}, "why", f"style {n}") for n in range(3)]
    found = _rescaled([several])
    assert [(c.parameters["n"], c.target_scale) for c in found] == [(0, "log"), (0, "root"), (1, "log"), (1, "root")]
    assert len({c.key for c in [*found, *several]}) == 7
    assert found[0].name == "a (style 0, log of the target)"

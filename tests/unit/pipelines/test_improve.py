"""Iterating on whole builds: a planted weakness is found, treated, measured and released, and all of it repeats."""

import numpy as np
import pandas as pd
import pytest

import journeyman
from journeyman.entities.candidate import Candidate
from journeyman.entities.weakness import Cause, Condition, Treatment, TreatmentKind


def planted(rows=2500):
    """In clinic h, one row in twenty-five, the target follows x2 instead of x0."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 6))
    clinic = rng.choice(list("abcdefgh"), size=rows, p=[0.16, 0.16, 0.16, 0.16, 0.16, 0.1, 0.06, 0.04])
    own = np.where(clinic == "h", -4 * x[:, 0] + 3 * x[:, 2], 0.0)
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(6)]).assign(clinic=clinic)
    return frame.assign(y=2 * x[:, 0] + x[:, 1] + own + rng.normal(scale=0.3, size=rows))


@pytest.mark.slow
def test_a_planted_weakness_is_found_treated_and_released_and_all_of_it_repeats(tmp_path):
    frame = planted()
    first, second = (
        journeyman.build(frame, target="y", trials=10, workspace=tmp_path / name) for name in ("one", "two")
    )
    report = first.report
    assert len(report.trials) == 10
    assert report.weaknesses[0].place.text == "clinic = h"
    assert report.weaknesses[0].cause is Cause.TOO_FEW_ROWS
    attempt = next(a for a in report.attempts if a.weakness == 0)
    assert attempt.accepted
    assert attempt.gain > 0.1
    assert attempt.inside > attempt.gain
    assert attempt.candidate in {m.candidate.key for m in report.members}
    again = journeyman.load("y", workspace=tmp_path / "one")
    rows = frame.drop(columns="y")
    assert np.array_equal(again.predict(rows), first.predict(rows))
    assert np.array_equal(first.predict(rows), second.predict(rows))
    assert second.report.attempts == report.attempts


def test_a_treatment_changes_a_candidates_name_and_key_and_its_absence_changes_neither():
    plain = Candidate("lightgbm", {"num_leaves": 31}, style="quick")
    treated = Candidate(
        "lightgbm", {"num_leaves": 31}, style="quick", treatment=Treatment(TreatmentKind.CORRECTED, Condition("a", 1.0))
    )
    other = Candidate(
        "lightgbm", {"num_leaves": 31}, style="quick", treatment=Treatment(TreatmentKind.CORRECTED, Condition("b", 1.0))
    )
    assert plain.key == "lightgbm-b2edaf49"
    assert len({plain.key, treated.key, other.key}) == 3
    assert treated.name == other.name == "lightgbm (quick, weak slice corrected)"

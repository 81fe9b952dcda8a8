"""What is said of success: it rises with what was seen, and is low or refused where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.use_case import BuildOutcome, Probe
from journeyman.pipelines.probe_case import prepare_case, probe_case
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.settings import FRAME, BuildSettings
from journeyman.stages.success import estimate_success, own_shift, shipped_model

SEEN = Probe("linear", 0.3, 0.04, 0.25, 0.3, 0.28, 800, 640, 640, 8, 0.0, 2, 150, False, 480, (), 0.8, 0.5)


def looked_at(frame: pd.DataFrame, target: str, seed: int = 0) -> Probe:
    components = standard_components(lambda report: "", SystemClock(), SilentProgress(), lambda: False)
    settings = BuildSettings(FRAME, target, "assess", seed=seed, threads=1)
    case = prepare_case(frame, "t", BuildContext(components, MemoryRun(SystemClock()), settings))
    probe = probe_case(case.data, 3_000, seed)
    assert probe is not None
    return probe


def test_more_gain_less_noise_and_a_smaller_margin_make_success_likelier() -> None:
    model = shipped_model()

    def chance(probe: Probe, margin: float = 0.1) -> float:
        said = estimate_success(model, probe, margin).probability
        assert said is not None
        return said

    nothing = replace(SEEN, gain=0.0, worst_fold=-0.05, linear=0.0, trees=-0.02)
    assert chance(nothing) < 0.1 < 0.8 < chance(SEEN)
    assert chance(SEEN, 0.28) < chance(SEEN, 0.1)
    assert chance(nothing) < chance(replace(SEEN, gain=0.12, worst_fold=0.08, linear=0.12, trees=0.1)) < chance(SEEN)


def test_intervals_contain_what_is_expected_and_widen_with_noise() -> None:
    narrow, wide = (estimate_success(shipped_model(), replace(SEEN, error=e), 0.1) for e in (0.01, 0.1))
    assert narrow.low < narrow.gain < narrow.high
    assert wide.high - wide.low > narrow.high - narrow.low


def test_a_case_unlike_all_that_is_known_gets_no_probability() -> None:
    said = estimate_success(shipped_model(), replace(SEEN, features=100_000), 0.1)
    assert said.probability is None
    assert "columns" in said.unlike
    many = estimate_success(shipped_model(), replace(SEEN, rows=10**7), 0.1)
    assert many.probability is not None, "more rows than were ever learned from are no reason"


def test_own_builds_move_every_probability_a_little() -> None:
    shift = own_shift([BuildOutcome(0.6, False)] * 3)
    moved, plain = (estimate_success(shipped_model(), SEEN, 0.1, s).probability for s in (shift, 0.0))
    assert shift < 0
    assert moved is not None
    assert plain is not None
    assert moved < plain
    assert own_shift([BuildOutcome(0.5, True), BuildOutcome(0.5, False)]) == pytest.approx(0.0, abs=1e-9)


Null = Callable[[np.random.Generator], tuple[pd.DataFrame, str]]


def plain_rows(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    x = rng.normal(size=(rows, 4))
    return pd.DataFrame({**{f"x{k}": x[:, k] for k in range(4)}, "kind": rng.choice(["a", "b", "c"], rows)})


def heavy_tails(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    return plain_rows(rng, 300).assign(y=rng.standard_t(1.5, 300)), "y"


def rare_class(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    return plain_rows(rng, 600).assign(y=np.where(rng.random(600) < 0.015, "yes", "no")), "y"


def copied_rows(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    once = plain_rows(rng, 120).assign(y=rng.normal(size=120))
    return pd.concat([once] * 3).sample(frac=1.0, random_state=int(rng.integers(1000))).reset_index(drop=True), "y"


def walks(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    days = pd.date_range("2020-01-01", periods=400, freq="D").strftime("%Y-%m-%d")
    steps = rng.normal(size=(400, 3)).cumsum(axis=0)
    return pd.DataFrame({"day": days, "level": steps[:, 0], "index": steps[:, 1], "y": steps[:, 2]}), "y"


def few_rows(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    return plain_rows(rng, 50).assign(y=rng.normal(size=50)), "y"


@pytest.mark.slow
@pytest.mark.parametrize("null", [heavy_tails, rare_class, copied_rows, walks, few_rows])
def test_where_nothing_tells_of_the_target_no_success_is_promised(null: Null) -> None:
    said = []
    for seed in range(12):
        frame, target = null(np.random.default_rng(seed))
        estimate = estimate_success(shipped_model(), looked_at(frame, target, seed), 0.1)
        said.append(0.0 if estimate.probability is None else estimate.probability)
    assert np.mean(said) <= 0.1, said
    assert max(said) <= 0.1, said


def test_copies_of_rows_do_not_stand_on_both_sides() -> None:
    frame, target = copied_rows(np.random.default_rng(1))
    probe = looked_at(frame, target)
    assert probe.clusters < 0.4 * probe.looked_at + 1
    assert probe.gain < 0.1


def test_copies_of_records_with_one_date_do_not_either() -> None:
    rng = np.random.default_rng(0)
    once = pd.DataFrame({"month": pd.date_range("2010-01-01", periods=60, freq="MS").strftime("%Y-%m")})
    once = once.assign(sold=rng.normal(1_000, 200, 60).round(1))
    frame = pd.concat([once] * 3).sample(frac=1.0, random_state=1).reset_index(drop=True)
    probe = looked_at(frame, "sold")
    assert probe.clusters <= 60
    assert probe.gain < 0.2


def test_too_few_rows_are_no_probe() -> None:
    components = standard_components(lambda report: "", SystemClock(), SilentProgress(), lambda: False)
    settings = BuildSettings(FRAME, "y", "assess", threads=1)
    frame = pd.DataFrame({"x": np.arange(20.0), "y": np.arange(20.0) ** 2})
    case = prepare_case(frame, "t", BuildContext(components, MemoryRun(SystemClock()), settings))
    assert probe_case(case.data, 3_000, 0) is None

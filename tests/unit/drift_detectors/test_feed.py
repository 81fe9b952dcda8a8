"""The feed: what breaks is told with its columns, what drifts is not called broken, what is not used only warns."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.drift_detectors.column_swap import wander
from journeyman.drift_detectors.duplicate_delivery import row_digests
from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.feed import FeedDetector
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.traffic import Feed


def look(world, change=None, feed=None, calm=3, hours=4, count=60):
    """Return the signals of each hour, changed after some calm ones."""
    detector = FeedDetector()
    memory = detector.begin(world.reference, world.task)
    seen = []
    for hour in range(calm + hours):
        changed = hour >= calm
        traffic = world.traffic(hour, count, change if changed else None, feed=feed if changed else None)
        memory, signals = detector.look(world.reference, world.task, memory, traffic)
        seen.append(signals)
    assert not any(seen[:calm]), "sound rows"
    return seen[calm:]


def on(name, function):
    return lambda rows, y: ({**rows, name: function(rows[name])}, y)


BREAKS = {
    "DR001": (on("age", lambda v: np.full(len(v), np.nan)), ("age",)),
    "DR002": (on("age", lambda v: np.full(len(v), 47.0)), ("age",)),
    "DR003": (lambda rows, y: ({**rows, "age": rows["noise"], "noise": rows["age"]}, y), ("age", "noise")),
    "DR004": (on("mass", lambda v: v * 1000.0), ("mass",)),
}


@pytest.mark.parametrize("code", sorted(BREAKS))
def test_a_broken_column_is_told_at_once_and_named(world, code):
    change, columns = BREAKS[code]
    [signal] = look(world, change)[0]
    assert (signal.code, signal.columns, signal.severity) == (code, columns, Severity.ERROR)
    assert signal.since == pytest.approx(world.traffic(3).begin, abs=3_600_000)


def test_a_small_factor_is_told_once_there_are_rows_enough(world):
    seen = look(world, on("mass", lambda v: v * 0.45359237), calm=6, hours=6)
    assert [s.code for s in seen[-1]] == ["DR004"]
    assert "pounds" in seen[-1][0].message


def test_what_has_risen_little_by_little_is_drift_and_no_other_unit(world):
    detector = FeedDetector()
    memory = detector.begin(world.reference, world.task)
    for hour in range(40):
        rise = 1.0 + 0.609344 * min(1.0, hour / 20)
        traffic = world.traffic(hour, 60, on("mass", lambda v, by=rise: v * by))
        memory, signals = detector.look(world.reference, world.task, memory, traffic)
        assert not signals


def test_a_column_that_moves_by_most_of_its_spread_is_no_broken_feed(world):
    assert not any(look(world, on("age", lambda v: v + 12.0), hours=6))


def test_names_never_seen_are_a_flood_where_the_log_says_so(world):
    finding = Finding("PR103", Severity.WARNING, ("region",), "never seen")
    change = on("region", lambda v: np.full(len(v), -1, dtype=np.int32))
    [signal] = look(world, change, Feed(60, findings=(finding,)))[0]
    assert (signal.code, signal.columns) == ("DR008", ("region",))


def test_a_column_that_the_model_does_not_use_only_warns(world):
    [signal] = look(world, on("noise", lambda v: np.full(len(v), np.nan)))[0]
    assert (signal.code, signal.severity) == ("DR001", Severity.WARNING)


def test_a_batch_that_comes_twice_is_told(world):
    detector = FeedDetector()
    memory = detector.begin(world.reference, world.task)
    memory, first = detector.look(world.reference, world.task, memory, world.traffic(0))
    memory, second = detector.look(world.reference, world.task, memory, world.traffic(0))
    assert [s.code for s in first] == []
    assert [s.code for s in second] == ["DR005"]


@pytest.mark.parametrize(
    ("feed", "code", "severity"),
    [
        (Feed(60, backwards=1), "DR006", Severity.ERROR),
        (Feed(60, refused=40), "DR007", Severity.ERROR),
        (Feed(60, refused=6), "DR007", Severity.WARNING),
    ],
)
def test_what_the_log_counted_is_told(world, feed, code, severity):
    [signal] = look(world, feed=feed)[0]
    assert (signal.code, signal.severity) == (code, severity)


def test_a_column_that_nobody_sends_any_more_is_told_by_its_name_though_no_row_was_answered(world):
    finding = Finding("PR101", Severity.WARNING, ("noise",), "40 rows without 'noise' were refused; one has 'noisy'.")
    [signal] = look(world, feed=Feed(40, refused=40, findings=(finding,)), count=0)[0]
    assert (signal.code, signal.severity, signal.columns) == ("DR007", Severity.ERROR, ("noise",))
    assert "40 of 40 rows could not be read: 40 rows without 'noise' were refused; one has 'noisy'" in signal.message


def test_a_feed_that_is_mended_is_silent_again(world):
    detector = FeedDetector()
    memory = detector.begin(world.reference, world.task)
    told = []
    for hour in range(9):
        change = BREAKS["DR004"][0] if hour in (3, 4) else None
        memory, signals = detector.look(world.reference, world.task, memory, world.traffic(hour, 100, change))
        told.append([s.code for s in signals])
    assert told[3] == told[4] == ["DR004"]
    assert told[0] == told[8] == []


def test_few_rows_an_hour_are_joined_to_earlier_ones(world):
    seen = look(world, BREAKS["DR001"][0], calm=6, hours=6, count=8)
    assert any(s.code == "DR001" for some in seen for s in some)


def test_digests_do_not_depend_on_the_order_of_columns():
    rows = {"a": np.array([1.0, 2.0]), "t": np.array(["x", None], dtype=object)}
    assert np.array_equal(row_digests(rows), row_digests(dict(reversed(rows.items()))))


def test_how_far_stretches_lie_from_the_whole_is_the_distance_of_each(world):
    walk = np.round(np.cumsum(np.random.default_rng(0).normal(size=2_000)), 0)
    ordered = replace(world.reference, rows={"w": walk}, run=200)
    each = [distance(stretch, walk) for stretch in walk.reshape(-1, 50)]
    assert wander(walk, ordered, 50) == pytest.approx(max(each))


def broken_rule(columns, rows, of=60):
    return Feed(
        of, findings=(Finding("DC303", Severity.ERROR, columns, "It breaks.", evidence={"rows": rows, "of": of}),)
    )


@pytest.mark.parametrize(("rows", "severity"), [(45, Severity.ERROR), (6, Severity.WARNING)])
def test_rows_that_break_the_contract_are_told_and_hidden_where_most_do(world, rows, severity):
    [signal] = look(world, feed=broken_rule(("age", "mass"), rows))[0]
    assert (signal.code, set(signal.columns), signal.severity) == ("DR009", {"age", "mass"}, severity)
    assert "It breaks" in signal.message


def test_one_fault_is_told_once(world):
    change, columns = BREAKS["DR001"]
    [signal] = look(world, change, feed=broken_rule(columns, 60))[0]
    assert signal.code == "DR001"
    assert not look(world, feed=broken_rule(("given up",), 60))[0], "a column that is not watched"


def test_a_loop_that_knew_fewer_codes_goes_on(world):
    detector = FeedDetector()
    memory = dict(detector.begin(world.reference, world.task))
    memory["since"] = memory["since"][:-1]
    memory, signals = detector.look(world.reference, world.task, memory, world.traffic(0))
    assert not signals
    assert memory["since"].shape == detector.begin(world.reference, world.task)["since"].shape

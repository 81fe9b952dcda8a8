"""Pictures show what the facts say, for both themes, within bounds, and Plotly itself accepts them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.dashboard import history

from journeyman.dashboard.comparison_figure import contest_figure, contest_words
from journeyman.dashboard.drift_figure import ALL_ROWS, MOST_COLUMNS, drift_figure, drift_legend, named_columns
from journeyman.dashboard.frames import Figure, stamp
from journeyman.dashboard.palette import DARK, LIGHT, Palette
from journeyman.dashboard.score_figure import score_figure, score_legend
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.metrics.e_process import evidence

STATE = history.eventful()
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def trace(figure: Figure, colour: str, kind: str = "scatter") -> dict[str, object]:
    (found,) = [
        t for t in figure["data"]
        if t["type"] == kind and t.get("mode") == "lines+markers" and t["line"]["color"] == colour
    ]  # fmt: skip
    return found


@pytest.mark.slow
@BOTH
def test_plotly_accepts_them(colours: Palette) -> None:
    graph_objects = pytest.importorskip(
        "plotly.graph_objects", reason="the extra journeyman[dashboard] is not installed"
    )
    for made in (score_figure, drift_figure, contest_figure):
        assert graph_objects.Figure(made(STATE, colours)).data


@BOTH
def test_the_loss_of_each_round_stands_where_its_span_lies(colours: Palette) -> None:
    drawn = trace(score_figure(STATE, colours), colours.model)
    assert drawn["y"] == [r.watched.loss for r in STATE.rounds]
    assert drawn["x"][3] == stamp(STATE.rounds[3].begin + history.HOUR // 2)
    assert "labels, " in drawn["text"][3]


def test_intervals_are_closed_outlines_with_a_gap_where_no_truth_came() -> None:
    band = score_figure(STATE, LIGHT)["data"][1]
    outlines = "".join("|" if x is None else "." for x in band["x"]).split("|")
    known = [r.watched.low is not None for r in STATE.rounds]
    assert [len(o) for o in outlines] == [2 * sum(known[2:12]), 2 * sum(known[14:])]
    assert band["fill"] == "toself"


def test_broken_spans_and_alarms_are_shaded_and_releases_marked() -> None:
    layout = score_figure(STATE, LIGHT)["layout"]
    shades = [(s["x0"], s["x1"]) for s in layout["shapes"] if s["type"] == "rect"]
    assert shades[0] == (stamp(STATE.rounds[12].begin), stamp(STATE.rounds[13].end))
    assert len(shades) == 2
    assert [(n["text"], n["x"]) for n in layout["annotations"]] == [("release 2", stamp(STATE.rounds[35].begin))]


def test_a_legend_names_only_what_is_there() -> None:
    assert "feed broken" in {b: a for a, b in score_legend(STATE)}
    assert "feed broken" not in {b: a for a, b in score_legend(history.calm())}
    assert len(drift_legend(STATE)) == 4
    assert len(drift_legend(history.calm())) == 1


def test_columns_that_prove_most_come_first_and_are_bounded() -> None:
    assert named_columns(STATE.rounds)[:3] == ("age", "income", "region")
    many = tuple(Signal("DR301", Tier.COLUMN, Severity.NOTE, "x", 0, (f"column {k}",)) for k in range(3 * MOST_COLUMNS))
    crowded = replace(STATE.rounds[0], watched=replace(STATE.rounds[0].watched, signals=many))
    assert len(named_columns([crowded])) == MOST_COLUMNS


def test_a_cell_shows_the_surest_signal_of_its_round() -> None:
    (strip,) = drift_figure(STATE, LIGHT)["data"]
    order = list(reversed(named_columns(STATE.rounds)))
    income = strip["z"][order.index("income")]
    assert (income[19], income[21], income[24], income[40]) == (0, 1, 2, None)
    assert strip["z"][order.index("age")][12] == 3


def test_a_mark_is_the_thicker_the_more_it_proves() -> None:
    marks = [s for s in drift_figure(STATE, LIGHT)["layout"]["shapes"] if s["type"] == "rect"]
    thick = {s["fillcolor"]: round(s["y1"] - s["y0"], 3) for s in marks}
    assert thick[LIGHT.base] < thick[LIGHT.estimate] < thick[LIGHT.harm]
    broken = [(s["x0"], s["x1"]) for s in marks if s["fillcolor"] == LIGHT.feed]
    assert broken == [(stamp(STATE.rounds[12].begin), stamp(STATE.rounds[14].begin))]


def test_a_feed_signal_without_columns_and_names_like_mark_up_are_shown() -> None:
    signal = Signal("DR005", Tier.FEED, Severity.ERROR, "Twice <b>the</b> same rows.", 0)
    named = replace(signal, code="DR301", rung=Tier.COLUMN, columns=("<script>",))
    seen = replace(STATE.rounds[0], watched=replace(STATE.rounds[0].watched, signals=(signal, named)))
    figure = drift_figure(replace(STATE, rounds=(seen,)), LIGHT)
    assert figure["layout"]["yaxis"]["ticktext"] == ["&lt;script&gt;", ALL_ROWS]
    assert "&lt;b&gt;" in figure["data"][0]["text"][1][0]


def test_evidence_is_drawn_as_it_was_after_each_round() -> None:
    drawn = trace(contest_figure(STATE, LIGHT), LIGHT.good)
    last = STATE.rounds[-1].contest
    assert last is not None
    assert drawn["y"][-1] == pytest.approx(evidence(last)[0])
    assert drawn["y"].count(None) == 2, "a gap before each new contest"


def test_the_contest_is_told_for_whoever_runs_in_the_shadow() -> None:
    assert contest_words(STATE)[0].startswith("Release 3 runs in the shadow of release 2")
    assert contest_words(history.eventful(rounds=40))[0].startswith("Release 2 was promoted; the one before, release 1")
    assert contest_words(history.eventful(rounds=48))[0].startswith("Nobody challenges the champion now.")
    begun = replace(STATE, rounds=(replace(STATE.rounds[-1], contest=None),))
    assert contest_words(begun) == ("Release 3 has just begun to run in the shadow; labels have to come first.",)

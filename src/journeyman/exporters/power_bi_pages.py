"""The pages of a Power BI report: what stands where, and which fields it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.entities.release_facts import ReleaseFacts
from journeyman.exporters.tmdl import Measure, measures_of

__all__ = ["Page", "Visual", "pages_of"]

WIDTH, HEIGHT = 1280, 720
_MOST_COLUMNS = 12  # of the table of scores; people add others


@dataclass(frozen=True)
class Visual:
    """A visual: its type, its place (x, y, width, height), its title, and fields by role."""

    kind: str
    place: tuple[int, int, int, int]
    title: str
    roles: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Page:
    """A page and its visuals."""

    name: str
    visuals: tuple[Visual, ...]


def pages_of(facts: ReleaseFacts) -> tuple[Page, ...]:
    """Return the three pages: scores, drivers with findings, and live predictions over time."""
    measures = measures_of(facts)
    return (_scores(facts, measures["Scores"]), _drivers(facts, measures), _monitoring(facts, measures["Monitoring"]))


def _scores(facts: ReleaseFacts, measures: Sequence[Measure]) -> Page:
    cards = [
        Visual("card", (20 + 260 * k, 20, 240, 110), m.name, {"Values": [_measure("Scores", m.name)]})
        for k, m in enumerate(measures)
    ]
    shown = [c.name for c in facts.scores.columns][:_MOST_COLUMNS]
    table = Visual("tableEx", (20, 420, 1240, 280), "Rows", {"Values": [_column("Scores", name) for name in shown]})
    return Page("Scores", (*cards, _comparison(facts, measures[0]), table))


def _comparison(facts: ReleaseFacts, rows: Measure) -> Visual:
    """Return predictions beside outcomes: a point a row for numbers, a column a label for classes."""
    place = (20, 150, 1240, 250)
    if facts.task.labels:
        roles = {"Category": [_column("Scores", facts.prediction)], "Y": [_measure("Scores", rows.name)]}
        if facts.label:
            roles["Series"] = [_column("Scores", facts.label)]
        return Visual("clusteredColumnChart", place, "Rows by predicted label and outcome", roles)
    first = facts.scores.columns[0].name
    if not facts.label:
        roles = {"Category": [_column("Scores", first)], "Y": [_mean("Scores", facts.prediction)]}
        return Visual("clusteredColumnChart", place, "Predictions", roles)
    roles = {
        "Category": [_column("Scores", first)],
        "X": [_mean("Scores", facts.label)],
        "Y": [_mean("Scores", facts.prediction)],
    }
    return Visual("scatterChart", place, "Predictions against outcomes", roles)


def _drivers(facts: ReleaseFacts, measures: Mapping[str, Sequence[Measure]]) -> Page:
    share = measures["Drivers"][0].name
    bars = {"Category": [_column("Drivers", "column")], "Y": [_measure("Drivers", share)]}
    findings = [_column("Findings", name) for name in ("severity", "code", "about", "finding", "advice")]
    metrics = [_column("Metrics", name) for name in ("score", "meaning")]
    metrics += [_mean("Metrics", name) for name in ("value", "low", "high", "without a model")]
    return Page(
        "Drivers",
        (
            Visual("clusteredBarChart", (20, 20, 610, 330), "What predictions rest on", bars),
            Visual("tableEx", (650, 20, 610, 330), "Scores of the model", {"Values": metrics}),
            Visual("tableEx", (20, 370, 1240, 330), "Findings", {"Values": findings}),
        ),
    )


def _monitoring(facts: ReleaseFacts, measures: Sequence[Measure]) -> Page:
    rows, labelled, score, expected = (_measure("Monitoring", m.name) for m in measures)
    period = [_column("Monitoring", "period")]
    mean = facts.monitoring.columns[-1].name
    return Page(
        "Monitoring",
        (
            Visual("card", (20, 20, 240, 110), measures[0].name, {"Values": [rows]}),
            Visual("card", (280, 20, 240, 110), measures[1].name, {"Values": [labelled]}),
            Visual("lineChart", (20, 150, 1240, 260), "Live score", {"Category": period, "Y": [score, expected]}),
            Visual("clusteredColumnChart", (20, 430, 610, 270), "Live rows", {"Category": period, "Y": [rows]}),
            Visual("lineChart", (650, 430, 610, 270), mean, {"Category": period, "Y": [_mean("Monitoring", mean)]}),
        ),
    )


def _source(table: str) -> dict[str, Any]:
    return {"SourceRef": {"Entity": table}}


def _column(table: str, name: str) -> dict[str, Any]:
    field = {"Column": {"Expression": _source(table), "Property": name}}
    return {"field": field, "queryRef": f"{table}.{name}", "nativeQueryRef": name}


def _measure(table: str, name: str) -> dict[str, Any]:
    field = {"Measure": {"Expression": _source(table), "Property": name}}
    return {"field": field, "queryRef": f"{table}.{name}", "nativeQueryRef": name}


def _mean(table: str, name: str) -> dict[str, Any]:
    column = {"Column": {"Expression": _source(table), "Property": name}}
    field = {"Aggregation": {"Expression": column, "Function": 1}}  # 1: average
    return {"field": field, "queryRef": f"Avg({table}.{name})", "nativeQueryRef": name, "displayName": name}

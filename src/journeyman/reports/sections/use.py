"""How to use the model: commands that can be pasted, with the model's own name and columns."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup, escape

from journeyman.entities.column import Kind, Role
from journeyman.entities.report import BuildReport
from journeyman.reports.words import clean

__all__ = ["UseSection"]

_NEEDED = 60  # columns that are named


class UseSection:
    """Commands for files, Python and HTTP, and the columns that a row needs."""

    name, title, weight = "use", "Use", 700
    template = Path(__file__).with_name("use.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return commands and the names of features."""
        features = [c.name for c in report.columns if c.role is Role.FEATURE]
        return {
            "usage": _usage(report),
            "features": features[:_NEEDED],
            "features_left_out": max(0, len(features) - _NEEDED),
        }


def _usage(report: BuildReport) -> dict[str, str | Markup]:
    """Return commands that can be pasted, with the model's own name."""
    name = clean(report.name)
    lines = ["import journeyman", "", f"model = journeyman.load({name!r})", "predictions = model.predict(frame)"]
    if report.task.labels:
        lines.append("probabilities = model.predict_proba(frame)")
    if report.task.output_names:
        lines.append("outputs = model.predict_outputs(frame)")
    command = f"journeyman predict {shlex.quote(name)} NEW-ROWS.csv --out predictions.csv"
    if report.task.panel is not None:
        lines[-2:] = ["forecasts = model.forecast()  # the next steps of every series"]
        lines.append("forecasts = model.forecast(newer)  # after newer rows with their values")
        command = f"journeyman predict {shlex.quote(name)} --out forecasts.csv\n{command}"
    row = json.dumps(_typical_values(report), ensure_ascii=False)
    body = shlex.quote('{"row": ' + clean(row) + "}")
    return {
        "serve": f"journeyman serve {shlex.quote(name)}",
        "request": f"curl localhost:8000/predict -d {body}",
        "operate": f"journeyman operate {shlex.quote(name)}",
        "command": Markup(escape(command)),  # marked as safe, so that its lines are kept
        "python": escape("\n".join(lines)),  # marked as safe, so that its lines are kept
        "rollback": f"journeyman rollback {shlex.quote(name)}",
    }


def _typical_values(report: BuildReport) -> dict[str, str | float | None]:
    """Return a row that a service answers: medians and most frequent values, in the words of the table."""
    profiles = {p.name: p for p in report.profile.columns}
    row: dict[str, str | float | None] = {}
    for column in [c for c in report.columns if c.role is Role.FEATURE][:_NEEDED]:
        known = profiles.get(column.name)
        if known is not None and column.kind.numeric and known.quantiles and column.kind is not Kind.BOOLEAN:
            row[column.name] = float(f"{known.quantiles[len(known.quantiles) // 2]:.6g}")
        else:
            row[column.name] = known.top_values[0] if known is not None and known.top_values else None
    return row

"""Several models of one table on one page: what became of each target, and where its report is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journeyman.entities.model_set import ModelSet, SetMember
from journeyman.reports.html import environment
from journeyman.reports.phrases import score_row
from journeyman.reports.words import clean, number, percent, plural, shorten

__all__ = ["render_set", "set_summary", "set_words"]

_TEMPLATES = Path(__file__).parent / "templates"
_STYLES = {"release": ("good", "✓"), "release with care": ("warn", "!"), "do not release": ("bad", "✕")}
_MOST_LINES = 20


def set_words(made: ModelSet) -> str:
    """Say in one sentence how many models are fit for use.

    Examples
    --------
    >>> set_words(ModelSet("m", 1, "", "t.csv", ()))
    'No model was built.'
    """
    if not made.members:
        return "No model was built."
    unfit = [m.target for m in made.members if m.verdict == "do not release"]
    what = "label" if made.list_column else "target"
    words = f"{plural(len(made.members), what)}, a model each"
    if not unfit:
        return f"{words}; all are fit for use."
    named = ", ".join(f"'{clean(shorten(t, 30))}'" for t in unfit[:5]) + (", ..." if len(unfit) > 5 else "")
    return f"{words}; {len(unfit)} of them not fit for use: {named}."


def _mean_words(made: ModelSet) -> str:
    """Say the mean score over models that share their main metric; of labels in lists the mean log loss, too.

    The mean log loss a label is what lists of labels are usually judged by (Tsoumakas and Katakis 2007).
    """
    metrics = [[score.metric for score in member.scores] for member in made.members]
    if len(metrics) < 2 or len({names[0] for names in metrics}) != 1:
        return ""
    wanted = dict.fromkeys((metrics[0][0], *(["log_loss"] if made.list_column else [])))
    said = [_mean(made, metric) for metric in wanted if all(metric in names for names in metrics)]
    return f"Mean over {plural(len(metrics), 'model')}: {'; '.join(said)}."


def _mean(made: ModelSet, metric: str) -> str:
    scores = [next(score for score in member.scores if score.metric == metric) for member in made.members]
    mean, base = (sum(v) / len(scores) for v in ([s.value for s in scores], [s.baseline for s in scores]))
    return f"{score_row(scores[0]).name} {number(mean)}, without a model {number(base)}"


def render_set(made: ModelSet) -> str:
    """Render the page of a set.

    Returns
    -------
    str
        One HTML file that needs nothing else and runs no script; it points to the reports of its models.
    """
    return (
        environment()
        .get_template("set.html.j2")
        .render(
            made=made,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            words=set_words(made),
            mean=_mean_words(made),
            style=_worst(made.members),
            rows=[_row(member) for member in made.members],
            shares=any(m.share is not None for m in made.members),
        )
    )


def set_summary(made: ModelSet, report_path: str, workspace: str = "") -> RenderableType:
    """Return a screenful on a set: a line for each model, where the page is, and the next command."""
    grid = Table.grid(padding=(0, 3, 0, 0))
    for _ in range(4):
        grid.add_column()
    for member in made.members[:_MOST_LINES]:
        row = score_row(member.score)
        icon = _STYLES[member.verdict][1]
        grid.add_row(
            Text(f"  {icon} {clean(shorten(member.target, 30))}"),
            Text.assemble(row.name, " ", (row.value, "bold")),
            Text(f"without a model: {row.baseline}"),
            Text(member.model, style="dim"),
        )
    more = len(made.members) - _MOST_LINES
    lines: list[RenderableType] = [Text(set_words(made), style="bold"), Text(), grid]
    lines += [Text(f"  and {more} more")] if more > 0 else []
    lines += [Text(f"  {_mean_words(made)}")] if _mean_words(made) else []
    lines += [Text(f"  no model of {clean(shorten(name, 40))}: {clean(why)}") for name, why in made.left_out[:5]]
    lines += [Text(f"  ... and {len(made.left_out) - 5} more without a model")] if len(made.left_out) > 5 else []
    lines += [Text(), Text.assemble(("Report  ", "bold"), clean(report_path))]
    there = f" --workspace {shlex.quote(workspace)}" if workspace else ""
    command = f"journeyman predict {made.name} NEW-ROWS.csv --out predictions.csv{there}"
    lines.append(Text.assemble(("Next    ", "bold"), (command, "cyan")))
    return Group(*lines)


def _worst(members: Sequence[SetMember]) -> str:
    order = list(_STYLES)
    return _STYLES[max((m.verdict for m in members), key=order.index)][0] if members else "bad"


def _row(member: SetMember) -> Mapping[str, str]:
    row, (style, icon) = score_row(member.score), _STYLES[member.verdict]
    return {
        "target": member.target,
        "share": "" if member.share is None else percent(member.share),
        "kind": member.kind,
        "metric": row.name,
        "score": f"{row.value} ({row.low} to {row.high})",
        "baseline": row.baseline,
        "style": style,
        "icon": icon,
        "verdict": member.verdict,
        "reason": member.reason,
        "model": member.model,
        "link": f"../../{member.model}/{member.version}/report.html",
    }

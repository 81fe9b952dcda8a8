"""An analysis as one self-contained HTML page: the verdict, what gained, pictures of each discovery, the columns."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from journeyman.entities.analysis import Analysis, Discovery
from journeyman.entities.column import Role
from journeyman.reports.analysis_figures import discovery_figure
from journeyman.reports.analysis_words import chain_links, headline, kind_title, part_words, top_discoveries
from journeyman.reports.data_figures import ColumnRow, column_row
from journeyman.reports.figure import Figure
from journeyman.reports.html import environment

__all__ = ["render_analysis"]

_TEMPLATES = Path(__file__).parent / "templates"
_DRAWN = 12  # discoveries of one kind with a picture; the others are told in words
_LISTED = 60
_FIRST = 6
_COLUMNS = 1_000


@dataclass(frozen=True)
class _Section:
    """Discoveries of one kind as the page shows them."""

    name: str
    title: str
    drawn: tuple[tuple[Discovery, Figure | None], ...]
    others: tuple[Discovery, ...]
    left_out: int


def render_analysis(analysis: Analysis) -> str:
    """Render an analysis.

    Returns
    -------
    str
        One HTML file that needs nothing else: its only script is allowed by digest.
    """
    script = (_TEMPLATES / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    kinds = list(dict.fromkeys(discovery.kind for discovery in analysis.discoveries))
    return (
        environment()
        .get_template("analysis.html.j2")
        .render(
            analysis=analysis,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            digest=digest,
            headline=headline(analysis),
            parts=part_words(analysis),
            first=top_discoveries(analysis, _FIRST),
            style="good" if analysis.discoveries else "calm",
            chain=chain_links(analysis),
            loss=_loss(analysis),
            gained=sum(trial.accepted for trial in analysis.trials),
            sections=[_section(kind, analysis) for kind in kinds],
            columns=_columns(analysis),
        )
    )


def _section(kind: str, analysis: Analysis) -> _Section:
    found = [discovery for discovery in analysis.discoveries if discovery.kind == kind]
    drawn = tuple((discovery, discovery_figure(discovery)) for discovery in found[:_DRAWN])
    others = tuple(found[_DRAWN : _DRAWN + _LISTED])
    return _Section(kind, kind_title(kind), drawn, others, max(0, len(found) - _DRAWN - _LISTED))


def _columns(analysis: Analysis) -> list[ColumnRow]:
    profiles = {profile.name: profile for profile in analysis.profile.columns}

    def order(place: int) -> tuple[bool, float]:
        profile = profiles.get(analysis.columns[place].name)
        alone = profile.association if profile is not None and profile.association is not None else -1.0
        return analysis.columns[place].role is not Role.TARGET, -alone

    ordered = sorted(range(len(analysis.columns)), key=order)[:_COLUMNS]
    rows = max(analysis.profile.rows, 1)
    return [column_row(analysis.columns[k], profiles.get(analysis.columns[k].name), {}, rows) for k in ordered]


def _loss(analysis: Analysis) -> str:
    target = next((column for column in analysis.columns if column.role is Role.TARGET), None)
    return "log loss" if target is not None and target.kind.categorical else "the squared error"

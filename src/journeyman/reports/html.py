"""The report as one self-contained HTML file: no network, no fonts, pictures drawn inline, verdict first."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined
from markupsafe import Markup

from journeyman.entities.report import BuildReport
from journeyman.interfaces import ReportSection
from journeyman.plugins import load_usable
from journeyman.reports.phrases import remedy_words
from journeyman.reports.words import clean, count, duration, number, percent, place, plural

__all__ = ["RenderedSection", "environment", "render_html", "render_section"]

_GROUP = "journeyman.report_sections"
_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_CAUSE = 200  # characters of what a section that failed says


@dataclass(frozen=True)
class RenderedSection:
    """A section as the page holds it; see :class:`journeyman.interfaces.ReportSection`."""

    weight: float
    name: str
    title: str
    html: Markup


@cache
def environment() -> Environment:
    """Return the environment of all pages: texts escaped, the filters that say numbers, templates compiled once."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(_TEMPLATES), FunctionLoader(_read_template)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clean": clean,
        "duration": duration,
        "number": number,
        "percent": percent,
        "place": place,
        "plural": plural,
    }
    environment.filters |= {"count": count, "remedy": remedy_words}
    # Names of columns and labels are the user's: escaped as everything is, and rid of characters that turn text around.
    environment.finalize = lambda value: (
        clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )
    return environment


def render_section(section: ReportSection, report: BuildReport) -> RenderedSection | None:
    """Render one section; None where it has nothing to show."""
    facts = section.view(report)
    if facts is None:
        return None
    html = environment().get_template(str(section.template)).render({**facts, "report": report})
    return RenderedSection(float(section.weight), section.name, section.title, Markup(html))


def render_html(report: BuildReport) -> str:
    """Render a build's report: its sections by weight; one that fails is left out, and a line says so.

    Parameters
    ----------
    report : BuildReport
        What is known of the build.

    Returns
    -------
    str
        One HTML file that needs nothing else: it fetches nothing, its only script is allowed by digest, and pictures
        are inline SVG.
    """
    script = (_TEMPLATES / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    loaded = load_usable(_GROUP)
    rendered: list[RenderedSection] = []
    left_out = [_failure_words(name, error) for name, error in loaded.failures.items()]
    for name, section in loaded.parts.items():
        try:
            shown = render_section(section, report)
            if shown is not None and shown.name != name:  # names are ids, which stand once on a page
                raise ValueError(f"it calls itself {shown.name!r}")
        except Exception as error:  # noqa: BLE001 - a section is anybody's code, and the build is done
            left_out.append(_failure_words(name, error))
        else:
            rendered += [shown] if shown is not None else []
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            digest=digest,
            sections=sorted(rendered, key=lambda one: (one.weight, one.name)),
            left_out=left_out,
        )
    )


def _read_template(path: str) -> tuple[str, str, Callable[[], bool]] | None:
    """Return a section's template, its file, and whether what was compiled of it still is what stands there."""
    file = Path(path)
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8")
    return text, path, lambda: file.is_file() and file.read_text(encoding="utf-8") == text


def _failure_words(name: str, error: Exception) -> str:
    cause = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_CAUSE]
    return f"The section {name!r} is left out, because it cannot be shown. {cause}"

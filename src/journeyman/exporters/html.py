"""A release as one page that predicts in the browser, with the plan inside and without a network."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError
from journeyman.exporters.javascript import SCRIPT_OPERATIONS
from journeyman.exporters.project_files import needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["HtmlExporter"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_MODULES = (
    ("javascript", ("texts", "steps", "cells", "table", "plan")),
    ("html", ("form", "words", "reasons", "sheet", "page")),
)
"""In an order in which each comes after what it imports."""
_PLAIN_BELOW = 20_000  # bytes; a plan of that size is left as it is, to be read
_IMPORT = re.compile(r'^import \{ (?P<names>[^}]+) \} from "\./(?P<module>\w+)\.mjs";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)


@dataclass(frozen=True)
class HtmlExporter:
    """Writes ``NAME.html``: a form, the prediction in words, its reasons, what if, and tables that are pasted.

    Examples
    --------
    >>> HtmlExporter().name
    'html'
    """

    name: str = "html"
    operations: frozenset[str] = SCRIPT_OPERATIONS

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the page and a README."""
        page = _page(facts, (folder / "plan.txt").read_text(encoding="utf-8"))
        (folder / _file_name(facts)).write_text(page, encoding="utf-8")
        columns = ", ".join(f"`{column.name}`" for column in facts.plan.columns)
        words = {
            "PAGE": _file_name(facts),
            "MODEL": facts.plan.name,
            "TARGET": facts.plan.target,
            "COLUMNS": columns,
        }
        (folder / "README.md").write_text(source_text("html", "README.md", words), encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that no browser is installed."""
        return needs_tool(_BROWSERS, "chromium")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows by the page itself, in Chromium without a window.

        Raises
        ------
        ReleaseError
            Where the page holds another plan than ``plan.txt``, or answers nothing.
        """
        (page,) = folder.glob("*.html")
        browser = next(path for name in _BROWSERS if (path := shutil.which(name)))
        asked = json.dumps(rows.read_bytes().decode()).replace("<", "\\u003c")
        whole = page.read_text(encoding="utf-8")
        if _held_plan(whole).strip() != (folder / "plan.txt").read_text(encoding="utf-8").strip():
            raise ReleaseError("the page holds another plan than plan.txt", hint="export it again")
        script = source_text("html", "check.mjs").replace("ROWS", asked)
        with tempfile.TemporaryDirectory() as held:
            checked = Path(held, "page.html")
            checked.write_text(
                whole.replace("</body>", f'<script type="module">{script}</script></body>'), encoding="utf-8"
            )
            options = [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                f"--user-data-dir={held}/p",
            ]
            options += ["--virtual-time-budget=600000", "--dump-dom"]
            shown = run_tool([browser, *options, checked.as_uri()], Path(held))
        found = re.search(r'<pre id="answers">(.*?)</pre>', shown, re.DOTALL)
        if found is None or not found[1].strip():
            raise ReleaseError("the page answered nothing", hint=f"open {page} in a browser and look at its console")
        answers.write_text(html.unescape(found[1]).lstrip("\n"), encoding="utf-8")


def _file_name(facts: ProjectFacts) -> str:
    return f"{facts.package}.html"


def _page(facts: ProjectFacts, plan: str) -> str:
    raw = plan.encode()
    packed = len(raw) >= _PLAIN_BELOW
    # a mark of the page's own language inside a plan's texts would end the element that holds it
    packed = packed or "<" in plan or "&" in plan
    known = {
        "columns": [asdict(column) for column in facts.columns] or [{} for _ in facts.plan.columns],
        "outputs": facts.outputs,
        "coverage": facts.coverage,
    }
    model = facts.plan
    words = {
        "TITLE": html.escape(f"Predict {model.target}: {model.name}"),
        "HEAD": html.escape(f"Predict {model.target}"),
        "ABOUT": html.escape(f"The model {model.name}, version {model.version}."),
        "STYLE": source_text("html", "page.css").strip(),
        "PACKED": "yes" if packed else "no",
        "PLAN": base64.b64encode(gzip.compress(raw, mtime=0)).decode() if packed else plan,
        "FACTS": json.dumps(known, ensure_ascii=False).replace("<", "\\u003c"),
        "SCRIPT": _bundle(),
    }
    return source_text("html", "page.html", words)


def _held_plan(page: str) -> str:
    """Return the plan that a page holds."""
    found = re.search(r'id="plan" data-packed="(yes|no)">\n(.*?)\n</script>', page, re.DOTALL)
    if found is None:
        return ""
    return gzip.decompress(base64.b64decode(found[2])).decode() if found[1] == "yes" else found[2]


def _bundle() -> str:
    """Return all modules as one script: each is a function that returns what it exports."""
    parts = ["const modules = {};"]
    for language, names in _MODULES:
        for name in names:
            text = source_text(language, f"{name}.mjs")
            exported = ", ".join(found["name"] for found in _EXPORT.finditer(text))
            text = _IMPORT.sub(r"const { \g<names> } = modules.\g<module>;", text)
            text = _EXPORT.sub("", text)
            parts.append(f"modules.{name} = (() => {{\n{text}return {{ {exported} }};\n}})();")
    return "\n".join(parts).replace("</script", "<\\/script")

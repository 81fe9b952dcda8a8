"""The pages that explain findings, from the installed package or from a checkout."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from pathlib import Path

from journeyman.errors import SettingsError

__all__ = ["finding_page", "finding_sections"]

_CHECKOUT = Path(__file__).parents[3] / "docs" / "findings"
_CODE = re.compile(r"[A-Z]{2}\d{3}")


def finding_page(code: str) -> str:
    """Return the page of a finding's code as plain text.

    Raises
    ------
    SettingsError
        Where there is no such code.

    Examples
    --------
    >>> finding_page("dq302").splitlines()[0]
    'DQ302: Contains the target'
    """
    pages, wanted = _pages(), code.strip().upper().partition(":")[0]
    if wanted not in pages:
        near = difflib.get_close_matches(wanted, pages, n=3, cutoff=0.7)
        hint = f"did you mean {' or '.join(near)}?" if near else "a finding's code stands before it, such as DQ302"
        raise SettingsError(f"there is no finding {code!r}", hint=hint)
    return re.sub(r"\*\*|\[([^\]]*)\]\([^)]*\)", r"\1", pages[wanted]).removeprefix("# ").strip()


def finding_sections(codes: Iterable[str]) -> list[tuple[str, str, list[str]]]:
    """Return code, title and paragraphs of HTML for each of those codes that has a page, in order."""
    pages = _pages()
    sections = []
    for code in sorted(set(codes) & set(pages)):
        title, _, body = pages[code].removeprefix("# ").partition("\n")
        paragraphs = [_html(part) for part in body.strip().split("\n\n") if part.strip()]
        sections.append((code, title.partition(": ")[2] or title, paragraphs))
    return sections


def _html(text: str) -> str:
    """Return a paragraph of Markdown (bold, code, links) as HTML."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text, quote=False))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def _pages() -> Mapping[str, str]:
    """Return all pages by code."""
    installed = resources.files("journeyman").joinpath("findings")
    place = installed if installed.is_dir() else _CHECKOUT
    names = (page for page in place.iterdir() if page.name.endswith(".md") and _CODE.fullmatch(page.name[:-3]))
    return {page.name[:-3]: page.read_text(encoding="utf-8") for page in names}

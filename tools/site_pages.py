"""Write build/site-pages, from which the site is made: docs/, and the files of the repository that its pages link to.

A link such as ``../src/journeyman/settings.py`` is right in the repository and stays so there. In the site it leads to
a page under ``source/`` that shows the file.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "site-pages"
DOCS = "docs"
SOURCE = "source"
LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")
FENCED = re.compile(r"(^(?P<fence>```+).*?^(?P=fence)[ \t]*$)", re.MULTILINE | re.DOTALL)
LANGUAGES = {".py": "python", ".toml": "toml", ".md": "markdown", ".j2": "jinja", ".css": "css", ".js": "javascript"}


def page_of(path: str) -> str:
    """Return the site's page of a path of the repository: below docs/ itself, elsewhere below source/.

    Examples
    --------
    >>> page_of("docs/glossary.md"), page_of("src/journeyman/settings.py"), page_of("src/journeyman/serving")
    ('glossary.md', 'source/src/journeyman/settings.py.md', 'source/src/journeyman/serving.md')
    """
    if path.startswith(f"{DOCS}/"):
        return path.removeprefix(f"{DOCS}/")
    return f"{SOURCE}/{path}" if path.endswith(".md") else f"{SOURCE}/{path}.md"


def is_shown(path: str) -> bool:
    """Whether a path is of the repository and not below docs/, whose files the site has already."""
    return not path.startswith((f"{DOCS}/", "..")) and path != DOCS and (ROOT / path).exists()


def prose(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a page, each with whether it is prose; the others are fenced code."""
    end = 0
    for found in FENCED.finditer(text):
        yield text[end : found.start()], True
        yield found[0], False
        end = found.end()
    yield text[end:], True


def target_of(target: str, here: str) -> str:
    """Return the path in the repository of a link in a page.

    Examples
    --------
    >>> target_of("../src/journeyman/serving/", "docs/ten-minutes.md")
    'src/journeyman/serving'
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(here), target))


def linked(text: str, here: str) -> Iterator[str]:
    """Yield the paths of the repository that the page at ``here`` links to."""
    for part, is_prose in prose(text):
        for _, target, _ in LINK.findall(part) if is_prose else ():
            yield target_of(target, here)


def relinked(text: str, here: str) -> str:
    """Return a page's text with links that lead to pages of the site."""
    folder = posixpath.dirname(page_of(here)) or "."

    def lead(found: re.Match[str]) -> str:
        path = target_of(found[2], here)
        if not is_shown(path) and not path.startswith(f"{DOCS}/"):
            return found[0]
        return found[1] + posixpath.relpath(page_of(path), folder) + found[3]

    return "".join(LINK.sub(lead, part) if is_prose else part for part, is_prose in prose(text))


def shown(path: str) -> str:
    """Return the page that shows a file or a folder of the repository; search passes over it."""
    file = ROOT / path
    head = "---\nsearch:\n  exclude: true\n---\n\n"
    if file.is_dir():
        lines = [f"- [{f.name}]({file.name}/{f.name})" for f in sorted(file.iterdir()) if f.suffix in LANGUAGES]
        return f"{head}# {path}/\n\n" + "\n".join(lines) + "\n"
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return head + text
    return f"{head}# {path}\n\n````{LANGUAGES.get(file.suffix, 'text')}\n{text}\n````\n"


def main() -> None:
    """Write the folder anew."""
    shutil.rmtree(OUT, ignore_errors=True)
    shutil.copytree(ROOT / DOCS, OUT)
    waiting = [f"{DOCS}/{page.relative_to(OUT).as_posix()}" for page in sorted(OUT.rglob("*.md"))]
    done: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in done or not (is_shown(path) or (path.endswith(".md") and (ROOT / path).is_file())):
            continue
        done.add(path)
        text = shown(path) if is_shown(path) else (ROOT / path).read_text(encoding="utf-8")
        if path.endswith(".md") or (ROOT / path).is_dir():
            waiting += linked(text, path)
            text = relinked(text, path)
        page = OUT / page_of(path)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What languages share: sources that are copied with their names filled in, and tools that are run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError

__all__ = ["copy_sources", "needs_tool", "run_tool", "source_text"]

_PATIENCE = 600.0  # seconds


def source_text(language: str, name: str, words: Mapping[str, str] | None = None) -> str:
    """Return the text of a file of a language's sources; words in it are replaced, each where it stands whole.

    Examples
    --------
    >>> "ROW" in source_text("javascript", "index.d.ts"), "ROW" in source_text("javascript", "index.d.ts", {"ROW": "x"})
    (True, False)
    """
    text = files("journeyman.exporters").joinpath("languages", language, name).read_text(encoding="utf-8")
    if not words:
        return text
    whole = r"(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, words)) + r")(?![A-Za-z0-9])"
    return re.sub(whole, lambda found: words[found[0]], text)


def copy_sources(language: str, names: Sequence[str], folder: Path) -> None:
    """Copy files of a language's sources into a project, as they are."""
    for name in names:
        (folder / name).write_text(source_text(language, name), encoding="utf-8")


def needs_tool(names: Sequence[str], package: str) -> Refusal | None:
    """Return None where one of these programs is installed, else which is not and how it comes.

    Examples
    --------
    >>> needs_tool(("no-such-program",), "nothing")
    Refusal(reason='no-such-program is not installed', hint='install it: apt-get install nothing')
    """
    if any(shutil.which(name) for name in names):
        return None
    return Refusal(f"{names[0]} is not installed", f"install it: apt-get install {package}")


def run_tool(command: Sequence[str], folder: Path) -> str:
    """Run a program in a folder and return what it printed.

    Raises
    ------
    ReleaseError
        Where it fails or does not end, with the last line of what it printed.
    """
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseError(f"{command[0]} did not run: {error}", hint="try again on a machine at rest") from error
    if ended.returncode:
        lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()] or ["it printed nothing"]
        raise ReleaseError(
            f"{Path(command[0]).name} ended with {ended.returncode}: {lines[-1].strip()[:300]}",
            hint=f"try it by hand: {' '.join(map(str, command))}"[:300],
        )
    return ended.stdout

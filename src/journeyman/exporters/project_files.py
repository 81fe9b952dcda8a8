"""What languages share: sources that are copied with their names filled in, and tools that are run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError

__all__ = ["build_once", "commit_folder", "copy_sources", "copy_tree", "needs_tool", "run_tool", "source_text"]

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
            hint="write it with --no-check, and try it by hand as its README says",
        )
    return ended.stdout


def commit_folder(folder: Path, message: str) -> bool:
    """Make a git repository of a folder, with all of it in one commit; return whether git is there and did it."""
    if shutil.which("git") is None:
        return False
    who = ("-c", "user.name=Journeyman", "-c", "user.email=journeyman@localhost", "-c", "commit.gpgsign=false")
    alone = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # of no other repository
    commands = (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-q", "-m", message))
    return not any(
        subprocess.run(["git", *command], cwd=folder, env=alone, capture_output=True).returncode for command in commands
    )


_BUILDS: dict[str, TemporaryDirectory[str]] = {}
"""Folders of what this process has built, by the digest of the sources; they go when it ends."""


def build_once(name: str, sources: Sequence[Path], build: Callable[[Path], None]) -> Path:
    """Return a folder in which sources were built; the same sources are built once in a process.

    Parameters
    ----------
    name : str
        Of the way of building.
    build : callable
        Builds into the folder that it is given.

    Raises
    ------
    ReleaseError
        Where ``build`` does.
    """
    digest = hashlib.sha256(name.encode())
    for source in sources:
        content = source.read_bytes()
        digest.update(f"{source.name} {len(content)} ".encode() + content)
    key = digest.hexdigest()
    if key not in _BUILDS:
        held: TemporaryDirectory[str] = TemporaryDirectory()
        build(Path(held.name))
        _BUILDS[key] = held
    return Path(_BUILDS[key].name)


def copy_tree(language: str, folder: Path, words: Mapping[str, str], at: str = "") -> None:
    """Copy all of a language's sources into a project, or those of one of their folders; ``@WORD@`` is replaced.

    Parameters
    ----------
    words : mapping of str to str
        What stands for each word. ``@`` around other words stays as it is: build files have such words of their own.
    at : str
        A folder of the sources, which is copied under its own name; all of them where it is empty.
    """
    place = files("journeyman.exporters").joinpath("languages", language, *filter(None, [at]))
    target = folder / at
    target.mkdir(parents=True, exist_ok=True)
    for entry in place.iterdir():
        name = f"{at}/{entry.name}" if at else entry.name
        if entry.is_dir():
            copy_tree(language, folder, words, name)
        else:
            text = entry.read_text(encoding="utf-8")
            replaced = re.sub("|".join(f"@{word}@" for word in words), lambda found: words[found[0][1:-1]], text)
            (folder / name).write_text(replaced, encoding="utf-8", newline="\n")

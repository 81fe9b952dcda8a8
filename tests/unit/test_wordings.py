"""Plain wordings: what users stumbled over does not come back, nor its kind."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
import typer
from tests.package_source import SOURCE, parsed_files

from journeyman.cli.main import app
from journeyman.entities.column import Kind

MANNERED = {
    r"lost when a column is shuffled": "rise (or fall) in METRIC when a column is shuffled",
    r"lifts the score": "likely to improve the score",
    r"tenths of the values": "stratified by deciles of the target",
    r"[Ss]aying the same as the row before": "repeating the previous row's value",
    r"yet that both have answered": "rows with a known outcome that both predicted",
    r"without hope": "could not win",
    r"[Tt]ells alone": "signal alone",
    r"\w\(s\)(?:[ .,]|$)": "one word for one, another for several",
    r"\ba (?:integer|ordered|identifier)\b": "an",
    r"[^-]\bno model\b(?! to serve| is called| of)": "without a model",
    r"in a container what the platform wants": "what it is, and its default",
}


@functools.cache
def _texts() -> list[tuple[Path, str]]:
    """Return the texts of files that may reach a reader: no docstrings, no notes below constants."""
    found = []
    for path, nodes in parsed_files().items():
        silent = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        found += [
            (path, node.value)
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
        ]
    return found


@pytest.mark.parametrize("pattern", MANNERED, ids=lambda p: MANNERED[p])
def test_no_message_speaks_so(pattern: str) -> None:
    wrong = re.compile(pattern)
    found = [
        f"{path.relative_to(SOURCE)}: {text[:80]}"
        for path, text in _texts()
        if wrong.search(text) and "[^" not in text  # a regular expression is no message
    ]
    found += [str(page) for page in sorted(SOURCE.rglob("*.j2")) if wrong.search(page.read_text(encoding="utf-8"))]
    assert not found, f"say: {MANNERED[pattern]}\n" + "\n".join(found)


def test_an_option_says_what_it_is_in_a_sentence() -> None:
    found = []
    for name, command in sorted(typer.main.get_command(app).commands.items()):
        for parameter in command.params:
            words = getattr(parameter, "help", None)
            if not words:
                continue
            hides = re.search(r"; [\w.:]+\.$", words) and not words.endswith("repeatable.")
            if not (words[0].isupper() or words[0] == ".") or not words.endswith((".", ")", "]")) or hides:
                found.append(f"{name} {parameter.opts[-1]}: {words}")
    assert not found, "\n".join(found)


def test_each_kind_has_its_article() -> None:
    assert [kind.noun for kind in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.ORDERED)] == [
        "an integer",
        "a number",
        "a yes or no",
        "an ordered category",
    ]

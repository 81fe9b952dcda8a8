"""Names and texts use the field's words (docs/decisions/0055): what was renamed does not come back."""

from __future__ import annotations

import ast
import re
import tokenize
from typing import Any

BANNED = {
    "Kit", "standard_kit", "kit", "Shelf", "shelf", "Hands", "hands", "LoopParts", "Late", "Contest", "Rung",
    "rungs", "Wish", "wish", "Remark", "Inferred", "Lineup", "lineup", "LineupKeeper", "KnownRows", "Doors",
    "doors", "Beliefs", "beliefs", "Foresight", "foresight", "Recollection", "recollect", "LookBack", "look_back",
    "LabelAsk", "Took", "Shown", "Standing", "Jump", "Way", "WAYS", "Hurt", "Copied", "Recognised", "OtherUnit",
    "hurry", "ask_later", "hand_on", "hear", "reckoned_answer", "with_copies",
    "choose_copies", "copies_as_groups", "deal_rows", "deal_groups", "whom_it_hurts", "find_moment",
}  # fmt: skip
"""Names that had a standard term."""

STORED = {"rung": 60, "contest": 190, "copies": 105, "twin": 24, "truths": 320, "answers": 470}
"""Names of stored fields and of what is read from them, and the most places that may use each: lower them.

A journal, a release or a prediction log of an earlier version holds these names, so that a new name needs a migration.
"""

PARTICIPLES = {
    "told", "said", "shown", "kept", "right", "plain", "seen", "done", "gone", "made", "known", "wanted",
    "counted", "placed", "taken", "listed", "apart", "refused", "noted", "judged", "heard", "found", "met", "some",
    "say", "like", "answer", "answers", "mended", "joined", "asked", "called", "begun", "began", "ended", "left",
    "lost", "meant", "named", "opened", "parted", "believed", "proved", "suspected", "tied", "watched", "again",
    "better",
}  # fmt: skip
"""Names that fit any helper: a helper is a noun of the field, or a verb and a noun."""

PHRASES = (
    r"\bfits? for good\b",
    r"\bfitted once for good\b",
    r"\blast fit\b",
    r"\bthe doors?\b(?! of a)",
    r"\brungs?\b",
    r"\bthe ladder\b",
    r"\breckon\w*",
    r"\bjudge the judgement\b",
    r"\bno truths? (has|have) come\b",
)
"""Phrases of docstrings, comments and messages that have a plain form."""


CODE = re.compile(r"`[^`]*`|\{[^{}]*\}|^\s*rung : .*$", re.MULTILINE)


def test_renamed_names_do_not_come_back(modules: list[Any]) -> None:
    found = [
        f"{module.name}:{token.start[0]} {token.string}"
        for module in modules
        for token in module.tokens
        if token.type == tokenize.NAME and token.string in BANNED
    ]
    assert not found, "\n".join(found)


def test_stored_names_become_fewer(modules: list[Any]) -> None:
    uses = dict.fromkeys(STORED, 0)
    for module in modules:
        for token in module.tokens:
            if token.type == tokenize.NAME and token.string in uses:
                uses[token.string] += 1
    assert not [f"{name}: {uses[name]} places, {most} allowed" for name, most in STORED.items() if uses[name] > most]


def test_helpers_are_named_by_what_they_do(modules: list[Any]) -> None:
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("_")
        and node.name.strip("_") in PARTICIPLES
    ]
    assert not found, "\n".join(found)


def test_docstrings_say_more_than_the_name(modules: list[Any]) -> None:
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and _says_nothing(node.name, ast.get_docstring(node))
    ]
    assert not found, "\n".join(found)


def test_texts_use_plain_phrases(modules: list[Any]) -> None:
    banned = re.compile("|".join(PHRASES), re.IGNORECASE)
    found = [
        f"{module.name}:{token.start[0]} {match[0]!r}"
        for module in modules
        for token in module.tokens
        if token.type in (tokenize.STRING, tokenize.COMMENT)
        for match in banned.finditer(CODE.sub("", token.string))
    ]
    assert not found, "\n".join(found)


def _says_nothing(name: str, docstring: str | None) -> bool:
    """Whether a docstring is one word, or the name in words; none at all is another rule's affair."""
    if docstring is None:
        return False
    words = [word for word in re.findall(r"[a-z0-9]+", docstring.lower()) if word not in ("a", "an", "the", "return")]
    named = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    return len(words) < 2 or words == named


def test_the_scan_for_empty_docstrings_sees_them() -> None:
    assert _says_nothing("__enter__", "Begin.")
    assert _says_nothing("score", "Return the score.")
    assert _says_nothing("BoosterModel", "A booster model.")
    assert not _says_nothing("score", "Return the score of predictions, shape (n_samples,).")
    assert not _says_nothing("__len__", None)

"""The api of the user's own experience: look at it, and forget it; loads no library that learns."""

from __future__ import annotations

from pathlib import Path

from journeyman.entities.expectation_review import ExpectationReview
from journeyman.stages.expectation_review import review_expectations
from journeyman.stores.assessed import clear_assessed
from journeyman.stores.experience import EXPERIENCE, opened_experience
from journeyman.stores.home import user_folder

__all__ = ["clear", "experience_file", "looked_back", "rows_kept"]

_ALL = 1_000_000


def experience_file() -> Path:
    """Return where the user's own experience lies; it may not be there yet."""
    return user_folder() / EXPERIENCE


def looked_back() -> ExpectationReview:
    """Return how good the judgement has been over the user's own builds.

    Raises
    ------
    WorkspaceError
        Where the experience cannot be read.
    """
    if not experience_file().is_file():
        return review_expectations(())
    with opened_experience(user_folder()) as store:
        return review_expectations(store.read(_ALL))


def rows_kept() -> int:
    """Return how many trials the user's own experience holds."""
    clear_assessed(user_folder())
    if not experience_file().is_file():
        return 0
    with opened_experience(user_folder()) as store:
        return len(store.read(_ALL))


def clear() -> int:
    """Forget the user's own experience, and what was expected of use cases; return how many trials it held.

    Raises
    ------
    WorkspaceError
        Where it cannot be written.
    """
    clear_assessed(user_folder())
    if not experience_file().is_file():
        return 0
    with opened_experience(user_folder()) as store:
        return store.clear()

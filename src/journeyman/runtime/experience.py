"""What earlier builds have taught: of the workspace and of the user, read before a search and added to after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journeyman.entities.experience import Experience
from journeyman.errors import WorkspaceError
from journeyman.stores.experience import ExperienceStore, opened_experience
from journeyman.stores.home import user_folder

__all__ = ["load_experience", "save_experience"]

Note = Callable[[str], None]


def load_experience(store: ExperienceStore, note: Note) -> tuple[Experience, ...]:
    """Return the experience of the user and that of a workspace which the user has not, the oldest first.

    Parameters
    ----------
    store : ExperienceStore
        The workspace's.
    note : callable
        Is told where the user's own cannot be read; that is no reason to fail.
    """
    local = store.read()
    folder = user_folder()
    try:
        with opened_experience(folder) as own:
            known = own.read()
    except WorkspaceError as error:
        note(f"the experience of other workspaces is not used: {error.message}")
        return local
    jobs = {row.job for row in known}
    return (*(row for row in local if row.job not in jobs), *known)


def save_experience(store: ExperienceStore, job: str, rows: Sequence[Experience], note: Note) -> None:
    """Add what a build has taught to the workspace's and to the user's experience, in place of what it said before.

    Parameters
    ----------
    note : callable
        Is told where the user's own cannot be written; that is no reason to fail.
    """
    store.add(job, rows)
    try:
        with opened_experience(user_folder()) as own:
            own.add(job, rows)
    except WorkspaceError as error:
        note(f"what was learned stays in this workspace: {error.message}")

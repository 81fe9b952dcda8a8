"""What came of the user's own builds of cases that were assessed before: it moves what is expected of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journeyman.entities.experience import Experience
from journeyman.entities.use_case import Assessment, BuildOutcome
from journeyman.errors import WorkspaceError
from journeyman.stages.rank.memory import TABLE
from journeyman.stores.assessed import AssessedCase, read_assessed, write_assessed
from journeyman.stores.experience import opened_experience
from journeyman.stores.home import user_folder

__all__ = ["load_outcomes", "outcomes_of", "save_assessed"]

Note = Callable[[str], None]


def load_outcomes(note: Note) -> tuple[BuildOutcome, ...]:
    """Return the outcomes of the user's own builds; none where they cannot be read, which is no reason to fail."""
    folder = user_folder()
    try:
        assessed = read_assessed(folder)
        if not assessed:
            return ()
        with opened_experience(folder) as own:
            return outcomes_of(assessed, own.read())
    except WorkspaceError as error:
        note(f"the outcomes of your own builds are not used: {error.message}")
        return ()


def outcomes_of(assessed: dict[str, AssessedCase], past: Sequence[Experience]) -> tuple[BuildOutcome, ...]:
    """Return for each case that was built after it was assessed whether the latest build reached the margin.

    Parameters
    ----------
    assessed : dict of str to AssessedCase
        By the number that names a table and its target.
    past : sequence of Experience
        Trials of builds, the oldest first. A build has reached the margin where its best trial, out of fold, leaves so
        much less of the baseline's loss.
    """
    best: dict[str, dict[str, float]] = {}
    for row in past:
        number = row.context.get(TABLE)
        if number is None or row.solo is None:
            continue
        jobs = best.setdefault(f"{number:.0f}", {})
        jobs[row.job] = min(row.solo, jobs.get(row.job, 1.0))
    found = []
    for name, case in assessed.items():
        if name in best:
            latest = list(best[name].values())[-1]
            found.append(BuildOutcome(case.probability, latest <= 1.0 - case.margin))
    return tuple(found)


def save_assessed(found: Assessment, note: Note) -> None:
    """Keep what was expected of each case, without what own builds moved; it is no reason to fail where that fails."""
    cases = {case.number: case for case in found.cases if case.number and case.unmoved is not None}
    if not cases:
        return
    folder = user_folder()
    try:
        known = read_assessed(folder)
        fresh = {name: AssessedCase(case.unmoved or 0.0, case.margin) for name, case in cases.items()}
        write_assessed(folder, {**{k: v for k, v in known.items() if k not in fresh}, **fresh})
    except WorkspaceError as error:
        note(f"what was expected is not kept: {error.message}")

"""What the champion says of the rows that a new build is judged by, and what a release keeps so that this can be asked.

Only rows that the champion has not learned from count: rows of its own holdout, for which its rehearsal's predictions
are kept in the release, and rows that are new to it, which the release itself predicts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Role
from journeyman.entities.comparison import ChampionPredictions, JudgedRows
from journeyman.entities.decision import Verdict
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.errors import InputError, ReleaseError
from journeyman.inference.release import Release, open_release
from journeyman.interfaces import Run
from journeyman.settings import BuildSettings
from journeyman.sources.parsing.read_again import read_again, reads_otherwise
from journeyman.stages.evaluate.compare_champion import FEWEST_ROWS
from journeyman.stores.workspace import Workspace
from journeyman.transformers.learned_rows import LearnedRows, labelled_marks, learned_rows
from journeyman.transformers.marks import Marks

__all__ = ["LEARNED", "champion_predictions", "learned_file"]

LEARNED = "learned.msgpack"
"""The file of a release that tells which rows taught it."""

_AT_ONCE = 20_000  # rows that are fingerprinted at a time, so that it takes little memory
_EVENT = "champion"

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def learned_file(table: Table, task: Task, judged: JudgedRows) -> bytes:
    """Return what a release keeps of its rows: 8 bytes each, and its predictions for those that judged it."""
    names = [column.name for column in table.features]
    target = target_values(table, task.target)
    parts = [
        labelled_marks(to_block(table.frame.iloc[part], table.features), names, target[part])
        for part in _parts(len(table.frame))
    ]
    two = len(task.labels) == 2
    predictions = judged.predictions[:, 1:] if two else judged.predictions
    return learned_rows(names, np.concatenate(parts), judged.rows, predictions).to_file()


def champion_predictions(
    workspace: Workspace,
    run: Run,
    settings: BuildSettings,
    table: Table,
    task: Task,
    division: Split,
    judged: JudgedRows,
) -> ChampionPredictions | None:
    """Return the champion's predictions for the rows that judge a new build and taught neither; None without one.

    Where it cannot be asked, the obstacle says why. A champion that was not to be released counts as none, and so does
    any for a challenger of the loop, which has to prove itself on live rows.
    """
    known = workspace.registry.champion(settings.name)
    if settings.challenger or known is None or known.run == run.id or known.verdict == Verdict.DO_NOT_RELEASE:
        return None
    name, version = known.name, known.version
    try:
        release = open_release(workspace.registry.folder(known), known.digest)
        found = _predict_judged(release, table, task, division, judged)
    except (InputError, ReleaseError) as error:
        return ChampionPredictions(name, version, f"the release of version {version} cannot be used: {error.message}")
    if isinstance(found, str):
        return ChampionPredictions(name, version, found)
    rows, predictions, recorded = found
    detail = f"{name} {version}"
    earlier = len(set(workspace.journal.runs_with_event(_EVENT, detail)) - {run.id})
    if len(rows) >= FEWEST_ROWS:
        run.event(_EVENT, detail)
    used = {column.name for column in release.columns}
    return ChampionPredictions(
        name=name,
        version=version,
        rows=rows,
        predictions=predictions,
        threshold=release.threshold,
        recorded=recorded,
        share=_share(release),
        set_aside=tuple(c.name for c in table.columns if c.name in used and c.role is Role.IGNORED),
        earlier=earlier,
        reads=tuple(words for c in release.columns if (words := reads_otherwise(table.column(c.name), c))),
    )


def _predict_judged(
    release: Release, table: Table, task: Task, division: Split, judged: JudgedRows
) -> tuple[NDArray[np.int64], FloatArray, int] | str:
    """Return rows, predictions, and how many of these were recorded; or why there are none."""
    obstacle = _unlike(release, table, task)
    if obstacle:
        return obstacle
    content = release.file(LEARNED)
    if content is None:
        return f"version {release.version} was built by a Journeyman that did not keep which rows taught a model"
    learned = LearnedRows.from_file(content)
    blocks: list[Marks] = []
    places = {label: code for code, label in enumerate(release.task.labels)}
    target = target_values(table, task.target)
    if task.labels:
        target = np.array([places[label] for label in task.labels], dtype=np.float64)[target.astype(np.int64)]
    for part in _parts(len(table.frame)):
        block = _block(table.frame.iloc[part], table, release.columns)
        if isinstance(block, str):
            return block
        blocks.append(labelled_marks(block, learned.columns, target[part]))
    seen = learned.recognise(np.concatenate(blocks))
    if release.task.panel is not None:  # it forecasts from where the rows that judge begin, as the new one does
        past = _block(table.frame.iloc[division.train], table, release.columns)
        if isinstance(past, str):
            return past
        release = release.lengthened(past, target[division.train])
    new = ~_near_known(seen.known, table, task, division)
    fresh, recorded = judged.rows[new[judged.rows]], judged.rows[seen.recorded[judged.rows]]
    order = [places[label] for label in task.labels]
    answers = []
    if len(recorded):
        told = learned.recorded(seen.places[recorded])
        answers.append(np.column_stack([1 - told, told]) if len(order) == 2 else told)
    if len(fresh):
        block = _block(table.frame.iloc[fresh], table, release.columns)
        if isinstance(block, str):
            return block
        answers.append(release.answer_block(block))
    rows = np.concatenate([recorded, fresh]).astype(np.int64)
    outputs = judged.predictions.shape[1]
    predictions = np.concatenate(answers) if answers else np.empty((0, outputs))
    return rows, predictions[:, order] if order else predictions, len(recorded)


def _unlike(release: Release, table: Table, task: Task) -> str:
    """Return what the champion was made for that the new build is not; empty where they are alike."""
    version, old = release.version, release.task
    if old.target != task.target:
        return f"version {version} predicts '{old.target}', this one '{task.target}'"
    if bool(old.labels) is not bool(task.labels):
        return f"version {version} was built for a {old.kind} task, this one for a {task.kind} task"
    if set(old.labels) != set(task.labels):
        gone, came = (sorted(set(a) - set(b)) for a, b in ((old.labels, task.labels), (task.labels, old.labels)))
        parts = [f"{_quoted_list(some)} {word}" for some, word in ((gone, "is gone"), (came, "is new")) if some]
        return f"the classes are not those of version {version}: {' and '.join(parts)}"
    if old.output_names != task.output_names:
        then, now = (f"{does.kind}{_outputs(does)}" for does in (old, task))
        return f"version {version} was built for a task of kind {then}, this one for one of kind {now}"
    if old.metric != task.metric:
        return f"version {version} was chosen by {old.metric}, this one by {task.metric}"
    there = {column.name for column in table.columns}
    lacking = [column.name for column in release.columns if column.name not in there]
    if lacking:
        return f"version {version} needs {_quoted_list(lacking)}, which the new table does not have"
    return ""


def _outputs(task: Task) -> str:
    return f" ({', '.join(task.output_names)})" if task.output_names else ""


def _block(frame: pd.DataFrame, table: Table, columns: tuple[Column, ...]) -> Block | str:
    """Return rows as the champion reads its columns; or which one it cannot read."""
    block: Block = {}
    for then in columns:
        now = table.column(then.name)
        values = read_again(frame[then.name], now, then)
        if values is None:
            units = f" in {then.unit}" if then.unit else "", f" in {now.unit}" if now.unit else ""
            return f"'{then.name}' was read as {then.kind}{units[0]} and is {now.kind}{units[1]} in the new table"
        block[then.name] = values
    return block


def _near_known(known: BoolArray, table: Table, task: Task, division: Split) -> BoolArray:
    """Return which rows the champion knows, or knows the group or the copies of."""
    codes = division.copies
    if division.scheme is Scheme.GROUPED and task.group_column is not None:
        codes = table.frame[task.group_column].factorize(use_na_sentinel=False)[0].astype(np.int64)
    if codes is None:
        return known
    touched = np.zeros(int(codes.max()) + 1, dtype=bool)
    touched[codes[known]] = True
    return touched[codes]


def _share(release: Release) -> float:
    """Return which share of the way from the baseline to a perfect score the champion went when it was built."""
    score = release.evaluation.main
    best = score.best
    return (score.value - score.baseline) / (best - score.baseline) if best != score.baseline else float("nan")


def _parts(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _AT_ONCE, rows)) for start in range(0, rows, _AT_ONCE))


def _quoted_list(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown

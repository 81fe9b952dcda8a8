"""The preparation "analysed": what "native" gives, and the features that an analysis has called for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysis import ActionKind, ModelAction
from journeyman.entities.column import Column
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.crafted.craft import craft
from journeyman.transformers.crafted.ground import Ground, break_ground
from journeyman.transformers.crafted.recipes import Combination, Lookup, Number, Operation, Quantity, Recipe
from journeyman.transformers.crafted_step import Combinations, CraftedStep, Gaps, Keys, Lookups
from journeyman.transformers.preparations import NativePreparation
from journeyman.transformers.steps import Step, Steps

__all__ = ["AnalysedPreparation", "action_features"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_LEARNED = frozenset([ActionKind.CROSS, ActionKind.DIFFERENCE])
_MARKED = frozenset([ActionKind.SIDE, ActionKind.GAPS])


@dataclass(frozen=True)
class AnalysedPreparation:
    """Numbers and codes as they are, and beside them the features of some actions; columns may be left out.

    Attributes
    ----------
    actions : tuple of ModelAction
        What an analysis has called for; without any it is the preparation "native".

    Examples
    --------
    >>> AnalysedPreparation().name
    'analysed'
    """

    actions: tuple[ModelAction, ...] = ()
    name: str = "analysed"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns."""
        return NativePreparation().width(columns, task) + (1 + min(5, len(task.labels))) * len(self.actions)

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn the tables that features are looked up in; rows are encoded without their own targets."""
        dropped = {name for a in self.actions if a.kind is ActionKind.DROP for name in a.columns}
        kept = [column for column in columns if column.name not in dropped]
        native, plain = NativePreparation().fit(block, kept, y, task, seed)
        steps, values = action_features(self.actions, block, columns, y, task, seed)
        if not steps:
            return native, plain
        assert isinstance(native, Steps)  # all preparations of this package are
        fitted = Steps((*native.steps, *steps))
        return fitted, fitted.matrix(np.hstack([plain.values, values]))

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)


def action_features(
    actions: Sequence[ModelAction], block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
) -> tuple[tuple[Step, ...], FloatArray]:
    """Return the fitted steps of actions that make features, and what they make of the training rows.

    Actions whose columns are not there make nothing.

    Returns
    -------
    steps : tuple of Step
        That make the features of any row.
    values : ndarray of shape (n_samples, n_features)
        Those of the training rows, encoded without their own targets.
    """
    known = {column.name for column in columns}
    usable = [action for action in actions if known.issuperset(action.columns)]
    steps: list[Step] = []
    parts: list[FloatArray] = []
    learned = [action for action in usable if action.kind in _LEARNED]
    if learned:
        ground = break_ground(block, columns, y, task, seed)
        recipes = list(dict.fromkeys(recipe for action in learned for recipe in _recipes(action, ground)))
        if recipes:
            crafted = craft(ground, recipes)
            steps.append(crafted.step)
            parts.append(crafted.step.combine(block, crafted.looked_up))
    marks = [_mark(action, column) for action in usable if action.kind in _MARKED for column in _of(action, columns)]
    if marks:
        step = _lookup_step(marks)
        steps.append(step)
        parts.append(step.transform(block))
    return tuple(steps), np.hstack(parts) if parts else np.empty((len(y), 0))


def _of(action: ModelAction, columns: Sequence[Column]) -> list[Column]:
    by_name = {column.name: column for column in columns}
    return [by_name[name] for name in action.columns if by_name[name].kind.numeric or by_name[name].kind.categorical]


def _recipes(action: ModelAction, ground: Ground) -> list[Recipe]:
    """Return what an action is made of; nothing where a column is neither a number nor a key."""
    first, second = action.columns
    keys = {name: _key(ground, name) for name in action.columns}
    places = {name: ground.names.index(name) for name in action.columns if name in ground.names}
    if action.kind is ActionKind.DIFFERENCE:
        within = keys[second]
        if first not in places or within is None:
            return []
        mean = Lookup(Quantity.MEAN, within, None, places[first])
        return [Combination(Operation.DIFFERENCE, Number(places[first]), mean)]
    recipes: list[Recipe] = []
    one, two = keys[first], keys[second]
    if one is not None and two is not None:
        recipes += [Lookup(Quantity.TARGET, one, two, k) for k in range(ground.outputs.shape[1])]
    if len(places) == 2:
        recipes.append(Combination(Operation.PRODUCT, Number(places[first]), Number(places[second])))
    return recipes


def _key(ground: Ground, name: str) -> int | None:
    """Return the position of a column's key: its bins where it has some, else its values."""
    places = [k for k, key in enumerate(ground.key_names) if key == name]
    binned = [k for k in places if not ground.exact[k]]
    found = binned or places
    return found[0] if found else None


@dataclass(frozen=True)
class _Mark:
    """A feature that is looked up by one column: which side of a value, or whether it is missing."""

    name: str
    column: Column
    edges: FloatArray
    table: tuple[float, ...]


def _mark(action: ModelAction, column: Column) -> _Mark:
    if action.kind is ActionKind.SIDE:
        below = np.nextafter(action.value, -np.inf)
        return _Mark(
            f"{column.name} from {action.value:.6g}", column, np.array([below, np.inf]), (0.0, 1.0, float("nan"))
        )
    if column.kind.categorical:
        size = len(column.categories)
        return _Mark(f"{column.name} is missing", column, np.empty(0), (*([0.0] * size), 1.0))
    return _Mark(f"{column.name} is missing", column, np.array([np.inf]), (0.0, 1.0))


def _lookup_step(marks: Sequence[_Mark]) -> CraftedStep:
    """Return marks as one step of lookups."""
    once = list({mark.name: mark for mark in marks}.values())
    categories = [mark for mark in once if mark.column.kind.categorical]
    numbers = [mark for mark in once if not mark.column.kind.categorical]
    ordered = [*categories, *numbers]
    tables = [np.asarray(mark.table) for mark in ordered]

    def column(values: Sequence[int]) -> IntArray:
        return np.array(values, dtype=np.int64).reshape(-1, 1)

    sizes = [len(table) for table in tables]
    n = len(ordered)
    empty = np.empty(0, dtype=np.int64)
    return CraftedStep(
        features=tuple(mark.name for mark in ordered),
        columns=(),
        gaps=Gaps((), ()),
        keys=Keys(
            tuple(mark.column.name for mark in categories),
            tuple(len(mark.column.categories) for mark in categories),
            tuple(mark.column.name for mark in numbers),
            tuple(mark.edges for mark in numbers),
        ),
        lookups=Lookups(
            column(range(n)),
            column([n] * n),
            column([1] * n),
            column([0, *np.cumsum(sizes)[:-1]]),
            np.concatenate(tables),
        ),
        combinations=Combinations(empty, empty, np.ones((2, 0, 1)), 0),
        kept=np.arange(1, n + 1, dtype=np.int64),
    )

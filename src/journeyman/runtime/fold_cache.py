"""The folds as preparations make them, shared between trials for as long as the limit on memory allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from journeyman.entities.candidate import BASELINE, Candidate
from journeyman.entities.dataset import Dataset
from journeyman.runtime.components import Components
from journeyman.runtime.memory_budget import Fitting, bytes_kept, fitting_within, said_of_memory, sizes_of
from journeyman.settings import BuildSettings
from journeyman.stages.train import Folds, prepare_folds
from journeyman.transformers.derived import DERIVED, deriving

__all__ = ["SharedFolds"]


class SharedFolds:
    """Prepared folds of one search: made when a trial first asks for them, kept for the trials that come.

    What finds no room beside the others is made one fold at a time and not kept (docs/decisions/0021).
    """

    def __init__(self, components: Components, data: Dataset, settings: BuildSettings) -> None:
        self._components, self._data, self._settings = components, data, settings
        self._sizes = sizes_of(data, settings.threads, components.preparations)
        self._prepared: dict[str, Folds] = {}
        # Those whose turn has come, also where a resumed run has not made them again: decisions must not depend on it.
        self._kept: set[str] = set()
        self._in_turn: list[str] = []
        self._passed: list[tuple[str, int]] = []

    @property
    def limited(self) -> str:
        """What the limit on memory has changed, in words; empty where nothing."""
        return said_of_memory(self._settings.memory, self._in_turn, self._passed)

    def admit(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates that find room, one fold at a time if need be; the others are told of and passed over.

        The baseline is always admitted, so that at least one candidate remains.
        """
        taken, passed = [], []
        for candidate in candidates:
            fitting, needed = self._fitting(candidate, 0)
            if fitting is Fitting.NOT and candidate.algorithm != BASELINE:
                passed.append((candidate.name, needed))
            else:
                taken.append(candidate)
        if passed:
            self._components.progress.note(said_of_memory(self._settings.memory, [], passed))
        self._passed += passed
        return taken

    def make_room(self, candidate: Candidate) -> tuple[Callable[[], Folds], int]:
        """Return what gives the folds that a candidate learns from, and how many may be fitted side by side.

        Other preparations are let go where they take the room that it needs.
        """
        name = candidate.preparation
        others = bytes_kept(self._sizes, self._kept - {name})
        if others and self._fitting(candidate, others)[0] is not Fitting.SIDE_BY_SIDE:
            self._prepared.clear()
            self._kept.clear()
        if self._fitting(candidate, 0)[0] is Fitting.SIDE_BY_SIDE:
            self._kept.add(name)
            return partial(self.of, name), self._settings.threads
        self._in_turn.append(candidate.name)
        return partial(self._prepare_folds, name, None), 1

    def of(self, name: str) -> Folds:
        """Return the folds of a preparation, kept from now on."""
        if name not in self._prepared:
            self._prepared[name] = self._prepare_folds(name, self._settings.threads)
        return self._prepared[name]

    def _prepare_folds(self, name: str, threads: int | None) -> Folds:
        # What texts say and images show is learned once a fold, for all preparations.
        needed = () if name in DERIVED else deriving(self._data.table.features)
        derived = [self.of(n) if threads is not None else self._prepare_folds(n, None) for n in needed]
        preparation, seed, data = self._components.preparations[name], self._settings.seed, self._data
        return prepare_folds(preparation, data.table, data.task, data.split, seed, threads, derived)

    def _fitting(self, candidate: Candidate, others: int) -> tuple[Fitting, int]:
        algorithm = self._components.algorithms[candidate.algorithm]
        return fitting_within(self._settings.memory, self._sizes, candidate, algorithm, others)

"""Several releases in use at once: one for each target, or for each label of a list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.model_set import ModelSet
from journeyman.errors import ReleaseError, SettingsError
from journeyman.inference.load_release import load
from journeyman.inference.lookup import find_release
from journeyman.inference.release import Release
from journeyman.stores.facts import decode
from journeyman.stores.releases import read_release

__all__ = ["SET_FILE", "ReleaseSet", "chosen_labels", "find_set", "load_set", "open_set"]

SET_FILE = "set.msgpack"


class ReleaseSet:
    """Models that are used together; made by :func:`journeyman.build_set` and :func:`journeyman.load_set`.

    Each is a model of its own with its own champion, so that what it predicts may come of a later version than the one
    that was built with the set.

    Attributes
    ----------
    facts : ModelSet
        What was known of them when they were built.
    path : Path
        Folder of the set.
    releases : mapping of str to Release
        By target, in order.
    """

    def __init__(self, facts: ModelSet, path: Path, releases: Mapping[str, Release]) -> None:
        self.facts, self.path, self.releases = facts, path, releases

    def __repr__(self) -> str:
        """Return name, version and targets."""
        return f"<ReleaseSet {self.facts.name} {self.facts.version}: {', '.join(self.releases)}>"

    @property
    def report_path(self) -> Path:
        """Where the page for people is."""
        return self.path / "report.html"

    def predict(self, rows: object) -> pd.DataFrame:
        """Return predictions of all targets, shape (n_samples, n_targets); of labels in lists, whether a row has each.

        Parameters
        ----------
        rows : frame, mapping of lists, or list of mappings
            With the columns that the models learned from; others are passed over.

        Raises
        ------
        SchemaError
            Where a column lacks or holds something else.
        """
        return pd.DataFrame({target: release.predict(rows) for target, release in self.releases.items()})

    def predict_proba(self, rows: object) -> dict[str, NDArray[np.float64]]:
        """Return probabilities of each target's classes, shape (n_samples, n_classes), by target.

        Parameters and errors as for ``predict``; TypeError where a target is a number.
        """
        return {target: release.predict_proba(rows) for target, release in self.releases.items()}

    def predict_labels(self, rows: object) -> list[tuple[str, ...]]:
        """Return each row's labels, where the models are of a list; parameters and errors as for ``predict``.

        Raises
        ------
        TypeError
            Where each target is a column of its own.
        """
        if not self.facts.list_column:
            raise TypeError(f"{self.facts.name} predicts columns, not lists of labels; use predict")
        return chosen_labels({t: r.predict(rows) for t, r in self.releases.items()})


def chosen_labels(predicted: Mapping[str, NDArray[np.generic]]) -> list[tuple[str, ...]]:
    """Return the labels that each row has.

    Examples
    --------
    >>> chosen_labels({"new": np.array([1, 0]), "sale": np.array([1, 0])})
    [('new', 'sale'), ()]
    """
    held = [(label, values.astype(np.int64).tolist()) for label, values in predicted.items()]
    rows = len(held[0][1]) if held else 0
    return [tuple(label for label, values in held if values[i] == 1) for i in range(rows)]


def find_set(
    name_or_folder: str | Path, *, version: int | None = None, workspace: str | Path | None = None
) -> tuple[Path, ModelSet] | None:
    """Return a set's folder and facts; None where the name is a model's. Errors as for ``load``."""
    folder, digest = find_release(name_or_folder, version=version, workspace=workspace)
    if not (folder / SET_FILE).is_file():
        return None
    _, files = read_release(folder, digest)
    return folder, decode(files[SET_FILE], ModelSet)


def load_set(
    name: str, *, version: int | None = None, workspace: str | Path | None = None, decimal: str | None = None
) -> ReleaseSet:
    """Return a set of models by name, each model's champion in it.

    Raises
    ------
    SettingsError
        For an unknown name or version, or the name of a single model.
    ReleaseError
        Where a byte of it was changed, or a model of it is gone.
    """
    found = find_set(name, version=version, workspace=workspace)
    if found is None:
        raise SettingsError(f"{name} is a single model, not a set of models", hint="open it with journeyman.load")
    return open_set(*found, workspace=workspace, decimal=decimal)


def open_set(folder: Path, facts: ModelSet, *, workspace: str | Path | None, decimal: str | None = None) -> ReleaseSet:
    """Return the set that lies in a folder, with each model's champion, or its version of the set where none is.

    Raises
    ------
    ReleaseError
        Where a model of it is gone, or a byte was changed.
    """
    releases = {}
    for member in facts.members:
        try:
            releases[member.target] = load(member.model, workspace=workspace, decimal=decimal)
        except SettingsError:
            try:
                releases[member.target] = load(
                    member.model, version=member.version, workspace=workspace, decimal=decimal
                )
            except SettingsError as error:
                raise ReleaseError(
                    f"the model {member.model} of the set {facts.name} is gone", hint="build the set again"
                ) from error
    return ReleaseSet(facts, folder, releases)

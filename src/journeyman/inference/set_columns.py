"""Predictions of several models side by side, as a file holds them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from journeyman.entities.model_set import ModelSet
from journeyman.inference.release_set import chosen_labels

__all__ = ["set_columns"]

_CHANCE = "probability of 1"  # as the column of a label, which holds 0 and 1, is predicted


def set_columns(made: ModelSet, each: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the columns of all models, those that several of them have once.

    What a model says besides its prediction is named after its target. Of labels in lists: each row's labels as
    "new; sale", then the probability of each.

    Parameters
    ----------
    each : sequence of pandas.DataFrame
        What ``prediction_columns`` gives for each model, in the order of the set's targets.

    Examples
    --------
    >>> from journeyman.entities.evaluation import Score
    >>> from journeyman.entities.model_set import SetMember
    >>> score = Score("rmse", 1, 1, 1, 1, 1, 1, 0, 0, False)
    >>> members = tuple(SetMember(t, f"m-{t}", 1, "regression", "release", "", (score,)) for t in ("a", "b"))
    >>> each = [pd.DataFrame({"id": [7], "a": [1.5]}), pd.DataFrame({"id": [7], "b": ["x"], "chance": [0.9]})]
    >>> set_columns(ModelSet("m", 1, "", "t.csv", members), each).to_dict("list")
    {'id': [7], 'a': [1.5], 'b': ['x'], 'b: chance': [0.9]}
    """
    columns = dict[str, pd.Series]()
    labels = dict[str, pd.Series]()
    for member, frame in zip(made.members, each, strict=True):
        target = f"{made.list_column}: {member.target}" if made.list_column else member.target
        place = list(frame.columns).index(target)
        columns.update((name, frame[name]) for name in frame.columns[:place])  # what is kept along is the same for all
        if made.list_column:
            labels[member.target] = frame[target]
            columns[target] = frame[_CHANCE]
        else:
            further = {f"{target}: {name}": frame[name] for name in frame.columns[place + 1 :]}
            columns.update({target: frame[target], **further})
    if not made.list_column:
        return pd.DataFrame(columns)
    joined = ["; ".join(row) for row in chosen_labels({label: v.to_numpy() for label, v in labels.items()})]
    kept = [name for name in columns if not name.startswith(f"{made.list_column}: ")]
    return pd.DataFrame({**{name: columns.pop(name) for name in kept}, made.list_column: joined, **columns})

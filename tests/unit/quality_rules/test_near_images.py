"""Near copies of images: saved again or made lighter they are found, and images that are only alike are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.image import SmallImage
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext
from journeyman.quality_rules import near_images
from journeyman.quality_rules.near_images import NearImageRule
from journeyman.stages.split import split

TASK = Task("label", "binary", "log_loss", ("cat", "dog"))


def smooth(rng: np.random.Generator) -> np.ndarray:
    """Return a picture of a few soft blots, as photos are, shape (24, 24)."""
    down, across = np.mgrid[:24, :24]
    found = np.zeros((24, 24))
    for y, x, size, light in rng.uniform((0, 0, 3, -1), (24, 24, 8, 1), (6, 4)):
        found += light * np.exp(-((down - y) ** 2 + (across - x) ** 2) / (2 * size**2))
    return 40 + 170 * (found - found.min()) / np.ptp(found)


def table(pictures: list[np.ndarray]) -> Table:
    rng = np.random.default_rng(5)
    texts = [SmallImage(np.clip(p, 0, 255).astype(np.uint8)[..., None], 24, 24).to_text() for p in pictures]
    labels = pd.Categorical(["cat" if i % 2 else "dog" for i in range(len(pictures))], categories=["cat", "dog"])
    frame = pd.DataFrame({"photo": pd.Series(texts, dtype=object), "x": rng.random(len(texts)), "label": labels})
    columns = (
        Column("photo", Kind.IMAGE),
        Column("x", Kind.NUMBER),
        Column("label", Kind.CATEGORY, Role.TARGET, categories=("cat", "dog")),
    )
    return Table("photos", frame, columns, "", len(frame))


def test_copies_are_found_also_lighter_and_noisier_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    different = [smooth(rng) for _ in range(120)]
    copies = [different[0] * 0.8 + 20, different[1] + rng.normal(0, 1.5, (24, 24)), different[2]]
    groups = near_images.near_images(table([*different, *copies]))
    assert groups is not None
    assert groups[120:].tolist() == groups[:3].tolist()
    assert len(np.unique(groups)) >= 118  # chance makes hardly any


def test_images_that_show_nothing_and_rows_without_one_stand_alone() -> None:
    made = table([np.full((24, 24), 200.0)] * 4)
    made.frame.loc[0, "photo"] = None
    groups = near_images.near_images(made)
    assert groups is not None
    assert len(np.unique(groups)) == 4


def test_of_very_many_only_those_of_equal_marks_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    pictures = [smooth(rng) for _ in range(30)]
    monkeypatch.setattr(near_images, "_MOST_COMPARED", 20)
    groups = near_images.near_images(table([*pictures, pictures[7]]))
    assert groups is not None
    assert groups[30] == groups[7]


def test_they_are_told_and_kept_on_one_side_of_every_division() -> None:
    rng = np.random.default_rng(1)
    different = [smooth(rng) for _ in range(150)]
    both = table([p for pair in zip(different, different, strict=True) for p in pair])
    labels = pd.Categorical(np.repeat(["cat", "dog"], 150), categories=["cat", "dog"])
    both = replace(both, frame=both.frame.assign(label=labels))
    (told,) = NearImageRule().check(both, RuleContext(TASK, 0))
    assert told.code == "DQ208"
    assert told.evidence["images"] == 300
    division = split(both, TASK, 0)
    for fold in division.folds:
        assert not {i // 2 for i in fold.fit} & {i // 2 for i in fold.validate}
    assert not {i // 2 for i in division.holdout} & {i // 2 for i in division.train}


def test_a_table_without_images_is_not_looked_at() -> None:
    made = table([np.zeros((24, 24))] * 3)
    assert NearImageRule().check(replace(made, columns=made.columns[1:]), RuleContext(TASK, 0)) == []

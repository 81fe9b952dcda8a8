"""What a report says of texts: words that go along with the target, and none where nothing does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.text_summary import TextSummary
from journeyman.entities.trial import Ensemble
from journeyman.stages.describe_texts import describe_texts

CLASSES = Task("y", "binary", "log_loss", ("no", "yes"))
NUMBERS = Task("y", "regression", "rmse")


def summary(texts: list[str | None], y: np.ndarray, task: Task, told: np.ndarray | None = None) -> TextSummary:
    target = pd.Categorical.from_codes(y.astype(int), task.labels) if task.labels else y
    frame = pd.DataFrame({"t": pd.Series(texts, dtype=object), "y": target})
    kind = Kind.CATEGORY if task.labels else Kind.NUMBER
    columns = (Column("t", Kind.TEXT), Column("y", kind, Role.TARGET, categories=task.labels))
    rows = np.arange(len(texts))
    table = Table("t", frame, columns, "", len(texts))
    split = Split(Scheme.SHUFFLED, rows, np.zeros(0, dtype=np.int64), (Fold(rows, rows),), "")
    if told is None:
        told = np.full((len(texts), max(1, len(task.labels))), 0.5)
    (found,) = describe_texts(table, task, split, cast(Ensemble, SimpleNamespace(predictions=told)))
    return found


def texts_of(rng: np.random.Generator, classes: np.ndarray, telling: bool) -> list[str | None]:
    rows = []
    for i, c in enumerate(classes):
        words = [f"w{k}" for k in rng.integers(0, 300, 10)]
        if telling and rng.random() < 0.5:
            words.append("refund" if c else "thanks")
        rows.append(" ".join([*words, str(i)]))
    return rows


def test_words_of_each_class_are_told():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500).astype(np.float64)
    found = summary(texts_of(rng, y, telling=True), y, CLASSES)
    assert [found.telling[label][0].word for label in ("no", "yes")] == ["thanks", "refund"]
    assert found.telling["yes"][0].value == 1.0
    assert found.telling["yes"][0].usual == pytest.approx(y.mean())


def test_words_of_high_and_low_values_are_told():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500).astype(np.float64)
    found = summary(texts_of(rng, y, telling=True), 100 * y + rng.normal(size=500), NUMBERS)
    assert [found.telling[name][0].word for name in ("high", "low")] == ["refund", "thanks"]


@pytest.mark.slow
def test_words_that_tell_nothing_are_not_told_even_where_texts_are_copies():
    """Its nastiest null: a few texts come a hundred times, with one label each by chance, and one class is rare."""
    told = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = (rng.random(300) < 0.05).astype(np.float64)
        texts = texts_of(rng, y, telling=False)
        copies = rng.integers(0, 300, 3)
        texts += [texts[i] for i in copies for _ in range(100)]
        labels = np.concatenate([y, np.repeat(y[copies], 100)])
        task = CLASSES if seed % 2 else NUMBERS
        values = labels if seed % 2 else rng.standard_t(2, size=len(labels))  # heavy tails
        told += sum(len(words) for words in summary(texts, values, task).telling.values())
    assert told <= 3, "among 60 tables of 300 words that tell nothing"


def test_the_hardest_texts_come_once_and_are_cut():
    y = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    told = np.array([[0.99, 0.01], [0.99, 0.01], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9]])
    found = summary(["<b>x</b>" + "y" * 400, "<b>x</b>" + "y" * 400, "second", None, "last"], y, CLASSES, told)
    assert [h.text[:6] for h in found.hardest] == ["<b>x</", "second", "last"]
    assert len(found.hardest[0].text) < 260
    assert found.hardest[0].predicted == pytest.approx(0.01)
    assert (found.rows, found.distinct) == (4, 3)

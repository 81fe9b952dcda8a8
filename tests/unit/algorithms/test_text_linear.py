"""The linear model of n-grams: learns from sparse features, along its path, for classes and for numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.algorithms.text_linear import TextLinear
from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, concerns
from journeyman.transformers.text_sparse import SparseTextPreparation

WORDS = {0: "plain usual dull grey", 1: "bright happy lovely", 2: "angry broken awful"}
COLUMNS = (Column("t", Kind.TEXT), Column("x", Kind.NUMBER))


def task(kind: str) -> Task:
    labels = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}[kind]
    return Task("y", kind, "log_loss" if labels else "rmse", labels)


def request(kind: str, parameters=None, seed: int = 0) -> FitRequest:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 2 if kind == "binary" else 3, 600)
    texts = []
    for c in classes:
        own = rng.choice(WORDS[int(c)].split(), 2)
        noise = [f"w{i}" for i in rng.integers(0, 40, 8)]
        texts.append(" ".join([*noise, *(own if rng.random() < 0.8 else ["so"])]))
    y = classes.astype(np.float64)
    if kind == "regression":
        y = 10.0 + 3.0 * classes + rng.normal(scale=0.3, size=600)
    block = {"t": np.array(texts, dtype=object), "x": rng.normal(size=600) + (classes == 1)}
    fit, valid = ({name: v[part] for name, v in block.items()} for part in (slice(0, 400), slice(400, None)))
    fitted, x = SparseTextPreparation().fit(fit, COLUMNS, y[:400], task(kind), 0)
    return FitRequest(
        x, y[:400], fitted.transform(valid), y[400:], task(kind), parameters or {}, 0, 0, 1, lambda: False
    )


@pytest.mark.parametrize("parameters", [{}, {"spelling": False}])
@pytest.mark.parametrize(("kind", "most"), [("binary", 0.40), ("multiclass", 0.62), ("regression", 1.6)])
def test_it_learns_what_words_say(kind, most, parameters):
    asked = request(kind, parameters)
    said = TextLinear().fit(asked).predict(asked.valid_x)
    if kind == "regression":
        loss = float(np.sqrt(np.mean((said[:, 0] - asked.valid_y) ** 2)))
    else:
        loss = float(-np.log(said[np.arange(200), asked.valid_y.astype(int)]).mean())
    assert loss < most
    assert said.shape == (200, max(1, len(asked.task.labels)))


@pytest.mark.parametrize("parameters", [{}, {"ratios": True}, {"ratios": True, "spelling": False}])
def test_what_is_stored_predicts_the_same(parameters):
    asked = request("binary", parameters)
    model = TextLinear().fit(asked)
    again = TextLinear().from_files(model.to_files())
    assert np.array_equal(again.predict(asked.valid_x), model.predict(asked.valid_x))
    alone = model.predict(asked.valid_x.take(slice(3, 4)))
    assert np.allclose(alone, model.predict(asked.valid_x)[3:4], atol=1e-12)


def test_spelling_that_is_not_taken_has_no_weights():
    asked = request("binary", {"spelling": False})
    model = TextLinear().fit(asked)
    words = asked.x.blocks[0][1]
    assert model.sparse_weights[:words].any()
    assert not model.sparse_weights[words:].any()


def test_a_later_fit_takes_the_penalty_that_was_kept():
    asked = request("binary")
    kept = TextLinear().fit(asked).rounds
    again = TextLinear().fit(replace(asked, valid_x=None, valid_y=None, rounds=kept))
    assert again.rounds == kept


def test_one_class_alone_is_no_obstacle():
    asked = request("binary")
    model = TextLinear().fit(replace(asked, y=np.zeros(400), valid_x=None, valid_y=None))
    assert (model.predict(asked.valid_x)[:, 0] > 0.999).all()


def test_only_tables_with_texts_are_asked_about():
    assert concerns(TextLinear(), COLUMNS)
    assert not concerns(TextLinear(), COLUMNS[1:])

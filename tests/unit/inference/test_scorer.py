"""A plan runs: features are put together once, texts are columns for all others, and parts are left out cleanly."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pytest

from journeyman.algorithms.linear import LinearModel
from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import Conformal, ErrorFactor, ErrorScale
from journeyman.entities.plan import DecodeStep, MeanStep, Node, NodeKind, ParseStep, Plan
from journeyman.entities.task import Task
from journeyman.inference.release_plan import FittedMember, label_step, prediction_plan, with_ends
from journeyman.inference.scorer import Scorer
from journeyman.transformers.duplicate_lookup import build_lookup
from journeyman.transformers.steps import CodeStep, NumberStep, Steps
from journeyman.transformers.target_scale import ScaledModel, TargetScale

PARSE = ParseStep((Column("size", Kind.NUMBER), Column("city", Kind.CATEGORY, categories=("a", "b"))))
ROWS = {"size": np.array([1.0, 4.0, np.nan]), "city": np.array([0, -1, 1], dtype=np.int32)}


@dataclass(frozen=True)
class Length:
    """A text as its number of characters; counts how often it is asked."""

    kind: ClassVar[NodeKind] = NodeKind.TEXT
    asked: list = field(default_factory=list)

    def reads(self):
        return ("words",)

    def names(self):
        return ("words: length",)

    def transform(self, block):
        self.asked.append(len(block["words"]))
        return np.array([[float(len(text))] for text in block["words"]])


@dataclass(frozen=True)
class Texts:
    step: Length

    def plan(self):
        return (self.step,)


def numbers(*names):
    n = len(names)
    return Steps((NumberStep(names, np.zeros(n), np.zeros(n), np.ones(n), 0.0, ()),))


def line(*weights):
    return LinearModel(np.array(weights)[:, None], np.zeros(1), False, -np.inf, np.inf, 1)


def test_members_are_scaled_weighed_and_looked_up():
    scaled = ScaledModel(line(1.0), TargetScale("root", 0.0, 100.0))
    known = build_lookup({name: values[:1] for name, values in ROWS.items()}, ("size", "city"), np.array([9.0]), 1.0)
    members = [FittedMember("plain", line(2.0), 0.25), FittedMember("plain", scaled, 0.75)]
    plan = prediction_plan(PARSE, {"plain": numbers("size")}, members, known=known)
    alone = [0.25 * 2 * size + 0.75 * size**2 for size in (1.0, 4.0, 0.0)]
    assert Scorer(plan).predict(ROWS).ravel().tolist() == [(alone[0] + 9.0) / 2, *alone[1:]]
    assert Scorer(plan).without_lookup().predict(ROWS).ravel().tolist() == alone
    assert [node.name for node in plan.nodes] == [
        "columns", "plain/0", "member/0/0", "member/1/0", "member/1/1", "mean", "duplicates",
    ]  # fmt: skip
    assert plan.node("member/1/1").predictions == ("member/1/0",)


def test_texts_are_read_once_and_are_columns_for_all_preparations():
    texts = Texts(Length())
    prepared = {"a": numbers("words: length"), "b": numbers("size", "words: length"), "texts": texts}
    members = [FittedMember("a", line(1.0), 0.5), FittedMember("b", line(0.0, 3.0), 0.5)]
    plan = prediction_plan(PARSE, prepared, members)
    rows = {**ROWS, "words": np.array(["", "ab", "abc"], dtype=object)}
    assert Scorer(plan).predict(rows).ravel().tolist() == [0.0, 4.0, 6.0]
    assert texts.step.asked == [3]
    assert set(rows) == {"size", "city", "words"}  # what was given stays as it was
    assert plan.node("texts/0").outputs == ("words: length",)


def test_members_of_one_preparation_share_its_features(monkeypatch):
    asked = []
    plain = CodeStep.transform
    monkeypatch.setattr(CodeStep, "transform", lambda self, block: (asked.append(1), plain(self, block))[1])
    members = [FittedMember("codes", line(1.0), 0.5)] * 2
    plan = prediction_plan(PARSE, {"codes": Steps((CodeStep(("city",)),))}, members)
    Scorer(plan).predict({name: values[:1] for name, values in ROWS.items()})
    assert len(asked) == 1


def test_a_preparation_without_features_still_has_rows():
    members = [FittedMember("none", LinearModel(np.zeros((0, 1)), np.array([7.0]), False, 0.0, 9.0, 1), 1.0)]
    plan = prediction_plan(PARSE, {"none": Steps(())}, members)
    assert Scorer(plan).predict(ROWS).ravel().tolist() == [7.0, 7.0, 7.0]


def test_labels_and_intervals_are_the_plans_ends():
    members = [FittedMember("plain", line(1.0), 1.0)]
    plan = prediction_plan(PARSE, {"plain": numbers("size")}, members)
    scale = ErrorScale(0.0, (ErrorFactor("size", (1.0,), (0.0,)), ErrorFactor("", (1.0,), (0.0,))), -1.0, 1.0)
    ended = with_ends(plan, label_step(Task("y", "regression", "rmse"), None), Conformal(0.9, 1.0, 1.0, scale))
    assert [node.name for node in ended.nodes][-1:] == ["interval"]
    assert ended.node("interval").columns == ("size",)
    assert np.array_equal(Scorer(ended).predict(ROWS), Scorer(plan).predict(ROWS))
    binary = Task("y", "binary", "roc_auc", ("no", "yes"), label_types="bool")
    assert label_step(binary, 0.2) == DecodeStep(("no", "yes"), "bool", 0.2)


@pytest.mark.parametrize(("threshold", "wanted"), [(None, [0, 0]), (0.5, [0, 0]), (0.4, [1, 1]), (0.45, [1, 0])])
def test_a_threshold_counts_from_its_value_on_and_a_tie_is_the_first_label(threshold, wanted):
    step = DecodeStep(("no", "yes"), "str", threshold)
    assert step.codes(np.array([[0.5, 0.5], [0.6, 0.4]])).tolist() == wanted


def test_nodes_that_read_a_removed_one_read_what_it_read():
    mean = Node("mean", MeanStep((1.0,)), predictions=("model",))
    last = replace(mean, name="last", predictions=("mean",))
    end = Node("label", DecodeStep(("no", "yes"), "str", None), predictions=("last",))
    left = Plan((mean, last, end), "last").without(NodeKind.MEAN)
    assert (left.prediction, left.nodes) == ("model", (replace(end, predictions=("model",)),))

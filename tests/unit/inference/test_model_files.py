"""A release's card: algorithms that became candidates of another one are still read."""

import msgspec

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.inference.model_files import ModelCard, PlacedMember, read_card
from journeyman.plugins import load_parts


def test_a_release_of_lightgbm_on_crafted_features_as_an_algorithm_of_its_own_is_still_read():
    former = (PlacedMember("lightgbm_crafted", "crafted", 0.75), PlacedMember("linear", "dense", 0.25))
    card = ModelCard(Task("y", "regression", "rmse"), (Column("x", Kind.NUMBER),), former, 1.0, None)
    read = read_card(msgspec.json.encode(card))
    assert read.members == (PlacedMember("lightgbm", "crafted", 0.75), former[1])
    assert set(load_parts("journeyman.algorithms", {m.algorithm for m in read.members})) == {"lightgbm", "linear"}

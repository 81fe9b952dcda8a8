"""A release of nets and linear models as a SavedModel predicts as the release does; all else is refused."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from journeyman.algorithms.baseline import ConstantModel
from journeyman.algorithms.neural.mean import MeanOfNets
from journeyman.algorithms.neural.model import Inputs, NeuralModel, Waves
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.entities.plan import Node, TemperatureStep
from journeyman.exporters import saved_model
from journeyman.exporters.saved_model import SavedModelExporter
from journeyman.testing.exporter_checks import sample_plan
from journeyman.transformers.steps import CodeStep
from journeyman.transformers.target_scale import TargetScale

needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="journeyman[tensorflow] is not installed")


def net(classes, seed=0):
    """A net of two numbers, a flag and a city's code, with arrays drawn at random."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32) / np.float32(np.sqrt(shape[0]))

    outputs = classes or 1
    return NeuralModel(
        inputs=Inputs(
            np.array([0, 1]), np.array([2]), np.array([15]), np.array([0.5, 0.0, 0.5]), np.array([0.2, 1.0, 2.0]), (4,)
        ),
        waves=Waves(draw(2, 4), draw(2, 4), draw(2, 4, 3), draw(2, 3)),
        tables=(draw(4, 8),),
        weights=(draw(17, 6), draw(6, 6), draw(6, outputs)),
        offsets=(draw(6), draw(6), draw(outputs)),
        slopes=(draw(6), draw(6)),
        activation="selu" if classes else "mish",
        classifier=classes > 0,
        center=0.3,
        spread=1.0,
        low=-1.0,
        high=3.0,
        rounds=1,
    )


def plan_of_nets(classes):
    """The sample plan with a net, the mean of two nets, and what comes after."""
    plan, rows = sample_plan(classes)
    nodes = list(plan.nodes)
    codes = Node("dense/codes", CodeStep(("city",)), columns=("city",), outputs=("city",))
    models = [i for i, node in enumerate(nodes) if node.name.startswith("model/")]
    features = (*nodes[models[0]].features, codes.name)
    assert sum(len(node.outputs) for node in nodes) == 15  # the code is the sixteenth feature
    nodes[models[0]] = Node("model/0", net(classes), features=features)
    nodes[models[1]] = Node("model/1", MeanOfNets((net(classes, 1), net(classes, 2))), features=features)
    after = TemperatureStep(0.8) if classes else TargetScale("log", -2.0, 30.0)
    nodes = [codes if node.name == "label" else node for node in nodes]
    nodes = [nodes[0], codes, *(node for node in nodes[1:] if node is not codes)]
    return replace(plan, nodes=(*nodes, Node("after", after, predictions=("mean",))), prediction="after"), rows


@pytest.mark.slow
@needs_tensorflow
@pytest.mark.parametrize("classes", [0, 3])
def test_nets_scales_and_temperatures(tmp_path, classes):
    plan, rows = plan_of_nets(classes)
    exporter = SavedModelExporter()
    assert exporter.can_write(plan) is None
    exporter.write(plan, tmp_path)
    assert exporter.verify(tmp_path, plan, rows) < 1e-5
    assert (tmp_path / "saved_model.pb").exists()
    assert '"size"' in (tmp_path / "assets.extra" / "columns.json").read_text()
    assert '"unused"' not in (tmp_path / "assets.extra" / "columns.json").read_text()


def test_it_says_what_it_cannot_write(monkeypatch):
    monkeypatch.setattr(saved_model, "find_spec", lambda name: object())
    plan, _ = plan_of_nets(2)
    assert SavedModelExporter().can_write(plan) is None
    trees = SymmetricTrees(*(np.zeros(0),) * 2, (), *(np.zeros(0),) * 4, "identity")
    with_trees = tuple(replace(node, step=trees) if node.name == "model/0" else node for node in plan.nodes)
    refusal = SavedModelExporter().can_write(replace(plan, nodes=with_trees))
    assert refusal.reason == "a SavedModel is not written of trees"
    constant = tuple(replace(n, step=ConstantModel((0.5, 0.5))) if n.name == "model/0" else n for n in plan.nodes)
    assert SavedModelExporter().can_write(replace(plan, nodes=constant)) is None


def test_without_tensorflow_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(saved_model, "find_spec", lambda name: None)
    refusal = SavedModelExporter().can_write(sample_plan()[0])
    assert (refusal.reason, refusal.hint) == ("needs the extra tensorflow", 'pip install "journeyman[tensorflow]"')

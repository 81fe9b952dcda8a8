"""A build claims nothing that is not there, gains by more trials or stays, and gives up no champion for less."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import journeyman
from journeyman.api.registry import models, rollback
from journeyman.entities.decision import Action, Verdict


@pytest.fixture(scope="module")
def cancer():
    bunch = load_breast_cancer(as_frame=True)
    return bunch.data.assign(diagnosis=bunch.target.map(dict(enumerate(bunch.target_names))))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_shuffled_target_scores_as_the_baseline(tmp_path, cancer, seed):
    shuffled = np.random.default_rng(seed).permutation(cancer["diagnosis"].to_numpy())
    release = journeyman.build(
        cancer.assign(diagnosis=shuffled), target="diagnosis", trials=2, workspace=tmp_path, seed=seed
    )
    main = release.evaluation.main
    assert release.report.decision.verdict is Verdict.DO_NOT_RELEASE
    assert main.gain_low <= 0 <= main.gain_high
    assert main.low <= main.baseline <= main.high


@pytest.mark.slow
def test_columns_of_noise_change_nothing_beyond_noise(tmp_path, cancer):
    rng = np.random.default_rng(0)
    noisy = cancer.assign(**{f"noise {i}": rng.normal(size=len(cancer)) for i in range(10)})
    kept = rng.permutation(len(cancer)) < len(cancer) // 3
    losses = []
    for name, frame in (("plain", cancer), ("noisy", noisy)):
        release = journeyman.build(frame[~kept], target="diagnosis", trials=2, workspace=tmp_path / name)
        rows = frame[kept]
        truth = rows["diagnosis"].to_numpy()[:, None] == np.array(release.task.labels)
        losses.append(-np.log(np.clip(release.predict_proba(rows)[truth], 1e-7, 1)))
    worse = losses[1] - losses[0]
    error = worse.std() / np.sqrt(len(worse))
    assert abs(worse.mean()) <= 1.96 * error, f"{worse.mean():.4f} +- {error:.4f}"


@pytest.mark.slow
def test_more_trials_never_score_worse(tmp_path, wine_frame):
    reports = [
        journeyman.build(wine_frame, target="class_1", trials=n, workspace=tmp_path / str(n)).report for n in (2, 5)
    ]
    last = [report.ensemble_scores[-1] for report in reports]
    assert reports[0].task.metric == "roc_auc"
    assert last == sorted(last)
    assert last[-1] > last[0], "a table on which trials change nothing shows nothing"
    for report in reports:
        assert report.ensemble_scores == reports[-1].ensemble_scores[: len(report.trials)]


@pytest.mark.slow
def test_a_worse_model_of_the_same_data_keeps_the_champion(tmp_path, wine_frame):
    def build(trials):
        return journeyman.build(wine_frame, target="class_1", trials=trials, workspace=tmp_path, name="wine")

    def champions():
        return [version.version for version in models(tmp_path) if version.champion]

    good = build(4)
    assert good.report.decision.action is Action.PROMOTE
    poor = build(1)
    assert poor.evaluation.main.value < good.evaluation.main.value
    assert poor.report.decision.action in (Action.KEEP, Action.ASK)
    assert champions() == [good.version]
    assert journeyman.load("wine", workspace=tmp_path).version == good.version
    assert rollback("wine", to=poor.version, workspace=tmp_path).version == poor.version
    assert champions() == [poor.version]
    assert rollback("wine", workspace=tmp_path).version == good.version
    assert journeyman.load("wine", workspace=tmp_path).version == good.version

"""Journeyman as one of the systems that run_peer.py runs: fits on a fold's training rows, answers its test rows."""

import os
import sys
from pathlib import Path

import numpy as np

# The checkout that this file is part of is what is measured, wherever another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import journeyman  # after the path


class Fitted:
    """A release, and what the runner asks of it."""

    def __init__(self, bench, budget, seed, workdir):
        self.bench = bench
        self.size_path = f"{workdir}/workspace"
        frame = bench.X_train.copy()
        frame["__target"] = bench.y_train if bench.task == "regression" else [f"c{int(y)}" for y in bench.y_train]
        # What other runs of the benchmark have taught is not known to this one.
        os.environ["JOURNEYMAN_HOME"] = f"{workdir}/home"
        self.release = journeyman.build(
            frame,
            target="__target",
            task=bench.task,
            metric={"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[bench.task],
            budget=budget,
            seed=seed,
            workspace=self.size_path,
            name="bench",
        )
        report = self.release.report
        members = ", ".join(f"{m.candidate.name} {m.weight:.2f}" for m in report.members)
        self.info = {"best_model": members, "n_models": len(report.trials), "stop": report.stop_reason}

    def predict(self, rows):
        if self.bench.task == "regression":
            return np.asarray(self.release.predict(rows), dtype=np.float64)
        answers = self.release.predict_proba(rows)
        whole = np.zeros((len(rows), self.bench.n_classes))
        for label, column in zip(self.release.task.labels, np.asarray(answers).T, strict=True):
            whole[:, int(str(label)[1:])] = column
        return whole


def fit(bench, budget, seed, preset, threads, workdir):
    return Fitted(bench, budget, seed, workdir)

"""The preparation "crafted": what "native" gives, and features made of several columns, learned inside the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.crafted.choose import fit_small, judge, residuals, uncorrelated
from journeyman.transformers.crafted.craft import craft
from journeyman.transformers.crafted.ground import break_ground
from journeyman.transformers.crafted.propose import propose
from journeyman.transformers.preparations import NativePreparation
from journeyman.transformers.steps import Steps

__all__ = ["CraftedPreparation"]

FloatArray = NDArray[np.float64]
_SAMPLE = 8_000
import os
MODE=os.environ.get('MODE','A'); TOP=int(os.environ.get('TOP','150')); LIM=float(os.environ.get('LIM','0.95')); MAXF=int(os.environ.get('MAXF','60'))


@dataclass(frozen=True)
class CraftedPreparation:
    name: str = "crafted"

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        native, plain = NativePreparation().fit(block, columns, y, task, seed)
        ground = break_ground(block, columns, y, task, seed)
        rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:_SAMPLE])
        few = {k: v[rows] for k, v in block.items()}
        x = Matrix(plain.values[rows], plain.names, plain.categorical)
        rest, gain = residuals(x, y[rows], task, seed)
        importance = dict(zip(x.names, gain.tolist(), strict=True))
        small = ground.sample(rows)
        tried = craft(small, propose(small, importance, seed))
        features = tried.step.combine(few, tried.looked_up)
        most = min(MAXF, int(1.5 * len(columns) + 20))
        scores = judge(features, rest, seed)
        order = np.argsort(-scores, kind="stable")
        if MODE == 'A':
            order = order[scores[order] > 0]
        else:
            top = order[:TOP] if 'A' in MODE else order
            both = np.hstack([x.values, features[:, top]])
            b = fit_small(both, y[rows], x.categorical, task, seed, feature_fraction=0.3, num_leaves=15, extra_trees='X' in MODE)
            g = b.feature_importance("gain")[x.values.shape[1]:]
            o = np.argsort(-g, kind="stable")
            order = top[o[g[o] > 0]]
        known = np.delete(x.values, list(x.categorical), axis=1)
        kept = uncorrelated(order, features, known, most, LIM)
        chosen = craft(ground, [tried.recipes[i] for i in kept])
        values = np.hstack([plain.values, chosen.step.combine(block, chosen.looked_up)])
        fitted = Steps((*native.steps, chosen.step))
        return fitted, fitted.matrix(values)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        return Steps.from_files(files)

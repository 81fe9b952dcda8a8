"""Members that learn from all rows, on an engine that has them in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.linear import Linear
from journeyman.engines import open_engine
from journeyman.entities.dataset import Dataset
from journeyman.entities.split import Split
from journeyman.entities.task import Scheme
from journeyman.entities.trial import Ensemble, Member
from journeyman.errors import EngineError
from journeyman.inference.model_files import FittedEnsemble
from journeyman.interfaces import FitOfAllRows, Prepared, WholeTask
from journeyman.pipelines.whole_fits import fit_wholly
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.durable_run import MemoryRun
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.stages.repair import repair
from journeyman.stages.train import FittedPart, fit_preparation
from journeyman.tasks import metric_of
from journeyman.transformers.preparations import DensePreparation, NativePreparation

ROWS, KEPT = 4_000, 1_000


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.integers(0, 9, ROWS), "c": rng.choice(["x", "y"], ROWS)})
    told = (made["a"] > 0) ^ (made["b"] > 4)
    made["label"] = np.where(told ^ (rng.random(ROWS) < 0.1), "yes", "no")
    made.loc[::50, "label"] = None
    return made


@dataclass(frozen=True)
class Here:
    """Learns in this process; ``fault`` turns labels of the one or the other around, or loses the machines."""

    fault: str = ""

    def learn(self, source: Any, task: WholeTask) -> FitOfAllRows:
        if self.fault == "lost":
            raise EngineError("the cluster is gone", hint="start it")
        rows = task.prepare(pa.Table.from_pandas(source.read(None, 0)[list(task.names)], preserve_index=False))
        known = ~np.isnan(rows.y)
        x, y = rows.x[known], rows.y[known]
        held, rest = slice(0, task.judged), slice(task.judged, None)
        taught = Prepared(x[rest], 1 - y[rest] if self.fault == "labels" else y[rest])
        few = y[rest][: task.sampled]
        drawn = Prepared(x[rest][: task.sampled], 1 - few if self.fault == "sample" else few)
        return FitOfAllRows(task.fit(taught, ["127.0.0.1:1"], 0), len(taught.y), Prepared(x[held], y[held]), drawn)


def learned(engine: object, members: Sequence[str] = ("lightgbm",), sampled: bool = True) -> Any:
    settings = BuildSettings("t", "label", "t")
    source = FrameSource(frame())
    few = ingest(FrameSource(frame().head(KEPT)), settings).table
    repaired = repair(few, frame_task(few, settings), (), settings)
    table, task = replace(repaired.table, source_rows=ROWS if sampled else len(repaired.table.frame)), repaired.task
    rows = np.arange(len(table.frame), dtype=np.int64)
    algorithms = {"lightgbm": LightGBM(), "linear": Linear()}
    made = {"native": NativePreparation(), "dense": DensePreparation()}
    parts = {n: FittedPart(n, fit_preparation(p, table, task, rows, 0).fitted.to_files()) for n, p in made.items()}
    chosen = [next(iter(algorithms[n].candidates(task, len(rows), table.features))) for n in members]
    ensemble = Ensemble(tuple(Member(c, 1 / len(chosen), 40) for c in chosen), 0.0, np.zeros((1, 2)))
    final = FittedEnsemble(tuple(parts.values()), tuple(FittedPart(c.key, {"own": b""}) for c in chosen))
    components: Any = SimpleNamespace(engine=engine, algorithms=algorithms, progress=SilentProgress())
    context = BuildContext(components, MemoryRun(SystemClock()), settings)
    data = Dataset(table, task, Split(Scheme.SHUFFLED, rows, rows[:0], (), ""))
    return (final, *fit_wholly(context, source, data, ensemble, metric_of(task), final))


def test_a_fit_on_all_rows_is_kept_where_it_is_no_worse() -> None:
    before, after, (fit,) = learned(Here("sample"))
    assert fit.kept
    assert fit.score > 0.8 > fit.sampled_score
    assert (fit.rows, fit.judged, fit.reason) == (ROWS * 49 // 50 - ROWS // 20, ROWS // 20, "")
    assert after.members[0].files.keys() >= {"model.txt"}
    assert before.preparations == after.preparations


@pytest.mark.parametrize(("fault", "told"), [("labels", ""), ("lost", "could not be fitted (the cluster is gone)")])
def test_the_model_of_the_sample_stays_where_it_is_worse_or_fails(fault: str, told: str) -> None:
    before, after, (fit,) = learned(Here(fault))
    assert not fit.kept
    assert told in fit.reason
    assert after.members == before.members


def test_others_learn_from_the_sample_and_say_why() -> None:
    _, after, fits = learned(Here(), ("linear", "lightgbm"))
    assert [bool(fit.reason) for fit in fits] == [True, False]
    assert fits[0].reason == "its algorithm learns on one machine"
    assert after.members[0].files == {"own": b""}


@pytest.mark.parametrize(("engine", "sampled"), [(Here(), False), (open_engine(), True)])
def test_nothing_is_done_for_tables_in_memory_and_engines_that_cannot(engine: object, sampled: bool) -> None:
    before, after, fits = learned(engine, sampled=sampled)
    assert after is before
    assert fits == ()

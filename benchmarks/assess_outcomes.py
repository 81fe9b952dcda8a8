"""Assess and build each posed case, and keep what was seen of it: one file a case, so that work is gone on with.

python benchmarks/assess_outcomes.py CACHE [--data ../shared/data] [--minutes 5] [--each 20] [--trials 5]
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
import warnings
import zlib
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import lightgbm
import numpy as np
import pandas as pd

import journeyman
from assess_tasks import CaseTable, PosedCase, pose_case, readable, wanted_cases
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.errors import JourneymanError
from journeyman.interfaces import Metric
from journeyman.pipelines.probe_case import PreparedCase, prepare_case, probe_case, without_leaks
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.settings import BuildSettings
from journeyman.sources.parsing import RowReader
from journeyman.stages.conform import conform
from journeyman.stages.probe.calendar import calendar_parts, with_calendar
from journeyman.stages.probe.quick_models import (
    Predict,
    Rows,
    constant_prediction,
    learn_quick_models,
    row_losses,
    tree_matrix,
)
from journeyman.tasks import metric_of

HERE = Path(__file__).resolve().parent
LOOKS = 5
"""Is raised where looks show something else than before: with --again, those of the cache are done again."""

FIRST, SECOND = 600, 3_000
"""Rows that the first and the second look take."""
_FLOOR = 1e-4
warnings.simplefilter("ignore")


def context_of(target: str) -> BuildContext:
    components = standard_components(lambda report: "", SystemClock(), SilentProgress(), lambda: False)
    return BuildContext(components, MemoryRun(SystemClock()), BuildSettings("<frame>", target, "assess", threads=1))


def looked_at(posed: PosedCase) -> tuple[dict[str, object], PreparedCase | None]:
    """Return what two looks at a case show, and their seconds of processor."""
    began = time.process_time()
    try:
        case = prepare_case(posed.learn, posed.id, context_of(posed.target))
    except JourneymanError as error:
        return {"refused": str(error)}, None
    prepared = time.process_time()
    data = without_leaks(case) if case.leaks else case.data
    first = probe_case(data, FIRST, 0)
    middle = time.process_time()
    second = probe_case(data, SECOND, 0)
    ended = time.process_time()
    shown = {
        "looks": LOOKS,
        "task": case.data.task.kind,
        "metric": case.data.task.metric,
        "labels": list(case.data.task.labels),
        "scheme": case.data.split.scheme.value,
        "leaks": list(case.leaks),
        "codes": sorted({f.code for f in case.findings}),
        "first": None if first is None else asdict(first),
        "second": None if second is None else asdict(second),
        "seconds": [prepared - began, middle - prepared, ended - middle],
        "features": _features(case),
    }
    return shown, case


def _features(case: PreparedCase) -> dict[str, float]:
    kinds = [c.kind.value for c in case.data.table.features]
    return {
        "columns": len(kinds),
        "texts": sum(kind == "text" for kind in kinds),
        "missing": float(case.data.table.frame.isna().to_numpy().mean()),
    }


def quick_outcome(posed: PosedCase, case: PreparedCase) -> dict[str, object]:
    """Return what the best of seven plain models gains on the rows kept apart, chosen out of fold and fitted again."""
    began = time.process_time()
    known = {*posed.leaks, *case.leaks}
    data = case.data
    columns = tuple(c for c in data.table.features if c.name not in known and c.kind not in UNUSED)
    block = conform(posed.apart[[c.name for c in columns]], RowReader(columns)).block if columns else {}
    block = {**block, **{c.name: values for c, values in calendar_parts(block, columns).items()}} if columns else {}
    learned, columns = with_calendar(to_block(data.table.frame, columns), columns)
    fit = rows_of(learned, columns, target_values(data.table, posed.target), data.task)
    labels = data.task.labels
    y = codes_of(posed.apart[posed.target], labels) if labels else posed.apart[posed.target].to_numpy(float)
    kept = np.flatnonzero(y >= 0) if labels else np.arange(len(y))
    apart = rows_of(block, columns, y, data.task).take(kept)
    tried: dict[str, list[float]] = {}
    folds = list(data.split.folds[-3:])
    for fold in folds:
        check = fit.take(fold.validate)
        for name, predict in plain_models(fit.take(fold.fit)).items():
            tried.setdefault(name, []).append(float(row_losses(check, predict(check)).mean()))
    best = min(tried, key=lambda name: np.mean(tried[name]))
    constant = constant_prediction(fit)
    base = row_losses(apart, np.tile(constant, (len(apart.y), 1)))
    worse = np.mean(tried[best]) >= np.mean(
        [float(row_losses(fit.take(f.validate), np.tile(constant, (len(f.validate), 1))).mean()) for f in folds]
    )
    # What no model beats out of fold is predicted by the baseline, as a build does.
    found = np.tile(constant, (len(apart.y), 1)) if worse else plain_models(fit)[best](apart)
    score = scored(metric_of(data.task), apart.y, found)
    losses = row_losses(apart, found)
    in_time = {}
    if data.split.scheme is Scheme.TIME:
        recent = constant_prediction(fit.take(latest(len(fit.y))))
        in_time = judged_in_time(base, row_losses(apart, np.tile(recent, (len(apart.y), 1))), losses)
    return {
        **judged(base, losses),
        **in_time,
        "score": score,
        "model": best,
        "seconds": time.process_time() - began,
    }


UNUSED = (Kind.IDENTIFIER, Kind.CONSTANT, Kind.IMAGE)


def rows_of(block: Block, columns: tuple[Column, ...], y: np.ndarray, task: Task) -> Rows:
    return Rows(block, columns, y.astype(float), len(task.labels), np.arange(len(y)))


def plain_models(fit: Rows) -> dict[str, Predict]:
    """Return the quick models, and larger trees."""
    return {**learn_quick_models(fit, 1), "large trees": large_trees(fit)}


def large_trees(fit: Rows) -> Predict:
    encode, categorical = tree_matrix(fit)
    objective = {0: "regression", 2: "binary"}.get(fit.classes, "multiclass")
    settings = {"objective": objective, "learning_rate": 0.04, "num_leaves": 31, "min_data_in_leaf": 8, "seed": 1}
    settings |= {"feature_fraction": 0.6, "bagging_fraction": 0.7, "bagging_freq": 1, "verbosity": -1, "num_threads": 1}
    rounds = 250
    if fit.classes > 2:
        settings |= {"num_class": fit.classes, "learning_rate": 0.08}
        rounds = 120 if fit.classes <= 8 else 50
    model = lightgbm.train(settings, lightgbm.Dataset(encode(fit), fit.y, categorical_feature=categorical), rounds)

    def predict(rows: Rows) -> np.ndarray:
        found = np.asarray(model.predict(encode(rows)))
        return np.column_stack([1 - found, found]) if fit.classes == 2 else found.reshape(len(found), -1)

    return predict


def built(posed: PosedCase, leaks: list[str], trials: int, ordered: bool) -> dict[str, object]:
    """Return what a build of the case gains on the rows kept apart, without columns that nobody would know."""
    began, wall = time.process_time(), time.monotonic()
    ignored = dict.fromkeys([*posed.leaks, *leaks], "ignored")
    with tempfile.TemporaryDirectory() as folder:
        release = journeyman.build(
            posed.learn, target=posed.target, trials=trials, name="case", workspace=folder, quiet=True, roles=ignored
        )
        spent, waited = time.process_time() - began, time.monotonic() - wall
        rows = posed.apart.drop(columns=[posed.target])
        y = posed.apart[posed.target]
        metric = metric_of(release.task)
        if release.task.labels:
            found, truth = release.predict_proba(rows), codes_of(y, release.task.labels)
            known = truth >= 0
            found, truth = found[known], truth[known]
            learned = codes_of(posed.learn[posed.target], release.task.labels)
            base, recent = (
                share_losses(some[some >= 0], truth, len(release.task.labels))
                for some in (learned, learned[latest(len(learned))])
            )
            losses = -np.log(np.clip(found[np.arange(len(truth)), truth], _FLOOR, 1))
        else:
            found, truth = np.asarray(release.predict(rows), float), y.to_numpy(float)
            learned, losses = posed.learn[posed.target].to_numpy(float), (truth - found) ** 2
            base, recent = (truth - learned.mean()) ** 2, (truth - learned[latest(len(learned))].mean()) ** 2
    scores = {"score": scored(metric, truth, found)}
    scores |= judged_in_time(base, recent, losses) if ordered else {}
    return {**judged(base, losses), **scores, "build_seconds": spent, "build_wall": waited}


def share_losses(learned: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    shares = np.bincount(learned, minlength=classes) + 0.5
    return -np.log(np.clip((shares / shares.sum())[truth], _FLOOR, 1))


def latest(rows: int) -> np.ndarray:
    """Return the positions of the latest tenth of rows, as a probe has it."""
    return np.arange(rows)[-max(5, rows // 10) :]


def scored(metric: Metric, truth: np.ndarray, found: np.ndarray) -> float:
    """Return a score; NaN where these rows have none."""
    try:
        return float(metric.score(truth.astype(float), found.reshape(len(truth), -1)))
    except ValueError:
        return float("nan")


def codes_of(values: pd.Series, labels: tuple[str, ...]) -> np.ndarray:
    """Return the codes of labels; -1 where a label is none of those."""

    def plain(value: object) -> str:
        try:
            return f"{float(str(value)):g}"
        except ValueError:
            return str(value).strip().strip("'\"").rstrip(".").casefold()

    codes = {plain(label): code for code, label in enumerate(labels)}
    return np.array([codes.get(plain(value), -1) for value in values.tolist()], dtype=np.int64)


def judged(base: np.ndarray, losses: np.ndarray) -> dict[str, object]:
    """Return the gain as a share of the baseline's loss, and its standard error over rows."""
    gain = 1.0 - losses.mean() / max(base.mean(), 1e-300)
    off = base - losses
    rest = (off - gain * base) / max(base.mean(), 1e-300)
    sure = off.mean() / max(off.std(ddof=1) / np.sqrt(len(off)), 1e-300)
    return {
        "gain": float(gain),
        "error": float(rest.std(ddof=1) / np.sqrt(len(off))),
        "t": float(sure),
        "apart": len(off),
    }


def judged_in_time(base: np.ndarray, recent: np.ndarray, losses: np.ndarray) -> dict[str, object]:
    """Return the gain over the better one of the mean and the latest level, and how far it is beyond noise.

    Of a random walk the mean lies behind, and whatever has learned the latest level is better; and its thousands of
    rows say as little as a few independent ones. Errors that follow one another widen the noise as in a probe.
    """
    base = recent if recent.mean() < base.mean() else base
    off = base - losses
    centred = off - off.mean()
    follows = float((centred[1:] * centred[:-1]).sum() / max(float((centred**2).sum()), 1e-300))
    follows = float(np.clip(follows, 0.0, 0.9995))
    plain = judged(base, losses)
    return {"gain_in_time": plain["gain"], "t_in_time": plain["t"] * np.sqrt((1.0 - follows) / (1.0 + follows))}


def collect(place: CaseTable, number: int, options: argparse.Namespace, tables: dict[str, object]) -> str:
    """Look at a case and learn its quick outcome; or, with --builds, build it, where it was looked at."""
    name = f"{place.name}-{number:02d}"
    looked, outcome = options.cache / f"{name}.json", options.cache / f"{name}.build"
    if looked.exists() and not options.again and (not options.builds or outcome.exists()):
        return ""
    known = json.loads(looked.read_text()) if looked.exists() else {}
    if options.again and (looked_like_this(known) or "quick" not in known):
        return ""
    if options.builds and not worth_building(known):
        return ""
    if place.name not in tables:
        tables[place.name] = readable(place)
    read = tables[place.name]
    posed = None if read is None else pose_case(place, number, *read)
    if options.builds:
        result = build_outcome(posed, known["leaks"], options.trials, known["scheme"] == "time")
        return written(outcome, result)
    result: dict[str, object] = {"id": name, "family": place.family, "none": True}
    if posed is not None:
        shown, case = looked_at(posed)
        result = {
            "id": posed.id, "family": posed.family, "table": place.name, "variant": posed.variant, "null": posed.null,
            "target": posed.target, "planted": list(posed.leaks), "rows": len(posed.learn), **shown,
        }  # fmt: skip
        same = known.get("target") == posed.target and known.get("leaks") == shown.get("leaks") and not options.again
        if case is not None:
            result["quick"] = known["quick"] if same else quick_outcome(posed, case)
        if known and known.get("target") != posed.target:
            outcome.unlink(missing_ok=True)
    return written(looked, result)


def looked_like_this(known: dict[str, object]) -> bool:
    """Say whether looks would show the same again; versions 3 to 5 differ from 2 where time orders rows alone.

    Version 4 knows months, weekdays and hours of dates, which rows in no order of time hardly have; version 5 knows
    the outcome beside the latest level.
    """
    return known.get("looks") == LOOKS or (known.get("looks") in (2, 3, 4) and known.get("scheme") != "time")


def worth_building(known: dict[str, object]) -> bool:
    """Say whether a case is built: those with many classes, or with texts, would take as long as twenty others."""
    return bool(known) and "quick" in known and len(known["labels"]) <= 6 and not known["features"]["texts"]


def build_outcome(posed: PosedCase, leaks: list[str], trials: int, ordered: bool) -> dict[str, object]:
    try:
        return built(posed, leaks, trials, ordered)
    except JourneymanError as error:
        return {"refused": str(error)}


def written(path: Path, result: dict[str, object]) -> str:
    draft = path.with_name(path.name + ".draft")
    draft.write_text(json.dumps(result, default=float))
    draft.rename(path)
    quick = result.get("quick") or result
    return f"{path.name}: {result.get('variant', '')} {quick.get('gain')} {result.get('refused', '')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="look again at what earlier versions looked at")
    parser.add_argument("--builds", action="store_true", help="build what was looked at")
    parser.add_argument("--part", default="0/1", help="which of so many processes this is")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    if not (options.data / "index.json").is_file():
        sys.exit(f"no tables in {options.data}: give --data")
    os.environ["JOURNEYMAN_HOME"] = str(options.cache / "home")  # builds that are judged teach the user nothing
    until, tables = time.monotonic() + 60 * options.minutes, {}
    mine, parts = map(int, options.part.split("/"))
    wanted = wanted_cases(options.data, options.each)
    random.Random(0).shuffle(wanted)  # so that what is there after any time is a fair sample
    if options.again:  # where time orders rows, looks have changed most
        wanted.sort(key=lambda one: one[0].order is None)
    for place, number in wanted:
        if zlib.crc32(place.name.encode()) % parts != mine:
            continue
        if time.monotonic() > until:
            break
        try:
            said = collect(place, number, options, tables)
        except Exception as error:  # noqa: BLE001 - one case that fails shall not end the others
            said = f"{place.name}-{number:02d}: {type(error).__name__}: {error}"
        if said:
            print(said, flush=True)


if __name__ == "__main__":
    main()

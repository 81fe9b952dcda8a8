"""One row in C and Java, in process; and m2cgen and tl2cgen on the boosters of a release, beside."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from exports_measure import Clock, written_release
from journeyman.algorithms.lightgbm_library import StoredTrees
from journeyman.algorithms.lightgbm_trees import BoosterModel
from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.c import CExporter, compile_c
from journeyman.exporters.java import JavaExporter
from journeyman.exporters.scoring_plan.comparison import read_answers
from journeyman.exporters.scoring_plan.draft import Draft, Features
from journeyman.exporters.scoring_plan.project import SelfTest, make_selftest, project_facts, write_project
from journeyman.exporters.scoring_plan.selftest import Answers, answers_text
from journeyman.exporters.scoring_plan.trees import binary_trees
from journeyman.inference.release import Release
from journeyman.interfaces import ProjectFacts

__all__ = ["PEERS", "one_row", "peer"]

HERE = Path(__file__).resolve().parent
PEERS = ("ours", "m2cgen c", "m2cgen java", "tl2cgen c")
"""What runs the release's first booster: ours are all other members left out."""

_EDGES = 30_000  # rows on thresholds and beside
_C = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "journeyman_plan.h"

int main(int count, char **words)
{
    jm_error error;
    jm_model *model;
    jm_prediction prediction;
    size_t rows = strtoul(words[3], NULL, 10), asked = 0, length;
    FILE *file = fopen(words[2], "rb");
    if (count != 4 || file == NULL || jm_load(words[1], &model, &error) != JM_OK)
        return 1;
    fseek(file, 0, SEEK_END);
    length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(length);
    const char **cells = malloc(rows * jm_column_count(model) * sizeof *cells);
    double *workspace = malloc(jm_workspace_length(model) * sizeof *workspace), sum = 0.0;
    if (fread(bytes, 1, length, file) != length)
        return 1;
    for (size_t i = 0, at = 0; i < rows * jm_column_count(model); i++, at += strlen(bytes + at) + 1)
        cells[i] = bytes + at;
    clock_t start = clock();
    do
        for (size_t i = 0; i < rows; i++, asked++) {
            jm_predict_text(model, cells + i * jm_column_count(model), workspace, &prediction);
            sum += prediction.outputs[0];
        }
    while (clock() - start < 2 * CLOCKS_PER_SEC);
    printf("%.3f %g\n", 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)asked, sum);
    return 0;
}
"""
_JAVA = r"""
package measured;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

public class Bench {
    public static void main(String[] words) throws Exception {
        ScoringPlan plan = ScoringPlan.load(Paths.get(words[0]));
        String text = new String(Files.readAllBytes(Paths.get(words[1])), StandardCharsets.UTF_8);
        String[] cells = text.split("\0", -1);
        int rows = Integer.parseInt(words[2]), columns = plan.columns().size();
        String[][] table = new String[rows][columns];
        for (int i = 0; i < rows * columns; i++) table[i / columns][i % columns] = cells[i];
        double sum = 0.0, best = 0.0;
        for (int turn = 0; turn < 3; turn++) { // the first two warm up
            long asked = 0, start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime(), took = 0;
            while (took < 2_000_000_000L) {
                for (String[] row : table) sum += plan.predictTexts(row).outputs()[0];
                asked += rows;
                took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            }
            best = took / 1e3 / asked;
        }
        System.out.printf("%.3f %g%n", best, sum);
    }
}
"""


def one_row(release: Release, language: str) -> dict[str, Any]:
    """Return the microseconds of a processor that one row of texts takes, read and predicted in process."""
    exporter = CExporter() if language == "c" else JavaExporter()
    plan, written, _ = written_release(release, exporter)
    if isinstance(written, Refusal):
        return {"failed": f"not written: {written.reason}"}
    selftest = make_selftest(plan, written, release.columns, release.report.profile.columns, 0, release.left_out)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_project(exporter, project_facts(release, written, selftest, "measured"), selftest, folder)
        return {"microseconds": _microseconds(folder, language, selftest, [c.name for c in written.columns])}


def _microseconds(folder: Path, language: str, selftest: SelfTest, columns: list[str]) -> float:
    count = len(selftest.answers.predictions)
    texts = (selftest.rows[name][i] for i in range(count) for name in columns)
    (folder / "cells").write_bytes(b"".join(text.encode() + b"\0" for text in texts))
    if language == "c":
        (folder / "bench.c").write_text(_C)
        sources = map(str, sorted((folder / "src").glob("*.c")))
        flags = ["-std=gnu99", "-O2", "-ffp-contract=off", "-Iinclude", "-Isrc"]
        _told(["gcc", *flags, "bench.c", *sources, "-lm", "-o", "bench"], folder)
        command = ["./bench"]
    else:
        package = folder / "src" / "main" / "java" / "measured"
        (package / "Bench.java").write_text(_JAVA)
        _told(["javac", "-d", "classes", *map(str, package.glob("*.java"))], folder)
        command = ["java", "-Xmx512m", "-cp", "classes", "measured.Bench"]
    return float(_told([*command, "plan.txt", "cells", str(count)], folder).split()[0])


def peer(release: Release, name: str, environment: Path) -> dict[str, Any]:
    """Return seconds to compile, microseconds of one row and wrong rows of a converter, on the first booster.

    Rows are numbers as the booster takes them: one on each of its thresholds and on both neighbours, as far as 30,000
    go, all other features as in a random training row; right is the raw score of LightGBM's own library, to the bit.
    """
    booster = next((node.step for node in release.plan.nodes if isinstance(node.step, BoosterModel)), None)
    if booster is None:
        return {"failed": "no member is a LightGBM booster"}
    text = booster.to_files()["model.txt"]
    rows = edge_rows(booster)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        (folder / "model.txt").write_bytes(text)
        np.save(folder / "rows.npy", rows)
        scores = StoredTrees(text).scores(rows)
        if scores.shape[1] != 1:
            return {"failed": "only boosters of one score are compared"}
        np.save(folder / "scores.npy", scores[:, 0])
        if name == "ours":
            return {**_ours(booster, rows, scores, folder), "trees": len(booster.arrays.roots)}
        script = str(HERE / "peers" / "export_peer.py")
        told = _told([str(environment / "bin" / "python"), script, *name.split(), str(folder)], folder)
        return {**json.loads(told.splitlines()[-1]), "trees": len(booster.arrays.roots)}


def _told(command: list[str], folder: Path) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {(ended.stderr.strip().splitlines() or ['nothing said'])[-1]}")
    return ended.stdout


def edge_rows(booster: BoosterModel) -> np.ndarray:
    """Return rows on thresholds, their neighbours and categories of sets; other features are drawn from these."""
    rng = np.random.default_rng(0)
    trees = booster.arrays
    count = int(trees.feature.max()) + 1
    values: list[list[float]] = [[] for _ in range(count)]
    for feature, threshold, chosen in zip(trees.feature, trees.threshold, trees.chosen, strict=True):
        if chosen >= 0:
            values[feature] += trees.sets[chosen].tolist()
        elif np.isfinite(threshold) and abs(threshold) < 1e30:
            values[feature] += [threshold, np.nextafter(threshold, -np.inf), np.nextafter(threshold, np.inf)]
    known = [np.unique(one) if one else np.zeros(1) for one in values]
    pairs = [(feature, value) for feature in range(count) for value in known[feature]]
    if len(pairs) > _EDGES:
        pairs = [pairs[i] for i in rng.choice(len(pairs), _EDGES, replace=False)]
    rows = np.column_stack([rng.choice(one, len(pairs)) for one in known])
    for row, (feature, value) in enumerate(pairs):
        rows[row, feature] = value
    return np.ascontiguousarray(rows)


def _ours(booster: BoosterModel, rows: np.ndarray, scores: np.ndarray, folder: Path) -> dict[str, Any]:
    """Return the same of our project in C: the booster alone, on the same rows as texts."""
    names = [f"f{i}" for i in range(rows.shape[1])]
    draft = Draft()
    draft.reserve(len(names))
    first = binary_trees(draft, booster.arrays, Features(tuple(range(len(names))), tuple(names), ()))
    written = ScoringPlan(
        name="booster",
        version=1,
        task="regression",
        target="y",
        columns=tuple(PlanColumn(name, "number") for name in names),
        texts=(),
        arrays=tuple(draft.arrays),
        registers=draft.registers,
        steps=tuple(draft.steps),
        scores=(first,),
        outputs=(first,),
    )
    texts = {name: tuple(map(repr, rows[:, i].tolist())) for i, name in enumerate(names)}
    selftest = SelfTest(texts, Answers(scores, scores))
    facts = ProjectFacts(written, "measured", selftest.example())
    project = folder / "project"
    project.mkdir()
    exporter = CExporter()
    write_project(exporter, facts, selftest, project)
    (folder / "rows.csv").write_text(answers_text(texts, Answers(np.empty((len(rows), 0)), np.empty((0, 0)))))
    start = Clock.now()
    compile_c(project, ("programs/csv.c", "programs/answer.c"), folder)
    seconds = Clock.now() - start
    exporter.run(project, folder / "rows.csv", folder / "answers.csv")
    told = read_answers(folder / "answers.csv", written)
    few = SelfTest({name: one[:2000] for name, one in texts.items()}, Answers(scores[:2000], scores[:2000]))
    size = (project / "plan.txt").stat().st_size + sum(path.stat().st_size for path in (project / "src").iterdir())
    return {
        "edges": len(rows),
        "wrong": int((told.scores != scores).any(axis=1).sum()),
        "largest": float(np.abs(told.scores - scores).max()),
        "compile": seconds.processor,
        "bytes": size,
        "microseconds": _microseconds(project, "c", few, names),
    }

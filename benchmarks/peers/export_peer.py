"""Convert a LightGBM model by m2cgen or tl2cgen, compile it, and compare it with LightGBM's own raw scores.

    python export_peer.py m2cgen|tl2cgen c|java FOLDER

FOLDER holds model.txt, rows.npy (float64) and scores.npy. Runs inside an environment of install_peers.sh; prints a line of JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np

MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
%(before)s
int main(int count, char **words)
{
    size_t rows = strtoul(words[1], NULL, 10), columns = strtoul(words[2], NULL, 10);
    double *x = malloc(rows * columns * sizeof *x), *out = malloc(rows * sizeof *out), sum = 0.0;
    FILE *file = fopen("rows.bin", "rb");
    if (fread(x, sizeof *x, rows * columns, file) != rows * columns) return 1;
    fclose(file);
    for (size_t i = 0; i < rows; i++) out[i] = answer(x + i * columns, columns);
    file = fopen("told.bin", "wb");
    fwrite(out, sizeof *out, rows, file);
    fclose(file);
    size_t asked = 0, some = rows < 2000 ? rows : 2000;
    clock_t start = clock();
    do for (size_t i = 0; i < some; i++, asked++) sum += answer(x + i * columns, columns);
    while (clock() - start < 2 * CLOCKS_PER_SEC);
    printf("%%.3f %%g\n", 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)asked, sum);
    return 0;
}
"""
JAVA = r"""
import java.io.*;
import java.lang.management.ManagementFactory;
import java.nio.*;
import java.nio.file.*;

public class Bench {
    public static void main(String[] words) throws Exception {
        int rows = Integer.parseInt(words[0]), columns = Integer.parseInt(words[1]);
        DoubleBuffer in = ByteBuffer.wrap(Files.readAllBytes(Paths.get("rows.bin"))).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
        double[][] x = new double[rows][columns];
        for (double[] row : x) in.get(row);
        ByteBuffer out = ByteBuffer.allocate(8 * rows).order(ByteOrder.LITTLE_ENDIAN);
        for (double[] row : x) out.putDouble(Model.score(row));
        Files.write(Paths.get("told.bin"), out.array());
        int some = Math.min(rows, 2000);
        double sum = 0.0, last = 0.0;
        for (int turn = 0; turn < 3; turn++) {
            long asked = 0, start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime(), took = 0;
            while (took < 2000000000L) {
                for (int i = 0; i < some; i++) sum += Model.score(x[i]);
                asked += some;
                took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            }
            last = took / 1e3 / asked;
        }
        System.out.printf("%.3f %g%n", last, sum);
    }
}
"""


class Dumped:
    """A booster whose objective is m2cgen's word for raw scores."""

    def __init__(self, booster):
        self.booster = booster

    def dump_model(self):
        return {**self.booster.dump_model(), "objective": "custom"}


def m2cgen_source(folder, language):
    import m2cgen

    kind = type("LGBMRegressor", (), {"__module__": "lightgbm.sklearn"})  # it knows models by their names
    model = kind()
    booster = lightgbm.Booster(model_file=str(folder / "model.txt"))
    model.booster_, model.n_features_ = Dumped(booster), booster.num_feature()
    sys.setrecursionlimit(100_000)
    return m2cgen.export_to_java(model) if language == "java" else m2cgen.export_to_c(model)


def m2cgen_c(folder):
    (folder / "model.c").write_text(m2cgen_source(folder, "c"))
    before = "double score(double *input);\nstatic double answer(double *x, size_t n) { (void)n; return score(x); }"
    (folder / "main.c").write_text(MAIN % {"before": before})
    return ["model.c"], ["gcc", "-O2", "main.c", "model.c", "-lm", "-o", "bench"], ["./bench"]


def m2cgen_java(folder):
    (folder / "Model.java").write_text(m2cgen_source(folder, "java"))
    (folder / "Bench.java").write_text(JAVA)
    return (
        ["Model.java"],
        ["javac", "-J-Xmx1500m", "Model.java", "Bench.java"],
        ["java", "-Xmx512m", "-Xss64m", "Bench"],
    )


def tl2cgen_c(folder):
    import tl2cgen
    import treelite

    model = treelite.frontend.load_lightgbm_model(str(folder / "model.txt"))
    tl2cgen.generate_c_code(model, dirpath=str(folder / "code"), params={})
    before = """#include "code/header.h"
static double answer(double *x, size_t n)
{
    static union Entry data[4096];
    double result = 0.0;
    for (size_t i = 0; i < n; i++)
        if (x[i] != x[i]) data[i].missing = -1;
        else data[i].fvalue = x[i];
    predict(data, 1, &result);
    return result;
}"""
    (folder / "main.c").write_text(MAIN % {"before": before})
    sources = [f"code/{path.name}" for path in sorted((folder / "code").glob("*.c"))]
    return sources, ["gcc", "-O2", "main.c", *sources, "-lm", "-o", "bench"], ["./bench"]


def main():
    peer, language, place = sys.argv[1:]
    folder = Path(place)
    os.chdir(folder)
    rows, scores = np.load("rows.npy"), np.load("scores.npy")
    rows.tofile("rows.bin")
    try:
        sources, build, run = {"m2cgen c": m2cgen_c, "m2cgen java": m2cgen_java, "tl2cgen c": tl2cgen_c}[
            f"{peer} {language}"
        ](folder)
    except Exception as error:
        print(json.dumps({"failed": f"cannot express it: {type(error).__name__}: {error}"[:200]}))
        return
    size = sum((folder / one).stat().st_size for one in sources)
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    built = subprocess.run(build, capture_output=True, text=True)
    wall, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    record = {"bytes": size, "compile": seconds, "compile_wall": wall}
    if built.returncode:
        told = [one for one in (built.stdout + built.stderr).splitlines() if "error" in one] or ["it said nothing"]
        print(json.dumps({**record, "failed": f"does not compile: {told[0][-160:]}"}))
        return
    ran = subprocess.run([*run, str(len(rows)), str(rows.shape[1])], capture_output=True, text=True)
    if ran.returncode:
        print(json.dumps({**record, "failed": f"does not run: {(ran.stderr.splitlines() or ['?'])[0][:160]}"}))
        return
    told = np.fromfile("told.bin")
    differs = told != scores
    close = np.abs(told - scores) > 1e-12 * max(1.0, np.abs(scores).max())
    record |= {"edges": len(rows), "wrong": int(differs.sum()), "far": int(close.sum())}
    record |= {"largest": float(np.abs(told - scores).max()), "microseconds": float(ran.stdout.split()[0])}
    print(json.dumps(record))


if __name__ == "__main__":
    main()

"""Compare releases with their exports: equal rows, largest difference, size, seconds to load, rows a second.

    python benchmarks/exports.py [--data ../shared/data] [--only python] [--table credit-g]

Builds a few releases with few trials, writes each as a project in every language whose tools are here, and lets it
answer its self-test. "Equal" are rows whose scores and predictions have the same bits; the difference is a share of the
largest prediction. Loading is the time of one row in a process of its own, what a build takes (once) included.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import journeyman
from journeyman.entities.candidate import Refusal
from journeyman.errors import JourneymanError
from journeyman.exporters.scoring_plan import Named, lower
from journeyman.exporters.scoring_plan.comparison import read_answers
from journeyman.exporters.scoring_plan.project import SelfTest, make_selftest, write_project
from journeyman.exporters.scoring_plan.selftest import Answers, answers_text
from journeyman.inference.release import Release
from journeyman.interfaces import ProjectExporter
from journeyman.plugins import load_usable

HERE = Path(__file__).resolve().parent
TABLES = (
    ("credit-g", "class", 14),  # two classes
    ("wine-quality", "quality", 6),  # seven classes
    ("concrete", "compressive_strength", 10),  # numbers
    ("insurance-charges", "charges", 14),  # numbers on a log scale
    ("telco-churn", "Churn", 8),  # CatBoost weighs most
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", default="")
    options = parser.parse_args()
    exporters = load_usable("journeyman.project_exporters").parts
    print(
        f"{'table':18} {'target':11} {'rows':>5} {'equal':>5} {'difference':>10} {'MB':>6} {'load ms':>8} {'rows/s':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JOURNEYMAN_HOME"] = f"{folder}/home"
        for table, target, trials in TABLES:
            if options.table not in ("", table):
                continue
            path = options.data / "tabular" / f"{table}.csv.gz"
            release = journeyman.build(str(path), target=target, trials=trials, workspace=folder)
            for name, exporter in sorted(exporters.items()):
                if options.only in ("", name):
                    print(f"{table:18} {name:11} {measured(release, exporter)}", flush=True)


def measured(release: Release, exporter: ProjectExporter) -> str:
    lacking = exporter.toolchain()
    if lacking is not None:
        return f"not measured: {lacking.reason}"
    members = tuple(member.candidate.algorithm for member in release.report.members)
    named = Named(release.name, release.version, members)
    written = lower(release.plan, release.task, named, exporter.operations)
    if isinstance(written, Refusal):
        return f"not written: {written.reason}"
    profiles = release.report.profile.columns
    selftest = make_selftest(release.plan, written, release.columns, profiles, 0, release.left_out)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_project(exporter, written, selftest, "measured", folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "selftest.csv")
        try:
            asked(exporter, folder, selftest, 1)  # what is built once is built
            few = min(asked(exporter, folder, selftest, 1) for _ in range(3))
            count = len(selftest.answers.predictions)
            many = asked(exporter, folder, selftest, count)
            told = read_answers(folder / "answers.csv", written)
        except (JourneymanError, ValueError) as error:
            return f"failed: {error}"
    wanted = selftest.answers
    equal = (told.scores == wanted.scores).all(axis=1) & (told.predictions == wanted.predictions).all(axis=1)
    difference = np.abs(told.predictions - wanted.predictions).max() / np.abs(wanted.predictions).max()
    speed = (count - 1) / max(many - few, 1e-3)
    return f"{count:5} {equal.sum():5} {difference:10.1e} {size / 1e6:6.2f} {1e3 * few:8.0f} {speed:8.0f}"


def asked(exporter: ProjectExporter, folder: Path, selftest: SelfTest, count: int) -> float:
    """Return the seconds that the first rows take."""
    rows = {name: values[:count] for name, values in selftest.rows.items()}
    nothing = Answers(np.empty((count, 0)), np.empty((0, 0)))
    (folder / "rows.csv").write_text(answers_text(rows, nothing), encoding="utf-8", newline="\n")
    start = time.perf_counter()
    exporter.run(folder, folder / "rows.csv", folder / "answers.csv")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

"""Kill real builds at random moments with kill -9, resume them, and compare what comes out with an undisturbed build.

    python benchmarks/kill.py [--kills 200] [--trials 4] [--seed 0] [--minutes M] [--json FILE]

The table is scikit-learn's wine (178 rows, 6 measurements, class_1 or not), so that a build lasts seconds and most of
them are imports, small steps and writing: the moments at which much can go wrong. Each round is a new workspace:
`journeyman build`, killed at a moment that is uniform over the life of an undisturbed process (its imports and its end
included), then `journeyman resume`, killed likewise, until the release is there. Kills that find the process already
ended are not counted. Exits 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

NAME = "wine"
HERE = Path(__file__).resolve()
TIMED = ("seconds", "preparing", "fit_seconds", "started", "answer_seconds", "measured_seconds")
TIMED_FILES = ("report.html", "report.msgpack", "manifest.json", "manifest.sha256")


class CommandError(Exception):
    """A command that was not killed ended otherwise than well."""


@dataclass
class Seen:
    """What the rounds have shown so far."""

    kills: int = 0
    rounds: int = 0
    resumes: int = 0
    builds_begun_again: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    kills_a_round: list[int] = field(default_factory=list)
    done_twice: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    steps_begun_again: int = 0
    temporary_folders: int = 0
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further round after so long")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyman-kill-") as folder:
        seen = torment(Path(folder), options)
        _make_removable(Path(folder))
    tell(seen)
    if options.json:
        options.json.write_text(json.dumps(vars(seen)))
    sys.exit(bool(seen.done_twice or seen.rewritten or seen.differences or seen.left_over))


def torment(folder: Path, options: argparse.Namespace) -> Seen:
    """Run rounds until there were kills enough."""
    table = write_table(folder / f"{NAME}.csv")
    build = ["build", str(table), "--target", "class_1", "--trials", str(options.trials), "--quiet"]
    rng = np.random.default_rng(options.seed)
    began = time.monotonic()
    lives = []
    for name in ("calm", "again"):
        start = time.monotonic()
        attempt(folder / name, build, None)
        lives.append(time.monotonic() - start)
    # The first process reads its imports from the disk; the second is what the others are like.
    life = min(lives)
    expected = outcome(folder / "calm", table)
    print(
        f"undisturbed: {life:.1f} s, {len(expected['steps'])} steps, files {', '.join(expected['files'])}", flush=True
    )
    seen = Seen()
    compare(outcome(folder / "again", table), expected, "a second undisturbed build", seen)
    while seen.kills < options.kills and time.monotonic() - began < options.minutes * 60:
        workspace = folder / f"round{seen.rounds}"
        seen.rounds += 1
        try:
            one_round(workspace, build, life, options.kills, rng, seen)
        except CommandError as error:
            print(f"round {seen.rounds}: {error}", flush=True)
            seen.differences.append(f"round {seen.rounds}: {error}")
        else:
            compare(outcome(workspace, table), expected, f"round {seen.rounds}", seen)
            seen.left_over += left_over(workspace)
        seen.temporary_folders += len(list((workspace / "tmp").iterdir()))
        _make_removable(workspace)
        shutil.rmtree(workspace)
        seen.seconds = time.monotonic() - began
        print(f"round {seen.rounds}: {seen.kills} kills, {seen.seconds:.0f} s", flush=True)
    return seen


def one_round(workspace: Path, build: list[str], life: float, kills: int, rng: np.random.Generator, seen: Seen) -> None:
    """Kill and resume one build until it is done."""
    before = seen.kills
    recorded: dict[int, tuple[str, str]] = {}
    while True:
        status, steps = journalled(workspace)
        seen.rewritten += [f"step {i} {name}" for i, (name, out) in recorded.items() if steps.get(i) != (name, out)]
        recorded = steps
        if status == "done":
            break
        if status is None:
            words = build
            seen.builds_begun_again += seen.kills > before
        else:
            words = ["resume", "--quiet"]
            seen.resumes += 1
        moment = float(rng.uniform(0, life)) if seen.kills < kills else None
        killed, marks = attempt(workspace, words, moment)
        names = [name for name, _ in recorded.values()]
        begun = [mark.removeprefix("begin ") for mark in marks if mark.startswith("begin ")]
        seen.done_twice += [name for name in begun if name in names]
        if killed:
            seen.kills += 1
            seen.hits[place(marks, journalled(workspace)[0])] += 1
            seen.steps_begun_again += bool(marks and marks[-1].startswith("begin "))
    seen.kills_a_round.append(seen.kills - before)


def attempt(workspace: Path, words: list[str], moment: float | None) -> tuple[bool, list[str]]:
    """Run a command in a process of its own, killed after ``moment`` seconds; return whether it was, and its marks."""
    temporary = workspace / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    marks, errors = workspace / "marks.txt", workspace / "errors.txt"
    marks.unlink(missing_ok=True)
    command = [sys.executable, str(HERE), "--worker", str(marks), *words, "--workspace", str(workspace / "w")]
    environment = {**os.environ, "TMPDIR": str(temporary), "JOURNEYMAN_HOME": str(workspace / "home")}
    with errors.open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environment)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        code = process.wait()
    if code not in (0, -signal.SIGKILL):
        raise CommandError(f"journeyman {words[0]} ended with {code}: {errors.read_text().strip()}")
    return code != 0, marks.read_text().splitlines() if marks.exists() else []


def worker(marks: Path, words: list[str]) -> None:
    """Be the command, and write down which steps are really begun and ended: the journal knows only those recorded."""

    def mark(text: str) -> None:
        with marks.open("ab", buffering=0) as file:
            file.write(f"{text}\n".encode())

    # Imported here, because the time it takes belongs to the life that is cut short.
    from journeyman.cli import main as cli  # noqa: PLC0415 - see above
    from journeyman.runtime.durable_run import JournalRun  # noqa: PLC0415 - see above

    do = JournalRun._do

    def watched(self: JournalRun, name: str, *rest: Any) -> Any:
        mark(f"begin {name}")
        result = do(self, name, *rest)
        mark(f"end {name}")
        return result

    JournalRun._do = watched
    mark("imported")
    sys.argv = ["journeyman", *words]
    cli.main()


def place(marks: list[str], status: str | None) -> str:
    """Say in a word or two where a kill hit."""
    if not marks:
        return "imports"
    if status is None:
        return "libraries, new workspace"
    if marks[-1].startswith("begin "):
        return marks[-1].removeprefix("begin ").split(" ")[0].rstrip(":")
    if status == "done" or marks[-1] == "end learn":
        return "after the last step"
    return "libraries, replay" if marks[-1] == "imported" else "between steps"


def journalled(workspace: Path) -> tuple[str | None, dict[int, tuple[str, str]]]:
    """Return the run's status and its steps from a copy: opening the journal itself would repair it before resume."""
    if not (workspace / "w" / "journal.db").exists():
        return None, {}
    with tempfile.TemporaryDirectory() as folder:
        for path in (workspace / "w").glob("journal.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        connection = sqlite3.connect(Path(folder, "journal.db"))
        try:
            runs = connection.execute("select id, status from runs").fetchall()
            rows = connection.execute("select position, name, output from steps order by position").fetchall()
        except sqlite3.OperationalError:  # killed before the tables were made
            return None, {}
        finally:
            connection.close()
    if len(runs) > 1:
        raise CommandError(f"one build made {len(runs)} runs: {runs}")
    return (runs[0][1] if runs else None), {position: (name, output) for position, name, output in rows}


def outcome(workspace: Path, table: Path) -> dict[str, Any]:
    """Return all of a workspace that must be the same however often its build was killed."""
    # Late: the tables and figures of this file are of use where journeyman is not installed.
    import pandas as pd  # noqa: PLC0415 - see above

    import journeyman  # noqa: PLC0415 - see above
    from journeyman.stores.workspace import Workspace  # noqa: PLC0415 - see above

    with Workspace(workspace / "w") as place_:
        (record,) = place_.journal.runs()
        steps = place_.journal.steps(record.id)
        (version,) = place_.registry.list()
        history = place_.registry.history(NAME)
        learned = place_.experience.read()
    release = journeyman.load(NAME, workspace=workspace / "w", version=1)
    files = {p.relative_to(release.path).as_posix(): p for p in sorted(release.path.rglob("*")) if p.is_file()}
    manifest = {k: v for k, v in release.manifest.items() if k not in ("created", "files")}
    report = release.report
    trials = tuple(replace(trial, **dict.fromkeys(TIMED, 0.0)) for trial in report.trials)
    return {
        "steps": [step.name for step in steps],
        "status": record.status.value,
        "elapsed grows": [step.elapsed for step in steps] == sorted(step.elapsed for step in steps),
        "files": {name: path.read_bytes() for name, path in files.items() if name not in TIMED_FILES},
        "names of files": sorted(files),
        "manifest": json.dumps(manifest, sort_keys=True),
        "report": repr(replace(report, created="", seconds=0.0, stage_seconds={}, trials=trials)),
        "predictions": release.predict_proba(pd.read_csv(table)).tobytes(),
        "evaluation": repr(release.evaluation),
        "decision": repr(report.decision),
        "trials": [(t.candidate.key, t.status.value, t.score, t.fold_scores, t.rounds) for t in report.trials],
        "version": (version.version, version.champion, version.score, version.verdict, len(history)),
        "versions on disk": sorted(p.name for p in (workspace / "w" / "releases" / NAME).iterdir()),
        "experiences": [repr(replace(e, seconds=0.0)) for e in learned],
    }


def compare(found: dict[str, Any], expected: dict[str, Any], where: str, seen: Seen) -> None:
    """Note each entry that differs; of the files, each file."""
    different = [key for key in expected if key != "files" and found[key] != expected[key]]
    ours, theirs = found["files"], expected["files"]
    different += [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    for key in different:
        print(f"{where}: {key} differs", flush=True)
    seen.differences += [f"{where}: {key}" for key in different]


def left_over(workspace: Path) -> list[str]:
    """Return drafts and folders that are no releases."""
    drafts = [str(path) for path in (workspace / "w").rglob(".draft-*")]
    known = {"journal.db", "journal.db-wal", "journal.db-shm", "artifacts", "releases", "lock"}
    strange = [str(path) for path in (workspace / "w").iterdir() if path.name not in known]
    return drafts + strange


def write_table(path: Path) -> Path:
    """Write a small real table."""
    from sklearn.datasets import load_wine  # noqa: PLC0415 - a worker has no use for it

    bunch = load_wine(as_frame=True)
    frame = bunch.data.iloc[:, :6].assign(class_1=np.where(bunch.target == 1, "yes", "no"))
    frame.to_csv(path, index=False)
    return path


def tell(seen: Seen) -> None:
    rounds = seen.kills_a_round or [0]
    print(f"\nkills                       {seen.kills}  in {seen.rounds} builds, {seen.seconds:.0f} s")
    print(f"kills of one build          {min(rounds)} to {max(rounds)}, {np.mean(rounds):.1f} in the mean")
    print(f"resumes                     {seen.resumes}")
    print(f"builds begun again          {seen.builds_begun_again}  (killed before the journal knew of them)")
    print(f"steps cut short, begun again {seen.steps_begun_again}")
    print(f"steps done twice            {len(seen.done_twice)}  {seen.done_twice}")
    print(f"recorded steps that changed {len(seen.rewritten)}  {seen.rewritten}")
    print(f"differences                 {len(seen.differences)}  {seen.differences}")
    print(f"left over in the workspace  {len(seen.left_over)}  {seen.left_over}")
    print(
        f"temporary folders left      {seen.temporary_folders}  (outside the workspace, by processes killed in profile)"
    )
    print("where the kills hit:")
    for name, count in seen.hits.most_common():
        print(f"  {name:26} {count:4d}")


def _make_removable(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[2]), sys.argv[3:])
    else:
        main()

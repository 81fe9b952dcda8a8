"""Projects in Tally, a language for models of numbers: it has words for four steps of the scoring plan."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError
from journeyman.interfaces import ProjectFacts

RUNTIME = r"""
import csv, math, re, sys

words = iter(open(sys.argv[1], encoding="utf-8").read().split())
def word(count=1): return [next(words) for _ in range(count)][-1]
def listed(): return [next(words) for _ in range(int(word()))]

if word(2) != "1": sys.exit("the plan is of a newer version")
word(8)  # name, version, task, target
texts = [listed() for _ in range(int(word(2)))]
arrays = [[float(w) for w in listed()] for _ in range(int(word(2)))]
columns = [[next(words) for _ in range(8)][0] for _ in range(int(word(2)))]
size, steps = int(word(2)), []
for _ in range(int(word(2))):
    steps.append((word(), [float(w) for w in listed()]))
scores, outputs = ([int(w) for w in listed()] for _ in range(2) if word())

def number(text):
    text = re.sub(r"(?<=[0-9])[, '_](?=[0-9]{3}(?![0-9]))", "", text.strip())
    text = re.sub(r"^([+-]?[0-9]+),([0-9]{1,2}|[0-9]{4,})$", r"\1.\2", text)
    plain = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
    return float(text) if plain and math.isfinite(float(text)) else math.nan

def fill(r, out, at, instead, shift, scale, limit, flagged):
    for i, c in enumerate(arrays[at]):
        x = r[int(c)] if math.isfinite(r[int(c)]) else arrays[instead][i]
        x = (x - arrays[shift][i]) * arrays[scale][i]
        r[out + i] = min(max(x, -limit), limit) if limit and x == x else x
def lines(r, out, at, outputs, weights, offsets):
    total = 0.0
    for f, w in zip(arrays[at], arrays[weights]): total += r[int(f)] * w
    r[out] = total + arrays[offsets][0]
def clip(r, out, at, count, low, high): r[out] = min(max(r[at], low), high)
def mean(r, out, count, members, weights):
    total = arrays[weights][0] * r[int(arrays[members][0])]
    for m, w in zip(arrays[members][1:], arrays[weights][1:]): total += w * r[int(m)]
    r[out] = total

SAYS = {"fill": fill, "lines": lines, "clip": clip, "mean": mean}
names = [f"score {i}" for i in range(len(scores))] + [f"prediction {i}" for i in range(len(outputs))]
answers = csv.writer(open(sys.argv[3], "w", newline="", encoding="utf-8"))
answers.writerow(names)
for row in csv.DictReader(open(sys.argv[2], newline="", encoding="utf-8")):
    r = [number(row[name]) for name in columns] + [0.0] * (size - len(columns))
    for name, told in steps: SAYS[name](r, *(int(x) if x == int(x) else x for x in told))
    answers.writerow([repr(r[i]) for i in (*scores, *outputs)])
"""
"""What would be a program of its own in another language."""


@dataclass(frozen=True)
class TallyExporter:
    """Models of lines on numbers."""

    name: str = "tally"
    operations: frozenset[str] = frozenset({"fill", "lines", "clip", "mean"})

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the program, and a README with a row."""
        (folder / f"{facts.package}.tally").write_text(RUNTIME, encoding="utf-8")
        row = ", ".join(f"{name} is {text}" for name, text in facts.example.items())
        (folder / "README.md").write_text(f"Predicts {facts.plan.target} of rows such as {row}.\n", encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: Tally runs wherever Python does."""
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Let the program answer."""
        (program,) = folder.glob("*.tally")
        command = [sys.executable, str(program), str(folder / "plan.txt"), str(rows), str(answers)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise ReleaseError(f"Tally failed: {said}", hint="install Tally again")

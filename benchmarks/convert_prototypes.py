"""Prototypes converted as a user would: how many become projects whose predictions are equal, and what they cost.

Run: python benchmarks/convert_prototypes.py FOLDER... [--timeout 3m] [--budget 0] [--minutes 60] [--out F.json]

FOLDER holds a folder for each notebook, with its data where the notebook expects it. Nothing of it is part of this
repository: benchmarks/fetch_prototypes.py lays out public notebooks by their addresses.

Printed for each: how far it came, equal predictions on the recorded rows, one row alone and shuffled rows equal,
statements of the prototype, of the slice, and taken over as they stand, scores as told, repeated, honest and of a
build, leaks, seconds. "ran" counts those whose program came to a model, "data" those whose files are all there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENDINGS = (".ipynb", ".py", ".R", ".Rmd", ".m")


def main() -> None:
    """Convert all, print a line for each and the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--timeout", default="3m")
    parser.add_argument("--budget", default=None)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    ends = time.monotonic() + 60.0 * asked.minutes
    rows = []
    for prototype in (one for folder in asked.folders for one in find_prototypes(folder)):
        if asked.only not in str(prototype) or time.monotonic() > ends:
            continue
        rows.append(convert(prototype, asked.timeout, asked.budget))
        print(line(rows[-1]), flush=True)
        if asked.out is not None:
            asked.out.write_text(json.dumps(rows, indent=1))
    print(summary(rows))


def find_prototypes(folder: Path) -> list[Path]:
    """Return the prototypes of a folder, one for each folder in it."""
    found = []
    for one in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(
            file for file in one.rglob("*") if file.suffix in ENDINGS and ".ipynb_checkpoints" not in str(file)
        )
        found += files[:1]
    return found


def convert(prototype: Path, timeout: str, budget: str | None) -> dict[str, object]:
    """Run the command on a prototype and return what its report says."""
    with tempfile.TemporaryDirectory() as scratch:
        out, began = Path(scratch) / "out", time.monotonic()
        command = [
            sys.executable,
            "-m",
            "journeyman",
            "convert",
            str(prototype),
            "--out",
            str(out),
            "--timeout",
            timeout,
        ]
        command += ["--quiet", *(("--budget", budget) if budget is not None else ())]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        file = out / "report.json"
        report = json.loads(file.read_text()) if file.exists() else {}
        complaint = ended.stderr.strip().splitlines()
        return {
            "name": prototype.stem[:40] if prototype.parent.name in ("a", "") else prototype.parent.name[:40],
            "path": str(prototype),
            "code": ended.returncode,
            "error": complaint[0] if ended.returncode and complaint else "",
            "traceback": "Traceback" in ended.stderr or ended.returncode not in (0, 2),
            "seconds": round(time.monotonic() - began, 1),
            **report,
        }


def line(row: dict[str, object]) -> str:
    """Return a row of the table."""
    if "equal_predictions" not in row:
        return f"{row['name']!s:40}  exit {row['code']}  {row['seconds']:>6} s  {str(row['error'])[:110]}"
    signs = "".join(mark(row.get(one)) for one in ("equal_predictions", "one_row_equal", "shuffled_equal"))
    scores = " ".join(number(row.get(f"score_{one}")) for one in ("as_told", "repeated", "honest", "build"))
    counts = f"{row.get('statements')}/{row.get('kept')}/{row.get('opaque')}"
    leaks = row.get("leaks")
    kinds = ",".join(sorted({one["kind"] for one in leaks})) if isinstance(leaks, list) else ""
    return f"{row['name']!s:40}  {signs}  {counts:>12}  {scores}  {row['seconds']:>6} s  {kinds}"


def mark(value: object) -> str:
    """Return + for yes, - for no, and . where nobody could ask."""
    return {True: "+", False: "-"}.get(value, ".") if isinstance(value, bool) else "."


def number(value: object) -> str:
    """Return a score in seven places."""
    return f"{value:>9.4g}" if isinstance(value, int | float) else "        ."


def summary(rows: list[dict[str, object]]) -> str:
    """Return the shares."""
    made = [row for row in rows if "equal_predictions" in row]
    equal = [row for row in made if row["equal_predictions"] is True]
    whole = [row for row in equal if row.get("one_row_equal") is True and row.get("shuffled_equal") is True]
    kept = sum(int(str(row.get("kept") or 0)) for row in made)
    opaque = sum(int(str(row.get("opaque") or 0)) for row in made)
    return "\n".join(
        (
            f"{len(rows)} prototypes, {len(made)} projects, {len(equal)} with equal predictions "
            f"({share(len(equal), len(made))}), {len(whole)} equal by one row and shuffled too "
            f"({share(len(whole), len(made))}).",
            f"Of {kept} statements of the slices {opaque} are taken over as they stand ({share(opaque, kept)}).",
            f"Ended in a traceback: {sum(bool(row['traceback']) for row in rows)}.",
        )
    )


def share(part: int, whole: int) -> str:
    """Return a share in percent."""
    return f"{100.0 * part / whole:.0f}%" if whole else "none"


if __name__ == "__main__":
    main()

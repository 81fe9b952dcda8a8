"""A package of parts, built as a wheel and installed: its own checks, and a build with its parts."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

PACKAGE = Path(__file__).parents[2] / "examples" / "parts_package"

pytestmark = pytest.mark.slow


def ran(*words: object, place: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    had = [p for p in (str(path or ""), os.environ.get("PYTHONPATH", "")) if p]
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=place,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(had)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the installed package, as `pip install` leaves it."""
    place = tmp_path_factory.mktemp("package")
    source = copytree(PACKAGE, place / "source")
    isolated = () if find_spec("hatchling") is None else ("--no-build-isolation",)  # else pip has to fetch it
    wheel = ran("pip", "wheel", "--quiet", "--no-deps", *isolated, "--wheel-dir", place, source, place=place)
    if wheel.returncode:
        pytest.skip(f"pip cannot build a wheel: {(wheel.stderr.strip().splitlines() or ['no reason'])[-1]}")
    [made] = place.glob("*.whl")
    done = ran("pip", "install", "--quiet", "--no-deps", "--target", place / "parts", made, place=place)
    assert done.returncode == 0, done.stderr
    return place / "parts"


def test_its_parts_keep_their_contracts(installed: Path, tmp_path: Path) -> None:
    tests = copytree(PACKAGE / "tests", tmp_path / "tests")
    done = ran("pytest", "-q", "-p", "no:cacheprovider", tests, place=tmp_path, path=installed)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_build_uses_its_parts_and_a_prediction_needs_them(installed: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, amount = rng.normal(size=400), rng.normal(size=400)
    y = 2 * x + amount + rng.normal(size=400)
    lines = [f"x={a:.3f} amount={b:.3f} y={c:.3f} country=SE" for a, b, c in zip(x, amount, y, strict=True)]
    (tmp_path / "table.pairs").write_text("\n".join(lines))
    words = ["journeyman", "build", "table.pairs", "--target", "y", "--trials", "6", "--metric", "within_half"]
    built = ran(*words, place=tmp_path, path=installed)
    assert built.returncode == 0, built.stderr
    assert "Within a half" in built.stdout
    [report] = tmp_path.glob("journeyman-workspace/releases/table/1/report.html")
    told = report.read_text()
    assert "EX001" in told
    assert "amount&#39; is below zero in" in told or "'amount' is below zero in" in told
    assert "ranked_linear" in told
    assert '<section id="set_aside">' in told
    assert "is left out" not in told
    asked = ["journeyman", "predict", "table", f"pairs://{tmp_path / 'table.pairs'}", "--out", "p.csv"]
    predicted = ran(*asked, place=tmp_path, path=installed)
    assert predicted.returncode == 0, predicted.stderr
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 401
    without = ran(*words, place=tmp_path)
    assert without.returncode == 2
    assert "table.pairs is of an unknown kind" in without.stderr

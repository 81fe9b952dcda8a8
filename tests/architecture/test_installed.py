"""What is installed is what works: the wheel in an environment of its own, and one that only serves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.serve_client import Served, free_port

from journeyman.api.build import build
from journeyman.api.predict import load

ROOT = Path(__file__).parents[2]
BASE, SERVING = 800e6, 300e6
"""Bytes, byte code included, of what `pip install` leaves (docs/decisions/0051)."""

pytestmark = pytest.mark.slow


def ran(*words: object, place: Path) -> str:
    """Return what a command says, which must end well; it sees no library of this environment."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
    done = subprocess.run(
        [str(w) for w in words], cwd=place, env=kept, capture_output=True, text=True, check=False, timeout=1800
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def environment(place: Path) -> Path:
    """Make an environment without packages; return its Python."""
    ran(sys.executable, "-m", "venv", place / "env", place=place)
    return place / "env" / "bin" / "python"


def weight(place: Path) -> int:
    """Return the bytes of all that is installed in an environment, but for pip and what the environment came with."""
    (packages,) = (place / "env" / "lib").glob("python*/site-packages")
    own = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
    kept = (p for p in packages.iterdir() if p.name not in own and not p.name.startswith(("pip-", "setuptools-")))
    return sum(f.stat().st_size for top in kept for f in ([top] if top.is_file() else top.rglob("*")) if f.is_file())


def wheel(python: Path, place: Path) -> Path:
    """Build the wheel, or skip where no package index can be reached."""
    seen = subprocess.run(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place / "seen", "six"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if seen.returncode:
        pytest.skip(f"no package index can be reached: {seen.stderr.strip().splitlines()[-1]}")
    ran(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place, ROOT, place=place)
    (made,) = place.glob("journeyman-*.whl")
    return made


def test_the_wheel_alone_builds_explains_and_predicts_below_800_mb(tmp_path: Path) -> None:
    python = environment(tmp_path)
    made = wheel(python, tmp_path)
    ran(python, "-m", "pip", "install", "--quiet", made, place=tmp_path)
    assert weight(tmp_path) < BASE, f"{weight(tmp_path) / 1e6:.0f} MB"
    command = python.with_name("journeyman")
    told = ran(command, "explain", "DQ302", place=tmp_path)
    assert "DQ302" in told
    assert len(told) > 200, "the page is in the wheel"
    # the demo's own lines, with few trials
    demo = f"import sys; sys.path.insert(0, {str(ROOT / 'examples')!r}); from demo import write_tables; write_tables()"
    ran(python, "-c", demo, place=tmp_path)
    folder = Path("build", "demo")
    words = ["--target", "diagnosis", "--name", "biopsies", "--trials", "4"]
    ran(command, "build", folder / "biopsies.csv", *words, place=tmp_path)
    ran(command, "predict", "biopsies", folder / "new-biopsies.csv", "--out", "p.csv", place=tmp_path)
    assert len(pd.read_csv(tmp_path / "p.csv")) == 50
    (report,) = tmp_path.glob("journeyman-workspace/releases/biopsies/1/report.html")
    page = report.read_text().replace("&#34;", '"').replace("&quot;", '"')
    assert "Not tried, and why" in page
    assert 'catboost: needs the extra catboost (pip install "journeyman[catboost]")' in page
    assert ran(python, "-c", "import importlib.util as u; print(u.find_spec('catboost'))", place=tmp_path) == "None\n"


def test_an_environment_that_only_serves_answers_as_the_whole_one_below_300_mb(tmp_path: Path) -> None:
    python = environment(tmp_path)
    made = wheel(python, tmp_path)
    install = [python, "-m", "pip", "install", "--quiet"]
    ran(*install, "-r", ROOT / "requirements-serve.txt", place=tmp_path)
    ran(*install, "--no-deps", "lightgbm>=4.6", made, place=tmp_path)
    assert weight(tmp_path) < SERVING, f"{weight(tmp_path) / 1e6:.0f} MB"
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "size": np.where(rng.random(400) < 0.1, np.nan, rng.normal(size=400).round(3)),
            "kind": rng.choice(["flat", "house", "hut"], 400),
            "place": rng.choice([f"town {i}" for i in range(40)], 400),
            "sold": pd.date_range("2024-01-01", periods=400).strftime("%Y-%m-%d"),
        }
    )
    rows["price"] = (rows["size"].fillna(0) * 40 + 30 * (rows["kind"] == "house") + rng.normal(size=400) * 5).round(2)
    workspace = tmp_path / "workspace"
    build(rows, target="price", trials=4, workspace=workspace, name="houses")
    asked = rows.drop(columns="price").head(60)
    release = load(workspace / "releases" / "houses" / "1")
    wanted = release.predict_interval(asked).to_numpy()
    port = free_port()
    command = [str(python), "-m", "journeyman", "serve", str(release.path), "--port", str(port)]
    command += ["--log", str(tmp_path / "log")]
    served = Served(command, port)
    served.start()
    try:
        status, answer = served.ask("/predict", {"rows": json.loads(asked.to_json(orient="records"))})
        said = served.said.read_text()
    finally:
        served.kill()
    assert status == 200
    assert 'predictions stay in the log for ever: pip install "pyarrow>=20"' in said
    given = [[one["prediction"], *one["interval"]] for one in answer["predictions"]]
    np.testing.assert_allclose(given, wanted, rtol=1e-9)  # the libraries' versions may differ in the last bit

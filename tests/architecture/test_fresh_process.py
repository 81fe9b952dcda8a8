"""What a fresh Python process loads, and in what order: fast commands, and OpenMP told to wait passively."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "lightgbm",
    "catboost",
    "pyarrow",
    "duckdb",
    "ibis",
    "plotly",
    "sqlalchemy",
]
OPENMP = ("libgomp", "libomp", "libiomp")


def fresh(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, without the variables that concern OpenMP."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    return subprocess.run(
        [sys.executable, "-c", code], env={**kept, **variables}, capture_output=True, text=True, check=True, timeout=600
    )


@pytest.mark.parametrize(
    "code",
    [
        "import journeyman",
        "import journeyman.cli.main",
        "import sys; sys.argv = ['journeyman', '--help']\n"
        "from journeyman.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code == 0",
        "import sys; sys.argv = ['journeyman', 'build', 't.csv', '--target', 'y', '--budget', '0']\n"
        "from journeyman.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code == 2",
    ],
    ids=["import journeyman", "import journeyman.cli.main", "journeyman --help", "a mistyped option"],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    result = fresh(f"{code}\nimport json, sys\nprint(json.dumps(sorted(set(sys.modules) & set({HEAVY}))))")
    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_the_probe_sees_what_is_heavy() -> None:
    result = fresh(f"import numpy, json, sys\nprint(json.dumps(sorted(set(sys.modules) & set({HEAVY}))))")
    assert json.loads(result.stdout) == ["numpy"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc/self/maps to see loaded libraries")
def test_the_wait_policy_is_set_before_any_openmp_library_loads() -> None:
    probe = (
        "import json, os, journeyman\n"
        f"def mapped(): return [n for n in {OPENMP} if n in open('/proc/self/maps').read()]\n"
        "before = mapped()\n"
        "import lightgbm\n"
        "print(json.dumps([os.environ.get('OMP_WAIT_POLICY'), before, mapped()]))"
    )
    policy, before, after = json.loads(fresh(probe).stdout)
    assert policy == "PASSIVE"
    assert before == []
    assert after != [], "the probe must see the library once it is there"


@pytest.mark.slow
def test_openmp_itself_says_that_it_waits_passively() -> None:
    """GNU OpenMP prints the settings it took when it is loaded: the proof that the variable came in time."""
    shown = fresh("import journeyman.interfaces, lightgbm", OMP_DISPLAY_ENV="true").stderr
    if "OMP_WAIT_POLICY" not in shown:
        pytest.skip("this OpenMP library does not display its settings")
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in shown
    assert "OMP_WAIT_POLICY = 'ACTIVE'" not in shown


def test_what_the_user_chose_stays() -> None:
    result = fresh("import os, journeyman; print(os.environ['OMP_WAIT_POLICY'])", OMP_WAIT_POLICY="ACTIVE")
    assert result.stdout.strip() == "ACTIVE"


@pytest.mark.parametrize("family", ["journeyman.algorithms", "journeyman.transformers", "journeyman.stages"])
def test_a_part_cannot_be_imported_around_the_policy(family: str) -> None:
    """A part comes through its package, whose first act is to set the policy."""
    result = fresh(f"import os, {family}; print(os.environ.get('OMP_WAIT_POLICY'))")
    assert result.stdout.strip() == "PASSIVE"


LEARNING = ["scipy", "sklearn", "lightgbm", "catboost", "ibis", "duckdb", "openpyxl", "jinja2"]


@pytest.mark.slow
def test_a_service_of_trees_loads_nothing_that_trains() -> None:
    """What a service imports, and the parts of its release: scikit-learn alone would take longer than all of it."""
    parts = "journeyman.algorithms.lightgbm_trees, journeyman.algorithms.forest, journeyman.transformers.crafted"
    code = f"import json, sys, journeyman.serving.serve, {parts}\n"
    result = fresh(f"{code}print(json.dumps(sorted(set(sys.modules) & set({LEARNING}))))")
    assert json.loads(result.stdout) == []


NOT_THERE = [*LEARNING, "pyarrow", "plotly", "joblib", "cloudpickle", "python_calamine", "chardet", "tomli_w"]


@pytest.mark.slow
def test_a_service_starts_where_only_its_own_requirements_are_installed() -> None:
    """What requirements-serve.txt leaves out is not there; test_installed.py does that in earnest."""
    parts = "journeyman.algorithms.lightgbm_trees, journeyman.algorithms.forest, journeyman.transformers.crafted"
    parts += ", journeyman.algorithms.linear, journeyman.algorithms.neural, journeyman.transformers.texts"
    parts += ", journeyman.algorithms.catboost_trees"
    absent = f"import sys\nfor name in {NOT_THERE}: sys.modules[name] = None\n"
    fresh(f"{absent}import journeyman.cli.main, journeyman.serving.serve, {parts}")
    asked = fresh(
        f"{absent}from journeyman.arrow import pa\n"
        "from journeyman.errors import SettingsError\n"
        "try: pa.array([1])\n"
        "except SettingsError as error: print(error.hint)"
    )
    assert asked.stdout.strip() == 'pip install "pyarrow>=20"'


@pytest.mark.slow
def test_a_command_that_needs_more_than_a_service_says_what_it_lacks(tmp_path: Path) -> None:
    """A library that lacks is no fault of ours, and no traceback is written."""
    shown = fresh(
        f"import os, sys; os.chdir({str(tmp_path)!r})\n"
        f"for name in {NOT_THERE}: sys.modules[name] = None\n"
        "sys.argv = ['journeyman', 'build', 't.csv', '--target', 'y']\n"
        "from journeyman.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code == 2, stop.code"
    )
    assert re.search(r"^error: \w+ is not installed, which this command needs\nhint: ", shown.stderr, re.MULTILINE)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table of two numbers and a workspace with a simple model of it."""
    folder = tmp_path_factory.mktemp("light")
    rows = "".join(f"{i},{i % 7},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(60))
    (folder / "t.csv").write_text("a,b,y\n" + rows)
    # two trials: the trivial and the linear algorithm, whose predictions need no library
    table, workspace = str(folder / "t.csv"), str(folder / "w")
    fresh(f"import journeyman; journeyman.build({table!r}, target='y', trials=2, workspace={workspace!r})")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["list"], ["pandas", "pyarrow"]),
        (["report", "t", "--version", "1"], ["pandas", "pyarrow"]),
        (["rollback", "t", "--to", "1"], ["pandas", "pyarrow"]),
        (["show", "t", "--version", "1"], []),
        (["predict", "t", "../t.csv", "--version", "1", "--out", "p.csv"], []),
    ],
    ids=lambda value: value[0] if value else "",
)
def test_commands_that_learn_nothing_load_nothing_that_learns(
    small_model: Path, words: list[str], more: list[str]
) -> None:
    heavy = LEARNING + more
    folder = str(small_model / "w")
    result = fresh(
        f"import os, sys; os.chdir({folder!r}); sys.argv = ['journeyman', *{words!r}, '--workspace', '.']\n"
        "from journeyman.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        f"import json\nprint(json.dumps(sorted(set(sys.modules) & set({heavy}))))"
    )
    assert json.loads(result.stdout.splitlines()[-1]) == []

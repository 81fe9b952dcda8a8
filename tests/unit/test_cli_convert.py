"""`journeyman convert` as it is typed, for what is no prototype or does harm: one line, a hint, nothing left."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from journeyman.cli.main import app

runner = CliRunner()
FIT = (
    "import pandas as pd\n"
    "from sklearn.linear_model import LinearRegression\n"
    "table = pd.read_csv('houses.csv')\n"
    "model = LinearRegression().fit(table[['size']], table['price'])\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and a folder of temporary files that is looked at afterwards."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.chdir(own)
    return own


def notebook(*cells: str, kernel: str = "python", **more: object) -> str:
    code = [{"cell_type": "code", "source": cell, "execution_count": 1} for cell in cells]
    about = {"kernelspec": {"language": kernel, "name": kernel}}
    return json.dumps({"nbformat": 4, "metadata": about, "cells": code, **more})


def convert(*words: str) -> Result:
    return runner.invoke(app, ["convert", *words, "--quiet", "--budget", "0"])


def refused(found: Result, folder: Path, *told: str) -> None:
    assert found.exit_code == 2, found.output
    lines = [line for line in found.stderr.splitlines() if line.strip()]
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"], found.stderr
    for word in told:
        assert word in found.stderr
    left = [path.name for path in folder.iterdir() if path.name.endswith("-pipeline")]
    assert not left, "nothing is half-written"
    assert not list((folder.parent / "tmp").iterdir()), "the folder in which it ran is gone"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.ipynb", "", "empty"),
        ("a.ipynb", '{"cells": [', "broken"),
        ("a.ipynb", '{"rows": 3}', "no notebook"),
        ("a.ipynb", "<!DOCTYPE html><html></html>", "download the raw file"),
        ("a.ipynb", notebook(), "no code"),
        ("a.ipynb", notebook("val x = 1", kernel="scala"), "scala"),
        ("a.py", "  \n", "no code"),
        ("a.xlsx", "PK", "unknown kind"),
        ("a.csv", "a,b\n1,2\n", "unknown kind"),
    ],
)
def test_what_is_no_prototype_is_refused(folder: Path, name: str, content: str, told: str) -> None:
    (folder / name).write_text(content)
    refused(convert(name), folder, told)


def test_places_that_cannot_be_used_are_refused(folder: Path) -> None:
    (folder / "a.py").write_text(FIT)
    (folder / "full").mkdir()
    (folder / "full" / "x").write_text("")
    refused(convert("none.ipynb"), folder, "no file none.ipynb")
    refused(convert("."), folder, "is a folder")
    refused(convert("a.py", "--out", "full"), folder, "--out DIR")
    refused(convert("a.py", "--out", "deep/er"), folder, "mkdir")
    refused(convert("a.py", "--data", "nowhere"), folder, "--data DIR")
    refused(convert("a.py", "--timeout", "soon"), folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("x = 1\nprint(x)\n", "never fits a model"),
        (FIT.replace("houses.csv", "gone.csv"), "--data DIR"),
        ("import nowhere_to_be_found\n" + "model = nowhere_to_be_found.Model().fit()\n", "pip install"),
        ("n = int(input('how many? '))\nmodel.fit(n)\n", "input()"),
        ("while True:\n    pass\n" + FIT, "--timeout"),
        ("x = bytearray(20 << 30)\nmodel.fit(x)\n", "Memory"),
        ("open('/etc/journeyman-was-here', 'w').write('x')\nmodel.fit(1)\n", "outside its folder"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\nmodel.fit(1)\n", "network"),
    ],
)
def test_what_cannot_be_run_or_does_harm_is_told(folder: Path, program: str, told: str) -> None:
    (folder / "a.py").write_text(program)
    refused(convert("a.py", "--timeout", "6s" if "while" in program else "2m"), folder, told)
    assert not Path("/etc/journeyman-was-here").exists()


def test_a_prototype_that_is_not_run_gets_a_report_alone(folder: Path) -> None:
    (folder / "a.ipynb").write_text(
        notebook("import pandas as pd\nt = pd.read_csv('/home/x/houses.csv')", "t.fit(later)")
    )
    found = convert("a.ipynb", "--no-run")
    assert found.exit_code == 0, found.output
    report = json.loads((folder / "a-pipeline" / "report.json").read_text())
    assert sorted(path.name for path in (folder / "a-pipeline").iterdir()) == ["report.html", "report.json"]
    assert {one["code"] for one in report["findings"]} == {"CV101", "CV106"}
    assert report["equal_predictions"] is None


@pytest.mark.slow
def test_a_script_becomes_a_project(folder: Path) -> None:
    table = pd.DataFrame({"size": range(40), "price": [3.0 * k + k % 5 for k in range(40)]})
    table.to_csv(folder / "houses.csv", index=False)
    (folder / "a.py").write_text(FIT + "print(model.score(table[['size']], table['price']))\n")
    found = convert("a.py")
    assert found.exit_code == 0, found.output
    report = json.loads((folder / "a-pipeline" / "report.json").read_text())
    assert (report["equal_predictions"], report["one_row_equal"], report["shuffled_equal"]) == (True, True, True)
    assert [one["kind"] for one in report["leaks"]] == ["scored on the rows it learned from"]
    assert report["score_honest"] < report["score_as_told"]
    assert (folder / "a-pipeline" / ".git").is_dir()
    refused_again = convert("a.py")
    assert refused_again.exit_code == 2
    assert "not empty" in refused_again.stderr

"""Bad input gets one clear line, a hint and exit code 2, never a traceback, and never a half-made release."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from journeyman.cli.main import app
from journeyman.stores.journal import RunStatus
from journeyman.stores.workspace import Workspace

ROWS = 60
GOOD = "n,x,c,y\n" + "".join(
    f"{i % 7},{i * 37 % 101 / 4},{'abc'[i % 3]},{'yes' if i % 2 else 'no'}\n" for i in range(ROWS)
)


@dataclass(frozen=True)
class Place:
    """A folder of tables and a workspace."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def table(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error of a command."""
        result = CliRunner().invoke(app, [*words, "--workspace", str(self.workspace)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    def build(self, table: str, *more: str, target: str = "y") -> tuple[int, str, str]:
        return self.run("build", table, "--target", target, "--trials", "1", "--quiet", *more)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def refused(answer: tuple[int, str, str], said: str, hinted: str = "") -> None:
    """Check that there is one line of error and one of hint, and nothing else."""
    code, out, err = answer
    assert code == 2, err
    assert out == ""
    first, *rest = err.splitlines()
    assert first.startswith("error: ")
    assert said in first
    assert len(rest) == 1
    assert rest[0].startswith("hint: ")
    assert len(rest[0]) > len("hint: ") + 5
    assert hinted in rest[0]


def nothing_was_made(workspace: Path) -> None:
    """Check that no release was made or begun, and that no run waits to be resumed."""
    if not workspace.exists():
        return
    assert [p for p in (workspace / "releases").rglob("*") if p.is_file()] == []
    with Workspace(workspace) as opened:
        assert opened.registry.list() == ()
        assert {run.status for run in opened.journal.runs()} <= {RunStatus.FAILED}


def numbered(target: Callable[[int], object], rows: int = 40) -> str:
    """Return a CSV of two numbers and a target."""
    return "a,b,y\n" + "".join(f"{i},{i * 31 % 17},{target(i)}\n" for i in range(rows))


def lines(record: Callable[[int], object]) -> str:
    return "".join(json.dumps(record(i)) + "\n" for i in range(40))


def parquet(cut: slice = slice(None), **columns: Sequence[object]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue().to_pybytes()[cut])


LONG = parquet(a=list(range(5000)), y=[0, 1] * 2500)

TABLES: dict[str, tuple[str, str | bytes, str, str]] = {
    "empty file": ("t.csv", "", "t.csv is empty", ""),
    "blank file": ("t.csv", "\n\n  \n", "t.csv is empty", ""),
    "header only": ("t.csv", "a,b,y\n", "has a header but no rows", ""),
    "one row": ("t.csv", "a,b,y\n1,2,3\n", "only one row", ""),
    "one column": ("t.csv", "y\n1\n2\n3\n", "only one column, 'y'", "delimiter"),
    "no such target": ("t.csv", "a,b,yy\n" + "1,2,3\n2,3,4\n" * 9, "no column 'y'", "did you mean 'yy'?"),
    "target in other case": ("t.csv", "a,b,Y\n" + "1,2,3\n2,3,4\n" * 9, "no column 'y'", "did you mean 'Y'?"),
    "constant target": ("t.csv", numbered(lambda i: "k"), "'y' is constant", "another target"),
    "constant number": ("t.csv", numbered(lambda i: 5), "'y' is constant", "another target"),
    "target all missing": ("t.csv", numbered(lambda i: ""), "'y' is missing in every row", ""),
    "target all NA": ("t.csv", numbered(lambda i: "NA"), "'y' is missing in every row", ""),
    "one row of a class": ("t.csv", numbered(lambda i: i == 3), "only one row of class", "more rows"),
    "one row of a class in numbers": ("t.csv", numbered(lambda i: int(i == 3)), "only one row of class '1'", ""),
    "target of free texts": ("t.csv", numbered(lambda i: f"text {i} of {i * i}", 150), "these are no classes", ""),
    "target of dates": ("t.csv", numbered(lambda i: f"2020-01-{i % 28 + 1:02}", 150), "is a date", ""),
    "two columns of one name": ("t.csv", "a,b,a,y\n" + "1,2,3,4\n" * 9, "two columns named 'a'", ""),
    "nested objects": ("t.jsonl", lines(lambda i: {"a": i, "b": {"k": i}, "y": i % 2}), "column 'b'", "plain columns"),
    "nested lists": ("t.jsonl", lines(lambda i: {"a": i, "b": [i], "y": i % 2}), "nested values", "plain columns"),
    "nested parquet": ("t.parquet", parquet(a=[1] * 9, b=[[1]] * 9, y=[0] * 9), "'b' of t.parquet holds nested", ""),
    "broken encoding": ("t.csv", b"a,b,y\n" + b"1,\x81\x8d\xff,0\n" * 9, "broken or unknown encoding", "UTF-8"),
    "bytes that are no text": ("t.csv", bytes(range(256)) * 40, "encoding", "UTF-8"),
    "ragged, too long": ("t.csv", GOOD + "1,2,3,4,5\n", "line 62 has 5 fields where the header has 4", "line"),
    "ragged, too short": ("t.csv", GOOD + "1,2\n" + GOOD, "line 62 has 2 fields where the header has 4", "line"),
    "truncated parquet": ("t.parquet", LONG[: len(LONG) // 2], "truncated or no Parquet", "again"),
    "damaged parquet": ("t.parquet", LONG[:50] + bytes(3000) + LONG[3050:], "truncated or no Parquet", "again"),
    "truncated gzip": ("t.csv.gz", gzip.compress(GOOD.encode())[:-20], "damaged gzip", "again"),
    "no gzip at all": ("t.csv.gz", bytes(range(128, 256)) * 40, "damaged gzip", "again"),
    "half a record": ("t.jsonl", '{"a": 1, "y": 2}\n{"a":\n', "no table of JSON lines", "one JSON object a line"),
    "no workbook": ("t.xlsx", "PK", "no .xlsx workbook", "save it again"),
    "old workbook": ("t.xls", "x", "damaged or no .xls workbook", ".xlsx"),
    "no known kind": ("t.docx", "[]", "unknown kind", ".jsonl"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_cannot_be_used(place: Place, case: str) -> None:
    name, content, said, hinted = TABLES[case]
    refused(place.build(place.table(name, content)), said, hinted)
    nothing_was_made(place.workspace)


OPTIONS: dict[str, tuple[str, str, str]] = {
    "unknown metric": ("--metric auc", "unknown metric 'auc'", "did you mean 'roc_auc'?"),
    "metric of another task": ("--metric rmse", "does not fit a task of kind binary", "roc_auc"),
    "no such time column": ("--time when", "a column 'when'", "the columns are"),
    "a time column that is no time": ("--time c", "the time column 'c' holds no dates", "--kind c=ordered"),
    "no such group column": ("--group C", "a column 'C'", "did you mean 'c'?"),
    "the target as group": ("--group y", "cannot be the group column too", ""),
    "one column as time and group": ("--time n --group n", "time and the group column", ""),
    "the target ignored": ("--ignore y", "the target 'y' cannot have the role ignored", ""),
    "no such column to ignore": ("--ignore q", "a column 'q'", ""),
    "everything ignored": ("--ignore n --ignore x --ignore c", "no column is left to predict from", ""),
    "no such kind": ("--kind x=numbr", "no kind 'numbr'", "did you mean number?"),
    "kind of no column": ("--kind z=number", "a column 'z'", ""),
    "no kind at all": ("--kind x", "--kind x names no column", "COLUMN=KIND"),
    "no such finding": ("--accept leak", "'leak' is no finding", "DQ301"),
    "a finding of no column": ("--accept DQ301:z", "'DQ301:z' is no finding", "DQ301"),
    "a name with a slash": ("--name a/b", "'a/b' cannot be a model's name", "try 'a-b'"),
    "a name that leads out": ("--name ..", "'..' cannot be a model's name", ""),
    "an empty name": ("--name=", "'' cannot be a model's name", ""),
    "a very long name": (f"--name {'n' * 300}", "at most 100", ""),
    "a query without database": ("--query SELECT", "takes no query", "--query"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_does_not_fit(place: Place, case: str) -> None:
    words, said, hinted = OPTIONS[case]
    refused(place.build(place.table("good.csv", GOOD), *words.split()), said, hinted)
    nothing_was_made(place.workspace)


def test_what_is_accepted_and_not_there_is_told(place: Place) -> None:
    words = ["build", place.table("good.csv", GOOD), "--target", "y", "--trials", "1", "--accept", "DQ999"]
    code, _, err = place.run(*words)
    assert code == 0
    assert "DQ999 was to be accepted, but nothing of the kind was found" in " ".join(err.split())


@pytest.mark.parametrize("budget", ["0", "0s", "-3", "soon", ""])
def test_a_budget_that_is_none(place: Place, budget: str) -> None:
    answer = place.run("build", place.table("good.csv", GOOD), "--target", "y", f"--budget={budget}")
    refused(answer, "budget", "such as 30s, 2m or 1h")
    assert not place.workspace.exists()


@pytest.mark.parametrize("trials", ["0", "-1", "many"])
def test_trials_that_are_none(place: Place, trials: str) -> None:
    code, out, err = place.run("build", place.table("good.csv", GOOD), "--target", "y", f"--trials={trials}")
    assert (code, out) == (2, "")
    assert "--trials" in err
    assert "Traceback" not in err
    assert not place.workspace.exists()


LOCATIONS: dict[str, tuple[str, str, str]] = {
    "no such file": ("goood.csv", "no such file: ", "did you mean 'good.csv'?"),
    "no such folder": ("nowhere/t.csv", "no such file", "there is no folder"),
    "an empty folder": ("empty", "no table in the folder", ".parquet"),
    "a folder of several formats": ("mixed", "mixes kinds of files", "one format"),
    "a web page": ("https://u:secret@example.com/t.csv?token=secret", "lies on the network", "download"),
    "another cloud": ("abfs://container/t.csv", "lies on the network", "download"),
    "another database": ("mysql://u:secret@host/d", "'mysql' cannot be read", "postgresql"),
    "no server": ("postgresql://u:secret@127.0.0.1:1/d --query SELECT", "cannot be reached", "host, port"),
    "a database without a query": ("sqlite:///good.csv", "needs a query", "--query"),
    "no such database": ("sqlite:///none.db --query SELECT", "no such file: none.db", "sqlite:///"),
    "no database": ("sqlite:///good.csv --query SELECT", "good.csv", ""),
}


@pytest.mark.parametrize("case", LOCATIONS)
def test_a_place_where_no_table_is(place: Place, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(place.folder)
    place.table("good.csv", GOOD)
    for folder in ("empty", "mixed"):
        (place.folder / folder).mkdir()
    place.table("mixed/a.csv", GOOD)
    place.table("mixed/b.jsonl", '{"a": 1, "y": 2}\n')
    words, said, hinted = LOCATIONS[case]
    location, *more = words.split()
    answer = place.build(location, *more)
    refused(answer, said, hinted)
    assert "secret" not in answer[2]
    nothing_was_made(place.workspace)


FILES: dict[str, tuple[str, str, str]] = {
    "an entry with a typo": ('source="good.csv"\ntarget="y"\nmetrik="f1"', "unknown entry 'metrik'", "'metric'"),
    "no TOML": ("source=", "is not TOML", "example"),
    "no target": ('source="good.csv"', "lacks 'target'", "target ="),
    "a number for a word": ('source="good.csv"\ntarget=3', "$.target", "earlier release"),
    "no trials": ('source="good.csv"\ntarget="y"\ntrials=0', "trials = 0 is too small", "from 1 on"),
    "a negative seed": ('source="good.csv"\ntarget="y"\nseed=-1', "seed = -1 is too small", "from 0 on"),
    "no threads": ('source="good.csv"\ntarget="y"\nthreads=0', "threads = 0 is too small", ""),
    "no memory": ('source="good.csv"\ntarget="y"\nmemory=0', "0 bytes of memory are too few", "give 600MB or more"),
    "no budget": ('source="good.csv"\ntarget="y"\nbudget=0', "leaves no time", ""),
    "no such kind": ('source="good.csv"\ntarget="y"\ntrials=1\n[kinds]\nx="nmbr"', "no kind 'nmbr'", "number"),
    "no such role": ('source="good.csv"\ntarget="y"\ntrials=1\n[roles]\nx="tme"', "no role 'tme'", "time"),
    "two targets": ('source="good.csv"\ntarget="y"\ntrials=1\n[roles]\nx="target"', "cannot both be the target", ""),
    "no such task": ('source="good.csv"\ntarget="y"\ntrials=1\ntask="prophecy"', "no task 'prophecy'", "regression"),
    "a name with a slash": ('source="good.csv"\ntarget="y"\ntrials=1\nname="a/b"', "'a/b'", "try 'a-b'"),
    "no such source": ('source="goood.csv"\ntarget="y"', "no such file", "'good.csv'"),
    "a frame": ('source="<frame>"\ntarget="y"', "made from a frame", "set source"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_settings_file_that_does_not_fit(place: Place, case: str) -> None:
    place.table("good.csv", GOOD)
    text, said, hinted = FILES[case]
    refused(place.run("build", place.table("s.toml", text), "--quiet"), said, hinted)
    nothing_was_made(place.workspace)


def test_no_settings_file(place: Place) -> None:
    refused(place.run("build", str(place.folder / "s.toml")), "no such file")


def test_a_rare_class_among_many_is_a_finding_not_an_error(place: Place) -> None:
    table = place.table("t.csv", numbered(lambda i: "rare" if i == 7 else "abc"[i * 7 % 3], 120))
    code, out, err = place.build(table)
    assert code == 0, err
    assert out != ""


READABLE: dict[str, tuple[str, bytes]] = {
    "semicolons and decimal commas": (
        "t.csv",
        "".join(
            ";".join(f"{v}".replace(".", ",") for v in row) + "\n" for row in csv.reader(GOOD.splitlines())
        ).encode(),
    ),
    "a byte order mark": ("t.csv", ("\ufeff" + GOOD).encode()),
    "UTF-16": ("t.csv", GOOD.encode("utf-16")),
    "old Western text": ("t.csv", GOOD.replace("abc", "éèê").replace(",a,", ",é,").encode("cp1252")),
    "Windows line ends": ("t.csv", GOOD.replace("\n", "\r\n").encode()),
    "tabs": ("t.tsv", GOOD.replace(",", "\t").encode()),
}


@pytest.mark.parametrize("case", READABLE)
def test_what_looks_odd_and_can_be_read_is_read(place: Place, case: str) -> None:
    code, _, err = place.build(place.table(*READABLE[case]))
    assert code == 0, err
    with Workspace(place.workspace) as opened:
        assert [version.version for version in opened.registry.list()] == [1]


def test_a_workbook_with_groups_above_its_header(place: Place) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Sales", None, "Other", None],
        ["a", "b", "c", "y"],
        *([i, i * 2, "ab"[i % 2], i % 3] for i in range(40)),
    ):
        book.active.append(row)
    book.save(place.folder / "t.xlsx")
    code, _, err = place.build(str(place.folder / "t.xlsx"))
    assert code == 0, err
    refused(
        place.build(str(place.folder / "t.xlsx"), target="z"), "no column 'z' in t.xlsx", "the columns are a, b, c, y"
    )


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a place with a model of three columns."""
    place = Place(tmp_path_factory.mktemp("released"))
    rows = "".join(
        f"{i % 50},{'abc'[i % 3]},{i * 37 % 101 / 4},{'yes' if (i % 50 > 25) != (i % 13 == 0) else 'no'}\n"
        for i in range(300)
    )
    code, _, err = place.run(
        "build", place.table("m.csv", "n,c,x,y\n" + rows), "--target", "y", "--trials", "2", "--quiet", "--name", "m"
    )
    assert code == 0, err
    place.run("rollback", "m", "--to", "1")
    return place


def predict(released: Place, folder: Path, content: str, *more: str) -> tuple[int, str, str]:
    (folder / "rows.csv").write_text(content)
    return released.run("predict", "m", str(folder / "rows.csv"), "--out", str(folder / "out.csv"), *more)


PREDICTIONS: dict[str, tuple[str, str]] = {
    "lacking column": ("n,x\n1,2\n", "the table lacks column 'c'"),
    "mistyped column": ("n,x,C\n1,2,a\n", "the table lacks column 'c'"),
    "another type": ("n,c,x\n" + "foo,a,1\nbar,b,2\n" * 10, "column 'n' should hold a"),
    "a column twice": ("n,c,x,n\n1,a,2,3\n", "two columns named 'n'"),
    "no rows": ("n,c,x\n", "has a header but no rows"),
    "nothing": ("", "rows.csv is empty"),
    "ragged": ("n,c,x\n1,a,2\n1,a\n", "ragged: line 3"),
}


@pytest.mark.parametrize("case", PREDICTIONS)
def test_rows_that_cannot_be_predicted(released: Place, tmp_path: Path, case: str) -> None:
    content, said = PREDICTIONS[case]
    refused(predict(released, tmp_path, content), said)
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]


NOTICED: dict[str, tuple[str, str]] = {
    "unseen category": (
        "n,c,x\n1,zebra,3\n2,a,3\n",
        "PR103 note: 'c' holds categories never seen in training in 1 row",
    ),
    "extra column": ("n,c,x,q\n1,a,3,4\n2,b,3,4\n", "PR104 note: 1 column the model does not know: 'q'"),
    "a value of another type": ("n,c,x\nfoo,a,3\n2,b,3\n", "PR102 warning: 'n' should hold"),
    "other order, other blanks": (" x ,c,n\n3,a,1\n2,b,3\n", ""),
}


@pytest.mark.parametrize("case", NOTICED)
def test_rows_that_are_predicted_with_a_finding(released: Place, tmp_path: Path, case: str) -> None:
    content, said = NOTICED[case]
    code, _, err = predict(released, tmp_path, content)
    assert code == 0, err
    assert said in err
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert {row["y"] for row in rows} <= {"yes", "no"}


WORDS: dict[str, tuple[str, str, str]] = {
    "predict with no such model": ("predict mm TABLE", "no model is called 'mm'", "did you mean 'm'?"),
    "predict with no such version": ("predict m TABLE --version 9", "m has no version 9", "there is 1"),
    "predict with no such folder": ("predict ./none/m TABLE", "is not a release", ""),
    "predict no such file": ("predict m none.csv", "no such file", ""),
    "predict into a folder": ("predict m TABLE --out .", "is a folder", "file"),
    "predict into no folder": ("predict m TABLE --out none/p.csv", "there is no folder", ""),
    "predict into a workbook": ("predict m TABLE --out p.xlsx", "cannot be written as .xlsx", ".parquet"),
    "predict a file with a query": ("predict m TABLE --query SELECT", "takes no query", ""),
    "show no such model": ("show mm", "no model is called 'mm'", "did you mean 'm'?"),
    "show no such version": ("show m --version 9", "m has no version 9", "there is 1"),
    "report of no such model": ("report mm", "no model is called 'mm'", "did you mean 'm'?"),
    "roll back no such model": ("rollback mm", "no model is called 'mm'", ""),
    "roll back without an earlier version": ("rollback m", "no earlier champion", "there is only 1 (the champion)"),
    "roll back to no such version": ("rollback m --to 9", "m has no version 9", "there is only 1"),
}


@pytest.mark.parametrize("case", WORDS)
def test_a_command_that_asks_for_what_is_not_there(
    released: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words, said, hinted = WORDS[case]
    table = str(released.folder / "m.csv")
    refused(released.run(*(table if word == "TABLE" else word for word in words.split())), said, hinted)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["list", "show m", "report m", "rollback m", "resume", "predict m t.csv"])
def test_no_workspace_is_an_error_and_makes_none(place: Place, words: str) -> None:
    refused(place.run(*words.split()), "there is no workspace", "--workspace")
    assert not place.workspace.exists()


def test_a_file_in_place_of_the_workspace(place: Place) -> None:
    place.workspace.write_text("a letter")
    refused(place.build(place.table("t.csv", GOOD)), "is not a folder", "--workspace")
    assert place.workspace.read_text() == "a letter"


def test_nothing_to_resume(released: Place) -> None:
    assert released.run("resume") == (0, "Nothing to resume.\n", "")


def test_a_name_that_exists_gets_the_next_version(place: Place) -> None:
    table = place.table("t.csv", GOOD)
    assert [place.build(table)[0] for _ in range(2)] == [0, 0]
    with Workspace(place.workspace) as opened:
        assert [version.version for version in opened.registry.list()] == [1, 2]


@pytest.mark.parametrize("member", ["model.json", "manifest.json", "report.html"])
def test_a_release_with_a_changed_byte_is_refused(released: Place, tmp_path: Path, member: str) -> None:
    shutil.copytree(released.workspace, tmp_path / "workspace")
    damaged = Place(tmp_path)
    path = damaged.workspace / "releases" / "m" / "1" / member
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    table = str(released.folder / "m.csv")
    for words in (["predict", "m", table, "--out", str(tmp_path / "p.csv")], ["show", "m"], ["report", "m"]):
        refused(damaged.run(*words), "a changed byte in", "rollback")
    assert not (tmp_path / "p.csv").exists()


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass


def test_a_disk_that_is_full_from_the_start(small_disk: Path, tmp_path: Path) -> None:
    fill(small_disk)
    refused(Place(small_disk).build(Place(tmp_path).table("t.csv", GOOD)), "is full", "free some space")
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


def test_a_disk_that_fills_on_the_way_leaves_a_run_to_resume(small_disk: Path, tmp_path: Path) -> None:
    place = Place(small_disk)
    table = Place(tmp_path).table(
        "t.csv", "n,x,y\n" + "".join(f"{i},{i * 37 % 1009 / 7},{i % 2}\n" for i in range(9000))
    )
    refused(place.build(table), "is full", "journeyman resume")
    assert list(place.workspace.glob("releases/*/*")) == []
    with Workspace(place.workspace) as opened:
        assert opened.registry.list() == ()
        assert [run.status for run in opened.journal.runs()] in ([], [RunStatus.RUNNING])


def test_predictions_on_a_full_disk_leave_no_file(released: Place, small_disk: Path) -> None:
    fill(small_disk)
    refused(released.run("predict", "m", str(released.folder / "m.csv"), "--out", str(small_disk / "p.csv")), "is full")
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


@pytest.fixture
def open_tables() -> Iterator[Path]:
    """Yield a folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], tuple[int, str, str]]) -> tuple[int, str, str]:
    """Return what an ordinary user gets: root is asked by nobody, for nothing is forbidden to root."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            answer: object = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            answer = (-1, "", repr(error))
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        code, out, err = json.loads(pipe.read())
    os.waitpid(child, 0)
    return code, out, err


def test_no_permission_to_write(open_tables: Path) -> None:
    place = Place(open_tables)
    table = place.table("t.csv", GOOD)
    refused(as_nobody(lambda: place.build(table)), "no permission to write", "--workspace")
    assert [p.name for p in open_tables.iterdir()] == ["t.csv"]


def test_no_permission_to_read(open_tables: Path) -> None:
    place = Place(open_tables)
    Path(place.table("t.csv", GOOD)).chmod(0o000)
    refused(as_nobody(lambda: place.build(str(open_tables / "t.csv"))), "no permission to read", "owner")
    assert not place.workspace.exists()


def typed(words: Sequence[str], **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "journeyman", *words],
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
        timeout=300,
    )


def test_a_workspace_in_use_by_another_process(released: Place) -> None:
    code = (
        "import sys; from pathlib import Path; from journeyman.stores.lock import locked\n"
        f"with locked(Path({str(released.workspace)!r})):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for words in (["rollback", "m", "--to", "1"], ["resume"]):
            refused(released.run(*words), f"is in use by process {holder.pid}", "wait until it has finished")
        refused(released.build(str(released.folder / "m.csv"), "--name", "m"), "is in use by process")
        assert released.run("list")[0] == 0, "who only looks need not wait"
        holder.communicate(b"")
    with Workspace(released.workspace) as opened:
        assert [version.version for version in opened.registry.list()] == [1]


@pytest.mark.slow
def test_a_wrong_password(server: str, place: Place) -> None:
    answer = place.build(f"postgresql://ann:not-the-word@{server}/postgres", "--query", "SELECT 1 AS a, 2 AS y")
    refused(answer, "refuses the login", "user and password")
    assert "not-the-word" not in answer[2]
    assert not place.workspace.exists()


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_an_encoding_too_narrow_for_what_is_said_costs_a_character_only(
    released: Place, variables: dict[str, str]
) -> None:
    shown = typed(["show", "m", "--version", "1", "--workspace", str(released.workspace)], **variables)
    assert shown.returncode == 0, shown.stderr
    assert b"m" in shown.stdout
    failed = typed(["build", "zuñi-表.csv", "--target", "y", "--workspace", str(released.workspace)], **variables)
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"error: no such file")
    assert b"Traceback" not in shown.stderr + failed.stderr


@pytest.mark.slow
def test_a_fault_in_a_process_of_its_own_is_told_without_traceback(place: Place) -> None:
    result = typed(["build", place.table("t.csv", ""), "--target", "y", "--workspace", str(place.workspace)])
    assert result.returncode == 2
    assert result.stderr.decode() == "error: t.csv is empty\nhint: give a table with a header and rows\n"
    assert result.stdout == b""

"""The commands: what they hand to the api, what they print where, and how they end."""

from __future__ import annotations

import errno
import io
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from journeyman.api import registry as registry_api
from journeyman.cli import experience as cli_experience
from journeyman.cli import main as cli
from journeyman.cli import predict as cli_predicting
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.model_version import ModelVersion
from journeyman.errors import JournalError, ReleaseError, SchemaError, SourceError, TargetError, WorkspaceError
from journeyman.inference.predictions_file import Layout
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.durable_run import start_run
from journeyman.settings import predictions_name
from journeyman.stores.workspace import Workspace

runner = CliRunner()


@dataclass
class FakeApi:
    """An api that notes how it was called and answers what the test wants."""

    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def module(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            answer = self.answers.get(name)
            if isinstance(answer, BaseException):
                raise answer
            return answer(*args, **kwargs) if callable(answer) else answer

        return module


@pytest.fixture
def fake_api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApi:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOURNEYMAN_WORKSPACE", raising=False)
    page = tmp_path / "report.html"
    page.write_text("<p>")
    release = SimpleNamespace(report="the report", report_path=page, name="houses", version=3)
    version = ModelVersion("houses", 2, "releases/houses/2", "d", "2026-11-01T00:00:00Z", "rmse", 1.0, "release", True)
    fake = FakeApi(
        answers={
            "build": release,
            "build_settings": release,
            "report_path": page,
            "report_of": "the report",
            "resume": [release],
            "models": (version,),
            "removed": (),
            "judging_rows": {"r": "9 rows"},
            "promote": version,
            "rollback": version,
            "predict_file": _predict_file,
        }
    )
    fake.Layout = Layout  # type: ignore[attr-defined]  # what is handed on is the real thing
    for module in ("build_api", "registry_api", "report_api"):
        monkeypatch.setattr(cli, module, fake)
    monkeypatch.setattr(cli_predicting, "predict_api", fake)
    monkeypatch.setattr("journeyman.api.build_set.resume_sets", lambda *_: [])
    monkeypatch.setattr(
        cli,
        "terminal",
        SimpleNamespace(
            summary=lambda report, path, _: f"SUMMARY {report} {Path(path).name}",
            models_table=lambda versions, _, judged: f"TABLE {len(versions)} {judged}",
            show=lambda report: f"SHOW {report}",
        ),
    )
    return fake


def _predict_file(
    name: str,
    table: str,
    *,
    out: Path,
    version: int | None,
    workspace: Path,
    query: str | None,
    layout: Layout,
    style: FileStyle,
) -> SimpleNamespace:
    Path(out).write_text("prediction\n1\n2\n")
    return SimpleNamespace(
        path=out, rows=2, findings=(Finding("DQ901", Severity.WARNING, ("c",), "1 of 2 values of c were never seen"),)
    )


def test_build_hands_every_option_to_the_door(fake_api: FakeApi) -> None:
    words = (
        "build houses.csv --target price --budget 30s --trials 5 --metric mae --task regression --name h --query Q "
        "--task-option a=1 "
        "--seed 7 --time sold --delay 7d --group street --ignore id --ignore ref --kind zip=category --missing none "
        "--accept DQ301 --decimal , --thousands . --latency 2ms --encoding cp1251 --delimiter tab --quote none "
        "--sheet Data --memory 4GB --engine spark=local[4] --lake tables --analysis found.json --workspace w --quiet"
    )
    result = runner.invoke(cli.app, words.split())
    assert result.exit_code == 0, result.output
    [(module, args, kwargs)] = fake_api.calls
    assert (module, args) == ("build", ("houses.csv",))
    kwargs.pop("progress")
    assert kwargs.pop("began") > 0
    assert kwargs == {
        "target": "price",
        "query": "Q",
        "lake": "tables",
        "analysis": Path("found.json"),
        "contract": None,
        "encoding": "cp1251",
        "delimiter": "tab",
        "quote": "none",
        "sheet": "Data",
        "budget": "30s",
        "trials": 5,
        "metric": "mae",
        "task": "regression",
        "task_options": {"a": "1"},
        "name": "h",
        "workspace": Path("w"),
        "seed": 7,
        "time": "sold",
        "group": "street",
        "delay": "7d",
        "kinds": {"zip": "category"},
        "roles": {"id": "ignored", "ref": "ignored"},
        "missing": ("none",),
        "decimal": ",",
        "thousands": ".",
        "accept": ("DQ301",),
        "latency": "2ms",
        "memory": "4GB",
        "engine": "spark=local[4]",
    }


def test_build_prints_the_summary_on_stdout_only(fake_api: FakeApi) -> None:
    result = runner.invoke(cli.app, ["build", "houses.csv", "--target", "price"])
    assert "SUMMARY the report report.html" in result.stdout
    assert "SUMMARY" not in result.stderr
    assert fake_api.calls[0][2]["budget"] == "2m"


def test_trials_alone_bound_the_work(fake_api: FakeApi) -> None:
    runner.invoke(cli.app, ["build", "houses.csv", "--target", "price", "--trials", "3"])
    assert fake_api.calls[0][2]["budget"] is None


def test_build_of_a_settings_file_repeats_it(fake_api: FakeApi) -> None:
    result = runner.invoke(cli.app, ["build", "houses/settings.toml", "--workspace", "w"])
    assert result.exit_code == 0, result.output
    assert fake_api.calls[0][:1] == ("build_settings",)
    assert fake_api.calls[0][1][:2] == (Path("houses/settings.toml"), Path("w"))


def test_options_beside_a_settings_file_are_refused_not_dropped(fake_api: FakeApi) -> None:
    result = runner.invoke(cli.app, ["build", "settings.toml", "--seed", "0"])
    assert result.exit_code == 2
    assert "--seed" in result.stderr
    assert not fake_api.calls


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "t.csv", "--target", "y", "--budget", "0"], "leaves no time"),
        (["build", "t.csv", "--target", "y", "--budget", "-5s"], "not a time"),
        (["build", "t.csv", "--target", "y", "--budget", "soon"], "'soon' is not a time"),
        (["build", "t.csv", "--target", "y", "--kind", "zip"], "COLUMN=KIND"),
        (["build", "t.csv", "--target", "y", "--kind", "zip=categry"], "did you mean category?"),
        (["build", "t.csv", "--target", "y", "--trials", "0"], "--trials"),
        (["build", "t.csv", "--target", "y", "--task", "prophecy"], "--task"),
        (["build"], "TABLE"),
        (["bild"], "bild"),
    ],
)
def test_a_mistyped_command_ends_with_2_before_any_door(fake_api: FakeApi, words: list[str], said: str) -> None:
    result = runner.invoke(cli.app, words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert not fake_api.calls


@pytest.mark.parametrize("kind", [SourceError, TargetError, SchemaError, WorkspaceError, JournalError, ReleaseError])
def test_an_error_is_one_line_and_a_hint(fake_api: FakeApi, kind: type[Any]) -> None:
    fake_api.answers["build"] = kind("no column 'pirce'\nin houses.csv", hint="did you mean 'price'?")
    result = runner.invoke(cli.app, ["build", "houses.csv", "--target", "pirce", "--quiet"])
    assert result.exit_code == 2
    assert result.stderr == "error: no column 'pirce' in houses.csv\nhint: did you mean 'price'?\n"
    assert result.stdout == ""


@pytest.mark.parametrize("words", [["build", "t.csv", "--target", "y"], ["build", "s.toml"], ["resume"]])
def test_an_interrupted_build_says_how_to_go_on(fake_api: FakeApi, words: list[str]) -> None:
    fake_api.answers.update(build=KeyboardInterrupt(), build_settings=KeyboardInterrupt(), resume=KeyboardInterrupt())
    fake_api.answers["has_unfinished"] = True
    result = runner.invoke(cli.app, words)
    assert result.exit_code == 130
    assert "Stopped; what was finished is kept: `journeyman resume` goes on" in result.stderr
    fake_api.answers["has_unfinished"] = False
    assert "Stopped before anything was finished" in runner.invoke(cli.app, words).stderr


def test_only_a_build_that_was_begun_can_be_resumed(tmp_path: Path) -> None:
    assert not registry_api.has_unfinished(tmp_path)
    with Workspace(tmp_path) as place:
        start_run(place, "houses", {}, SystemClock())
    assert registry_api.has_unfinished(tmp_path)


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no permission")])
def test_a_failing_disk_is_told_as_input(fake_api: FakeApi, number: int, said: str) -> None:
    fake_api.answers["build"] = OSError(number, "x", "w/journal.db")
    result = runner.invoke(cli.app, ["build", "t.csv", "--target", "y"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "w/journal.db" in result.stderr


def test_a_fault_leaves_its_traceback_in_the_workspace(fake_api: FakeApi, tmp_path: Path) -> None:
    fake_api.answers["models"] = ZeroDivisionError("division by zero")
    workspace = tmp_path / "w"
    workspace.mkdir()
    result = runner.invoke(cli.app, ["list", "--workspace", str(workspace)])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    [log] = workspace.glob("journeyman-error-*.log")
    assert str(log) in result.stderr
    assert "ZeroDivisionError: division by zero" in log.read_text()


def test_a_fault_before_there_is_a_workspace_makes_none(fake_api: FakeApi, tmp_path: Path) -> None:
    fake_api.answers["models"] = ZeroDivisionError("division by zero")
    result = runner.invoke(cli.app, ["list", "--workspace", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert not (tmp_path / "none").exists()
    [path] = [Path(word) for word in result.stderr.split() if word.endswith(".log")]
    assert "ZeroDivisionError" in path.read_text()
    path.unlink()


def test_predict_names_its_file_after_the_table(fake_api: FakeApi, tmp_path: Path) -> None:
    result = runner.invoke(cli.app, ["predict", "houses", "data/new.csv.gz", "--version", "2"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "new.predictions.csv").exists()
    assert result.stdout == "2 rows predicted: new.predictions.csv\n"
    assert "DQ901 warning: 1 of 2 values of c were never seen" in result.stderr
    assert fake_api.calls[0][2]["version"] == 2


def test_predict_to_stdout_prints_nothing_but_the_table(fake_api: FakeApi, tmp_path: Path) -> None:
    result = runner.invoke(cli.app, ["predict", "houses", "new.csv", "--out", "-"])
    assert result.stdout == "prediction\n1\n2\n"
    assert "2 rows predicted" in result.stderr
    assert list(tmp_path.glob("*.csv")) == []


def test_predict_does_not_overwrite_its_input(fake_api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("a\n1\n")
    result = runner.invoke(cli.app, ["predict", "houses", "new.csv", "--out", "./new.csv"])
    assert result.exit_code == 2
    assert "overwrite" in result.stderr
    assert (tmp_path / "new.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("adult.csv.gz", "adult.predictions.csv"),
        ("a/b/", "b.predictions.csv"),
        ("sqlite:///shop.db", "shop.predictions.csv"),
        ("postgresql://u:p@host/shop?sslmode=require", "shop.predictions.csv"),
        (".", "table.predictions.csv"),
    ],
)
def test_predictions_name(table: str, name: str) -> None:
    assert predictions_name(table) == name


def test_report_prints_the_path(fake_api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(cli.webbrowser, "open", opened.append)
    result = runner.invoke(cli.app, ["report", "houses"])
    assert result.stdout == f"{(tmp_path / 'report.html').resolve()}\n"
    assert opened == []  # the test's standard output is no terminal


def test_list_show_resume_and_rollback(fake_api: FakeApi) -> None:
    assert runner.invoke(cli.app, ["list"]).stdout == "TABLE 1 {'r': '9 rows'}\n"
    assert runner.invoke(cli.app, ["show", "houses"]).stdout == "SHOW the report\n"
    assert "SUMMARY the report" in runner.invoke(cli.app, ["resume"]).stdout
    assert runner.invoke(cli.app, ["rollback", "houses", "--to", "2"]).stdout == (
        "houses: version 2 is the champion now\n"
    )
    promoted = runner.invoke(cli.app, ["promote", "houses", "--version", "2"])
    assert promoted.stdout == "houses: version 2 is the champion now\n"
    assert fake_api.calls.pop() == ("promote", ("houses", 2), {"workspace": Path("journeyman-workspace")})
    assert fake_api.calls[-1] == ("rollback", ("houses",), {"to": 2, "workspace": Path("journeyman-workspace")})


def test_nothing_to_resume_says_so(fake_api: FakeApi) -> None:
    fake_api.answers["resume"] = []
    assert runner.invoke(cli.app, ["resume"]).stdout == "Nothing to resume.\n"


def test_workspace_comes_from_the_environment_too(fake_api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_WORKSPACE", "elsewhere")
    runner.invoke(cli.app, ["list"])
    assert fake_api.calls[0][1] == (Path("elsewhere"),)


def test_the_budget_counts_from_the_start_of_the_process(fake_api: FakeApi) -> None:
    words = ["build", "houses.csv", "--target", "price"]
    assert runner.invoke(cli.app, words, obj=12.5).exit_code == 0
    assert runner.invoke(cli.app, ["build", "s.toml"], obj=12.5).exit_code == 0
    assert fake_api.calls[0][2]["began"] == 12.5
    assert fake_api.calls[1][1][3] == 12.5


def test_predict_hands_on_how_the_file_is_written(fake_api: FakeApi) -> None:
    words = "predict houses new.csv --encoding CP1251 --delimiter tab --quote single --sheet Data --out -"
    assert runner.invoke(cli.app, words.split()).exit_code == 0
    assert fake_api.calls[0][2]["style"] == FileStyle("cp1251", "\t", "'", "Data")
    result = runner.invoke(cli.app, ["predict", "houses", "new.csv", "--encoding", "cp12511"])
    assert result.exit_code == 2
    assert "did you mean cp1251?" in result.output


def test_predict_hands_its_query_on(fake_api: FakeApi) -> None:
    words = ["predict", "houses", "sqlite:///shop.db", "--query", "SELECT * FROM sold", "--out", "-"]
    assert runner.invoke(cli.app, words).exit_code == 0
    assert fake_api.calls[0][2]["query"] == "SELECT * FROM sold"


def test_help_and_version() -> None:
    assert "build" in runner.invoke(cli.app, []).output
    assert runner.invoke(cli.app, ["--version"]).stdout.startswith("journeyman ")


class Screen(io.StringIO):
    """Standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("quiet", "stream", "kind"),
    [(False, io.StringIO(), "PlainProgress"), (False, Screen(), "LiveProgress"), (True, Screen(), "SilentProgress")],
)
def test_progress_fits_where_it_goes(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, stream: io.StringIO, kind: str
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    chosen = cli._progress(30.0, quiet, 0.0)
    assert type(chosen).__name__ == kind
    with chosen as progress:
        progress.note("a line")
    assert ("a line" in stream.getvalue()) is not quiet


LOOK = SimpleNamespace(trials=4)


@pytest.fixture
def experience(fake_api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake_api.answers |= {"looked_back": LOOK, "experience_file": Path("e.db"), "export": 4, "rows_kept": 4, "clear": 4}
    for module in ("experience_api", "experience_export"):
        monkeypatch.setattr(cli_experience, module, fake_api)
    view = SimpleNamespace(experience_view=lambda look, place: f"VIEW {look.trials} {place}")
    monkeypatch.setattr(cli_experience, "experience_view", view)
    return fake_api


def test_experience_shows_exports_and_clears(experience: FakeApi) -> None:
    assert runner.invoke(cli.app, ["experience"]).stdout == "VIEW 4 e.db\n"
    assert runner.invoke(cli.app, ["experience", "export", "a.csv"]).stdout == "4 trials written: a.csv\n"
    assert runner.invoke(cli.app, ["experience", "clear", "--yes"]).stdout == "4 trials forgotten\n"


def test_experience_is_not_forgotten_unasked(experience: FakeApi) -> None:
    result = runner.invoke(cli.app, ["experience", "clear"])
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert "clear" not in [name for name, _, _ in experience.calls]


def test_errors_of_experience_are_one_line(experience: FakeApi) -> None:
    experience.answers["export"] = WorkspaceError("a is damaged", hint="restore it")
    result = runner.invoke(cli.app, ["experience", "export", "a.csv"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == ["error: a is damaged", "hint: restore it"]


def test_the_budget_may_be_left_to_the_build(fake_api: FakeApi) -> None:
    assert runner.invoke(cli.app, ["build", "a.csv", "--target", "y", "--budget", "auto"]).exit_code == 0
    [(_, _, options)] = [call for call in fake_api.calls if call[0] == "build"]
    assert options["budget"] == "auto"

"""Every command that a message names can be typed: it exists, and so do its options."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer
from tests.package_source import SOURCE, parsed_files
from typer.testing import CliRunner

from journeyman.cli.endings import _hint_in_workspace, workspace_to_name
from journeyman.cli.main import app

runner = CliRunner()
_COMMAND = re.compile(r"journeyman ([a-z]+(?: (?!`)[^`\n;,()]*)?)")
_PROSE = {"is", "has", "can", "package", "that"}


def _texts(nodes: list[ast.AST]) -> list[str]:
    """Return the texts of a file that may reach a reader: no docstrings, what is put in as a placeholder."""
    documents = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = []
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(part.value if isinstance(part, ast.Constant) else "1" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents | inner:
            texts.append(node.value)
    return texts


@cache
def _commands() -> list[str]:
    found = set()
    for nodes in parsed_files().values():
        for text in _texts(nodes):
            found |= {match.group(1) for match in _COMMAND.finditer(text) if match.group(1).split()[0] not in _PROSE}
    for path in sorted(SOURCE.rglob("*.j2")):
        text = re.sub(r"<[^>]+>|\{\{.*?\}\}", "`", path.read_text(encoding="utf-8"))
        found |= {match.group(1) for match in _COMMAND.finditer(text)}
    return sorted(found)


def test_a_command_in_a_message_exists_and_takes_its_options() -> None:
    root = typer.main.get_command(app)
    wrong = []
    for words in _commands():
        name, *rest = shlex.split(words.replace("\\b", ""))
        if name == "without":  # "journeyman resume without a name"
            continue
        if name not in root.commands:
            wrong.append(f"journeyman {words}: no such command")
            continue
        command = root.commands[name]
        if rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest[0]]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        wrong += [
            f"journeyman {words}: {name} has no option {word}" for word in rest if word[:1] == "-" and word not in known
        ]
    assert not wrong, "\n".join(wrong)


def test_the_search_finds_what_is_there() -> None:
    found = _commands()
    assert len(found) > 20
    assert any(words.startswith("promote 1 --version 1") for words in found)


@cache
def _sentences() -> list[tuple[Path, str]]:
    return [
        (path, text)
        for path, nodes in parsed_files().items()
        for text in _texts(nodes)
        if " " in text and "\n" not in text
    ]


def test_an_option_in_a_message_exists() -> None:
    root = typer.main.get_command(app)
    commands = [c for one in root.commands.values() for c in (one, *getattr(one, "commands", {}).values())]
    known = {o for c in commands for p in c.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "--version"}
    for path, text in _sentences():
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text):
            assert option in known, f"{path.name}: {text}"


def test_no_message_names_a_setting_where_an_option_can_be_typed() -> None:
    setting = re.compile(r"settings \(|\(settings: |in the settings\b|\b(task|kinds|roles) = ")
    for path, text in _sentences():
        assert not setting.search(text), f"{path.name}: {text}"


def test_hints_of_every_command_with_a_workspace_name_it() -> None:
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        if any("--workspace" in p.opts for p in command.params) and name != "run":
            assert (
                _hint_in_workspace(f"`journeyman {name} x`", Path("there"))
                == f"`journeyman {name} x --workspace there`"
            )


@pytest.mark.slow
def test_an_identifier_is_predicted_with_what_the_hint_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{i:05d},{(i * 37) % 149},{(i * 7919) % 101}" for i in range(149)]
    (tmp_path / "t.csv").write_text("row id,a,b\n" + "\n".join(lines) + "\n")
    words = ["build", "t.csv", "--target", "row id", "--trials", "1", "--quiet", "--workspace", "w"]
    for more in ([], ["--task", "regression"]):
        code, output = _run([*words, *more])
        assert code == 2, output
        assert "--kind 'row id=number'" in " ".join(output.split())
    code, output = _run([*words, "--kind", "row id=number"])
    assert code == 0, output


# --- and they are run: what a build and its followers print is typed as it stands


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tables, one that can be learned and one that cannot, and new rows."""
    folder = tmp_path_factory.mktemp("hints of a place")
    lines = [f"{(i * 7919) % 101},{(i * 37) % 149},{'yes' if (i * 37) % 149 > 70 else 'no'}" for i in range(149)]
    (folder / "good.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    noise = [f"{(i * 7919) % 101},{(i * 104729) % 97},{(i * 15485863) % 89 % 2}" for i in range(140)]
    (folder / "bad.csv").write_text("a,b,y\n" + "\n".join(noise) + "\n")
    (folder / "NEW-ROWS.csv").write_text("a,b\n1,2\n3,4\n")
    return folder


@pytest.fixture
def built(place: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what builds of both tables print, in a workspace that is not the usual one."""
    monkeypatch.chdir(place)
    monkeypatch.delenv("JOURNEYMAN_WORKSPACE", raising=False)
    for name in ("good", "bad"):
        printed = place / f"{name}.txt"
        if not printed.exists():
            words = ["build", f"{name}.csv", "--target", "y", "--trials", "2", "--quiet", "--workspace", "a place"]
            code, output = _run(words)
            assert code == 0, output
            printed.write_text(output)
    return {name: (place / f"{name}.txt").read_text() for name in ("good", "bad")}


def _run(words: list[str]) -> tuple[int, str]:
    result = runner.invoke(app, words)
    return result.exit_code, result.output


def _named(output: str) -> list[str]:
    """Return commands of an output as they would be typed; a terminal breaks long lines."""
    flat = re.sub(r"\n\s+", " ", output)
    marked = re.findall(r"`(journeyman [^`]+)`", flat)
    return [*marked, *re.findall(r"(?:Next|more:)\s+(journeyman [^\n]+?)(?=\s*(?:\n|$|Report|Next))", flat)]


@pytest.mark.slow
def test_what_a_build_prints_can_be_typed(built: dict[str, str]) -> None:
    assert "DO NOT RELEASE" in built["bad"]
    assert "DO NOT RELEASE" not in built["good"]
    for output in built.values():
        commands = _named(output)
        assert commands, output
        for command in commands:
            code, printed = _run(shlex.split(command)[1:])
            assert code == 0, f"{command}\n{printed}"


@pytest.mark.slow
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "words",
    [["operations", "good"], ["approve", "good"], ["accept", "good"], ["rollback", "good"], ["report", "nobody"]],
)
def test_hints_of_refusals_look_in_the_workspace_that_was_looked_in(words: list[str]) -> None:
    _, output = _run([*words, "--workspace", "a place"])
    for command in _named(output):
        assert "--workspace 'a place'" in command, output


@pytest.mark.slow
@pytest.mark.usefixtures("built")
def test_a_model_that_nobody_promoted_says_what_can_be_done() -> None:
    asked = [["predict", "bad", "NEW-ROWS.csv"], ["show", "bad"], ["report", "bad"]]
    for words in asked:
        assert _run([*words, "--workspace", "a place", "--version", "1"])[0] == 0
        code, output = _run([*words, "--workspace", "a place"])
        assert code == 2
    [command] = _named(output)
    assert _run(shlex.split(command)[1:])[0] == 0
    for words in asked:
        assert _run([*words, "--workspace", "a place"])[0] == 0  # now it is what the name stands for


def test_the_usual_workspace_need_not_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_WORKSPACE", "elsewhere")
    assert workspace_to_name(Path("elsewhere")) == ""
    assert workspace_to_name(Path("journeyman-workspace")) == "journeyman-workspace"

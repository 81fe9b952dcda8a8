"""A mistyped command of any kind ends with two lines and exit code 2, as everything else that cannot be used does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from journeyman.cli.endings import one_line_usage_errors
from journeyman.cli.main import app, main
from journeyman.plugins import offered


def ended(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what the command line says to these words, which must not work."""
    monkeypatch.setattr(sys, "argv", ["journeyman", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    told = capsys.readouterr()
    assert (stop.value.code, told.out) == (2, ""), words
    return told.err.splitlines()


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


KINDS = ", ".join(map(repr, sorted(offered("journeyman.tasks"))))


@pytest.mark.parametrize(("words", "error", "hint"), [
    ("serve m --port abc", "--port: found 'abc', wanted a valid integer", "example: journeyman serve houses"),
    ("simulate t.csv --target y --delay soon", "--delay: found 'soon', wanted a valid integer", "journeyman simulate"),
    ("rollback m --to 0", "--to: found '0', wanted greater than or equal to 1", "journeyman rollback --help"),
    ("build t.csv --task xx", f"--task: 'xx' is not one of {KINDS}", "build --help"),
    ("build t.csv", "no column to predict was named", "--groups finds groups of rows, and --anomalies odd rows"),
    ("build t.csv --task binary --groups", "--task binary and --groups ask for two kinds of task", "leave one of them"),
    ("build t.csv --horizon 3 --k 2", "--horizon and --k ask for two kinds of task", "leave one of them out"),
    ("build t.csv --k 3 --task-option k=2", "--k and --task-option k say the same", "leave one of them out"),
    ("build t.csv --targt y", "there is no option --targt", "did you mean --target or --task?"),
    ("build", "missing argument 'TABLE'", "example: journeyman build houses.csv --target price"),
    ("build t.csv --target", "option '--target' requires an argument", "--help"),
    ("list more", "got unexpected extra argument(s) (more)", "example: journeyman list"),
    ("biuld", "no such command 'biuld'", "did you mean 'build'?"),
    ("experience exprt", "no such command 'exprt'", "did you mean 'export'?"),
])  # fmt: skip
def test_what_was_mistyped_and_what_can_be_done(
    words: str, error: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = ended(words.split(), monkeypatch, capsys)
    assert first == f"error: {error}"
    assert second.startswith("hint: ")
    assert hint in second


def test_every_option_of_every_command_says_no_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    every = typer.main.get_command(app)
    tried = 0
    for path, command in commands(every):
        names = [option.opts[0] for option in command.params if not getattr(option, "is_flag", False)]
        for word in ["--no-such-thing", *(name for name in names if name.startswith("--"))]:  # without their values
            with pytest.raises(SystemExit) as stop, one_line_usage_errors():
                every.main([*path, word], "journeyman", standalone_mode=False)
            lines = capsys.readouterr().err.splitlines()
            told = [line.partition(" ")[0] for line in lines]
            assert (stop.value.code, told) == (2, ["error:", "hint:"]), (path, word, lines)
            tried += 1
    assert tried > 80


def test_no_command_at_all_shows_the_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    said = ended([], monkeypatch, capsys)
    assert said[0].startswith("Usage: ")
    assert any("serve" in line for line in said)

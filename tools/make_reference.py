"""Write docs/reference/: the commands from the Typer app, settings and the Python API from their docstrings.

Docstrings are read without importing what they describe, so that this takes a second and needs no training library.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main

from journeyman.cli.main import app

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
PACKAGE = ROOT / "src" / "journeyman"
MADE = "<!-- made by tools/make_reference.py (make reference): change the docstring or the option instead -->"

VARIABLES = {
    "JOURNEYMAN_WORKSPACE": "The workspace of every command that takes `--workspace`.",
    "JOURNEYMAN_HOME": "Folder of what builds teach, for all workspaces of a user.",
    "JOURNEYMAN_DATABASE": "PostgreSQL address that takes the place of the workspace's `journal.db`.",
    "JOURNEYMAN_STORAGE": "Address of a folder on HDFS, S3 or Google's storage, where releases and archives are kept.",
    "JOURNEYMAN_MODEL": "The model that `serve` serves where no name is given.",
    "JOURNEYMAN_TOKENS": "What `--tokens` of `serve` reads from a file, with `;` between the lines.",
    "JOURNEYMAN_DASHBOARD_TOKEN": "The token that `dashboard` asks for.",
    "JOURNEYMAN_SMTP_USER": "User at the mail server of `operate --email`.",
    "JOURNEYMAN_SMTP_PASSWORD": "Password at that mail server.",
    "JOURNEYMAN_HEADLINE": "Set for the program of `operate --notify`: the operation in one line.",
}

API = (
    ("journeyman", "api/build.py", "build"),
    ("journeyman", "inference/load_release.py", "load"),
    ("journeyman.api.build", "inference/release.py", "Release"),
    ("journeyman", "estimators.py", "JourneymanClassifier"),
    ("journeyman", "estimators.py", "JourneymanRegressor"),
    ("journeyman.api.build", "api/build.py", "build_settings"),
    ("journeyman.api.build", "api/build.py", "resume"),
    ("journeyman.api.predict", "api/predict.py", "predict_file"),
    ("journeyman.api.predict", "api/predict.py", "PredictResult"),
    ("journeyman.api.score", "api/score.py", "score_file"),
    ("journeyman.api.score", "api/score.py", "ScoreJob"),
    ("journeyman.api.score", "api/score.py", "watch"),
    ("journeyman.api.registry", "inference/lookup.py", "models"),
    ("journeyman.api.registry", "api/registry.py", "removed"),
    ("journeyman.api.registry", "api/registry.py", "report_path"),
    ("journeyman.api.registry", "api/registry.py", "promote"),
    ("journeyman.api.registry", "api/registry.py", "rollback"),
    ("journeyman.api.report", "api/report.py", "report_of"),
    ("journeyman.api.operate", "api/operate.py", "operate"),
    ("journeyman.api.operate", "api/operate.py", "OperatePlace"),
    ("journeyman.api.operations", "api/operations.py", "operated_models"),
    ("journeyman.api.operations", "api/operations.py", "overview"),
    ("journeyman.api.operations", "api/operations.py", "operations"),
    ("journeyman.api.operations", "api/operations.py", "notices"),
    ("journeyman.api.operations", "api/operations.py", "ask"),
    ("journeyman.api.replay", "api/replay.py", "replay"),
    ("journeyman.api.experience_table", "api/experience_table.py", "experience_frame"),
    ("journeyman.api.experience_table", "api/experience_table.py", "export"),
    ("journeyman", "api/decide.py", "decide"),
    ("journeyman", "api/decide.py", "pilot_result"),
    ("journeyman.api.decide", "entities/decided_case.py", "DecidedCase"),
)
"""Module to import from, file below the package, name."""

SETTINGS = (
    ("settings.py", "BuildSettings", "`journeyman build settings.toml` does that."),
    ("entities/operating.py", "OperateSettings", "`journeyman operate` keeps them from one call to the next."),
    ("entities/operation.py", "Economics", "The entry `economics` of the above."),
    ("entities/operating.py", "NotifierSettings", "The entries of `notify` of the above."),
)

Definition = ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Section:
    """A titled part of a numpy docstring; the first one has no title."""

    title: str
    text: str


def cell(text: str) -> str:
    """Return text that fits into one cell of a Markdown table.

    Examples
    --------
    >>> cell("a | b\\n  c <d>")
    'a \\\\| b c &lt;d>'
    """
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def plain(text: str) -> str:
    """Turn the marks of reStructuredText into those of Markdown.

    Examples
    --------
    >>> plain("``a`` and :class:`journeyman.settings.BuildSettings`")
    '`a` and `BuildSettings`'
    """
    text = re.sub(r":[a-z]+:`~?([^`]+)`", lambda found: f"`{found[1].rpartition('.')[2]}`", text)
    return text.replace("``", "`")


def sections(docstring: str) -> list[Section]:
    """Divide a numpy docstring at its underlined titles.

    Examples
    --------
    >>> [part.title for part in sections("A.\\n\\nReturns\\n-------\\nint")]
    ['', 'Returns']
    """
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.cleandoc(docstring), flags=re.MULTILINE)
    titles, texts = ["", *parts[1::2]], parts[0::2]
    return [Section(title, text.strip("\n")) for title, text in zip(titles, texts, strict=True)]


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the unindented lines of a section, each with the indented text below it."""
    for found in re.finditer(r"^(\S.*)\n?((?:(?:[ \t].*)?(?:\n|$))*)", text, flags=re.MULTILINE):
        yield found[1], inspect.cleandoc(found[2])


def definition(file: str, name: str) -> Definition:
    """Return the definition of a name at the top of a file of the package."""
    for node in ast.parse((PACKAGE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, Definition) and node.name == name:
            return node
    raise KeyError(f"{file} defines no {name}")


def signature(node: ast.FunctionDef, name: str, bound: bool) -> str:
    """Return a function's signature, on several lines where it is long."""
    arguments = ast.parse(ast.unparse(node.args).join(("def f(", "): ..."))).body[0]
    assert isinstance(arguments, ast.FunctionDef)
    if bound:
        arguments.args.args = arguments.args.args[1:]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    pieces = re.split(r", (?![^\[(]*[\])])", ast.unparse(arguments.args))
    pieces = [piece.replace("=", " = ", 1) if ": " in piece else piece for piece in pieces]
    short = f"{name}({', '.join(pieces)}){returns}"
    if len(short) <= 100:
        return short
    return f"{name}(\n" + "".join(f"    {piece},\n" for piece in pieces) + f"){returns}"


def documented(docstring: str) -> str:
    """Return a docstring as Markdown."""
    parts = []
    for section in sections(docstring):
        if not section.title:
            parts.append(plain(section.text))
        elif section.title == "Examples":
            parts.append(f"**Examples**\n\n```pycon\n{section.text}\n```")
        elif section.title == "Raises":
            lines = [
                f"- {plain(head)}: {plain(' '.join(text.split()))}" if text else f"- {plain(head)}"
                for head, text in entries(section.text)
            ]
            parts.append("**Raises**\n\n" + "\n".join(lines))
        else:
            lines = []
            for head, text in entries(section.text):
                name, colon, kind = head.partition(" : ")
                about = plain(" ".join(text.split()))
                lines.append(f"- `{name}`" + (f" ({plain(kind)})" if colon else "") + (f": {about}" if about else ""))
            parts.append(f"**{section.title}**\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def is_property(node: ast.FunctionDef) -> bool:
    """Whether a method is read like an attribute."""
    names = {ast.unparse(mark) for mark in node.decorator_list}
    return bool(names & {"property", "cached_property"})


def members(node: ast.ClassDef, file: str) -> list[ast.FunctionDef]:
    """Return the public methods of a class, those of a private base in the same file included."""
    found = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")}
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id.startswith("_"):
            inherited = definition(file, base.id)
            assert isinstance(inherited, ast.ClassDef)
            for method in members(inherited, file):
                found.setdefault(method.name, method)
    return list(found.values())


def initial(node: ast.ClassDef, file: str) -> ast.FunctionDef | None:
    """Return how an object is made: of a class, or of its private base; None where no ``__init__`` is written."""
    for child in node.body:
        if isinstance(child, ast.FunctionDef) and child.name == "__init__":
            return child
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id.startswith("_"):
            inherited = definition(file, base.id)
            assert isinstance(inherited, ast.ClassDef)
            return initial(inherited, file)
    return None


def api_entry(module: str, file: str, name: str) -> str:
    """Return the section of one public name."""
    node = definition(file, name)
    where = f"[`{file}`](../../src/journeyman/{file})"
    if isinstance(node, ast.FunctionDef):
        head = signature(node, name, bound=False)
    else:
        made = initial(node, file)
        # a release is made by build and load alone: how its parts are handed over is no interface
        head = f"class {name}" if made is None or name == "Release" else f"class {signature(made, name, bound=True)}"
        head = re.sub(r"\) -> None$", ")", head)
    parts = [
        f"## `{name}`",
        f"`from {module} import {name}`, in {where}",
        f"```text\n{head}\n```",
        documented(ast.get_docstring(node) or ""),
    ]
    for method in members(node, file) if isinstance(node, ast.ClassDef) else ():
        shown = method.name if is_property(method) else signature(method, method.name, bound=True)
        if is_property(method) and method.returns:
            shown = f"{method.name}: {ast.unparse(method.returns)}"
        parts += [f"### `{name}.{method.name}`", f"```text\n{shown}\n```", documented(ast.get_docstring(method) or "")]
    return "\n\n".join(parts)


def api_page() -> str:
    """Return api.md."""
    names = ", ".join(f"[`{name}`](#{name.lower()})" for _, _, name in API)
    head = (
        f"{MADE}\n\n# Python API\n\nWhat `import journeyman` offers comes first; the functions of `journeyman.api` are "
        "what the commands call. Every error that bad input raises is a `JourneymanError` "
        "([`errors.py`](../../src/journeyman/errors.py)), with a `hint`.\n\n"
    )
    return head + f"{names}\n\n" + "\n\n".join(api_entry(*entry) for entry in API) + "\n"


def settings_table(file: str, name: str, about: str) -> str:
    """Return the section of one class of settings."""
    node = definition(file, name)
    assert isinstance(node, ast.ClassDef)
    fields = {n.target.id: n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    text = {part.title: part.text for part in sections(ast.get_docstring(node) or "")}
    rows = ["| entry | type | default | meaning |", "|---|---|---|---|"]
    told: set[str] = set()
    for head, meaning in entries(text["Attributes"]):
        names, _, kind = head.partition(" : ")
        for entry in names.split(", "):
            value = fields[entry].value
            default = "required" if value is None else f"`{ast.unparse(value)}`"
            default = re.sub(r"`field\(default_factory=dict\)`", "none", default)
            default = re.sub(r"`field\(default_factory=(\w+)\)`", r"`\1()`", default).replace("`()`", "none")
            rows.append(
                f"| `{entry}` | {cell(plain(kind))} | {default.replace('`None`', 'none')} | {cell(plain(meaning))} |"
            )
            told.add(entry)
    lacking = fields.keys() - told
    if lacking:
        raise ValueError(f"the docstring of {name} does not tell of {', '.join(sorted(lacking))}")
    where = f"[`{file}`](../../src/journeyman/{file})"
    return f"## {name}\n\n{plain(text[''])} {about} Defined in {where}.\n\n" + "\n".join(rows)


def settings_page() -> str:
    """Return settings.md."""
    head = (
        f"{MADE}\n\n# Settings\n\nAn example that can be copied is in "
        '[ten minutes](../ten-minutes.md#settings). A settings.toml understands `budget = "2m"` and `memory = "4GB"`, '
        "too; the types below are what they become."
    )
    return "\n\n".join([head, *(settings_table(*entry) for entry in SETTINGS)]) + "\n"


def choices_of(annotation: Any) -> str:
    """Return the values that an annotation with an enum allows, "VALUE" where there is none."""
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, Enum):
            return " \\| ".join(str(member.value) for member in part)
    return "VALUE"


def option_row(parameter: Any, choices: str) -> str:
    """Return the row of one option or argument in the table of its command; ``choices`` are its values."""
    told = parameter.help or ""
    named = re.search(r"\s*\[default: ([^]]*)\]", told)
    default = parameter.default
    if named:
        shown, told = cell(named[1]), told.replace(named[0], "")
    elif parameter.required:
        shown = "required"
    elif getattr(parameter, "is_flag", False):
        shown = "off" if not default else "on"
    elif default is None or default in ("", (), []) or callable(default):
        shown = ""
    else:
        shown = f"`{default}`"
    if parameter.param_type_name == "argument":
        words = f"`{(parameter.metavar or parameter.name.upper()).strip('[]')}`"
    else:
        words = ", ".join(f"`{word}`" for word in (*parameter.opts, *parameter.secondary_opts))
        if not getattr(parameter, "is_flag", False):
            words += f" {parameter.metavar or choices}"
    variable = f" Or set `{parameter.envvar}`." if parameter.envvar else ""
    meaning = cell(re.sub(r";\s*\.$", ".", told))
    return f"| {words} | {shown} | {meaning}{variable} |"


def command_entry(name: str, command: Any) -> str:
    """Return the section of one command."""
    shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name not in ("help", None)]
    arguments = []
    for p in shown:
        if p.param_type_name == "argument":
            word = (p.metavar or p.name.upper()).strip("[]")
            arguments.append(word if p.required else f"[{word}]")
    usage = " ".join(["journeyman", name, *arguments, "[OPTIONS]"])
    parts = [f"## {name}", plain(inspect.cleandoc(command.help or "")), f"```\n{usage}\n```"]
    if shown:
        hints = typing.get_type_hints(command.callback)
        rows = [option_row(p, choices_of(hints.get(p.name))) for p in shown]
        parts.append("\n".join(["| option | default | meaning |", "|---|---|---|", *rows]))
    if command.epilog:
        kind, _, example = command.epilog.partition(": ")
        parts.append(f"{kind}: `{example}`")
    return "\n\n".join(parts)


def commands_page() -> str:
    """Return commands.md."""
    group: Any = typer.main.get_command(app)
    commands = {name: command for name, command in group.commands.items() if not command.hidden}
    names = ", ".join(f"[{name}](#{name})" for name in commands)
    variables = "\n".join(f"| `{name}` | {about} |" for name, about in VARIABLES.items())
    return (
        "\n\n".join(
            [
                f"{MADE}\n\n# Commands",
                "`journeyman COMMAND --help` prints the same. Bad input ends with one line, a hint and exit code 2. "
                "The commands: " + names + ".",
                *(command_entry(name, command) for name, command in commands.items()),
                f"## Environment variables\n\n| variable | meaning |\n|---|---|\n{variables}",
            ]
        )
        + "\n"
    )


PAGES = {"commands.md": commands_page, "settings.md": settings_page, "api.md": api_page}


def main() -> None:
    """Write the pages, or with --check say which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 where a page is not up to date"
    )
    only_check = parser.parse_args().check
    made = {name: page() for name, page in PAGES.items()}
    stale = [n for n, text in made.items() if not (FOLDER / n).exists() or (FOLDER / n).read_text("utf-8") != text]
    if only_check:
        sys.exit(f"not up to date: {', '.join(stale)}; run make reference" if stale else 0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(made[name], encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()

"""The files of a project, as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from journeyman.entities.conversion import ConversionReport, PipelineCode
from journeyman.entities.recording import Recording
from journeyman.stages.write_project.build_file import build_file
from journeyman.stages.write_project.project_name import package_name
from journeyman.stages.write_project.readme import readme
from journeyman.stages.write_project.recorded_rows import recorded_rows

__all__ = ["write_project"]

_PACKAGE = ("contract.py", "train.py", "predict.py")
_TESTS = ("recorded.py", "test_pipeline.py", "test_commands.py", "test_contract.py")
_IGNORED = "__pycache__/\n*.egg-info/\nbuild/\ndist/\n.venv/\n.pytest_cache/\n.mypy_cache/\n.ruff_cache/\n*.joblib\n"
_WIDTH = 120


def write_project(
    code: PipelineCode, recording: Recording, report: ConversionReport, name: str
) -> Mapping[str, str | bytes]:
    """Return the files of a project: path in it to content.

    Parameters
    ----------
    code : PipelineCode
        Its modules are taken over as they are.
    recording : Recording
        Its recorded prediction becomes the tests' yardstick.
    report : ConversionReport
        Told in the README.
    name : str
        Of the prototype; the package is called by it.

    Returns
    -------
    mapping of str to str or bytes
        Data is not among them: it belongs in ``data/``, under the names of ``code.files``.
    """
    package = package_name(name)
    rows = recorded_rows(code, recording)
    words = {
        "PACKAGE": package,
        "COLUMNS": _tuple_text(code.columns),
        "TARGET": _literal(code.target),
        "INDEXED": str(not recording.tables[code.table].plain_index),
        "METHOD": rows.method,
        "AS_TEXTS": "" if rows.numeric else ", dtype=str, keep_default_na=False",
    }
    made = {
        "pyproject.toml": build_file(package, name, code),
        "README.md": readme(package, name, code, report),
        ".gitignore": _IGNORED,
        f"src/{package}/__init__.py": f'"""{_docstring(name)}"""\n',
        **{f"src/{package}/{file}": text for file, text in code.modules.items()},
        **{f"src/{package}/{file}": _filled(file, words) for file in _PACKAGE},
        "tests/__init__.py": '"""Tests: python -m unittest, or pytest."""\n',
        **{f"tests/{file}": _filled(file, words) for file in _TESTS},
    }
    return made | ({"tests/recorded.csv": rows.text} if rows.text else {})


def _docstring(name: str) -> str:
    return f"The pipeline of {name}.".replace("\\", "").replace('"', "'")


def _filled(file: str, words: Mapping[str, str]) -> str:
    text = files(__package__).joinpath("files", f"{file}.txt").read_text(encoding="utf-8")
    for word, meant in words.items():
        text = text.replace(f"@{word}@", meant)
    return text


def _literal(value: str | None) -> str:
    """Return a value as a formatter would write it: in double quotes.

    Examples
    --------
    >>> _literal(None), _literal('a "b"')
    ('None', '"a \\\\"b\\\\""')
    """
    return "None" if value is None else json.dumps(value, ensure_ascii=False)


def _tuple_text(names: tuple[str, ...]) -> str:
    told = [_literal(name) for name in names]
    line = f"({', '.join(told)}{',' if len(told) == 1 else ''})"
    if len(line) + len("COLUMNS: tuple[str, ...] = ") <= _WIDTH:
        return line
    return "(\n" + "".join(f"    {one},\n" for one in told) + ")"

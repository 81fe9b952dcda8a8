"""The ``pyproject.toml`` of a project: what it is called, what it needs, what it is checked with."""

from __future__ import annotations

import ast
import json
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from journeyman.entities.conversion import PipelineCode

__all__ = ["build_file"]

_ALWAYS = ("numpy", "pandas", "scikit-learn")
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn", "PIL": "pillow", "cv2": "opencv-python"}
"""Of what may not be installed here; of what is, the installed distributions tell."""
_FROM_PROTOTYPE = ("learned", "preparation", "training", "tables", "pipeline")


def build_file(package: str, prototype: str, code: PipelineCode) -> str:
    """Return the text of ``pyproject.toml``.

    Lower bounds are the versions at hand, with which the predictions were compared.
    """
    needs = "".join(f'  "{one}",\n' for one in _dependencies(package, code))
    told = json.dumps(f"The pipeline of {prototype}", ensure_ascii=False)
    modules = ", ".join(f'"{package}.{one}"' for one in _FROM_PROTOTYPE)
    return f"""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{package.replace("_", "-")}"
version = "0.1.0"
description = {told}
readme = "README.md"
requires-python = ">={sys.version_info[0]}.{sys.version_info[1]}"
dependencies = [
{needs}]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.scripts]
{package.replace("_", "-")}-train = "{package}.train:main"
{package.replace("_", "-")}-predict = "{package}.predict:main"

[tool.setuptools.packages.find]
where = ["src"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]

[tool.ruff]
line-length = 120
src = ["src"]

[tool.ruff.lint]
select = ["E", "F", "I", "UP", "B"]

[tool.mypy]
strict = true
files = ["src"]
ignore_missing_imports = true
untyped_calls_exclude = ["{package}"]

[[tool.mypy.overrides]] # what came from the prototype has no types yet
module = [{modules}]
ignore_errors = true
"""


def _dependencies(package: str, code: PipelineCode) -> list[str]:
    """Return what the modules import and the pipeline needs, each with the version at hand as its lower bound."""
    imported = {name for text in code.modules.values() for name in _imported(text)} | set(code.needs)
    foreign = imported - set(sys.stdlib_module_names) - {package}
    known = packages_distributions()
    names = {known.get(one, [_DISTRIBUTIONS.get(one, one)])[0] for one in foreign} | set(_ALWAYS)
    return [f"{name}{_bound(name)}" for name in sorted(names, key=str.lower)]


def _imported(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _bound(name: str) -> str:
    try:
        return f">={version(name)}"
    except PackageNotFoundError:
        return ""

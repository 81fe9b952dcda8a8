"""A release as a module of Python that needs nothing but the standard library."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError
from journeyman.exporters.python_project.scorer import OPERATIONS
from journeyman.interfaces import ProjectFacts

__all__ = ["PythonExporter", "one_module"]

_HERE = "journeyman.exporters.python_project"
_MODULES = ("arguments", "texts", "features", "free_texts", "models", "predictions", "scorer")
"""Each needs those before it only."""

_ASIDE = ("from __future__", f"from {_HERE}")
_README = """# {name}

Predicts `{target}` as version {version} of the model {name} does, with Python 3.9 or newer and nothing else.

```
python scorer.py rows.csv answers.csv
```

```python
from scorer import read_plan

model = read_plan("plan.txt")
answer = model.predict({example})
print(answer.label, answer.predictions, answer.interval)
```

`python test_scorer.py` answers `selftest.csv` and compares. `plan.txt` holds the model.
"""
_TEST = '''"""Answers the self-test: scores to the last bit, predictions to a hair."""

import csv
import unittest
from pathlib import Path

from scorer import read_plan

HERE = Path(__file__).parent


class SelfTest(unittest.TestCase):
    def test_answers(self):
        model = read_plan(HERE / "plan.txt")
        csv.field_size_limit(2**31 - 1)
        with open(HERE / "selftest.csv", newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        width, scores = len(model.columns), len(model.scores)
        outputs = scores + len(model.outputs)
        rows = [(row[:width], [float(x) for x in row[width : width + outputs]]) for row in rows]
        largest = max(abs(x) for _, wanted in rows for x in wanted[scores:] + [1.0])
        for texts, wanted in rows:
            answer = model.predict(dict(zip(names, texts)))
            self.assertEqual(list(map(repr, answer.scores)), list(map(repr, wanted[:scores])))
            for told, right in zip(answer.predictions, wanted[scores:]):
                self.assertAlmostEqual(told / largest, right / largest, delta=1e-12)


if __name__ == "__main__":
    unittest.main()
'''


@dataclass(frozen=True)
class PythonExporter:
    """Writes one module, a README and a test.

    Examples
    --------
    >>> "trees" in PythonExporter().operations, PythonExporter().toolchain()
    (True, None)
    """

    name: str = "python"
    operations: frozenset[str] = frozenset(OPERATIONS)

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the project."""
        scorer = one_module()
        plan = facts.plan
        example = "{" + ", ".join(f"{name!r}: {text!r}" for name, text in facts.example.items()) + "}"
        readme = _README.format(name=plan.name, target=plan.target, version=plan.version, example=example)
        for name, text in (("scorer.py", scorer), ("README.md", readme), ("test_scorer.py", _TEST)):
            (folder / name).write_text(text, encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: Python is there."""
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in an interpreter that sees no installed package."""
        command = [sys.executable, "-I", "-S", "-B", str(folder / "scorer.py"), str(rows), str(answers)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
        if done.returncode:
            said = (done.stderr.strip() or "nothing").splitlines()[-1]
            raise ReleaseError(f"the Python project failed: {said}", hint="report this with the version of Python")


def one_module() -> str:
    """Return the reader as one module: what is imported, then what each of its modules defines.

    Examples
    --------
    >>> "journeyman.exporters" in one_module()
    False
    """
    imports: set[str] = set()
    bodies, doc = [], ""
    for name in _MODULES:
        source = files(_HERE).joinpath(f"{name}.py").read_text(encoding="utf-8")
        tree = ast.parse(source)
        doc = ast.get_docstring(tree, clean=False) or ""
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)) and not ast.unparse(node).startswith(_ASIDE):
                imports.add(ast.unparse(node))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                bodies.append("".join(source.splitlines(keepends=True)[node.end_lineno :]).strip())
    head = f'"""{doc}"""\n\nfrom __future__ import annotations\n\n'
    return head + "\n".join(_by_module(imports)) + "\n\n" + "\n\n\n".join(bodies) + "\n"


def _by_module(imports: set[str]) -> list[str]:
    """Return imports, names of one module together."""
    names: dict[str, set[str]] = {}
    plain = sorted(line for line in imports if line.startswith("import "))
    for line in imports - set(plain):
        module, _, told = line.removeprefix("from ").partition(" import ")
        names.setdefault(module, set()).update(told.split(", "))
    return [*plain, *(f"from {module} import {', '.join(sorted(told))}" for module, told in sorted(names.items()))]

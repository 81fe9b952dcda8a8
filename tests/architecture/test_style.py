"""What makes the code easy to live in: each file says what it is, exports what it defines, and gives reasons."""

from __future__ import annotations

import ast
import re
import tokenize
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

WIDEST = 7
LONGEST = 500  # lines
PASSES_ON = {
    "journeyman.runtime.pipeline_program.looked_at",  # stands in for a model's fit, which checks what it is given
    "journeyman.stages.plan_pipeline.learned.get_dummies",  # text of projects: pandas checks
    "journeyman.stages.plan_pipeline.learned.divide",  # the same: the function that divides checks
}
WIDE_BY_NATURE = {
    "journeyman.cli.predict.predict",  # a command, that cli.py puts in its place among the others
    "journeyman.cli.predict.score",  # the same
    "journeyman.api.predict.predict_file",  # what the command does, for programs: one parameter an option
    "journeyman.api.build.build",  # one parameter a setting: the signature is what users read
    "journeyman.api.convert.convert",  # the same
}


def test_each_file_opens_with_a_line_that_says_what_it_is(modules: list[Any]) -> None:
    found = []
    for module in modules:
        first = (ast.get_docstring(module.tree) or "").partition("\n")[0]
        if len(first) < 10 or not first.endswith((".", "?", "!", ":")):
            found.append(f"{module.name}: {first!r}")
    assert not found, "\n".join(found)


def test_exports_are_what_is_public(modules: list[Any]) -> None:
    """`__all__` names every public class and function that the file defines, and nothing that it does not bind."""
    found = []
    for module in modules:
        exported = _exported(module.tree)
        if exported is None:
            found += [f"{module.name}: no __all__, but defines {name}" for name in sorted(_defined(module.tree))]
            continue
        found += [f"{module.name}: {name} is public but not in __all__" for name in _defined(module.tree) - exported]
        if module.name != "journeyman":  # the face hands out its names on first use
            found += [f"{module.name}: {name} in __all__ is not bound" for name in exported - _bound(module.tree)]
    assert not found, "\n".join(sorted(found))


def _exported(tree: ast.Module) -> set[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return set(ast.literal_eval(node.value))
    return None


def _defined(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not _is_command(node)
    }


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(ast.unparse(decorator).startswith("app.") for decorator in node.decorator_list)


def _bound(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names


def test_public_functions_have_docstrings(modules: list[Any]) -> None:
    """A method that a base class of ours describes needs no words of its own."""
    told = {
        (node.name, method.name)
        for module in modules
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and ast.get_docstring(method) is not None
    }
    found = []
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found += [
                    f"{module.name}.{node.name}.{method.name}"
                    for method in node.body
                    if isinstance(method, ast.FunctionDef)
                    and not method.name.startswith("_")
                    and ast.get_docstring(method) is None
                    and not any((ast.unparse(base), method.name) in told for base in node.bases)
                ]
            kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            named = isinstance(node, kinds) and not node.name.startswith("_")
            if named and ast.get_docstring(node) is None:
                found.append(f"{module.name}.{node.name}")
    assert not found, "\n".join(found)


def test_signatures_stay_narrow(modules: list[Any]) -> None:
    found = []
    for module in modules:
        for node in module.nodes:
            if not isinstance(node, ast.FunctionDef) or _is_command(node):
                continue
            if f"{module.name}.{node.name}" in WIDE_BY_NATURE:
                continue
            arguments = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            width = len([name for name in arguments if name not in ("self", "cls")])
            if width > WIDEST and not _keeps_parameters(module, node):
                found.append(f"{module.name}.{node.name} takes {width}")
    assert not found, "\n".join(found)


def test_modules_stay_short(modules: list[Any]) -> None:
    found = [f"{module.name} has {len(module.lines)} lines" for module in modules if len(module.lines) > LONGEST]
    assert not found, "\n".join(found)


def _keeps_parameters(module: Any, node: ast.FunctionDef) -> bool:
    """Whether it is an estimator's constructor: scikit-learn's contract wants each parameter spelled out there."""
    return module.name == "journeyman.estimators" and node.name == "__init__"


def test_no_function_takes_whatever_comes(modules: list[Any]) -> None:
    """No `**kwargs`: a mistyped name must not pass in silence."""
    found = [
        f"{module.name}:{node.lineno} {node.name}(**{node.args.kwarg.arg})"
        for module in modules
        for node in module.nodes
        if isinstance(node, ast.FunctionDef)
        and node.args.kwarg is not None
        and f"{module.name}.{node.name}" not in PASSES_ON
    ]
    assert not found, "\n".join(found)


def test_imports_inside_functions_give_a_reason(modules: list[Any]) -> None:
    found = []
    for module in modules:
        lines = module.lines
        for function in module.nodes:
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    beside = re.sub(r"#\s*(noqa|type: ignore)[^#\s]*(:\s*[A-Z0-9, ]+)?", "", lines[node.lineno - 1])
                    above = lines[node.lineno - 2].strip()
                    if not re.search(r"[-#].*[a-z]{3}.* .*[a-z]{2}", beside.partition("import")[2]) and not (
                        above.startswith("#")
                    ):
                        found.append(f"{module.name}:{node.lineno} {lines[node.lineno - 1].strip()}")
    assert not found, "\n".join(found)


MARK = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?::\s*[A-Z0-9, ]+|\[[\w, -]+\])?(?P<rest>.*)", re.DOTALL)


def test_silenced_checkers_give_a_reason(modules: list[Any]) -> None:
    found = []
    for module in modules:
        for token in module.tokens:
            if token.type == tokenize.COMMENT and not _reasoned(token.string):
                found += [f"{module.name}:{token.start[0]} {token.string}"]
    assert not found, "\n".join(found)


def _reasoned(comment: str) -> bool:
    """Whether a comment that silences a checker names what it silences and says why; any other comment passes."""
    mark = MARK.search(comment)
    if mark is None:
        return True
    bare = re.search(r"#\s*(noqa(?!:)|type:\s*ignore(?!\[))", comment) is not None
    before = comment[: mark.start()]
    return not bare and len(re.findall(r"[a-z]{2,}", before + mark["rest"])) >= 2


def test_reasons_are_told_from_bare_marks() -> None:
    assert not _reasoned("# noqa")
    assert not _reasoned("# noqa: BLE001")
    assert not _reasoned("# type: ignore[arg-type]")
    assert not _reasoned("# type: ignore  # the stubs are wrong")
    assert _reasoned("# noqa: BLE001 - a rule may fail in any way")
    assert _reasoned("# type: ignore[arg-type]  # the stubs miss this overload")
    assert _reasoned("# an ordinary comment")


def test_no_rooms_without_a_name() -> None:
    """There is no utils/, core/, common/, helpers/ or base/: a thing that has no room has no name yet."""
    nameless = {"utils", "util", "core", "common", "helpers", "helper", "base", "misc"}
    found = [str(path) for path in (ROOT / "src").rglob("*") if path.stem in nameless]
    assert not found, "\n".join(found)


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    places = ["src", "tests", "docs", "examples", "benchmarks", "README.md", "Makefile", "pyproject.toml", ".ci"]
    here = [re.escape(str(folder)) + r"\b" for folder in (ROOT, Path.home())]
    homes = re.compile("|".join(here))
    this = Path(__file__)
    found = []
    for place in places:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if not file.is_file() or file.suffix in (".pyc", ".png", ".gz", ".parquet", ".xlsx") or file == this:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if homes.search(line):
                    found.append(f"{file.relative_to(ROOT)}:{number} {line.strip()[:80]}")
    assert not found, "\n".join(found)

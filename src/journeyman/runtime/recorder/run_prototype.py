"""Run a prototype statement by statement in the confined process, and keep its journal.

Arguments: a folder with the program and for the journal.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import os
import re
import sys
import time
import traceback
import types
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from journeyman.runtime.recorder.instrument import HOOKS, Places, instrument
from journeyman.runtime.recorder.journal import Journal
from journeyman.runtime.recorder.observer import Observer
from journeyman.runtime.recorder.picture_stubs import Picture, replace_drawing, replace_table_plots

__all__ = ["NAME", "run_prototype"]

NAME = "<prototype>"
SEED = 0
_ASKING = 30.0  # seconds
_SHORT_NAMES = {"pd": "pandas", "np": "numpy", "plt": "matplotlib.pyplot", "sns": "seaborn", "sm": "statsmodels.api"}
_WELL_KNOWN = {
    **dict.fromkeys(("train_test_split", "cross_val_score", "GridSearchCV", "KFold"), "sklearn.model_selection"),
    **dict.fromkeys(
        ("accuracy_score", "confusion_matrix", "classification_report", "mean_squared_error", "r2_score"),
        "sklearn.metrics",
    ),
}
"""Names of their modules that notebooks use and forget to import."""

_MISSING = re.compile(r"name '(\w+)' is not defined|No module named '([\w.]+)'")


def run_prototype(scratch: Path) -> None:
    """Run the program that lies in a folder, in the working folder; nothing that it does raises here.

    Parameters
    ----------
    scratch : Path
        Holds ``program.py``; takes the journal.
    """
    source = (scratch / "program.py").read_text(encoding="utf-8")
    journal, places = Journal(scratch), Places()
    observer = Observer(journal, places)
    _prepare_libraries()
    _watch_files(journal, scratch)
    main = types.ModuleType("__main__")
    main.__dict__.update(observer.hooks(HOOKS), __file__=NAME, __builtins__=builtins)
    sys.modules["__main__"] = main
    sys.argv = [NAME]
    sys.path.insert(0, os.getcwd())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    _supply_names(tree, main.__dict__, journal)
    if not _sets_seeds(tree):
        observer.models.seed = SEED
        journal.note("seed", {"seed": SEED})
    began = time.monotonic()
    ended = False
    for statement in tree.body:
        for part in _parts(statement):
            ended = ended or not _run(part, main.__dict__, places, journal)
        observer.flush()
        if ended:
            break
    observer.models.note_models(main.__dict__)
    seconds = time.monotonic() - began
    journal.note("end", {"finished": not ended or statement is tree.body[-1], "seconds": seconds})
    journal.flush()
    observer.models.ask_at_end(max(_ASKING, seconds))
    journal.flush()


def _sets_seeds(tree: ast.Module) -> bool:
    """Whether a program seeds NumPy's global generator itself; otherwise each fit and each division begins anew."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("seed", "set_state")
        for node in ast.walk(tree)
    )


def _parts(statement: ast.stmt) -> list[ast.stmt]:
    """Return an import of several modules as one of each: a missing one leaves the others."""
    if not isinstance(statement, ast.Import):
        return [statement]
    return [ast.copy_location(ast.Import([alias]), statement) for alias in statement.names]


def _run(statement: ast.stmt, names: dict[str, Any], places: Places, journal: Journal) -> bool:
    """Run one statement, and note its error; return whether the program goes on."""
    try:
        code = compile(instrument(statement, places), NAME, "exec")
        exec(code, names)
    except SystemExit:
        return False
    except KeyboardInterrupt:
        return False
    except BaseException as error:  # noqa: BLE001 - whatever the prototype raises is noted
        _note_failure(statement, error, journal)
    return True


def _note_failure(statement: ast.stmt, error: BaseException, journal: Journal) -> None:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == NAME]
    message = str(error)
    found = _MISSING.search(message)
    missing = (found[1] or found[2]) if found else None
    if isinstance(error, OSError) and error.filename is not None:
        missing = str(error.filename)
    elif isinstance(error, (OSError, PermissionError)):
        missing = next((one for one in _texts(statement) if one.startswith(("http:", "https:", "ftp:"))), None)
    fact = {
        "first": statement.lineno,
        "last": statement.end_lineno or statement.lineno,
        "line": (lines[-1] if lines else None) or statement.lineno,
        "error": type(error).__name__,
        "message": message[:2_000],
        "missing": missing,
    }
    journal.note("failure", fact)
    journal.flush()


def _texts(statement: ast.stmt) -> list[str]:
    nodes = [node.value for node in ast.walk(statement) if isinstance(node, ast.Constant)]
    return [value for value in nodes if isinstance(value, str)]


def _prepare_libraries() -> None:
    """Set libraries as they were in the prototype's time: drawings are let be, texts are objects."""
    replace_drawing()
    pd.options.future.infer_string = False
    replace_table_plots()
    warnings.simplefilter("ignore")
    everywhere: Any = builtins
    everywhere.display = Picture("display")
    everywhere.get_ipython = lambda: Picture("get_ipython")
    everywhere.input = _refuse_input


def _refuse_input(prompt: str = "") -> str:
    raise EOFError(f"the program asks its user: {prompt!r}; nobody is there while it is recorded")


def _supply_names(tree: ast.Module, names: dict[str, Any], journal: Journal) -> None:
    """Give the program the libraries that it uses by their usual short names and never imports."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    whole = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    brought = any(importlib.util.find_spec(str(name).partition(".")[0]) is not None for name in whole)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in {**_SHORT_NAMES, **_WELL_KNOWN} and node.id not in bound:
            library = _SHORT_NAMES.get(node.id) or _WELL_KNOWN[node.id]
            try:
                module = importlib.import_module(library)
                names[node.id] = module if node.id in _SHORT_NAMES else getattr(module, node.id)
            except ImportError:
                continue
            bound.add(node.id)
            if brought:  # by an import of all names, which may bring this one too
                continue
            message = f"{node.id} is used and never imported: {library} was supplied"
            fact = {"first": node.lineno, "last": node.lineno, "line": node.lineno, "error": "NameSupplied"}
            journal.note("failure", {**fact, "message": message, "missing": node.id})


def _watch_files(journal: Journal, scratch: Path) -> None:
    """Note each file that is opened beneath the working folder."""
    folder, hidden = os.getcwd() + os.sep, (str(scratch), os.environ.get("TMPDIR", str(scratch)))
    noted: set[tuple[str, bool]] = set()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(args[0], (str, bytes, os.PathLike)):
            return
        path = os.fsdecode(args[0])
        whole = os.path.abspath(path)
        if not whole.startswith(folder) or whole.startswith(hidden):
            return
        flags = args[2] if isinstance(args[2], int) else 0
        written = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)) or any(
            c in str(args[1] or "") for c in "wax+"
        )
        if (path, written) not in noted:
            noted.add((path, written))
            journal.note("file", {"path": path, "written": written})

    sys.addaudithook(hook)

"""The two laws that no drawing shows, and the ban on formats whose loading runs code."""

from __future__ import annotations

import ast
from typing import Any

from journeyman.interfaces import RuleScope, scope_of
from journeyman.quality_rules import BUILT_IN

LEARNING = {"fit", "partial_fit", "fit_transform"}
LEARNERS = ("journeyman.algorithms", "journeyman.transformers", "journeyman.interfaces", "journeyman.estimators")

HOLDOUT_READERS = ("journeyman.stages.evaluate", "journeyman.stages.split", "journeyman.entities.split")

CODE_RUNNING = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal"}
CODE_RUNNING_CALLS = {"read_pickle", "to_pickle"}


def test_only_the_candidates_pipeline_learns(modules: list[Any]) -> None:
    """Law 1: whatever has `fit` is fitted inside each fold, so it lives where the pipeline's parts live."""
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules
        if not module.inside(*LEARNERS)
        for node in module.nodes
        if isinstance(node, ast.FunctionDef) and node.name in LEARNING
    ]
    assert not found, "\n".join(found)


def test_repair_learns_nothing_from_rows(modules: list[Any]) -> None:
    """Law 1: what repair does to a row may not depend on values of other rows."""
    learned = LEARNING | {"mean", "median", "quantile", "std", "var", "mode"}
    found = [
        f"{module.name}:{node.lineno} .{node.func.attr}()"
        for module in modules
        if module.inside("journeyman.stages.repair")
        for node in module.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in learned
    ]
    assert not found, "\n".join(found)


def test_only_evaluate_reads_the_holdout(modules: list[Any]) -> None:
    """Law 2: others may count the holdout's rows (`len(split.holdout)`), and no more."""
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules
        if not module.inside(*HOLDOUT_READERS)
        for node, parent in module.parents()
        if isinstance(node, ast.Attribute) and node.attr == "holdout" and not _counts(node, parent)
    ]
    assert not found, "\n".join(found)


def test_rules_that_set_columns_aside_see_no_target_of_the_holdout() -> None:
    """Law 2 holds before the split, too: who sees all targets decides how rows are divided, and no more.

    What a scope may see, and that one that oversteps is refused, is tested in tests/unit/stages/test_check.py.
    """
    sees_all = {type(rule).__name__ for rule in BUILT_IN if scope_of(rule) is RuleScope.WHOLE}
    assert sees_all == {
        "DuplicateRule",
        "FewRowsRule",
        "GroupRule",
        "LabelRule",
        "RowOrderRule",
        "SeriesOverTimeRule",
        "TargetRule",
    }


def _counts(node: ast.AST, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id == "len" and parent.args == [node]
    return isinstance(parent, ast.Attribute) and parent.attr in ("size", "shape")


def test_counting_is_told_from_reading() -> None:
    """The scan above sees what it should see."""
    reads = ("s.holdout", "f(s.holdout)", "s.holdout[0]", "s.holdout.tolist()")
    counts = ("len(s.holdout)", "s.holdout.size", "s.holdout.shape[0]")
    for text in reads + counts:
        tree = ast.parse(text)
        pairs = [(node, parent) for parent in ast.walk(tree) for node in ast.iter_child_nodes(parent)]
        [(node, parent)] = [p for p in pairs if isinstance(p[0], ast.Attribute) and p[0].attr == "holdout"]
        assert _counts(node, parent) is (text in counts), text


def test_nothing_is_stored_in_a_format_that_runs_code(modules: list[Any]) -> None:
    found = [f"{module.name}:{line}" for module in modules for line in _code_running(module.tree)]
    assert not found, "\n".join(found)


def _code_running(tree: ast.AST) -> list[int]:
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bad = any(alias.name.partition(".")[0] in CODE_RUNNING for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            home = (node.module or "").partition(".")[0]
            bad = home in CODE_RUNNING or (home in ("joblib", "torch") and bool(names & {"dump", "load"}))
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            bad = node.attr in CODE_RUNNING_CALLS or (owner in ("joblib", "torch") and node.attr in ("dump", "load"))
        elif isinstance(node, ast.keyword):
            bad = node.arg == "allow_pickle" and not (
                isinstance(node.value, ast.Constant) and node.value.value is False
            )
        else:
            continue
        if bad:
            lines.append(getattr(node, "lineno", 0))
    return lines


def test_the_scan_for_pickles_sees_them() -> None:
    bad = [
        "import pickle",
        "from cloudpickle import dumps",
        "joblib.dump(x, 'f')",
        "from joblib import load",
        "np.load('f', allow_pickle=True)",
        "frame.to_pickle('f')",
    ]
    assert [len(_code_running(ast.parse(text))) for text in bad] == [1] * len(bad)
    assert _code_running(ast.parse("np.load('f', allow_pickle=False)\nfrom joblib import Parallel")) == []


def test_only_tasks_ask_for_the_kind_of_task(modules: list[Any]) -> None:
    """The ranking knows which kinds its prior was learned on; all others ask for what a kind does."""
    found = [
        f"{module.name}:{line}"
        for module in modules
        if not module.inside("journeyman.tasks", "journeyman.stages.rank.context")
        for line in _kind_questions(module.tree)
    ]
    assert not found, "\n".join(found)


def _kind_questions(tree: ast.AST) -> list[int]:
    """Return the lines that compare a task's kind, look something up by it, or ask whether it is a classification."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            bad = any(_is_kind_of_task(part) for part in (node.left, *node.comparators))
        elif isinstance(node, ast.Subscript):
            bad = _is_kind_of_task(node.slice)
        elif isinstance(node, ast.Attribute):
            bad = node.attr in ("classification", "is_classification")
        else:
            bad = isinstance(node, ast.Name) and node.id == "TaskKind"
        if bad:
            lines.append(getattr(node, "lineno", 0))
    return lines


def _is_kind_of_task(node: ast.AST) -> bool:
    owner = node.value if isinstance(node, ast.Attribute) and node.attr == "kind" else None
    return "task" in (getattr(owner, "id", ""), getattr(owner, "attr", ""))


def test_the_scan_for_questions_of_kind_sees_them() -> None:
    bad = ["task.kind == 'binary'", "a if self.task.kind in KINDS else b", "WORDS[task.kind]", "kind.classification"]
    assert [len(_kind_questions(ast.parse(text))) for text in bad] == [1] * len(bad)
    assert _kind_questions(ast.parse("column.kind is Kind.NUMBER\nfind_task_type(task.kind)\nf'{task.kind}'")) == []

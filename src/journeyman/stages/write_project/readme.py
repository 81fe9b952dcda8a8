"""The README of a project: what it does, how it is used, where it came from, what its score was worth."""

from __future__ import annotations

from collections.abc import Iterable

from journeyman.entities.conversion import ConversionReport, OperationKind, PipelineCode

__all__ = ["readme"]

_KINDS = {
    OperationKind.READ: "read by `tables.py`",
    OperationKind.ROW: "done to each row, in training and in predicting alike",
    OperationKind.LEARNED: "learned in training, and given back in predicting",
    OperationKind.FILTER: "done in training only: each row to predict gets its prediction",
    OperationKind.JOIN: "joined by key from another file of `data/`",
    OperationKind.SPLIT: "done where the prototype's training is repeated, in `fit_as_told`",
    OperationKind.FIT: "done by `training.py`",
    OperationKind.OPAQUE: "taken over as it stands: read it before you trust it",
}


def readme(package: str, prototype: str, code: PipelineCode, report: ConversionReport) -> str:
    """Return the text of ``README.md``."""
    parts = [
        _opening(package, prototype, code, report),
        _use(package, code),
        _worth(report),
        _layout(package, code),
        _operations(code, report),
        _changes(report),
        _remarks(report),
    ]
    return "\n".join(part for part in parts if part)


def _opening(package: str, prototype: str, code: PipelineCode, report: ConversionReport) -> str:
    what = f" that predicts `{code.target}`" if code.target else ""
    model = code.model.name.rpartition(".")[2]
    article = "An" if model[:1] in "AEIOU" else "A"
    return f"""\
# {package.replace("_", "-")}

{article} `{model}`{what}. It was a prototype, `{_one_line(prototype)}`, of which {report.kept} of {report.statements} \
statements are needed to predict; they became the package `{package}`, which needs \
{_and(["pandas", "scikit-learn", *code.needs])}.
"""


def _use(package: str, code: PipelineCode) -> str:
    data = f"Its data lies in `data/`: {_and(f'`{path}`' for path in code.files.values())}.\n\n" if code.files else ""
    commands = "\n".join(
        [
            "pip install -e '.[test]'",
            f"python -m {package}.train --data data --out model.joblib",
            f"python -m {package}.predict new.csv predictions.csv",
            "python -m unittest    # or: pytest",
        ]
    )
    return f"""\
## Use

{data}```
{commands}
```

`train` writes `contract.json` beside the model. `predict` gives back all rows and columns, with `prediction` as the \
last; it looks at the rows first, by `contract.json`: a missing column, a number that cannot be read or a value that \
is missing where none ever was ends it with exit code 2 and one line that tells all of it; unknown categories and \
numbers outside of what was learned are warnings. A model file is read by the versions of its libraries that wrote it, \
and loading one runs code: load only what you trained, or trust who did.
"""


def _worth(report: ConversionReport) -> str:
    scores = [
        ("as the prototype told it", report.score_as_told, ""),
        ("repeated by this pipeline", report.score_repeated, ""),
        ("without leaks, on rows that took no part in its making", report.score_honest, _interval(report)),
        ("of a model that `journeyman build` makes of the same rows", report.score_build, ""),
    ]
    lines = [f"| {what} | {value:.4g}{more} |" for what, value, more in scores if value is not None]
    if not lines:
        return ""
    table = "\n".join([f"| {report.metric or 'score'} | |", "|---|---|", *lines])
    leaks = [f"- {leak.kind.value}: `{leak.method}`, {_place(report, leak.line)}" for leak in report.leaks]
    told = "\n\nWhat made the prototype's score unlike that of new rows:\n\n" + "\n".join(leaks) if leaks else ""
    return f"## What the score was worth\n\n{table}{told}\n"


def _interval(report: ConversionReport) -> str:
    if report.honest_low is None or report.honest_high is None:
        return ""
    return f" ({report.honest_low:.4g} to {report.honest_high:.4g}, with 95% confidence)"


def _layout(package: str, code: PipelineCode) -> str:
    told = {
        "tables.py": "reads the tables as the prototype did",
        "preparation.py": "from rows to features, in training and in predicting",
        "learned.py": "keeps what preparation learns from rows",
        "training.py": "the fits, on all rows or as the prototype did them",
        "pipeline.py": "all of it: `Pipeline().fit(rows)`, `predict(rows)`, `save`, `load`",
    }
    lines = [f"| `{file}` | {told[file]} |" for file in told if file in code.modules]
    lines += ["| `contract.py` | what rows must look like |", "| `train.py`, `predict.py` | the commands |"]
    table = "\n".join(["| | |", "|---|---|", *lines])
    return f"## What is where\n\nIn `src/{package}/`:\n\n{table}\n"


def _operations(code: PipelineCode, report: ConversionReport) -> str:
    if not code.operations:
        return ""
    lines = []
    for one in code.operations:
        why = f"; {_cell(one.reason)}" if one.reason else ""
        lines.append(f"| {_place(report, one.line)} | `{_cell(one.text, 90)}` | {_KINDS[one.kind]}{why} |")
    head = "## What became of each statement\n\n| where | statement | here |\n|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


def _changes(report: ConversionReport) -> str:
    if not report.changes:
        return ""
    lines = [
        f"| {_place(report, one.line)} | `{_cell(one.before, 70)}` | `{_cell(one.after, 70)}` | {_cell(one.reason)} |"
        for one in report.changes
    ]
    head = "## What libraries of today want otherwise\n\n| where | it was | it is | why |\n|---|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


def _remarks(report: ConversionReport) -> str:
    if not report.findings:
        return ""
    lines = [f"- {one.code}: {_one_line(one.message)} {_one_line(one.hint)}".rstrip() for one in report.findings]
    return "## What was noticed\n\n" + "\n".join(lines) + "\n"


def _place(report: ConversionReport, line: int) -> str:
    return (report.places or {}).get(line, f"line {line}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str, most: int = 200) -> str:
    """Return a text that stays in its cell of a table: one line, no bars, no backquotes, its end left out.

    Examples
    --------
    >>> _cell("a |\\n`b`"), _cell("abcdefgh", 6)
    ("a \\\\| 'b'", 'abc...')
    """
    plain = _one_line(text).replace("`", "'")
    plain = plain if len(plain) <= most else f"{plain[: most - 3]}..."
    return plain.replace("|", "\\|")


def _and(names: Iterable[str]) -> str:
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"

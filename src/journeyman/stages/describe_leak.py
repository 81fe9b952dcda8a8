"""Describe a leak: what the program does, why its score cannot be trusted, and what an honest one does instead."""

from __future__ import annotations

from collections.abc import Callable

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.finding import Finding, Severity

__all__ = ["describe_leak"]

_CODES = {
    LeakKind.PREPROCESSING: "CV201",
    LeakKind.OVERLAP: "CV202",
    LeakKind.RESAMPLED: "CV203",
    LeakKind.TRAINING_SCORE: "CV204",
    LeakKind.TARGET: "CV205",
    LeakKind.GROUPS: "CV206",
    LeakKind.TIME: "CV207",
    LeakKind.CHOSEN: "CV208",
}


def describe_leak(leak: CodeLeak, place: Callable[[int], str]) -> Finding:
    """Return a leak in plain words.

    Parameters
    ----------
    leak : CodeLeak
    place : callable
        From a line of the program to where people find it: "cell 3, line 2".

    Examples
    --------
    >>> leak = CodeLeak(LeakKind.PREPROCESSING, 9, "LogisticRegression.fit", 7, 10)
    >>> told = describe_leak(leak, lambda line: f"line {line}")
    >>> print(told.code, told.message)
    CV201 At line 7 something is learned from rows that judge LogisticRegression at line 10: its score may be too good.
    """
    done, instead = _words(leak, place)
    evidence = {"line": leak.line, "cause": leak.cause, "judged": leak.judged, "rows": leak.n_rows}
    return Finding(_CODES[leak.kind], Severity.WARNING, leak.columns, done, instead, evidence)


def _words(leak: CodeLeak, place: Callable[[int], str]) -> tuple[str, str]:
    model, cause, judged = leak.method.partition(".")[0], place(leak.cause), place(leak.judged)
    rows = f"{leak.n_rows:,} of the rows" if leak.n_rows else "rows"
    named = ", ".join(f"'{name}'" for name in leak.columns)
    match leak.kind:
        case LeakKind.PREPROCESSING:
            return (
                f"At {cause} something is learned from rows that judge {model} at {judged}: its score may be too good.",
                "The honest score learns it from the training rows alone.",
            )
        case LeakKind.OVERLAP:
            return (
                f"{rows.capitalize()} that judge {model} at {judged} stand among those that taught it: it knows them.",
                "The honest score keeps rows, and rows that are equal to them, on one side.",
            )
        case LeakKind.RESAMPLED:
            return (
                f"Rows are doubled or made up at {cause} and divided afterwards: {model} is judged at {judged} on "
                "copies of what taught it.",
                "The honest score resamples the training rows alone.",
            )
        case LeakKind.TRAINING_SCORE:
            return (
                f"{model} is judged at {judged} on the rows that taught it: that says how well it remembers.",
                "The honest score is of rows that are kept from it.",
            )
        case LeakKind.TARGET:
            return (
                f"{named or 'A feature'} of {model} at {place(leak.line)} hold the target, which nobody knows when "
                "predicting: the score is too good.",
                "The honest score leaves them out, or makes them of the training rows alone.",
            )
        case LeakKind.GROUPS:
            by = f"{named} ({leak.derive})" if leak.derive else named
            return (
                f"{rows.capitalize()} that judge {model} at {judged} share {by} with rows that taught it, and such "
                "rows are alike: it recognises them.",
                "The honest score is of groups that it never saw.",
            )
        case LeakKind.TIME:
            what = f"by {named}" if leak.columns else "in the order of the rows"
            return (
                f"{model} learns from rows that are later, {what}, than {rows if leak.n_rows else 'those'} that judge "
                f"it at {judged}: a prediction never can.",
                "The honest score is of the last rows, and only earlier ones teach.",
            )
        case LeakKind.CHOSEN:
            return (
                f"At {cause} the rows that judge {model} at {judged} also choose it: the best of several scores is "
                "partly luck.",
                "The honest score takes off what the best of so many gains by luck, and its interval holds for all of "
                "them.",
            )

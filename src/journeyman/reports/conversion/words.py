"""How a conversion is said: the verdict on the score, leaks, checks and places in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.code_leak import CodeLeak
from journeyman.entities.conversion import ConversionReport, ModelChoice
from journeyman.entities.finding import Finding
from journeyman.reports.words import number, plural

__all__ = [
    "HONEST",
    "LeakWords",
    "Verdict",
    "check_words",
    "is_loss",
    "leak_words",
    "metric_name",
    "model_name",
    "other_findings",
    "place_of",
    "score_rows",
    "verdict_on",
]

HONEST = "without leaks"
_LEAK_CODES = "CV2"
_LOSSES = "error loss deviance mse mae rmse rmsle mape msle brier hinge"
"""Words in the name of a metric of which less is better."""

_OTHER_SCORE = 0.1
"""A score that repeats so far from what was told was told of other values: of exp(prediction), say."""


@dataclass(frozen=True)
class Verdict:
    """What a conversion comes to: tone, sign, a sentence, and sentences that say why."""

    tone: str
    icon: str
    headline: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class LeakWords:
    """A leak as a person is told of it: its kind, what is done and what that does to the score, what is done instead.

    ``code`` is of the finding that says so, "" where there is none.
    """

    title: str
    seen: str
    mend: str
    code: str


def verdict_on(report: ConversionReport) -> Verdict:
    """Return what a conversion comes to, the gravest first.

    A score holds where the interval of the honest score reaches it.
    """
    leaks = (f"{plural(len(report.leaks), 'leak')} in the code that makes it.",) if report.leaks else ()
    if report.model is None:
        if leaks:
            return Verdict("warn", "!", "Its score cannot be trusted as it is.", (*leaks, "It was read, and not run."))
        return Verdict("calm", "–", "It was read, and not run.", ("What a score of it is worth is not known.",))
    if report.checks.equal_predictions is False:
        return Verdict("bad", "✕", "The pipeline does not repeat the prototype.", (report.checks.message, *leaks))
    if report.score_honest is None:
        if leaks:
            return Verdict("warn", "!", "Its score cannot be trusted as it is.", leaks)
        return Verdict("calm", "–", "What its score is worth could not be measured.", report.honest_reasons)
    return _compared(report, leaks)


def _compared(report: ConversionReport, leaks: tuple[str, ...]) -> Verdict:
    """Return the verdict on a score beside the honest one."""
    honest, told = report.score_honest, report.score_as_told
    assert honest is not None  # asked before
    low = honest if report.honest_low is None else report.honest_low
    high = honest if report.honest_high is None else report.honest_high
    name = metric_name(report.metric)
    span = f"{number(honest)} ({number(low)} to {number(high)})"
    if told is None:
        why = (f"{name} {span} on rows that took no part in making the model.", *leaks)
        return Verdict("calm", "–", "The prototype told no score.", why)
    beside = f"{name} {number(told)} as told; {span} on rows that took no part in making the model."
    again = report.score_repeated
    if again is not None and abs(again - told) > _OTHER_SCORE * max(abs(again), abs(told)):
        other = (
            f"{name} is {number(told)} as told, {number(again)} of the model's predictions: other values were judged."
        )
        span = f"{name} {span} on rows that took no part in making the model."
        return Verdict("calm", "–", "The score as told is not one of the model's predictions.", (other, span, *leaks))
    flattered = told < low if is_loss(report.metric) else told > high
    if flattered:
        return Verdict("bad", "✕", "The score is not worth what it says.", (beside, *leaks))
    if low <= told <= high:
        if leaks:
            more = "The leaks do no harm beyond chance on these rows; on others they may."
            return Verdict("warn", "!", "The score holds in spite of its leaks.", (beside, *leaks, more))
        return Verdict("good", "✓", "The score is worth what it says.", (beside,))
    return Verdict("good", "✓", "The score is worth more than it says.", (beside, *leaks))


def is_loss(metric: str | None) -> bool:
    """Return whether less of a metric is better, by its name.

    Examples
    --------
    >>> is_loss("sklearn.metrics.mean_squared_error"), is_loss("r2_score"), is_loss(None)
    (True, False, False)
    """
    words = (metric or "").rpartition(".")[2].lower().split("_")
    return any(word in _LOSSES.split() for word in words)


def metric_name(metric: str | None) -> str:
    """Return how a metric is called in a sentence.

    Examples
    --------
    >>> metric_name("sklearn.metrics.accuracy_score"), metric_name("LogisticRegression.score"), metric_name(None)
    ('accuracy', 'score', 'score')
    """
    last = (metric or "").rpartition(".")[2]
    return (last.removesuffix("_score") or "score").replace("_", " ")


def model_name(model: ModelChoice) -> str:
    """Return a model's class, and its variable where it has one.

    Examples
    --------
    >>> model_name(ModelChoice(0, "sklearn.svm.SVC", "clf"))
    'SVC (clf)'
    """
    name = model.name.rpartition(".")[2]
    return f"{name} ({model.variable})" if model.variable else name


def place_of(report: ConversionReport, line: int) -> str:
    """Return where a line stands: "cell 3, line 2"."""
    return (report.places or {}).get(line, f"line {line}")


def leak_words(leak: CodeLeak, report: ConversionReport) -> LeakWords:
    """Return a leak in the words of the finding that tells of it, or by its places alone where none does."""
    title = leak.kind.value[:1].upper() + leak.kind.value[1:]
    found = next((one for one in report.findings if _tells_of(one, leak)), None)
    if found is not None:
        return LeakWords(title, found.message, found.hint, found.code)
    seen = f"{leak.method} in {place_of(report, leak.line)}"
    if leak.cause != leak.line:
        seen += f", by way of {place_of(report, leak.cause)}"
    if leak.judged != leak.line:
        seen += f", is judged in {place_of(report, leak.judged)}"
    return LeakWords(title, f"{seen}.", "", "")


def other_findings(report: ConversionReport) -> list[Finding]:
    """Return the findings that tell of no leak."""
    return [one for one in report.findings if not any(_tells_of(one, leak) for leak in report.leaks)]


def _tells_of(finding: Finding, leak: CodeLeak) -> bool:
    places = {"line": leak.line, "cause": leak.cause, "judged": leak.judged}
    return all(finding.evidence.get(name) == line for name, line in places.items()) and (
        finding.code.startswith(_LEAK_CODES)
    )


def score_rows(report: ConversionReport) -> list[tuple[str, float, str]]:
    """Return the scores there are, each with its name and how it is said."""
    rows = [
        ("as the prototype told it", report.score_as_told),
        ("repeated by the pipeline", report.score_repeated),
        (HONEST, report.score_honest),
        ("journeyman build, on the same rows", report.score_build),
    ]
    told = []
    for name, value in rows:
        if value is not None:
            known = name == HONEST and report.honest_low is not None and report.honest_high is not None
            span = f" ({number(report.honest_low)} to {number(report.honest_high)})" if known else ""
            told.append((name, value, f"{number(value)}{span}"))
    return told


def check_words(report: ConversionReport) -> list[tuple[str, bool | None, str]]:
    """Return what the project's tests asked, what came of it, and a remark."""
    checks = report.checks
    compared = f"{plural(checks.n_compared, 'row')} compared" if checks.n_compared else ""
    if checks.largest_difference:
        compared += f", difference {number(checks.largest_difference)}"
    return [
        ("Predictions are those of the prototype", checks.equal_predictions, compared),
        ("A row alone is predicted as among others", checks.one_row_equal, ""),
        ("The order of rows changes nothing", checks.shuffled_equal, ""),
        ("A missing column is told by its name", checks.missing_column_told, ""),
    ]

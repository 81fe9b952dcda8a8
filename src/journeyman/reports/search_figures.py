"""Pictures of how the model was found: every candidate's score over time, and where the time went."""

from __future__ import annotations

import math
from dataclasses import dataclass

from journeyman.entities.candidate import BASELINE
from journeyman.entities.experience import Expectation
from journeyman.entities.report import BuildReport
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.reports.charts import Dots, Line, Mark, Note, Rule, plot
from journeyman.reports.figure import Bar, Figure, bars
from journeyman.reports.scales import Scale, linear_scale
from journeyman.reports.search_words import copies_words
from journeyman.reports.words import duration, number, percent, score_words

__all__ = ["TrialRow", "member_bars", "search_figure", "stage_bars", "trial_rows"]

_PALETTE = 7  # colours of the style sheet for algorithms: c-a0 ... c-a6


@dataclass(frozen=True)
class TrialRow:
    """A trial as a row of the table; ``order`` and ``seconds`` are what the table is sorted by."""

    number: int
    algorithm: str
    style: str
    parameters: str
    reason: str
    status: str
    score: str
    order: float
    spread: str
    took: str
    seconds: float
    weight: str
    cause: str
    expected: str = ""
    probability: float = 0.0
    came: str = ""
    gain: float = 0.0


def _styles(report: BuildReport) -> dict[str, str]:
    """Give each algorithm a colour, in the order in which they were tried."""
    names = list(dict.fromkeys(t.candidate.learner for t in report.trials if t.candidate.algorithm != BASELINE))
    return {BASELINE: "c-base"} | {name: f"c-a{k % _PALETTE}" for k, name in enumerate(names)}


def _score_text(report: BuildReport, score: float) -> str:
    return percent(score, 4) if score_words(report.evaluation.main).percent else number(score, 4)


def _finished(report: BuildReport) -> list[float]:
    """Return when each trial ended, in seconds; 1, 2, 3 ... where no times were kept."""
    ends = [t.started + t.seconds for t in report.trials]
    return ends if any(ends) else [float(k + 1) for k in range(len(ends))]


def search_figure(report: BuildReport) -> Figure | None:
    """Return each candidate's score over time, with the ensemble's best so far and the baseline."""
    done = [(t, end) for t, end in zip(report.trials, _finished(report), strict=True) if _usable(t)]
    if len(done) < 2:  # one dot tells nothing
        return None
    best = [v for v in report.ensemble_scores if math.isfinite(v)]
    rivals = [t.score for t, _ in done if t.candidate.algorithm != BASELINE and t.score is not None] or best
    base = next((t.score for t, _ in done if t.candidate.algorithm == BASELINE), None)
    words, greater = score_words(report.evaluation.main), report.evaluation.main.greater_is_better
    # A few failures far off must not flatten the differences that matter: show the better three quarters in full.
    ranked = sorted(rivals, reverse=greater)
    shown = [*ranked[: max(1, math.ceil(len(ranked) * 0.75))], *best[-1:]] or [0.0]
    near = base is not None and abs(base - shown[0]) < 4 * (max(shown) - min(shown))
    low, high = min(shown), max(shown)
    pad = (high - low) * 0.15 or abs(high) * 0.02 or 0.1
    ends = (low - pad, high + pad)
    if near and base is not None:
        ends = (min(ends[0], base), max(ends[1], base))
    y = linear_scale(*ends, f"{words.label} out of fold", as_percent=words.percent)
    timed = any(t.started + t.seconds for t in report.trials)
    x = linear_scale(0, max(end for _, end in done), "seconds since the build began" if timed else "trials", zero=True)
    marks = [*_baseline(report, base, x, y, near), *_candidates(report, done, y), *_best_line(report, x)]
    off = sum(
        1
        for t, _ in done
        if t.score is not None and not y.low <= t.score <= y.high and _styles(report)[t.candidate.learner] != "c-base"
    )
    note = f"{'Higher' if greater else 'Lower'} is better. Filled dots are part of the released ensemble."
    if off:
        note += f" {off} far worse {'candidate lies' if off == 1 else 'candidates lie'} on the edge."
    present = {t.candidate.learner for t, _ in done}
    names = [
        (style, name.replace("_", " "))
        for name, style in _styles(report).items()
        if name in present and name != BASELINE
    ]
    legend = (("c-ink", "ensemble's best so far"), *names)
    title = "Score of the candidates over time"
    return Figure(
        title, plot(title, x, y, marks, (380, 300)), note, legend, wide_svg=plot(title, x, y, marks, (1080, 320))
    )


def _usable(trial: Trial) -> bool:
    return trial.status is TrialStatus.DONE and trial.score is not None and math.isfinite(trial.score)


def _baseline(report: BuildReport, base: float | None, x: Scale, y: Scale, near: bool) -> list[Mark]:
    if base is None:
        return []
    if near:
        said = f"{report.evaluation.main.beside}: {_score_text(report, base)}"
        below = base > (y.low + y.high) / 2
        return [Rule((x.low, x.high), (base, base)), Note(x.high, base, said, "end", (0.0, 14.0 if below else -5.0))]
    edge, arrow = (y.low, "↓") if base < y.low else (y.high, "↑")
    said = f"{report.evaluation.main.beside}: {_score_text(report, base)}, off the scale {arrow}"
    return [Note(x.high, edge, said, "end", (0.0, -5.0 if base < y.low else 14.0))]


def _candidates(report: BuildReport, done: list[tuple[Trial, float]], y: Scale) -> list[Mark]:
    kept = {m.candidate.key for m in report.members}
    styles, marks = _styles(report), []
    for hollow in (True, False):
        for name, style in styles.items():
            mine = [
                (t, end)
                for t, end in done
                if t.candidate.learner == name
                and (t.candidate.key not in kept) == hollow
                and (name != BASELINE or y.low <= (t.score or 0.0) <= y.high)
            ]
            tips = [f"{name}: {_score_text(report, t.score or 0.0)} after {duration(end)}" for t, end in mine]
            scores = [t.score or 0.0 for t, _ in mine]
            if mine:
                marks.append(Dots([end for _, end in mine], scores, style, tips, [5.0] * len(mine), hollow=hollow))
    return list(marks)


def _best_line(report: BuildReport, x: Scale) -> list[Mark]:
    ends = _finished(report)
    pairs = [(a, b) for a, b in zip(ends, report.ensemble_scores, strict=False) if math.isfinite(b)]
    # The first is the baseline alone, from which the line would climb off the scale.
    pairs = pairs[1:] if len(pairs) > 1 and report.trials[0].candidate.algorithm == BASELINE else pairs
    if not pairs:
        return []
    xs, ys = [a for a, _ in pairs], [b for _, b in pairs]
    tips = [f"ensemble: {_score_text(report, b)} after {duration(a)}" for a, b in pairs]
    return [Line(xs, ys, "c-ink", tips, step=True)]


_STAGES = {  # by how names of steps begin, those of earlier versions too
    "Reading and checking the data": ("ingest", "frame", "check", "repair", "split", "profile"),
    "Choosing what to try": ("choose", "diagnose", "load experience", "remember"),
    "Trials": ("trial", "train"),
    "Final fits": ("prepare", "fit", "calibrate", "seed", "measure duplicate", "copies", "recollect"),
    "Evaluating and explaining": (
        "limit",
        "evaluate",
        "explain",
        "examples",
        "decide",
        "champion",
        "reference",
        "hurry",
    ),
}
_REST = "Packaging the release"


def member_bars(report: BuildReport) -> tuple[Bar, ...]:
    """Return the shares of the ensemble's members."""
    names = [f"{m.candidate.learner.replace('_', ' ')}{copies_words(m)}" for m in report.members]
    weights = [m.weight for m in report.members]
    return bars(names, weights, [percent(w) for w in weights], full=1.0)


def stage_bars(report: BuildReport) -> tuple[Bar, ...]:
    """Return where the time went, by what a reader knows of a build."""
    groups = dict.fromkeys([*_STAGES, _REST], 0.0)
    for step, seconds in report.stage_seconds.items():
        group = next((name for name, starts in _STAGES.items() if step.startswith(starts)), _REST)
        groups[group] += seconds
    spent = {name: seconds for name, seconds in groups.items() if seconds >= 0.05 or name == "Trials"}
    return bars(list(spent), list(spent.values()), [duration(s) for s in spent.values()])


def trial_rows(report: BuildReport) -> list[TrialRow]:
    """Return every trial, failed ones with their cause, in the order they were run."""
    weights = {m.candidate.key: m.weight for m in report.members}
    styles, greater, rows = _styles(report), report.evaluation.main.greater_is_better, []
    for k, trial in enumerate(report.trials):
        score = trial.score if trial.score is not None and math.isfinite(trial.score) else None
        folds = trial.fold_scores
        order = math.inf if score is None else -score if greater else score
        weight = weights.get(trial.candidate.key)
        stated = report.expectations[k] if k < len(report.expectations) else None
        outcome = report.outcomes[k] if k < len(report.outcomes) else None
        rows.append(
            TrialRow(
                number=k + 1,
                algorithm=trial.candidate.learner.replace("_", " "),
                style=styles[trial.candidate.learner],
                parameters=", ".join(f"{a} {b}" for a, b in trial.candidate.parameters.items()),
                reason=trial.candidate.reason,
                status=str(trial.status),
                score="–" if score is None else _score_text(report, score),
                order=order,
                spread=f"{number(min(folds))} – {number(max(folds))}" if folds else "",
                took=duration(trial.seconds),
                seconds=trial.seconds,
                weight=percent(weight) if weight is not None else "",
                cause=trial.cause,
                expected=_expected(stated) if stated is not None else "",
                probability=stated.probability if stated is not None else 0.0,
                came=_came(outcome) if outcome is not None else "",
                gain=outcome[1] if outcome is not None else 0.0,
            )
        )
    return rows


def _expected(stated: Expectation) -> str:
    """Say what was stated before a trial: the probability of a lift, and the gain if there is one."""
    return f"{percent(stated.probability)}, {percent(stated.gain)} less loss"


def _came(outcome: tuple[bool, float]) -> str:
    """Say what came of a trial."""
    lifted, gain = outcome
    if lifted:
        return f"improved, {percent(gain)} less loss"
    return "within noise" if gain > 0 else "no gain"

"""What the terminal shows: a screenful after a build, and tables of models and findings. Reads well without colour."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journeyman.entities.column import Role
from journeyman.entities.decision import Action, Verdict
from journeyman.entities.evaluation import Score
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.report import BuildReport
from journeyman.entities.trial import TrialStatus
from journeyman.reports.phrases import (
    examined_words,
    further_reasons,
    held_words,
    interval_words,
    placed_words,
    remedy_words,
    score_row,
    sentence,
)
from journeyman.reports.pressing import handled_findings, pressing_findings
from journeyman.reports.reported_findings import reported_findings
from journeyman.reports.search_words import (
    copies_words,
    interrupted_words,
    late_words,
    not_tried_words,
    overrun_words,
    price_words,
    recalled_words,
    stop_words,
    time_words,
    tried_words,
)
from journeyman.reports.weakness_words import mended_words
from journeyman.reports.words import (
    clean,
    cut,
    duration,
    metric_words,
    number,
    percent,
    place,
    plural,
    score_words,
    shorten,
)

__all__ = ["findings_table", "models_table", "show", "summary"]

_VERDICTS = {
    Verdict.RELEASE: ("✓ RELEASE", "bold green"),
    Verdict.RELEASE_WITH_CARE: ("! RELEASE WITH CARE", "bold yellow"),
    Verdict.DO_NOT_RELEASE: ("✗ DO NOT RELEASE", "bold red"),
}
_SEVERITIES = {
    Severity.ERROR: ("error", "red"),
    Severity.WARNING: ("warning", "yellow"),
    Severity.NOTE: ("note", "cyan"),
    Severity.NOT_APPLICABLE: ("n/a", "dim"),
}
_TOP_REASONS, _TOP_FINDINGS, _TOP_SCORES, _TOP_HINTS = 3, 3, 3, 2
_LONG = 130  # characters of a sentence before its end is left out on the first screen: two lines


def _indented(text: Text | str, left: int = 2) -> Padding:
    return Padding(text if isinstance(text, Text) else Text(text), (0, 0, 0, left), expand=False)


def _heading(text: str) -> Text:
    return Text(text, style="bold")


def _marked(mark: str, text: Text | str, style: str = "") -> Table:
    """Return text that hangs from a mark, so that later lines line up."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(Text("  " + mark, style=style), text if isinstance(text, Text) else Text(text))
    return grid


def _score_line(score: Score) -> tuple[Text, Text, Text]:
    row = score_row(score)
    return (
        Text("  " + row.name),
        Text.assemble((row.value, "bold"), f"  ({row.low} to {row.high})"),
        Text(f"{score.beside}: {row.baseline}"),
    )


def _scores(scores: Sequence[Score]) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    for _ in range(3):
        grid.add_column()
    for score in scores:
        grid.add_row(*_score_line(score))
    return grid


def _head(report: BuildReport) -> list[RenderableType]:
    word, style = _VERDICTS[report.decision.verdict]
    what = f"{shorten(report.name, 30)} {report.version} predicts {shorten(report.task.target, 30)}"
    facts = (
        f"{plural(report.rows, 'row')} of {shorten(place(report.source), 40)}, {_planted(report)}"
        f"{plural(len(report.trials), 'trial')}, "
        f"{duration(report.seconds)} {late_words(report)}"
    ).rstrip()
    free = max(0, _TOP_REASONS - len(further_reasons(report.decision)))  # lines that no further reason needs
    ended = interrupted_words(report)
    return [
        Text.assemble((word, style), "   ", (what, "bold")),
        _indented(Text(facts, style="dim")),
        *_joined_words(report),
        *([_indented(Text(sentence(clean(ended)), style="yellow"))] if ended else []),
        _indented(cut(sentence(report.decision.reason), 210 + free * _LONG)),
    ]


def _joined_words(report: BuildReport) -> list[RenderableType]:
    """Return a line that names the tables that were joined; none where no lake was searched."""
    if report.lake is None:
        return []
    tables = list(dict.fromkeys(v.table for v in report.lake.verdicts if v.accepted))
    shown = ", ".join(shorten(table, 24) for table in tables[:3]) + (", ..." if len(tables) > 3 else "")
    joined = f"joined with {shown}" if tables else "none of them helps"
    return [_indented(Text(f"{plural(report.lake.tables, 'table')} searched: {joined}", style="dim"))]


def _planted(report: BuildReport) -> str:
    return f"{report.planted_rows:,} planted ones that examine it, " if report.planted_rows else ""


def _reasons(report: BuildReport) -> list[RenderableType]:
    mended = [f"Found wrong and put right: {words}" for words in mended_words(report)[:1]]
    mended += [words] if (words := recalled_words(report)) else []
    shown = [*further_reasons(report.decision)[: _TOP_REASONS - len(mended)], *mended]
    # What became of the champion ends in a command to type, so that it is not cut.
    whole = sentence(report.decision.place) if report.decision.place else ""
    # A reason ends in its figure: what short ones, or none, leave of the screen, long ones may take.
    room = (_TOP_REASONS * _LONG - sum(min(len(r), _LONG) for r in shown)) // max(1, sum(len(r) > _LONG for r in shown))
    return [_marked("-", clean(r) if r == whole else cut(r, _LONG + room)) for r in shown]


def _findings(report: BuildReport, more: str) -> list[RenderableType]:
    """Return what needs an act, and what was dealt with; ``more`` is the command that shows the rest."""
    findings = reported_findings(report)
    pressing, handled = pressing_findings(findings), handled_findings(findings)
    blocks: list[RenderableType] = []
    if pressing:
        blocks += [Text(), _heading("Act on"), *_finding_lines(pressing, _TOP_FINDINGS, more)]
    if handled:
        most = max(1, _TOP_FINDINGS - len(pressing))
        blocks += [Text(), _heading("Done about the data; overrule it where it is wrong")]
        blocks += _finding_lines(handled, most, more)
    if not blocks:
        blocks = [Text(), _indented(Text("No finding needs an act.", style="dim"))]
    return blocks


def _finding_lines(findings: Sequence[Finding], most: int, more: str) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for k, finding in enumerate(findings[:most]):
        mark, style = _SEVERITIES[finding.severity]
        done = f" {remedy_words(finding.remedy)}".rstrip()
        said = Text.assemble((finding.code, "bold"), " ", cut(finding.message, _LONG - len(done)), done)
        if finding.hint and k < _TOP_HINTS:
            said.append("\n→ " + cut(finding.hint, _LONG), style="dim")
        lines.append(_marked("✗" if mark == "error" else "!", said, style))
    rest = len(findings) - most
    if rest > 0:
        lines.append(_indented(Text(f"and {rest} more: {more}", style="dim")))
    return lines


def summary(report: BuildReport, report_path: str, workspace: str = "") -> RenderableType:
    """Return one screenful on a finished build.

    Parameters
    ----------
    report : BuildReport
        What is known of the build.
    report_path : str
        Where the HTML report lies.
    workspace : str
        Where the release lies, where commands would not look there by themselves.

    Returns
    -------
    rich renderable
        Verdict, score with interval beside the baseline, reasons, findings to act on, the report's path and the next
        command, in at most 35 lines of 80 characters.
    """
    name = shlex.quote(clean(report.name))
    there = f" --workspace {shlex.quote(workspace)}" if workspace else ""
    # The number is named: a version that was not promoted is not what the bare name stands for.
    more = f"journeyman show {name} --version {report.version}{there}"
    where = Table.grid(padding=(0, 2, 0, 0))
    where.add_column(no_wrap=True)
    where.add_column(ratio=1, overflow="fold")
    where.add_row(Text("Report", style="bold"), Text(clean(report_path)))
    if report.decision.verdict is Verdict.DO_NOT_RELEASE:
        where.add_row(Text("Next", style="bold"), Text(more, style="cyan"))
    else:
        kept = "" if report.decision.action is Action.PROMOTE else f" --version {report.version}"
        rows = "NEW-ROWS.csv --out predictions.csv" if report.task.panel is None else "--out forecasts.csv"
        command = f"journeyman predict {name} {rows}{kept}{there}"
        where.add_row(Text("Next", style="bold"), Text(command, style="cyan"))
    return Group(
        *_head(report),
        Text(),
        _heading(f"Score, with its {interval_words(report.evaluation.on_holdout)}"),
        _scores(report.evaluation.scores[:_TOP_SCORES]),
        *([Text(), _heading("Why"), *_reasons(report)] if _reasons(report) else []),
        *_findings(report, more),
        Text(),
        where,
    )


def models_table(
    versions: Sequence[ModelVersion],
    removed: Sequence[ModelVersion] = (),
    judged: Mapping[str, str] = MappingProxyType({}),
) -> RenderableType:
    """Return all versions of all models, the one in use marked, and a line for each model of which some were removed.

    Parameters
    ----------
    versions, removed : sequence of ModelVersion
        In the order to be shown.
    judged : mapping of str to str
        By a version's run, what names the rows that judged it. Scores of one letter were measured on the same rows; no
        two models share a letter.
    """
    if not versions:
        return Text("No models yet. Build one: `journeyman build TABLE --target COLUMN`")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("model", overflow="fold", min_width=8)
    table.add_column("version", justify="right", no_wrap=True)
    table.add_column("in use", justify="center", no_wrap=True)
    table.add_column("score", no_wrap=True)
    table.add_column("on rows", justify="center", no_wrap=True)
    table.add_column("verdict")
    table.add_column("built (UTC)", no_wrap=True)
    letters = _letters(versions, judged)
    for v in versions:
        words = metric_words(v.metric)
        score = percent(v.score, 3) if words.percent else number(v.score)
        table.add_row(
            Text(clean(v.name), style="bold" if v.champion else ""),
            str(v.version),
            Text("*" if v.champion else "", style="green"),
            Text(f"{words.label} {score}"),
            Text(letters[v.run]),
            Text(clean(v.verdict)),
            Text(v.created[:16].replace("T", " ")),
        )
    lines = [_removed(name, removed) for name in {v.name: None for v in removed}]
    if len({v.name for v in versions}) < len(versions):
        lines.append(
            "Compare scores only where they have the same letter: others were measured on other rows. Of a champion "
            "and a new version, journeyman show NAME --version N tells how both did on the same ones."
        )
    return Group(table, *(Text(line, style="dim") for line in lines))


def _letters(versions: Sequence[ModelVersion], judged: Mapping[str, str]) -> Mapping[str, str]:
    """Return a letter for the rows that judged each version, by its run: A, B ... Z, AA ...; "?" where nobody knows.

    Letters go on from model to model: one that began anew would be taken for the same rows.
    """
    rows: dict[tuple[str, str], str] = {}
    letters = {}
    for v in versions:
        known = judged.get(v.run)
        letters[v.run] = "?" if known is None else rows.setdefault((v.name, known), _letter(len(rows)))
    return letters


def _letter(number: int) -> str:
    """Return what counts as a spreadsheet's columns do.

    Examples
    --------
    >>> _letter(0), _letter(25), _letter(26), _letter(702)
    ('A', 'Z', 'AA', 'AAA')
    """
    more, last = divmod(number, 26)
    return ("" if not more else _letter(more - 1)) + chr(ord("A") + last)


def _removed(name: str, removed: Sequence[ModelVersion]) -> str:
    numbers = ", ".join(str(v.version) for v in removed if v.name == name)
    more = f"`journeyman operate {shlex.quote(clean(name))} --keep-releases N`"
    return f"{clean(name)}: the loop removed {numbers} ({more} keeps more)"


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """Return findings, the gravest first, each with what can be done; checks that could not apply are counted."""
    said = sorted((f for f in findings if f.severity is not Severity.NOT_APPLICABLE), key=lambda f: f.severity.rank)
    skipped = len(findings) - len(said)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("code", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was seen, and what to do", ratio=1)
    for finding in said:
        word, style = _SEVERITIES[finding.severity]
        text = Text(sentence(clean(finding.message)))
        if remedy_words(finding.remedy):
            text.append(" " + remedy_words(finding.remedy))
        if finding.hint:
            text.append("\n→ " + clean(finding.hint), style="dim")
        table.add_row(Text(finding.code), Text(word, style=style), text)
    foot = Text(f"{plural(skipped, 'check')} could not apply." if skipped else "", style="dim")
    if not said:
        return Group(Text("No findings."), foot) if skipped else Text("No findings.")
    return Group(table, foot) if skipped else table


def _held(report: BuildReport) -> list[RenderableType]:
    text = held_words(report.evaluation.interval_check, bool(report.task.labels))
    return [_indented(Text(text, style="dim"))] if text else []


def _top_columns(report: BuildReport) -> list[RenderableType]:
    ranked = [i for i in report.evaluation.importances if i.mean > 0][:8]
    if not ranked:
        return []
    most = ranked[0].mean
    table = Table.grid(padding=(0, 2, 0, 0))
    for item in ranked:
        bar = Text("█" * max(1, round(24 * item.mean / most)), style="blue")
        table.add_row(Text("  " + shorten(item.column, 34)), bar, Text(number(item.mean, 2)))
    name = score_words(report.evaluation.main).label
    change = "fall" if report.evaluation.main.greater_is_better else "rise"
    return [Text(), _heading(f"What it relies on ({change} in {name} when a column is shuffled)"), table]


def _members(report: BuildReport) -> list[RenderableType]:
    if not report.members:
        return []
    said = ", ".join(f"{m.candidate.learner}{copies_words(m)} {percent(m.weight)}" for m in report.members)
    stop = sentence(stop_words(report))
    if report.limited:
        stop = f"{stop} {sentence(report.limited)}"
    lines = [f"Ensemble: {said}. {tried_words(report)}.", clean(stop)]
    said_besides = (price_words(report), time_words(report), overrun_words(report))
    lines += [f"{words}." for words in said_besides if words]
    not_tried = [_marked("-", clean(not_tried_words(one))) for one in report.not_tried]
    heading = [Text(), _heading("Not tried, and why")] if not_tried else []
    found = [Text(), _heading("How it was found"), *[_indented(line) for line in lines], *_stated(report)]
    return [*found, *heading, *not_tried]


def _stated(report: BuildReport) -> list[RenderableType]:
    """Return what was expected of each trial and what came of it."""
    if not report.expectations:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("  trial")
    table.add_column("expected to improve", justify="right", no_wrap=True)
    table.add_column("came of it", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    rows = zip(report.trials, report.expectations, report.outcomes, strict=False)
    for trial, stated, (lifted, gain) in rows:
        table.add_row(
            "  " + shorten(clean(trial.candidate.name), 34),
            f"{percent(stated.probability)}",
            f"{percent(gain)} less loss" if lifted else "noise" if trial.status is TrialStatus.DONE else trial.status,
            duration(trial.seconds),
        )
    return [table]


def show(report: BuildReport) -> RenderableType:
    """Return a model in full: verdict, every score, what it relies on, its columns, and all findings."""
    features = [clean(c.name) for c in report.columns if c.role is Role.FEATURE]
    ignored = [clean(c.name) for c in report.columns if c.role is Role.IGNORED]
    used = shorten(", ".join(features), 600)
    columns: list[RenderableType] = [_indented(f"Uses {plural(len(features), 'column')}: {used}")]
    if ignored:
        columns.append(_indented(f"Leaves out {plural(len(ignored), 'column')}: {shorten(', '.join(ignored), 300)}"))
    return Group(
        *_head(report),
        *[_marked("-", clean(r)) for r in further_reasons(report.decision)],
        _indented(Text(placed_words(report.decision.action), style="dim")),
        Text(),
        _heading(
            f"Scores on {examined_words(report.evaluation)}, each with its "
            f"{interval_words(report.evaluation.on_holdout)}"
        ),
        _scores(report.evaluation.scores),
        *_held(report),
        *_top_columns(report),
        *_members(report),
        Text(),
        _heading("Columns"),
        *columns,
        _indented(clean(report.split_reason)),
        Text(),
        _heading("Findings"),
        Padding(findings_table(reported_findings(report)), (0, 0, 0, 2)),
    )

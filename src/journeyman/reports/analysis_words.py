"""How an analysis is told: its verdict in lines, and the chain from what was found to what a model gains by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.analysis import ActionKind, ActionTrial, Analysis, Discovery
from journeyman.entities.report import BuildReport
from journeyman.entities.search import TrialOutcome
from journeyman.reports.words import clean, number, percent, plural

__all__ = [
    "TITLES",
    "ChainLink",
    "build_links",
    "chain_links",
    "headline",
    "kind_title",
    "part_words",
    "top_discoveries",
]

TITLES = {
    "associations": "What the target depends on",
    "interactions": "Columns that matter together",
    "turning_points": "Relations that turn",
    "thresholds": "Jumps",
    "reversals": "Relations that turn around within groups",
    "missingness": "Why values are missing",
    "stability": "What changes over time",
    "redundancy": "Columns that say the same",
    "dependencies": "Columns that go together",
}
_NOUNS = {
    "associations": ("column that the target depends on", "columns that the target depends on"),
    "interactions": ("pair that matters together", "pairs that matter together"),
    "turning_points": ("relation that turns", "relations that turn"),
    "thresholds": ("jump", "jumps"),
    "reversals": ("reversal within groups", "reversals within groups"),
    "missingness": ("reason for missing values", "reasons for missing values"),
    "stability": ("change over time", "changes over time"),
    "redundancy": ("group of columns that say the same", "groups of columns that say the same"),
    "dependencies": ("pair of columns that go together", "pairs of columns that go together"),
}
_FOLLOWS = "analysed"
_GIVEN = {
    "features": (ActionKind.CROSS, ActionKind.DIFFERENCE, ActionKind.SIDE, ActionKind.GAPS, ActionKind.DROP),
    "monotone": (ActionKind.MONOTONE,),
}
"""By a word of a candidate's style, the actions that it is given."""

_FIRST = ("interactions", "reversals", "thresholds", "turning_points", "stability", "missingness", "redundancy")


@dataclass(frozen=True)
class ChainLink:
    """What was found, what was done about it, and what that gained, in words.

    Attributes
    ----------
    found, done, gained : str
        In a sentence each.
    style : str
        "good" where the gain is proved, "calm" where it is not, "warn" where nothing was tried.
    mark : str
        One character for the style.
    """

    found: str
    done: str
    gained: str
    style: str
    mark: str


def kind_title(kind: str) -> str:
    """Return the heading of a kind of discovery; its own name, spaced out, where a package brought it."""
    return TITLES.get(kind, kind.replace("_", " ").capitalize())


def headline(analysis: Analysis) -> str:
    """Say in one sentence what is in the table."""
    counts = {
        kind: sum(d.kind == kind for d in analysis.discoveries)
        for kind in dict.fromkeys(d.kind for d in analysis.discoveries)
    }
    if not counts:
        about = f"about '{clean(analysis.target)}'" if analysis.target else "about its columns"
        return f"Nothing {about} was confirmed: no relation that half of the rows suggest holds on the other half."
    said = [
        plural(n, *_NOUNS[kind]) if kind in _NOUNS else f"{n} of {kind_title(kind).lower()}"
        for kind, n in counts.items()
    ]
    text = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"Confirmed on rows that did not suggest it: {text}."


def part_words(analysis: Analysis) -> str:
    """Say which rows did what, and how many relations were looked at."""
    parts = analysis.parts
    alone = "" if parts.clusters == parts.confirmed else f" (as many as {parts.clusters:,} that stand alone)"
    kept = f" {parts.reserved:,} rows are the holdout of a build and were not looked at." if parts.reserved else ""
    return (
        f"{parts.explored:,} rows were searched through {plural(analysis.looked_at, 'relation')}; "
        f"{plural(analysis.tested, 'hypothesis', 'hypotheses')} of theirs "
        f"{'was' if analysis.tested == 1 else 'were'} tested on {parts.confirmed:,} other rows{alone}. At most "
        f"{percent(analysis.rate)} of what is stated is false, on average.{kept}"
    )


def top_discoveries(analysis: Analysis, most: int) -> tuple[Discovery, ...]:
    """Return the discoveries that people should see first: the strongest of each kind in turn."""
    by_kind: dict[str, list[Discovery]] = {}
    for discovery in analysis.discoveries:
        by_kind.setdefault(discovery.kind, []).append(discovery)
    order = [kind for kind in ("associations", *_FIRST) if kind in by_kind]
    order += [kind for kind in by_kind if kind not in order]
    found: list[Discovery] = []
    while len(found) < most and any(by_kind.values()):
        for kind in order:
            if by_kind[kind] and len(found) < most:
                found.append(by_kind[kind].pop(0))
    return tuple(found)


def chain_links(analysis: Analysis) -> tuple[ChainLink, ...]:
    """Return the chain, what gained first."""
    return tuple(_link(trial, analysis.discoveries) for trial in analysis.trials)


def build_links(report: BuildReport) -> tuple[ChainLink, ...]:
    """Return what a build did about the analysis that it was given: a link for each candidate that follows it."""
    analysis = report.analysis
    if analysis is None:
        return ()
    links = []
    for position, trial in enumerate(report.trials):
        candidate = trial.candidate
        if f"{candidate.algorithm}_{_FOLLOWS}" not in candidate.known_as:
            continue
        kinds = {kind for word, group in _GIVEN.items() if word in candidate.style for kind in group}
        kinds |= {ActionKind.FADING} if candidate.treatment is not None else set()
        actions = [action for action in analysis.actions if action.kind in kinds]
        found = [d.sentence for d in analysis.discoveries if d.action in actions]
        more = f" And {plural(len(found) - 2, 'more statement')}." if len(found) > 2 else ""
        done = "; ".join(action.text for action in actions[:4])
        done += f"; and {len(actions) - 4} more" if len(actions) > 4 else ""
        outcome = report.outcomes[position] if position < len(report.outcomes) else TrialOutcome(False, 0.0)
        kept = any(member.candidate.key == candidate.key for member in report.members)
        part = " It is part of the released ensemble." if kept else " It is no part of the released ensemble."
        if outcome.beyond_noise:
            gained, style, mark = (
                f"A gain beyond noise: the ensemble's loss fell by {percent(outcome.gain)}.",
                "good",
                "✓",
            )
        elif outcome.gain > 0:
            gained, style, mark = f"The ensemble's loss fell by {percent(outcome.gain)}, within noise.", "calm", "–"
        else:
            gained, style, mark = "It made the ensemble no better.", "calm", "–"
        links.append(ChainLink(" ".join(found[:2]) + more, f"{candidate.name}: {done}.", gained + part, style, mark))
    return tuple(links)


def _link(trial: ActionTrial, discoveries: Sequence[Discovery]) -> ChainLink:
    sources = [discoveries[place] for place in trial.discoveries if place < len(discoveries)]
    found = " ".join(one.sentence for one in sources[:2])
    found += f" And {plural(len(sources) - 2, 'more statement')}." if len(sources) > 2 else ""
    done = "; ".join(action.text for action in trial.actions[:4])
    done += f"; and {len(trial.actions) - 4} more" if len(trial.actions) > 4 else ""
    done = done[:1].upper() + done[1:] + "."
    gain = trial.gain
    if gain is None:
        return ChainLink(found, done, f"Not tried here: {trial.reason}.", "calm", "·")
    chance = "p < .001" if trial.p_value < 0.001 else f"p = {trial.p_value:.2g}"
    span = f"95% interval: {_loss_change(gain.low)} to {_loss_change(gain.high)}"
    figures = f"loss {_loss_change(gain.share)} ({span}; {chance} after all trials; {gain.rows:,} rows out of fold)"
    if trial.accepted:
        return ChainLink(found, done, f"A gain: {figures}.", "good", "✓")
    if gain.high < 0:
        return ChainLink(found, done, f"A loss, so it is left: {figures}.", "warn", "✕")
    return ChainLink(found, done, f"No gain beyond noise: {figures}.", "calm", "–")


def _loss_change(share: float) -> str:
    """Say by how much the loss is lower or higher.

    Examples
    --------
    >>> _loss_change(0.067), _loss_change(-0.0012)
    ('6.7% lower', '0.12% higher')
    """
    return f"{number(100 * abs(share), 2)}% {'lower' if share >= 0 else 'higher'}"

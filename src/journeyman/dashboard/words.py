"""How an operated model stands, in plain words; the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from journeyman.entities.decision import Action
from journeyman.entities.overview import ModelState, Round
from journeyman.entities.signal import Signal, Tier
from journeyman.reports.phrases import sentence
from journeyman.reports.words import between, count, metric_words, number, percent, plural

__all__ = [
    "RANGES",
    "NewestLoss",
    "StatusNote",
    "asked_words",
    "every_words",
    "figures_words",
    "latest_loss",
    "loss_line",
    "loss_words",
    "moment",
    "newest_loss",
    "refuted_words",
    "ripeness",
    "standings",
]

_METRIC = metric_words("brier")  # its figures: a plain number
_TOLERATED = 1.05
"""Times the loss at the release: below it, nobody would learn again; as the loss detector has it."""
_CLEARLY = 1.5
_NEWEST = 200
_LATE = 3
"""Spans without a look after which a model counts as not watched."""


RANGES = {
    "hours": ("6 hours", 6 * 3_600_000, 500),
    "day": ("1 day", 86_400_000, 1_500),
    "week": ("7 days", 7 * 86_400_000, 2_500),
    "all": ("All", None, 5_000),
}
"""What may be shown: its name, its milliseconds before the latest look (None for all), and the most rounds read."""


@dataclass(frozen=True)
class StatusNote:
    """One thing that is to be said of a model.

    Attributes
    ----------
    tone : str
        "good", "calm", "warn" or "bad", as the style sheet has them.
    icon : str
        One character that says the same without colour.
    word : str
        "healthy", "worse since 3 Nov 2026 14:00", ...
    because : str
        One or two sentences.
    """

    tone: str
    icon: str
    word: str
    because: str


def moment(at: int, *, year: bool = True) -> str:
    """Say a moment, given in milliseconds since 1970, in UTC to the minute.

    Examples
    --------
    >>> moment(1_795_824_000_000), moment(0, year=False)
    ('28 Nov 2026 00:00', '1 Jan 00:00')
    """
    when = datetime.fromtimestamp(at / 1000, UTC)
    return f"{when.day} {when:%b %Y %H:%M}" if year else f"{when.day} {when:%b %H:%M}"


def every_words(milliseconds: int) -> str:
    """Say how often something is done.

    Examples
    --------
    >>> [every_words(v) for v in (30_000, 300_000, 3_600_000, 5_400_000, 86_400_000, 100)]
    ['every 30 seconds', 'every 5 minutes', 'every hour', 'every 90 minutes', 'every day', 'every 0.1 seconds']
    """
    for unit, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000)):
        if milliseconds >= size and milliseconds % size == 0:
            return f"every {unit}" if milliseconds == size else f"every {plural(milliseconds // size, unit)}"
    return f"every {number(milliseconds / 1000)} seconds"


def standings(state: ModelState, now: int) -> tuple[StatusNote, ...]:
    """Say how a model stands, what asks for a person first; never nothing.

    Parameters
    ----------
    now : int
        Milliseconds since 1970: a lease that has ended by then is nobody's.

    Examples
    --------
    >>> [s.word for s in standings(ModelState("m", (), "Brier score", True, (), ()), 0)]
    ['paused', 'not looked at yet']
    """
    said = [*_waiting(state)]
    last = state.rounds[-1] if state.rounds else None
    if last is not None:
        alarms = [s for s in last.watched.signals if s.alarming]
        said += _broken([s for s in alarms if s.rung is Tier.FEED])
        said += _worse(alarms)
    if state.paused:
        said.append(
            StatusNote("calm", "Ⅱ", "paused", "The loop watches and does nothing else until a person resumes it.")
        )
    if last is None:
        said.append(StatusNote("calm", "…", "not looked at yet", "No span has ended since it was first operated."))
    elif state.held_until <= now and now - last.end > _LATE * max(1, last.end - last.begin):
        ended = f"The last look ended {moment(last.end)} UTC"
        because = f"{ended}, and no worker holds the model: is `journeyman operate` running?"
        said.append(StatusNote("warn", "?", "nobody is watching", because))
    return tuple(said) if said else (_unalarmed(state),)


def _waiting(state: ModelState) -> list[StatusNote]:
    asked = [o for o in state.operations if o.number in state.waiting]
    return [StatusNote("warn", "!", "waits for you", sentence(o.move.reason)) for o in asked[:1]]


def _broken(signals: list[Signal]) -> list[StatusNote]:
    if not signals:
        return []
    because = " ".join(sentence(s.message) for s in signals[:2])
    return [StatusNote("bad", "×", "feed broken", f"{because} Nothing is learned from such rows.")]


def _worse(alarms: list[Signal]) -> list[StatusNote]:
    for rung, word in ((Tier.LOSS, "worse since"), (Tier.ESTIMATE, "probably worse since")):
        found = [s for s in alarms if s.rung is rung]
        if found:
            since = min(s.since for s in found)
            return [StatusNote("bad", "↓", f"{word} {moment(since)}", sentence(found[0].message))]
    return []


def _unalarmed(state: ModelState) -> StatusNote:
    """Say how a model stands of which no alarm tells anything: by its newest truths, and what they leave open."""
    last = state.rounds[-1]
    shadow = "" if last.challenger is None else f" Release {last.challenger} is tried in the shadow."
    newest = newest_loss(state.rounds)
    if newest is None:
        because = f"Release {last.champion} answers. No label has come yet that says how well."
        if last.watched.estimate is not None and not last.watched.refuted:
            guess = figures_words(last.watched.estimate, last.watched.estimate_low, last.watched.estimate_high)
            because += f" Estimated without labels: {state.loss} {guess}."
        return StatusNote("calm", "…", "no labels yet", because + shadow)
    figures = f"{state.loss} {figures_words(newest.loss, newest.low, newest.high)}"
    because = f"Release {last.champion} answers. Its latest {plural(newest.truths, 'label')}: {figures}"
    if newest.reference is None:
        return StatusNote("good", "✓", "healthy", f"{because}.{shadow}")
    because += f", {number(newest.reference)} when released."
    if newest.low > newest.reference * _TOLERATED:
        return StatusNote("warn", "↓", "worse than when released", f"{because} It is not an alarm yet.{shadow}")
    if newest.high > newest.reference * _CLEARLY:
        return StatusNote("good", "✓", "healthy", f"{because} So few labels leave room for more.{shadow}")
    return StatusNote("good", "✓", "healthy", f"{because}{shadow}")


@dataclass(frozen=True)
class NewestLoss:
    """Loss of the latest truths of the champion: mean, its 95% interval, and the reference's mean."""

    truths: int
    loss: float
    low: float
    high: float
    reference: float | None


def newest_loss(rounds: Sequence[Round]) -> NewestLoss | None:
    """Return the loss of the champion's latest truths, of so many looks that they are 200 or more, if there are.

    Examples
    --------
    >>> from journeyman.entities.signal import Watched
    >>> looks = [Round(n, n, n + 1, 1, None, Watched((), 150, 150, 0.2 + n / 10, 0.1, 0.1, 0.5)) for n in range(3)]
    >>> found = newest_loss(looks)
    >>> found.truths, round(found.loss, 2), newest_loss([])
    (300, 0.35, None)
    """
    truths, total, variance = 0, 0.0, 0.0
    reference: float | None = None
    for seen in reversed(rounds):
        watched = seen.watched
        if seen.champion != rounds[-1].champion or truths >= _NEWEST:
            break
        if watched.loss is None or watched.low is None or watched.high is None:
            continue
        reference = watched.reference if reference is None else reference
        truths += watched.labels
        total += watched.labels * watched.loss
        variance += (watched.labels * (watched.high - watched.low) / 2) ** 2
    if not truths:
        return None
    mean, reach = total / truths, variance**0.5 / truths
    return NewestLoss(truths, mean, max(0.0, mean - reach), mean + reach, reference)


def figures_words(value: float, low: float | None, high: float | None) -> str:
    """Say a loss with its interval.

    Examples
    --------
    >>> figures_words(0.14212, 0.1311, 0.1532), figures_words(0.2, None, None)
    ('0.142 (0.131 to 0.153)', '0.2')
    """
    if low is None or high is None:
        return number(value)
    said = between(value, low, high, _METRIC)
    return f"{said[0]} ({said[1]} to {said[2]})"


def refuted_words(seen: Round) -> str:
    """Say that the truths contradict what was estimated, where they do.

    Examples
    --------
    >>> from journeyman.entities.signal import Watched
    >>> refuted_words(Round(0, 0, 1, 1, None, Watched((), 9, 5, refuted=True)))
    ', refuted by labels'
    """
    return ", refuted by labels" if seen.watched.refuted else ""


def latest_loss(rounds: Sequence[Round]) -> Round | None:
    """Return the latest round in which truths came; None where there is none."""
    return next((seen for seen in reversed(rounds) if seen.watched.loss is not None), None)


def loss_line(name: str, seen: Round) -> str:
    """Say the loss of a round in which truths came, and what it is compared with.

    Examples
    --------
    >>> from journeyman.entities.signal import Watched
    >>> loss_line("Brier score", Round(0, 0, 1, 1, None, Watched((), 9, 5, 0.212, 0.15, 0.181, 0.243)))
    'Brier score 0.212 (0.181 to 0.243), 0.15 when released'
    """
    watched = seen.watched
    said = f"{name} {figures_words(watched.loss or 0.0, watched.low, watched.high)}"
    return said if watched.reference is None else f"{said}, {number(watched.reference)} when released"


def loss_words(name: str) -> str:
    """Say what a loss means that lies between 0 and 1, lower is better.

    Examples
    --------
    >>> loss_words("absolute error")
    'Absolute error, as a share of the largest error that counts; lower is better.'
    """
    if name.endswith("absolute error"):
        return f"{name[:1].upper()}{name[1:]}, as a share of the largest error that counts; lower is better."
    return f"{name[:1].upper()}{name[1:]}; lower is better."


def ripeness(rounds: Sequence[Round]) -> str:
    """Say how many truths have come for the rows of some rounds.

    Examples
    --------
    >>> from journeyman.entities.signal import Watched
    >>> ripeness((Round(0, 0, 1, 1, None, Watched((), 200, 50)), Round(1, 1, 2, 1, None, Watched((), 200, 110))))
    '160 labels for 400 rows (40%)'
    """
    rows, labels = sum(r.watched.rows for r in rounds), sum(r.watched.labels for r in rounds)
    if not rows:
        return "no rows yet" if not labels else f"{plural(labels, 'label')} for earlier rows"
    if labels > rows:
        return f"{count(labels)} labels, some of earlier rows, for {plural(rows, 'row')}"
    return f"{plural(labels, 'label')} for {plural(rows, 'row')} ({percent(labels / rows)})"


def asked_words(action: Action, version: int | None) -> str:
    """Say what an action does, as one says what is to be done.

    Examples
    --------
    >>> asked_words(Action.PROMOTE, 4), asked_words(Action.RETRAIN, None)
    ('promote release 4', 'train a new release')
    """
    which = "" if version is None else f" release {version}"
    return {
        Action.PROMOTE: f"promote{which}",
        Action.ROLL_BACK: f"return to{which or ' the release before'}",
        Action.RETRAIN: "train a new release",
        Action.KEEP: f"drop{which} from the shadow" if which else "go on as before",
        Action.ASK: "ask a person",
    }[action]

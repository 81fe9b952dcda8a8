"""Whether the loop was worth it, in plain words, from what it cost and what other policies would have cost."""

from __future__ import annotations

from journeyman.entities.decision import Action
from journeyman.entities.operation import Operation
from journeyman.entities.simulation import PolicyResult, Simulated
from journeyman.reports.words import number, plural

__all__ = ["compared_policies", "move_words", "tone", "verdict"]


def compared_policies(done: Simulated) -> tuple[PolicyResult, ...]:
    """Return the policies that the loop is judged by: those with costs."""
    return tuple(r for r in done.results[1:] if r.cost is not None)


def verdict(done: Simulated) -> str:
    """Say whether the loop was worth it: beside never learning again first, then beside the cheapest other policy.

    Then what the loop did: how often it learned again, and what became of those models.

    Examples
    --------
    >>> results = (PolicyResult("the loop", 0.3, 2, 12.0), PolicyResult("never learn again", 0.2, 0, 9.8, 0.9))
    >>> said = verdict(Simulated(500, 4000, 16, "Brier score", "points", results, ()))
    >>> said.partition(" It learned")[0]
    'The loop was not worth it here: it cost 2.2 points more than never learning again (12 against 9.8).'
    """
    worth = _worth(done)
    return f"{worth} {_changes(done)}" if done.results[0].retrainings else worth


def _worth(done: Simulated) -> str:
    ours, never, *others = done.results[0], *compared_policies(done)
    if ours.cost is None or never.cost is None:
        return "Nothing can be said of the loop: no label came."
    unit, figures = done.unit, f"({number(ours.cost)} against {number(never.cost)})"
    saved = never.cost - ours.cost
    if not ours.retrainings:
        said = f"The loop never learned again, so it cost what the first model cost: {number(ours.cost)} {unit}."
    elif abs(saved) <= never.doubt:
        said = (
            f"The loop made no clear difference: it cost {number(abs(saved))} {unit} {_less(saved)} than never "
            f"learning again {figures}, within what chance explains (±{number(never.doubt, 2)})."
        )
    elif saved > 0:
        said = f"The loop was worth it: it cost {number(saved)} {unit} less than never learning again {figures}."
    else:
        said = (
            f"The loop was not worth it here: it cost {number(-saved)} {unit} more than never learning again {figures}."
        )
    cheapest = min((o for o in others if o.cost is not None), key=lambda o: o.cost or 0.0, default=None)
    if cheapest is None or cheapest.cost is None:
        return said
    ahead = cheapest.cost - ours.cost
    name = cheapest.name.partition(",")[0].replace("learn again", "learning again")
    if abs(ahead) <= cheapest.doubt:
        return f"{said} Beside {name} ({plural(cheapest.retrainings, 'time')}) it made no clear difference."
    times = f" ({plural(cheapest.retrainings, 'time')})"
    return f"{said} It cost {number(abs(ahead))} {unit} {_less(ahead)} than {name}{times}."


def move_words(operation: Operation) -> str:
    """Say what was done in a word or two.

    Examples
    --------
    >>> from journeyman.entities.operation import Move
    >>> [move_words(Operation(1, "m", 0, 0, Move(Action.KEEP, "", version=v), 1)) for v in (None, 3)]
    ['keep', 'drop 3']
    """
    move = operation.move
    word = "drop" if move.action is Action.KEEP and move.version is not None else move.action.value
    return word if move.version is None else f"{word} {move.version}"


def tone(done: Simulated) -> tuple[str, str, str]:
    """Return the style of the verdict, one character that says the same without colour, and a headline.

    Examples
    --------
    >>> results = (PolicyResult("the loop", 0.2, 2, 9.8), PolicyResult("never learn again", 0.3, 0, 12.0, 0.9))
    >>> tone(Simulated(500, 4000, 16, "Brier score", "points", results, ()))
    ('good', '✓', 'The loop was worth it')
    """
    ours, never = done.results[0], done.results[1]
    if ours.cost is None or never.cost is None or abs(never.cost - ours.cost) <= never.doubt:
        return "calm", "=", "No clear difference"
    good = ours.cost < never.cost
    return ("good", "✓", "The loop was worth it") if good else ("warn", "!", "The loop was not worth it here")


def _changes(done: Simulated) -> str:
    """Say how often the loop learned again, how many of these models it promoted, and how many of those it undid."""
    actions = [operation.move.action for operation in done.operations]
    promoted, undone = actions.count(Action.PROMOTE), actions.count(Action.ROLL_BACK)
    again = f"It learned again {plural(done.results[0].retrainings, 'time')}; it promoted "
    if not promoted:
        return f"{again}none of these models."
    return f"{again}{promoted} of these models, and undid {undone or 'none'} of the promotions."


def _less(saved: float) -> str:
    return "less" if saved >= 0 else "more"

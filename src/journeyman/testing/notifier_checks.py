"""Contract checks that any notifier can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from journeyman.entities.decision import Action
from journeyman.entities.operation import Move, Operation, Outcome
from journeyman.errors import NotificationError
from journeyman.interfaces import Notifier
from journeyman.testing.run_all import run_all

__all__ = ["NOTIFIER_CHECKS", "check_notifier"]

Arrived = Callable[[], Sequence[str]]
_ASKED = Operation(3, "houses", 9, 1_000, Move(Action.ASK, "Release 2 is better.", wanted=Action.PROMOTE, version=2), 1)
_DONE = Operation(
    4,
    "houses",
    9,
    1_000,
    Move(Action.RETRAIN, "Über 5 % schlechter.", ("DR101",), evidence={"e": float("inf")}),
    1,
    outcome=Outcome(note="Release 3 was built."),
)


def check_notifier(notifier: Notifier, arrived: Arrived, failing: Notifier, secret: str = "") -> None:
    """Run every check.

    Parameters
    ----------
    notifier : Notifier
        One whose receiver is there; it may be a stand-in on this machine.
    arrived : callable
        Gives what the receiver has got so far, as text, one a telling.
    failing : Notifier
        One of the same kind whose receiver is not there.
    secret : str
        A password or token in the address of ``failing``, which no message may tell.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the notifier.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from journeyman.notifiers.command import CommandNotifier
    >>> with TemporaryDirectory() as folder:
    ...     kept = Path(folder, "kept")
    ...     kept.touch()
    ...     command = CommandNotifier(f"sh -c 'cat >> {kept}; echo >> {kept}'")
    ...     check_notifier(command, lambda: kept.read_text().splitlines(), CommandNotifier("false"))
    """
    run_all(f"the notifier {notifier.name}", NOTIFIER_CHECKS, notifier, arrived, failing, secret)


def _has_a_name(notifier: Notifier, arrived: Arrived, failing: Notifier, secret: str) -> None:
    for one in (notifier, failing):
        assert one.name, "it has no name"
        assert "\n" not in one.name, "its name is longer than a line"
    assert not secret or secret not in failing.name, "its name tells the secret"


def _tells_once(notifier: Notifier, arrived: Arrived, failing: Notifier, secret: str) -> None:
    for operation in (_ASKED, _DONE):
        before = len(arrived())
        notifier.tell(operation)
        got = list(arrived())
        assert len(got) == before + 1, f"one telling arrives {len(got) - before} times"
        assert operation.model in got[-1], "what arrives does not name the model"


def _tells_again(notifier: Notifier, arrived: Arrived, failing: Notifier, secret: str) -> None:
    before = len(arrived())
    notifier.tell(_ASKED)
    notifier.tell(_ASKED)
    assert len(arrived()) == before + 2, "an operation that is told again, as after a kill, does not arrive again"


def _says_that_it_failed(notifier: Notifier, arrived: Arrived, failing: Notifier, secret: str) -> None:
    before = len(arrived())
    failure = _failure(failing)
    assert failure is not None, "what cannot arrive is no failure"
    assert isinstance(failure, NotificationError), f"it fails with {type(failure).__name__}, not with NotificationError"
    assert failure.message, "a failure says nothing"
    assert "\n" not in str(failure), "a failure is longer than a line"
    assert not secret or secret not in str(failure), "a failure tells the secret"
    assert len(arrived()) == before, "what failed has arrived"


NOTIFIER_CHECKS: Mapping[str, Callable[[Notifier, Arrived, Notifier, str], None]] = {
    "has a name": _has_a_name,
    "tells once": _tells_once,
    "tells again": _tells_again,
    "says that it failed": _says_that_it_failed,
}


def _failure(notifier: Notifier) -> Exception | None:
    try:
        notifier.tell(_ASKED)
    except Exception as error:  # noqa: BLE001 - which one it is, is what is asked
        return error
    return None

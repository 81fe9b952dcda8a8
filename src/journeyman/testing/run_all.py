"""Runs all checks of a part, so that whoever wrote it sees at once all that is to be mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["run_all"]


def run_all(called: str, checks: Mapping[str, Callable[..., None]], *given: object) -> None:
    """Run checks by name on what they are given.

    Raises
    ------
    AssertionError
        Naming every check that failed; a part that raises fails, too.

    Examples
    --------
    >>> run_all("a part", {"is there": lambda part: None}, object())
    """
    failed: list[str] = []
    causes: list[Exception] = []
    for name, check in checks.items():
        try:
            check(*given)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
            causes.append(error)
        except Exception as error:  # noqa: BLE001 - a part is anybody's code
            failed.append(f"{name}: {type(error).__name__}: {error}")
            causes.append(error)
    if failed:
        raise AssertionError(f"{called}: " + "; ".join(failed)) from causes[0]

"""The folds of a trial as tasks of Spark: a fit is deterministic, so they give what threads of this process give."""

from __future__ import annotations

import builtins
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from journeyman import __version__
from journeyman.engines.spark.failures import explain_failure
from journeyman.engines.spark.own_session import shared_session
from journeyman.errors import EngineError
from journeyman.interfaces import Ends, FoldFits, FoldRows

__all__ = ["SparkFits"]

R = TypeVar("R")


@dataclass(frozen=True)
class _Outcome:
    """What a task came to: a failure is a value, so that Spark does not repeat what fails alike each time."""

    result: Any
    kind: str = ""
    words: str = ""


@dataclass(frozen=True)
class SparkFits:
    """Each fit is a job of one task; a fold's rows go to the workers once, and stay while the build keeps them.

    A task whose executor is lost is done again by Spark. See :class:`journeyman.interfaces.FitRunner`.

    Parameters
    ----------
    address : str
        Of the session.
    """

    address: str
    _sent: dict[int, Any] = field(default_factory=dict, repr=False, compare=False)

    def at_once(self, threads: int) -> int:
        """Return how many tasks the session runs side by side; ``threads`` of this machine do not count."""
        context = self._context()
        each = int(context.getConf().get("spark.task.cpus", "1"))
        return max(1, int(context.defaultParallelism) // each)

    def run(self, fits: FoldFits[R]) -> list[R]:
        """Return what each fit gives, in the order of the rows; what a fit raises is raised here.

        Raises
        ------
        EngineError
            Where Spark cannot do it: the cluster is gone, or a worker has another Journeyman or none.
        """
        context = self._context()
        cores = int(context.getConf().get("spark.task.cpus", "1"))

        def one(fold: FoldRows) -> R:
            sent = self._broadcast(context, fold)
            seconds = None if fits.seconds_left is None else fits.seconds_left()
            task = _Task(fits.fit, sent, cores, seconds, __version__)
            try:
                outcome: _Outcome = context.parallelize([0], 1).map(task).collect()[0]
            except Exception as error:
                # Of any kind: what Spark cannot run says nothing of the candidate.
                told = explain_failure(str(error), "a fit")
                raise EngineError(told.message, hint=told.hint) from error
            if outcome.kind:
                raise _fit_error(outcome)
            result: R = outcome.result
            return result

        with ThreadPoolExecutor(max(1, len(fits.rows))) as pool:
            return list(pool.map(one, fits.rows))

    def _context(self) -> Any:
        session = shared_session(self.address)
        try:
            return session.sparkContext
        except Exception as error:
            raise EngineError(
                "trials cannot be fitted through Spark Connect", hint="give the master's own address: spark=spark://..."
            ) from error

    def _broadcast(self, context: Any, fold: FoldRows) -> Any:
        known = self._sent.get(id(fold))
        if known is None:
            # What libraries keep beside the rows, such as bins, is made again where the fit is done.
            known = self._sent[id(fold)] = context.broadcast(replace(fold, shared={}))
            weakref.finalize(fold, _forget, self._sent, id(fold))
        return known


@dataclass(frozen=True)
class _Task:
    """What a worker does."""

    fit: Callable[..., Any]
    rows: Any
    threads: int
    seconds: float | None
    version: str

    def __call__(self, _: object) -> _Outcome:
        if __version__ != self.version:
            raise RuntimeError(f"a worker has Journeyman {__version__}, and the driver {self.version}")
        end = None if self.seconds is None else time.monotonic() + self.seconds
        ends = Ends(_never, None if end is None else lambda: end - time.monotonic())
        try:
            return _Outcome(self.fit(self.rows.value, self.threads, ends))
        except Exception as error:  # noqa: BLE001 - a part may fail in any way, and is judged where the trial is
            return _Outcome(None, type(error).__name__, str(error))


def _fit_error(outcome: _Outcome) -> Exception:
    """Return what a fit has raised, as far as it is known here: an error of a package goes by its name and words."""
    known = getattr(builtins, outcome.kind, None)
    kind = known if isinstance(known, type) and issubclass(known, Exception) else None
    error: Exception = (kind or type(outcome.kind, (RuntimeError,), {}))(outcome.words)
    return error


def _never() -> bool:
    return False


def _forget(sent: dict[int, Any], key: int) -> None:
    known = sent.pop(key, None)
    if known is not None:
        try:
            known.unpersist()
        except Exception:  # noqa: BLE001 - a session that is gone keeps nothing
            return

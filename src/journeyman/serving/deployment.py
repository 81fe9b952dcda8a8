"""Who answers: the champion, and a challenger in the shadow or as a canary; changed in one move, for whole batches."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from journeyman.entities.challenge import Challenge, Role
from journeyman.entities.prediction import Part
from journeyman.errors import JourneymanError
from journeyman.interfaces import Thread, Threads
from journeyman.runtime.clock import SYSTEM_THREADS
from journeyman.serving.served_release import ServedRelease

__all__ = ["Deployment", "DeploymentWatcher"]


@dataclass(frozen=True)
class Deployment:
    """The releases that answer at a moment; a micro-batch is answered by one deployment, whatever changes meanwhile."""

    champion: ServedRelease
    challenger: ServedRelease | None = None
    challenge: Challenge = field(default_factory=Challenge)

    def pick(self, key: str | None) -> tuple[ServedRelease, Part]:
        """Return who answers a row: the same key always meets the same part, and stays with a share that grows.

        Parameters
        ----------
        key : str or None
            What the row is known by: values of the key columns, or the client's id; else chance decides.
        """
        if self.challenger is None or self.challenge.role is not Role.CANARY:
            return self.champion, Part.CHAMPION
        place = int.from_bytes(hashlib.blake2b((key or uuid.uuid4().hex).encode(), digest_size=8).digest()) / 2**64
        if place < self.challenge.share:
            return self.challenger, Part.CANARY
        return self.champion, Part.CHAMPION

    @property
    def shadow(self) -> ServedRelease | None:
        """The release that is scored besides; None where there is none."""
        return self.challenger if self.challenge.role is Role.SHADOW else None


class DeploymentWatcher:
    """Polls who should answer, and changes the deployment once the new one is loaded and has answered a row.

    Champion and challenger are looked after each on its own: where one cannot be had, the old one goes on, and the
    other takes effect.

    Parameters
    ----------
    champion : callable
        Returns the version that the name points to.
    challenge : callable
        Returns what was agreed of a challenger.
    load : callable
        Returns a version, ready to answer; raises JourneymanError where it cannot be loaded.
    seconds : float
        Between two looks.
    threads : Threads
        Where the polling thread comes from.

    Attributes
    ----------
    current : Deployment
        Replaced as a whole, never changed.
    trouble : str
        Which part of the wanted deployment could not be loaded, and why. Empty where all is well.
    changes : int
        How often the deployment has changed.
    """

    def __init__(
        self,
        champion: Callable[[], int],
        challenge: Callable[[], Challenge],
        load: Callable[[int], ServedRelease],
        seconds: float = 0.5,
        threads: Threads = SYSTEM_THREADS,
    ) -> None:
        self._champion, self._challenge, self._load, self._seconds = champion, challenge, load, seconds
        self._threads = threads
        self._stop, self._looking = threads.event(), threads.lock()
        self.trouble = ""
        self.changes = 0
        self.current = Deployment(load(champion()))
        self.look()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the thread that polls who should answer."""
        self._thread = self._threads.start(self._watch, "deployment")

    def stop(self) -> None:
        """Ask the polling thread to end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Look once; after this, ``current`` is what was wanted, or ``trouble`` says why not."""
        with self._looking:
            self._look(self._here())

    def change(self, versions: Sequence[int], write: Callable[[], None]) -> None:
        """Load versions first, then have written down that they are wanted, and look.

        Raises
        ------
        JourneymanError
            Where one cannot be loaded, and nothing was written; or what ``write`` raises.
        """
        with self._looking:
            here = self._here()
            for number in versions:
                if number not in here:
                    here[number] = self._load(number)
            write()
            self._look(here)

    def _here(self) -> dict[int, ServedRelease]:
        releases = [self.current.champion, self.current.challenger]
        return {release.version: release for release in releases if release is not None}

    def _look(self, here: dict[int, ServedRelease]) -> None:
        """Bring the deployment to what is wanted, as far as that can be had; ``here`` need not be loaded again."""
        troubles: list[str] = []
        champion, challenger, challenge = self.current.champion, self.current.challenger, self.current.challenge
        with _note_trouble(troubles, "champion"):
            wanted = self._champion()
            champion = here.get(wanted) or self._load(wanted)
        with _note_trouble(troubles, "challenger"):
            agreed = self._challenge()
            if agreed.version is None:
                challenger, challenge = None, Challenge()
            elif agreed.version != champion.version:
                challenger, challenge = here.get(agreed.version) or self._load(agreed.version), agreed
        if challenger is not None and challenger.version == champion.version:
            challenger, challenge = None, Challenge()
        deployment = Deployment(champion, challenger, challenge)
        self.trouble = "; ".join(troubles)
        if deployment != self.current:
            self.changes += 1
            self.current = deployment

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds):
            self.look()


@contextmanager
def _note_trouble(troubles: list[str], part: str) -> Iterator[None]:
    """Note why a part of the deployment cannot be had, whatever a damaged release does."""
    try:
        yield
    except JourneymanError as error:
        troubles.append(f"{part}: {error}")
    except Exception as error:  # noqa: BLE001 - the old one goes on
        troubles.append(f"{part}: {type(error).__name__}: {error}")

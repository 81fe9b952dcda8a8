"""Clients: they send rows with ids of their own until these are answered, and labels late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from tests.simulation.actors import Asked

from journeyman.entities.challenge import Challenge, Role
from journeyman.entities.prediction import LabelFate
from journeyman.serving.labels import GivenLabel
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import StoredPrediction
from journeyman.stores.prediction_archive import hex_id

if TYPE_CHECKING:
    from tests.simulation.world import World

_PATIENCE = 60.0  # seconds until a client asks again
_BETWEEN = 1_200.0  # seconds between two requests of a client, in the mean
_LATE = 3_600.0  # seconds until labels come, in the mean


@dataclass
class Waiting:
    """A message until it is answered."""

    asked: Asked
    done: Callable[[Any], bool]
    tries: int = 0
    answered: bool = False


class Client:
    """Somebody who asks; what is learned of its rows changes from time to time.

    Parameters
    ----------
    world : World
        Where it lives.
    name : str
        Begins its ids.
    """

    def __init__(self, world: World, name: str) -> None:
        self._world, self._name, self._number = world, name, 0
        self.waiting = 0

    def begin(self) -> None:
        """Ask for the first time, soon."""
        self._later(_BETWEEN, self._ask)

    def _later(self, mean: float, call: Callable[[], None]) -> None:
        schedule = self._world.schedule
        schedule.at(schedule.random.expovariate(1 / mean), call)

    def _ask(self) -> None:
        chance = self._world.schedule.random
        rows, ids = [], []
        for _ in range(chance.randint(2, 12)):
            self._number += 1
            ids.append(f"{self._name}-{self._number}")
            rows.append({"x": round(chance.gauss(0, 1), 6), "c": chance.choice("abc"), "order": ids[-1]})
        draw = chance.random()
        if draw < 0.08:
            rows[0] = {**rows[0], "x": "not a number"}
        elif draw < 0.12:
            challenge = Challenge(chance.choice((None, 1, 2)), Role.SHADOW)
            self._send(Asked(challenge=challenge), lambda reply: True)
        strict = chance.random() < 0.3
        self._world.invariants.asked(ids, rows)
        self._send(Asked(tuple(rows), tuple(ids), strict), lambda reply: self._predicted(ids, rows, strict, reply))
        self._later(_BETWEEN, self._ask)

    def _send(self, asked: Asked, done: Callable[[Any], bool]) -> None:
        self.waiting += 1
        self._try(Waiting(asked, done))

    def _try(self, waiting: Waiting) -> None:
        if waiting.answered:
            return
        waiting.tries += 1
        self._world.send(waiting.asked, lambda reply: self._told(waiting, reply))
        wait = _PATIENCE * min(2 ** min(waiting.tries, 4), 10)
        self._world.schedule.at(self._world.schedule.random.uniform(wait / 2, wait), lambda: self._try(waiting))

    def _told(self, waiting: Waiting, reply: Any) -> None:
        if isinstance(reply, Refusal) and reply.status in (429, 500, 503):
            self._world.count(f"refused with {reply.status}")
            if reply.status == 500:
                self._world.invariants.broken("no fault of ours", f"{reply.fault.message}")
            return
        done = waiting.done(reply)
        if done and not waiting.answered:
            waiting.answered = True
            self.waiting -= 1

    def _predicted(self, ids: list[str], rows: list[dict[str, Any]], strict: bool, reply: Any) -> bool:
        invariants = self._world.invariants
        if isinstance(reply, Refusal):
            invariants.refused(ids, rows, reply.fault)
            return True
        for client_id, row, outcome in zip(ids, rows, reply, strict=True):
            if isinstance(outcome, StoredPrediction):
                if invariants.acknowledged(client_id, outcome):
                    self._later(_LATE, lambda number=outcome.id, row=row: self._label(number, row))
            elif isinstance(outcome, Fault) and outcome.code != "not answered":
                invariants.refused([client_id], [row], outcome)
        return True

    def _label(self, number: int, row: dict[str, Any]) -> None:
        world = self._world
        high = row["x"] + (row["c"] == "a") > 0.3
        drifted = int(world.schedule.now // 40_000) % 2 == 1 and row["c"] != "b"
        truth = "yes" if high ^ drifted else "no"
        by_key = world.schedule.random.random() < 0.3
        given = GivenLabel(truth, None, {"order": row["order"]}) if by_key else GivenLabel(truth, hex_id(number))
        self._send(Asked(labels=(given,)), lambda reply: self._labelled(number, row["order"], truth, reply))

    def _labelled(self, number: int, key: str, truth: str, reply: Any) -> bool:
        invariants = self._world.invariants
        if isinstance(reply, Refusal) or not isinstance(reply[0], LabelFate):
            invariants.broken("acknowledged means durable", f"the label of {hex_id(number)} is refused: {reply}")
            return True
        invariants.labelled(number, msgspec.json.encode([key]).decode(), msgspec.json.encode(truth).decode())
        return True

"""What goes wrong in a world, drawn from its seed: some worlds know some faults, at some rate."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Faults", "drawn"]


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong.

    Attributes
    ----------
    stop, kill, power, disk_error : float
        Chance, at each point that a process passes, that it is stopped for a while, killed, that its machine loses
        power, or that the call of the disk fails.
    outage, partition, jump, full : float
        Times a day that a machine loses power, that two hosts cannot reach one another, that a clock jumps, that a disk
        is full.
    lost, twice : float
        Chance that a message is lost, or comes twice.
    slow : float
        Mean seconds of a message's way.
    """

    stop: float
    kill: float
    power: float
    disk_error: float
    outage: float
    partition: float
    jump: float
    full: float
    lost: float
    twice: float
    slow: float


_USUAL = Faults(0.004, 0.002, 0.0004, 0.001, 6.0, 12.0, 8.0, 6.0, 0.05, 0.1, 0.2)
CALM = Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.05)


def drawn(chance: random.Random) -> Faults:
    """Return the faults of a world: each is left out in one world of four, and else up to three times as frequent."""
    rates = {name: usual * chance.choice((0.0, 0.3, 1.0, 3.0)) for name, usual in vars(_USUAL).items()}
    return Faults(
        **{
            **rates,
            "lost": min(rates["lost"], 0.3),
            "twice": min(rates["twice"], 0.3),
            "slow": max(rates["slow"], 0.01),
        }
    )

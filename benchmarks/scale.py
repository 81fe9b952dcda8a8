"""What many machines reach on one prediction log, by simulation from the seconds that an append takes on this one.

``scale.py [--fixed SECONDS] [--row SECONDS]``: what an append takes, and each row of it more, as ``log_writers.py``
measures them. Each machine gathers the rows that arrive while it waits for its turn at the log, 1,024 at most, and
appends them together. docs/scale.md says what follows.
"""

from __future__ import annotations

import argparse
import heapq

_MOST = 1_024  # rows of an append


def simulate_turns(machines: int, rate: float, fixed: float, row: float, seconds: float) -> tuple[float, float]:
    """Return the rows a second that were appended, and the mean seconds that a row waited for it.

    Rows arrive evenly, ``rate`` a second on all machines together; who has waited longest has the next turn.

    Examples
    --------
    >>> rows, wait = simulate_turns(2, 100.0, 0.001, 0.0, 10.0)
    >>> 99 < rows < 101, wait < 0.05
    (True, True)
    """
    own, now, done, waited = rate / machines, 0.0, 0, 0.0
    taken = [0] * machines  # rows of each machine that are appended or being so
    queue = [((k + 1) / rate, k) for k in range(machines)]  # when each has its first row
    heapq.heapify(queue)
    while now < seconds:
        ready, k = heapq.heappop(queue)
        now = max(now, ready)
        arrived = int((now - k / rate) * own) + 1
        some = max(1, min(_MOST, arrived - taken[k]))
        first = k / rate + taken[k] / own
        now += fixed + row * some
        waited += some * (now - first) - some * (some - 1) / 2 / own
        taken[k] += some
        done += some
        heapq.heappush(queue, (k / rate + taken[k] / own, k))
    return done / now, waited / done


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fixed", type=float, default=0.002)
    parser.add_argument("--row", type=float, default=0.00005)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    print(f"an append takes {1e3 * given.fixed:g} ms and {1e6 * given.row:g} us a row")
    for machines in (1, 10, 100, 1_000):
        for rate in (1_000.0, 10_000.0, 100_000.0):
            rows, wait = simulate_turns(machines, rate, given.fixed, given.row, given.seconds)
            print(
                f"{machines:6,} machines, {rate:9,.0f} rows/s come: {rows:10,.0f} rows/s appended, wait {wait:8.3f} s"
            )


if __name__ == "__main__":
    main()

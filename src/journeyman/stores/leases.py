"""Leases: one worker at a time operates a model; whoever stops showing life loses it, and can write no more."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyman.stores.tables import Database, Fence, leases

__all__ = ["Lease", "LeaseStore"]


@dataclass(frozen=True)
class Lease:
    """A lease as it stands.

    Attributes
    ----------
    model : str
        What is operated.
    number : int
        Rises with every holder, in another database or one that was restored from a copy too, since it is at least the
        minutes since 1970; each write names it.
    holder : str
        Name of the worker; empty where nobody holds it.
    until : int
        Milliseconds since 1970 at which others may take it over.
    """

    model: str
    number: int
    holder: str
    until: int

    @property
    def fence(self) -> Fence:
        """What its holder's writes are checked against."""
        return Fence(self.model, self.number)


class LeaseStore:
    """Leases by model. Machines whose clocks differ take over too early or too late, but never write beside another."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, model: str, holder: str, now: int, term: int) -> Lease | None:
        """Return a new lease; None where another worker holds one whose term has not ended.

        Parameters
        ----------
        model, holder : str
            What is to be operated, and by whom.
        now, term : int
            Milliseconds since 1970, and for how many the lease is good without a heartbeat.
        """
        here = leases.c.model == model
        try:
            with self._database.writing() as connection:
                row = connection.execute(sa.select(leases).where(here).with_for_update()).one_or_none()
                if row is None:
                    lease = Lease(model, _number_after(0, now), holder, now + term)
                    connection.execute(leases.insert().values(**vars(lease)))
                    return lease
                if row.holder and row.until > now:
                    return None
                lease = Lease(model, _number_after(row.number, now), holder, now + term)
                connection.execute(leases.update().where(here).values(**vars(lease)))
                return lease
        except IntegrityError:
            return None  # another worker was the first to take it

    def renew(self, lease: Lease, now: int, term: int) -> bool:
        """Show life; False where another worker has taken over."""
        mine = sa.and_(leases.c.model == lease.model, leases.c.number == lease.number, leases.c.holder != "")
        with self._database.writing() as connection:
            return connection.execute(leases.update().where(mine).values(until=now + term)).rowcount == 1

    def release(self, lease: Lease) -> None:
        """Let go, so that the next worker need not wait; nothing happens where another one holds it."""
        mine = sa.and_(leases.c.model == lease.model, leases.c.number == lease.number)
        with self._database.writing() as connection:
            connection.execute(leases.update().where(mine).values(holder="", until=0))

    def look(self, model: str) -> Lease | None:
        """Return the lease as it stands; None where nobody ever held one."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(leases).where(leases.c.model == model)).one_or_none()
        return None if row is None else Lease(row.model, row.number, row.holder, row.until)


def _number_after(number: int, now: int) -> int:
    """Return the number of the next holder; a prediction log remembers the last one whatever database it came from.

    Examples
    --------
    >>> _number_after(0, 120_000), _number_after(7, 120_000)
    (2, 8)
    """
    return max(number + 1, now // 60_000)

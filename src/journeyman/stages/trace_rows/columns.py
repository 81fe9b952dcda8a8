"""What the columns of a traced program's tables are made of: columns of tables that were read, row by row or over rows.

Where a program chooses columns by what only a run can tell, nothing is known of them, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from journeyman.stages.trace_rows.row_sets import RowSet, overlap

__all__ = ["NO_COLUMNS", "Columns", "Rest", "Source", "joined_columns", "target_columns"]

Sources = frozenset["Source"]


@dataclass(frozen=True)
class Source:
    """A column of a table that was read; ``over``: the rows of which a value is a figure, None where it is the row's.

    A column that only its place names is "#-1".
    """

    table: str
    column: str
    over: frozenset[RowSet] | None = None


@dataclass(frozen=True)
class Rest:
    """All columns of a table but some, under their own names."""

    table: str
    without: frozenset[str] = frozenset()
    over: frozenset[RowSet] | None = None


@dataclass(frozen=True)
class Columns:
    """Of a table: those with a name, and the rest of tables; of a column or an array: what its values are made of."""

    named: Mapping[str, Sources] = field(default_factory=dict)
    rest: frozenset[Rest] = frozenset()
    own: Sources = frozenset()

    def sources_of(self, name: str) -> Sources:
        """Return what a column of a name is made of."""
        if name in self.named:
            return self.named[name]
        return frozenset(Source(one.table, name, one.over) for one in self.rest if name not in one.without)

    def of(self, name: str) -> Columns:
        """Return one column."""
        return Columns(own=self.sources_of(name))

    def only(self, names: Iterable[str]) -> Columns:
        """Return a table of some columns."""
        return Columns({name: self.sources_of(name) for name in names})

    def less(self, names: Iterable[str]) -> Columns:
        """Return the table without some columns."""
        gone = frozenset(names)
        rest = frozenset(replace(one, without=one.without | gone) for one in self.rest)
        return Columns({name: made for name, made in self.named.items() if name not in gone}, rest, self.own)

    def assigned(self, name: str, made: Sources) -> Columns:
        """Return the table with a column made anew."""
        less = self.less([name])
        return Columns({**less.named, name: made}, less.rest, less.own)

    def renamed(self, names: Mapping[str, str]) -> Columns:
        """Return the table with other names."""
        less = self.less([*names, *names.values()])
        return Columns({**less.named, **{new: self.sources_of(old) for old, new in names.items()}}, less.rest, less.own)

    def over(self, rows: frozenset[RowSet]) -> Columns:
        """Return figures of the columns, taken over rows."""
        return self._with_each(lambda one: one if one.over is not None else replace(one, over=rows), rows)

    def shifted(self) -> Columns:
        """Return what other rows hold: no longer the row's own values."""
        made = self._with_each(lambda one: replace(one, column=f"{one.column} of another row"), None)
        return Columns(made.named, frozenset(), made.own)

    def mixed_with(self, more: Sources) -> Columns:
        """Return columns each of which is made of something more."""
        if not more:
            return self
        own = self.own | more if self.own or not self.named else self.own
        return Columns({name: made | more for name, made in self.named.items()}, self.rest, own)

    @property
    def sources(self) -> Sources:
        """Of all columns that are known one by one."""
        return self.own.union(*self.named.values())

    def _with_each(self, change: Callable[[Source], Source], rows: frozenset[RowSet] | None) -> Columns:
        def changed(some: Sources) -> Sources:
            return frozenset(change(one) for one in some)

        rest = frozenset(replace(one, over=rows) if one.over is None else one for one in self.rest)
        return Columns({name: changed(made) for name, made in self.named.items()}, rest, changed(self.own))


NO_COLUMNS = Columns()


def joined_columns(several: Iterable[Columns]) -> Columns:
    """Return all columns of several values as one.

    Examples
    --------
    >>> table = Columns(rest=frozenset({Rest("t")}))
    >>> joined_columns([table.only(["a"]), table.of("b")]).sources == table.of("a").own | table.of("b").own
    True
    """
    found = [one for one in several if one is not NO_COLUMNS]
    if len(found) < 2:
        return found[0] if found else NO_COLUMNS
    named: dict[str, Sources] = {}
    for one in found:
        for name, made in one.named.items():
            named[name] = named.get(name, frozenset()) | made
    rest = frozenset[Rest]().union(*(one.rest for one in found))
    return Columns(named, rest, frozenset[Source]().union(*(one.own for one in found)))


def target_columns(features: Columns, target: Columns, judged: frozenset[RowSet]) -> tuple[str, ...]:
    """Return the columns of features that tell the target of the row itself, or are figures of the target of rows.

    Parameters
    ----------
    judged : frozenset of RowSet
        Figures of the target count where they were taken over some of these rows.

    Examples
    --------
    >>> table = Columns(rest=frozenset({Rest("t")}))
    >>> target_columns(table, table.of("y"), frozenset()), target_columns(table.less(["y"]), table.of("y"), frozenset())
    (('y',), ())
    """
    wanted = target.own or (next(iter(target.named.values())) if len(target.named) == 1 else frozenset())
    if not wanted or target.rest or any(one.over is not None for one in wanted):
        return ()
    names: list[str] = []
    if all(_holds(features, one) for one in wanted):
        direct = [name for name, made in features.named.items() if made & wanted]
        names += direct or [one.column for one in sorted(wanted, key=lambda one: one.column)]
    keys = {(one.table, one.column) for one in wanted}
    figures = [(name, one) for name, made in features.named.items() for one in made]
    figures += [(one.column, one) for one in features.own]
    for name, one in figures:
        if one.over is not None and (one.table, one.column) in keys and overlap(one.over, judged):
            names.append(name)
    return tuple(dict.fromkeys(names))


def _holds(features: Columns, wanted: Source) -> bool:
    if wanted in features.sources:
        return True
    rest = [one for one in features.rest if one.table == wanted.table and one.over is None]
    if wanted.column.startswith("#"):
        return any(not one.without for one in rest)
    return any(wanted.column not in one.without for one in rest if " of another row" not in wanted.column)

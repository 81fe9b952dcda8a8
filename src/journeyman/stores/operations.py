"""What the loop has seen and done, model by model: rounds, decision records, requests of people, notices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyman.entities.decision import Action
from journeyman.entities.operating import HeardRequest, Notice, Operated, OperateSettings
from journeyman.entities.operation import Operation, Outcome
from journeyman.entities.overview import Request, Round
from journeyman.errors import JournalError, SettingsError
from journeyman.stores.tables import Database, notices, operated, operations, requests, rounds

__all__ = ["OperationStore"]


class OperationStore:
    """Rows of the loop. All that a round writes may be written again after a kill, and is there once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, wanted: Operated) -> Operated:
        """Make a model known as operated; return it as it is known: its grid begins once and for all."""
        text = _text(wanted.settings)
        here = operated.c.model == wanted.model
        with self._database.writing() as connection:
            row = connection.execute(sa.select(operated).where(here).with_for_update()).one_or_none()
            if row is None:
                connection.execute(operated.insert().values(model=wanted.model, settings=text, begun=wanted.begun))
                return wanted
            connection.execute(operated.update().where(here).values(settings=text))
        return Operated(wanted.model, wanted.settings, row.begun)

    def models(self) -> tuple[Operated, ...]:
        """Return all models that are or were operated, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(operated).order_by(operated.c.model)).all()
        return tuple(_operated(row) for row in rows)

    def model(self, name: str) -> Operated:
        """Return an operated model.

        Raises
        ------
        SettingsError
            Where it was never operated.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(operated).where(operated.c.model == name)).one_or_none()
        if row is None:
            raise SettingsError(f"{name} is not operated", hint=f"begin with `journeyman operate {name}`")
        return _operated(row)

    def keep_round(self, model: str, seen: Round, done: Sequence[Operation]) -> None:
        """Write a round with the operations that it began or measured, together; may be repeated."""
        with self._database.writing() as connection:
            here = sa.and_(rounds.c.model == model, rounds.c.number == seen.number)
            connection.execute(rounds.delete().where(here))
            row = {"model": model, "number": seen.number, "round": _text(seen)}
            connection.execute(rounds.insert().values(**row))
            for operation in done:
                _keep(connection, operation)

    def last_round(self, model: str) -> int | None:
        """Return the number of the latest round that was written; None before the first."""
        with self._database.reading() as connection:
            last = connection.scalar(sa.select(sa.func.max(rounds.c.number)).where(rounds.c.model == model))
        return None if last is None else int(last)

    def rounds(self, model: str, most: int = 500) -> tuple[Round, ...]:
        """Return the latest rounds, in order."""
        query = sa.select(rounds.c.round).where(rounds.c.model == model).order_by(rounds.c.number.desc()).limit(most)
        with self._database.reading() as connection:
            texts = connection.scalars(query).all()
        return tuple(_fact(text, Round) for text in reversed(texts))

    def forget_rounds(self, model: str, before: int) -> None:
        """Delete the rows of rounds with a smaller number."""
        with self._database.writing() as connection:
            connection.execute(rounds.delete().where(rounds.c.model == model, rounds.c.number < before))

    def operations(
        self, model: str | None = None, most: int = 10_000, actions: Sequence[Action] = ()
    ) -> tuple[Operation, ...]:
        """Return the latest operations of a model, or of all, the oldest of them first; of these actions, if any."""
        query = sa.select(operations.c.operation, operations.c.outcome)
        query = query.order_by(operations.c.at.desc(), operations.c.model, operations.c.number.desc()).limit(most)
        if model is not None:
            query = query.where(operations.c.model == model)
        if actions:
            query = query.where(operations.c.action.in_([action.value for action in actions]))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_operation(row) for row in reversed(rows))

    def operation(self, model: str, number: int) -> Operation:
        """Return an operation.

        Raises
        ------
        SettingsError
            Where there is none of that number.
        """
        query = sa.select(operations.c.operation, operations.c.outcome)
        query = query.where(operations.c.model == model, operations.c.number == number)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise SettingsError(
                f"{model} has no operation {number}", hint=f"list them: `journeyman operations {model}`"
            )
        return _operation(row)

    def rounds_acted(self, model: str, most: int) -> tuple[int, ...]:
        """Return the rounds of the latest operations."""
        query = sa.select(operations.c.round).where(operations.c.model == model)
        with self._database.reading() as connection:
            return tuple(connection.scalars(query.order_by(operations.c.number.desc()).limit(most)).all())

    def ask(self, model: str, request: Request) -> int:
        """Write a request down, durably; return its number."""
        text = _text(request)
        while True:
            try:
                with self._database.writing() as connection:
                    last = connection.scalar(sa.select(sa.func.max(requests.c.number)).where(requests.c.model == model))
                    row = {"model": model, "number": (last or 0) + 1, "at": request.at, "request": text}
                    connection.execute(requests.insert().values(**row))
                return int((last or 0) + 1)
            except IntegrityError:
                continue  # another process took that number

    def requests(self, model: str, after: int = 0) -> tuple[HeardRequest, ...]:
        """Return the requests with a greater number, in order."""
        query = sa.select(requests).where(requests.c.model == model, requests.c.number > after)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(requests.c.number)).all()
        return tuple(HeardRequest(row.number, _fact(row.request, Request)) for row in rows)

    def keep_notice(self, model: str, notice: Notice) -> None:
        """Write down what became of a notice, in place of an earlier attempt."""
        key = {"model": model, "operation": notice.operation, "notifier": notice.notifier}
        with self._database.writing() as connection:
            here = [notices.c[name] == value for name, value in key.items()]
            connection.execute(notices.delete().where(*here))
            connection.execute(notices.insert().values(**key, at=notice.at, failure=notice.failure))

    def notices(self, model: str, operation: int | None = None) -> tuple[Notice, ...]:
        """Return what became of the notices of an operation, or of all of a model."""
        query = sa.select(notices).where(notices.c.model == model).order_by(notices.c.operation, notices.c.notifier)
        with self._database.reading() as connection:
            some = query if operation is None else query.where(notices.c.operation == operation)
            rows = connection.execute(some).all()
        return tuple(Notice(row.operation, row.notifier, row.at, row.failure) for row in rows)


def _keep(connection: sa.Connection, operation: Operation) -> None:
    here = sa.and_(operations.c.model == operation.model, operations.c.number == operation.number)
    outcome = None if operation.outcome is None else _text(operation.outcome)
    known = connection.execute(sa.select(operations.c.round).where(here)).one_or_none()
    if known is not None:
        # A decision is written once; later rounds only add what came of it.
        if known.round != operation.round:
            raise JournalError(
                f"operation {operation.number} of {operation.model} belongs to another round",
                hint="restore the workspace from a copy",
            )
        connection.execute(operations.update().where(here).values(outcome=outcome))
        return
    row = {
        "model": operation.model,
        "number": operation.number,
        "round": operation.round,
        "at": operation.at,
        "action": operation.move.action.value,
        "champion": operation.champion,
        "reason": operation.move.reason,
        "operation": _text(replace(operation, outcome=None)),
        "outcome": outcome,
    }
    connection.execute(operations.insert().values(**row))


def _operation(row: Any) -> Operation:
    operation: Operation = _fact(row.operation, Operation)
    outcome = None if row.outcome is None else _fact(row.outcome, Outcome)
    return replace(operation, outcome=outcome)


def _operated(row: sa.Row[Any]) -> Operated:
    return Operated(row.model, _fact(row.settings, OperateSettings), row.begun)


def _text(fact: object) -> str:
    # Python's own JSON, because it has NaN and infinity: a figure behind a decision may be one.
    return json.dumps(msgspec.to_builtins(fact), ensure_ascii=False)


def _fact(text: str, kind: Any) -> Any:
    return msgspec.convert(json.loads(text), kind)

"""Operations as a terminal shows them: a line each, or one in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table

from journeyman.entities.operating import Notice
from journeyman.entities.operation import Operation, action_words

__all__ = ["operation_text", "operations_table"]


def operations_table(operations: Sequence[Operation]) -> Table:
    """Return a table of operations, the latest last."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("No.", "Until (UTC)", "Done", "Why", "What came of it"):
        table.add_column(name, overflow="fold")
    for operation in operations:
        table.add_row(
            str(operation.number),
            _moment(operation.at),
            _action_text(operation),
            operation.move.reason,
            _outcome(operation),
        )
    return table


def operation_text(operation: Operation, notices: Sequence[Notice]) -> str:
    """Return all that is known of an operation, in lines."""
    move = operation.move
    until = f"until {_moment(operation.at)} UTC"
    lines = [
        f"Operation {operation.number} of {operation.model}, round {operation.round}, {until}",
        f"Done       {_action_text(operation)}; release {operation.champion} answered",
        f"Why        {move.reason}",
    ]
    if move.signals:
        lines.append(f"Signals    {', '.join(move.signals)}")
    if move.window is not None:
        lines.append(f"Rows       {move.window.kind.value} {move.window.rows or ''}".rstrip())
    lines.append(f"Expected   cost {move.cost:.4g}, benefit {move.benefit:.4g}")
    lines.append(f"Came of it {_outcome(operation)}")
    lines += [f"  {name}: {value}" for name, value in sorted(move.evidence.items())]
    lines += [f"  {name}: {value:.6g}" for name, value in sorted(operation.context.items())]
    lines += [f"Told       {n.notifier}: {n.failure or 'arrived'}" for n in notices]
    return "\n".join(lines)


def _action_text(operation: Operation) -> str:
    move = operation.move
    if move.wanted is not None:
        return f"ask whether to {action_words(move.wanted, move.version)}"
    return action_words(move.action, move.version)


def _outcome(operation: Operation) -> str:
    outcome = operation.outcome
    if outcome is None:
        return "waits for a person" if operation.move.wanted is not None else "not known yet"
    said = []
    if outcome.labels:
        said.append(f"{outcome.gain:+.4g} less loss a prediction, on {outcome.labels:,} labels")
    if outcome.note:
        said.append(outcome.note)
    if outcome.seconds >= 1:
        said.append(f"{outcome.seconds:.0f} s")
    return "; ".join(said) or "-"


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")

"""The sheet of a workbook where people try other values: cells to change, and what the model then predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from journeyman.entities.column import Kind
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.exporters.sheet_formulas import FIRST_ROW, MODEL, SheetModel, column_letters, sheet_model
from journeyman.exporters.what_if import Grid, Input, grid_of, inputs_of

__all__ = ["SHEET", "write_what_if"]

SHEET = "What-if"
_LISTS, _GRID = "Lists", "Grid"
_TOP = 4  # row of the first input, counted from 0
_MOST_NAMES = 20_000


def write_what_if(book: Any, style: Mapping[str, Any], facts: ReleaseFacts) -> None:
    """Write the sheet, with the model as formulas where they fit, else with a grid of predictions to look up."""
    inputs = inputs_of(facts)
    sheet = book.add_worksheet(SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, 50)
    sheet.set_column(4, 5, 24)
    sheet.write_string(0, 0, "Try other values", style["title"])
    lists = _write_lists(book, [one for one in inputs if one.names][:_MOST_NAMES])
    cells = {
        one.column.name: (f"'{SHEET}'!$B${_TOP + i + 1}", lists.get(one.column.name, ""))
        for i, one in enumerate(inputs)
    }
    made = sheet_model(facts.plan, facts.typical, cells)
    if isinstance(made, SheetModel):
        sheet.write_string(1, 0, "Change the yellow cells: the prediction is computed here as the model computes it.")
        _write_inputs(sheet, style, inputs, lists)
        _write_model(book, style, made)
        _write_answers(sheet, style, made, facts)
        return
    grid = grid_of(facts, inputs)
    if grid is None:
        sheet.write_string(1, 0, f"This model cannot be tried here: {made}.")
        return
    names = [column.name for column in grid.columns]
    varied = [next(one for one in inputs if one.column.name == name) for name in names]
    said = f"Formulas do not hold this model ({made}). Predictions are looked up at the nearest value of "
    sheet.write_string(1, 0, f"{said}{' and '.join(names)}; all other columns are as in a typical row.")
    offered = [
        replace(one, names=tuple(map(str, marks)) if one.names else ())
        for one, marks in zip(varied, grid.marks, strict=True)
    ]
    _write_inputs(sheet, style, offered, _grid_names(grid))
    _write_grid(book, style, grid)
    _write_lookup(sheet, style, grid, varied)


def _write_lists(book: Any, inputs: Sequence[Input]) -> dict[str, str]:
    """Write the names that may be chosen, one column a list; return their ranges."""
    found: dict[str, str] = {}
    if not inputs:
        return found
    sheet = book.add_worksheet(_LISTS)
    text = book.add_format({"num_format": "@"})
    for place, one in enumerate(inputs):
        sheet.write_string(0, place, one.column.name)
        for row, name in enumerate(one.names, start=1):
            sheet.write_string(row, place, name, text)
        letters = column_letters(place)
        found[one.column.name] = f"{_LISTS}!${letters}$2:${letters}${len(one.names) + 1}"
    return found


def _write_inputs(sheet: Any, style: Mapping[str, Any], inputs: Sequence[Input], lists: Mapping[str, str]) -> None:
    for place, title in enumerate(("Column", "Value", "What may stand here")):
        sheet.write_string(_TOP - 1, place, title, style["head"])
    for row, one in enumerate(inputs, start=_TOP):
        unit = f" ({one.column.unit})" if one.column.unit else ""
        sheet.write_string(row, 0, f"{one.column.name}{unit}", style["caption"])
        dated = one.column.kind is Kind.DATETIME
        shown = style["input text" if one.names else "input date" if dated else "input"]
        if isinstance(one.value, str):
            sheet.write_string(row, 1, one.value, shown)
        elif one.value is None:
            sheet.write_blank(row, 1, None, shown)
        else:
            sheet.write_number(row, 1, one.value, shown)
        if one.names:
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": f"={lists[one.column.name]}"})
            some = ", ".join(one.names[:8])
            sheet.write_string(row, 2, f"{some}{', ...' if len(one.names) > 8 else ''}", style["note"])
        elif one.low is not None and one.high is not None:
            _write_range(sheet, style, row, one, dated)


def _write_range(sheet: Any, style: Mapping[str, Any], row: int, one: Input, dated: bool) -> None:
    low, high = float(one.low or 0.0), float(one.high or 0.0)
    rule = {
        "validate": "decimal",
        "criteria": "between",
        "minimum": low,
        "maximum": high,
        "error_type": "warning",
        "error_title": "Beyond what is known",
        "error_message": "The training table had no such value: the prediction may be far off.",
    }
    sheet.data_validation(row, 1, row, 1, rule)
    if dated:
        sheet.write_formula(
            row,
            2,
            f'=TEXT({low:.15G},"yyyy-mm-dd")&" to "&TEXT({high:.15G},"yyyy-mm-dd")',
            style["note"],
            f"{_day(low)} to {_day(high)}",
        )
    else:
        sheet.write_string(row, 2, f"{low:,.6g} to {high:,.6g}", style["note"])


def _day(number: float) -> str:
    from datetime import date, timedelta  # noqa: PLC0415  # one line of use

    return (date(1970, 1, 1) + timedelta(days=int(number) - 25_569)).isoformat()


def _write_model(book: Any, style: Mapping[str, Any], made: SheetModel) -> None:
    sheet = book.add_worksheet(MODEL)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 18)
    sheet.write_string(0, 0, "The model, step by step; the columns to the right hold its weights.", style["note"])
    sheet.write_string(1, 0, "Step", style["head"])
    sheet.write_string(1, 1, "Comes to", style["head"])
    for row, cell in enumerate(made.cells, start=FIRST_ROW - 1):
        sheet.write_string(row, 0, cell.label)
        sheet.write_formula(row, 1, cell.formula, None, cell.value)
    for (row, column), value in made.constants.items():
        sheet.write_number(row - 1, column, value)


def _write_answers(sheet: Any, style: Mapping[str, Any], made: SheetModel, facts: ReleaseFacts) -> None:
    for row, cell in enumerate(made.outputs):
        main = row == 0
        label = facts.prediction if main else cell.label
        number = not isinstance(cell.value, str)
        shown = style["answer number" if number else "answer"] if main else style["share"]
        sheet.write_string(_TOP - 1 + row, 4, label, style["caption"])
        sheet.write_formula(_TOP - 1 + row, 5, cell.formula, shown, cell.value)


def _grid_names(grid: Grid) -> dict[str, str]:
    """Return where the grid holds the values of its columns, for lists to choose from."""
    rows, columns = grid.predictions.shape
    ranges = (f"{_GRID}!$A$4:$A${3 + rows}", f"{_GRID}!$C$2:${column_letters(1 + columns)}$2")
    return {column.name: place for column, place in zip(grid.columns, ranges, strict=False)}


def _write_grid(book: Any, style: Mapping[str, Any], grid: Grid) -> None:
    """Write predictions, and beside each number the middle to the one before, from which on it is the nearest."""
    sheet = book.add_worksheet(_GRID)
    down, across = grid.marks[0], grid.marks[1] if len(grid.marks) == 2 else ("",)
    sheet.write_string(0, 0, f"{grid.said}, by {' and '.join(c.name for c in grid.columns)}", style["note"])
    for i, mark in enumerate(down):
        _write_mark(sheet, 3 + i, 0, mark)
        _write_mark(sheet, 3 + i, 1, _from(down, i))
    for j, mark in enumerate(across):
        _write_mark(sheet, 1, 2 + j, mark)
        _write_mark(sheet, 2, 2 + j, _from(across, j))
    for (i, j), value in ((place, grid.predictions[place]) for place in _places(len(down), len(across))):
        _write_mark(sheet, 3 + i, 2 + j, value)


def _places(rows: int, columns: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(rows) for j in range(columns)]


def _from(marks: Sequence[float | str], i: int) -> float | str:
    here, before = marks[i], marks[i - 1]
    if isinstance(here, str) or isinstance(before, str):
        return here
    return -1e300 if i == 0 else (here + before) / 2


def _write_mark(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write_number(row, column, float(value))


def _write_lookup(sheet: Any, style: Mapping[str, Any], grid: Grid, inputs: Sequence[Input]) -> None:
    rows, columns = grid.predictions.shape
    last = column_letters(1 + columns)
    ranges = (f"{_GRID}!$B$4:$B${3 + rows}", f"{_GRID}!$C$3:${last}$3")
    places = [_nearest(f"$B${_TOP + 1 + k}", ranges[k], marks, row=k == 1) for k, marks in enumerate(grid.marks)]
    places += ["1"] * (2 - len(places))
    formula = f'=IFERROR(INDEX({_GRID}!$C$4:${last}${3 + rows},{places[0]},{places[1]}),"choose values")'
    at = [_position(marks, one.value) for marks, one in zip(grid.marks, inputs, strict=True)]
    value = grid.predictions[at[0], at[1] if len(at) == 2 else 0] if None not in at else "choose values"
    sheet.write_string(_TOP - 1, 4, grid.said, style["caption"])
    sheet.write_formula(_TOP - 1, 5, formula, style["answer" if isinstance(value, str) else "answer number"], value)


def _nearest(cell: str, marks: str, values: Sequence[float | str], *, row: bool) -> str:
    if not isinstance(values[0], str):
        return f"MATCH({cell},{marks},1)"
    count, first = "COLUMN" if row else "ROW", marks.split(":")[0]
    place = f"SUMPRODUCT(EXACT({marks},{cell})*({count}({marks})-{count}({first})+1))"
    return f"ROUND(1/(1/{place}),0)"  # an error where no name fits, not the whole grid


def _position(marks: Sequence[float | str], value: float | str | None) -> int | None:
    """Return where the formula finds a value; None where it finds none."""
    if isinstance(value, str) or value is None:
        return marks.index(value) if value in marks else None
    starts = [float(_from(marks, i)) for i in range(len(marks))]
    return max(i for i, start in enumerate(starts) if start <= value)

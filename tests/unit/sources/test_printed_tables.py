"""Tables as consoles, Markdown and old programs print them."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.errors import SourceError
from journeyman.sources import open_source

NAMES = ["id", "x", "kind of"]
ROWS = [[str(i), f"{i / 8 - 3:.3f}", ["red wine", "green", "x-ray"][i % 3]] for i in range(24)]
WIDTHS = [max(len(row[i]) for row in [NAMES, *ROWS]) for i in range(3)]


def line(cells: list[str], sign: str, around: str = "") -> str:
    texts = [cells[0].rjust(WIDTHS[0]), cells[1].rjust(WIDTHS[1]), cells[2].ljust(WIDTHS[2])]
    return f"{around} {f' {sign} '.join(texts)} {around}\n"


def drawn(joint: str, around: str, dash: str = "-") -> str:
    return around + joint.join(dash * (w + 2) for w in WIDTHS) + around + "\n"


RULE = drawn("+", "+")
BODY = [line(row, "|", "|") for row in ROWS]
TABLES = {
    "mysql": RULE + line(NAMES, "|", "|") + RULE + "".join(BODY) + RULE,
    "mysql with its words": "mysql> select *\n"
    + RULE
    + line(NAMES, "|", "|")
    + RULE
    + "".join(BODY)
    + RULE
    + "24 rows in set\n",
    "a line below each row": RULE + line(NAMES, "|", "|") + RULE + "".join(row + RULE for row in BODY),
    "psql": line(NAMES, "|") + drawn("+", "") + "".join(line(row, "|") for row in ROWS) + "(24 rows)\n\n",
    "Markdown": line(NAMES, "|", "|") + "|---:|:---|:---:|\n" + "".join(BODY),
    "Markdown without edges": line(NAMES, "|") + "--- | --- | ---\n" + "".join(line(row, "|") for row in ROWS),
    "signs for boxes": drawn("┬", "│", "─")
    + line(NAMES, "│", "│")
    + drawn("┼", "│", "─")
    + "".join(line(r, "│", "│") for r in ROWS),
    "org": line(NAMES, "|", "|") + drawn("+", "|") + "".join(BODY),
    "fixed width": "".join(line(row, " ") for row in [NAMES, *ROWS]),
    "sqlcmd": line(NAMES, " ")
    + line(["-" * w for w in WIDTHS], " ")
    + "".join(line(row, " ") for row in ROWS)
    + "\n(24 rows affected)\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_the_rows_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "t.txt").write_text(TABLES[name])
    source = open_source(str(tmp_path / "t.txt"), None)
    frame = source.read(None, 0)
    assert list(frame.columns) == NAMES
    assert [[cell.strip() for cell in row] for row in frame.to_numpy().tolist()] == ROWS
    assert source.rows() == sum(batch.num_rows for batch in source.batches()) == 24


def test_cells_of_fixed_width_may_be_empty_and_lines_cut(tmp_path: Path) -> None:
    rows = [[row[0], "" if i % 6 == 0 else row[1], row[2]] for i, row in enumerate(ROWS)]
    (tmp_path / "t.txt").write_text("".join(line(row, " ").rstrip() + "\n" for row in [NAMES, *rows]))
    source = open_source(str(tmp_path / "t.txt"), None)
    assert source.read(None, 0).to_numpy().tolist() == rows
    assert source.style.delimiter is None  # a later file may have one


def test_a_line_that_goes_over_the_edges_of_columns_is_refused(tmp_path: Path) -> None:
    lines = [line(row, " ") for row in [NAMES, *ROWS * 4]]
    lines[40] = "words that go over the edges of all of the columns\n"
    (tmp_path / "t.txt").write_text("".join(lines))
    with pytest.raises(SourceError, match="line 41"):
        open_source(str(tmp_path / "t.txt"), None).rows()


def test_sentences_are_no_columns(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("what they said\n" + "when they came\nthat this is a\n" * 12)
    assert open_source(str(tmp_path / "t.txt"), None).names == ("what they said",)

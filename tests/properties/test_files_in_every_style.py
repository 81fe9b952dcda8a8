"""Random tables are written in every style, encoding, delimiter, quoting and container, and read back equal."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.engines import open_engine
from journeyman.sources import open_source

WORDS = {
    "utf-8": ["Köln", "東京", "Москва", "naïve", "😀 smile", "plain", "x"],
    "utf-8-sig": ["Köln", "Zürich", "plain"],
    "utf-16": ["Köln", "東京", "plain"],
    "utf-16-le": ["Köln", "Zürich", "plain"],
    "utf-32": ["Москва", "plain"],
    "cp1252": ["Köln", "München", "süß", "Straße", "Äpfel", "plain"],
    "cp1251": ["Москва", "Тверь", "Казань", "красный", "нет", "plain"],
    "koi8-r": ["Москва", "Тверь", "Казань", "красный", "нет", "plain"],
    "cp932": ["東京", "大阪", "名古屋", "不合格", "ソフト", "plain"],
    "gb18030": ["北京", "上海", "广州", "优秀", "合格", "plain"],
    "cp1253": ["Αθήνα", "Πάτρα", "κόκκινο", "πόλη", "ναι", "plain"],
}
INSIDE = ["", ", ", "; ", " | ", '"', ' "so" ', "\n", "  "]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@dataclass(frozen=True)
class Written:
    """A table and how it is written."""

    names: list[str]
    rows: list[list[str]]
    encoding: str
    delimiter: str
    end: str
    quoting: str
    packed: str
    above: int
    final_end: bool

    def cell(self, text: str) -> str:
        if self.quoting == "backslash":
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        special = any(sign in text for sign in ('"', "\n", "\r", self.delimiter)) or text != text.strip()
        if self.quoting == "all" or special or (text == "" and len(self.names) == 1):
            doubled = text.replace('"', '""')
            return f'"{doubled}"'
        return text

    def content(self) -> bytes:
        lines = [self.delimiter.join(map(self.cell, row)) for row in [self.names, *self.rows]]
        text = self.end * self.above + self.end.join(lines) + (self.end if self.final_end else "")
        return text.encode(self.encoding)


@st.composite
def tables(draw: st.DrawFn) -> Written:
    """Draw a table of numbers and texts whose every word may stand in a quoted cell."""
    encoding = draw(st.sampled_from(sorted(WORDS)))
    words = WORDS[encoding]
    width = draw(st.integers(2, 5))
    numbers = draw(st.integers(1, width - 1))
    text = st.builds(lambda a, b, c: a + b + c, st.sampled_from(words), st.sampled_from(INSIDE), st.sampled_from(words))
    number = st.decimals(-9999, 9999, places=2).map(str)
    row = st.tuples(*([number] * numbers), *([text] * (width - numbers))).map(list)
    rows = draw(st.lists(row, min_size=6, max_size=14))
    rows += [[*r[:numbers], *([word] * (width - numbers))] for word in words for r in rows[:1]]  # each encoding shows
    names = [f"{'n' if i < numbers else 't'}{i}" for i in range(width)]
    return Written(
        names,
        rows,
        encoding,
        draw(st.sampled_from([",", ";", "\t", "|", "~", "\x01", "^"])),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.sampled_from(["needed", "all", "backslash"])),
        draw(st.sampled_from(sorted(PACKERS))),
        draw(st.sampled_from([0, 0, 1, 3])),
        draw(st.booleans()),
    )


def read_both_ways(path: Path) -> tuple[list[str], list[list[str]], list[list[str]]]:
    source = open_source(str(path), None)
    frame = source.read(None, 0)
    assert source.rows() == len(frame) == sum(batch.num_rows for batch in source.batches())
    with open_engine().open(source) as relation:
        seen = relation.to_pandas().fillna("")
    return list(frame.columns), frame.to_numpy().tolist(), seen.to_numpy().tolist()


def as_lines(rows: list[list[str]]) -> list[list[str]]:
    r"""Return cells whose line breaks are \n: which of the ends stands inside a cell says nothing."""
    return [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]


@pytest.mark.slow
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables())
def test_a_table_is_read_as_it_was_written(written: Written) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv" + written.packed)
        path.write_bytes(PACKERS[written.packed](written.content()))
        names, frame, relation = read_both_ways(path)
    assert names == written.names
    assert as_lines(frame) == written.rows
    assert relation == frame


@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables())
def test_an_archive_and_a_folder_hold_the_same_table(written: Written) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inside/t.csv", written.content())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "t.zip").write_bytes(buffer.getvalue())
        parts = Path(folder, "parts")
        (parts / "key=a b").mkdir(parents=True)
        (parts / "_SUCCESS").touch()
        (parts / "part-1.csv").touch()
        (parts / "key=a b" / "part-0.csv").write_bytes(written.content())
        packed = read_both_ways(Path(folder, "t.zip"))
        spread = read_both_ways(parts)
    assert as_lines(packed[1]) == written.rows
    assert spread[0] == [*packed[0], "key"]
    assert spread[1] == [[*row, "a b"] for row in packed[1]]
    assert spread[2] == spread[1]

"""Files as people and programs write them: read as meant, told what was left out, or refused with the line."""

from __future__ import annotations

import datetime as dt
import gzip
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from journeyman.api.predict import check_rows
from journeyman.engines import open_engine
from journeyman.entities.file_style import FileStyle, parse_file_style
from journeyman.errors import SettingsError, SourceError
from journeyman.interfaces import Source
from journeyman.sources import open_source, totals
from journeyman.sources.totals import count_totals

ROWS = [[str(i), f"{i / 8 - 3:.3f}", ["red", "green", "blue"][i % 3]] for i in range(24)]
NAMES = ["id", "x", "colour"]


def text(delimiter: str = ",", end: str = "\n", rows: list[list[str]] = ROWS) -> str:
    return end.join(delimiter.join(row) for row in [NAMES, *rows]) + end


def with_cells(*cells: str) -> list[list[str]]:
    """Return the rows with other texts in the last column of some."""
    return [[*row[:2], cells[(i // 5) % len(cells)] if i % 5 == 2 else row[2]] for i, row in enumerate(ROWS)]


def opened(path: Path, content: str | bytes, asked: FileStyle | None = None) -> Source:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_source(str(path), None, asked or FileStyle())


def read(source: Source) -> list[list[str]]:
    """Return the rows, which every way of reading must give."""
    rows: list[list[str]] = source.read(None, 0).to_numpy().tolist()
    with open_engine().open(source) as relation:
        seen = relation.to_pandas().fillna("").to_numpy().tolist()
    assert source.rows() == sum(batch.num_rows for batch in source.batches()) == len(rows)
    assert seen == [["" if v is None else v for v in row] for row in rows]
    return rows


def codes(source: Source) -> set[str]:
    return {finding.code for finding in source.findings}


LAYOUTS = {
    "blank lines above": ("\n\n" + text(), set()),
    "blank lines within": (text(rows=ROWS[:9]) + "\n  \n" + text(rows=ROWS[9:]).partition("\n")[2], set()),
    "empty cells above": (",,\n" + text(), set()),
    "a title": ("Flats of 2024;;\n" + text(";"), {"DQ034"}),
    "comments above": ("# made by a lab, 2024\n# operator: x\n" + text(), {"DQ034"}),
    "pairs above": ("Station,Berlin\n\n" + text(), {"DQ034"}),
    "sep=;": ("sep=;\r\n" + text(";", "\r\n"), set()),
    "Ctrl-Z": (text(end="\r\n") + "\x1a", set()),
    "trailing delimiter": (text().replace("\n", ",\n").replace(",\n", "\n", 1), set()),
    "delimiters behind some rows": (text(rows=ROWS[:9]) + "7,1.5,red,,\n", set()),
    "a footer": (text() + "\n(24 rows)\n", {"DQ034"}),
    "two files joined": (text() + text(), {"DQ034"}),
    "carriage returns": (text(end="\r"), set()),
    "returns twice": (text(end="\r\r\n"), set()),
    "two kinds of ends": (text(end="\r\n", rows=ROWS[:9]) + text(rows=ROWS[9:]).partition("\n")[2], set()),
    "a zero": (text(rows=ROWS * 3).replace("red", "re\0d", 1), set()),
    "drawn lines": (text().replace("\n", "\n--,---,------\n", 1), {"DQ034"}),
    "units below": (text(rows=[["-", "m/s", ""], *ROWS]), {"DQ034"}),
    "units in brackets": (text(rows=[["", "[mm]", "(none)"], *ROWS]), {"DQ034"}),
    "types below": (text(rows=[["int", "DECIMAL(10.2)", "varchar(20)"], *ROWS]), {"DQ034"}),
    "groups above": (text(";").replace("id;", "meta;;\nid;", 1), {"DQ034"}),
    "two groups above": ("Messung;;\n" + text(";"), {"DQ034"}),
    "a commented header": ("# " + text(), set()),
    "EOF": (text() + "EOF\n", {"DQ034"}),
    "the end of a dump": (text("\t") + "\\.\n", {"DQ034"}),
    "rows that were emptied": (text() + ",,\n,,\n", {"DQ034"}),
    "delimiters around": ("".join(f"|{line}|\n" for line in text("|").splitlines()), set()),
    "blanks before quotes": ("\n".join(", ".join(f'"{c}"' for c in row) for row in [NAMES, *ROWS]), set()),
    "a comment within": (text(rows=ROWS[:9]) + "# a pause, here, too, long\n7,1.5,red\n", {"DQ034"}),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_rows_are_found(tmp_path: Path, name: str) -> None:
    content, told = LAYOUTS[name]
    source = opened(tmp_path / "t.csv", content)
    assert list(source.names) == NAMES
    rows = read(source)
    expected = {
        "two files joined": ROWS + ROWS,
        "a zero": ROWS * 3,
        "delimiters behind some rows": [*ROWS[:9], ["7", "1.5", "red"]],
        "a comment within": [*ROWS[:9], ["7", "1.5", "red"]],
    }
    assert rows == expected.get(name, ROWS)
    assert codes(source) == told


def test_names_of_rows_as_r_writes_them(tmp_path: Path) -> None:
    lines = ['"x" "colour"', *(f'"{row[0]}" {row[1]} "{row[2]}"' for row in ROWS)]
    source = opened(tmp_path / "t.txt", "\n".join(lines) + "\n")
    assert source.names == ("Unnamed: 0", "x", "colour")
    assert read(source) == ROWS
    assert codes(source) == {"DQ018"}


QUOTES = {
    "an inch mark opens a text": ['"19 inch', "plain"],
    "two that would close": ['"5 inch', '6"'],
    "an inch mark inside": ['19" rack'],
    "never closed": ["plain", "plain", "plain", "plain", '"19 inch'],
}


@pytest.mark.parametrize("name", QUOTES)
def test_a_row_ends_where_it_ends(tmp_path: Path, name: str) -> None:
    rows = with_cells(*QUOTES[name])
    source = opened(tmp_path / "t.csv", text(rows=rows))
    assert read(source) == rows
    assert codes(source) == {"DQ032"}
    [told] = source.findings
    first = next(i for i, row in enumerate(rows) if '"' in row[2]) + 2
    assert f"line {first}" in told.message


def test_names_of_rows_of_texts_alone(tmp_path: Path) -> None:
    rows = [[f"row {i}", "ab"[i % 2], "red"] for i in range(9)]
    lines = ['"p","q"', *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    assert read(opened(tmp_path / "t.csv", "\n".join(lines))) == rows


def test_texts_over_several_lines_stay_whole(tmp_path: Path) -> None:
    rows = with_cells('"one, two\nthree"', '"1,2.5\n3,4.5,blue"')
    source = opened(tmp_path / "t.csv", text(rows=rows))
    assert read(source) == with_cells("one, two\nthree", "1,2.5\n3,4.5,blue")
    assert codes(source) == set()


def test_quotes_that_are_escaped_or_not_at_all(tmp_path: Path) -> None:
    wanted = with_cells('size "0, wide" box')
    for cell in ('"size \\"0, wide\\" box"', '"size "0, wide" box"'):
        quoted = [[f'"{c}"' if c in ("red", "green", "blue") else c for c in row] for row in with_cells(cell)]
        assert read(opened(tmp_path / "t.csv", text(rows=quoted))) == wanted
    paths = [[row[0], row[1], '"C:\\dir\\"'] for row in ROWS]
    assert read(opened(tmp_path / "t.csv", text(rows=paths)))[0][2] == "C:\\dir\\"


def test_a_row_of_another_width_is_refused_with_its_line(tmp_path: Path) -> None:
    for bad, fields in (("7,1.5", "2 fields"), ("7,1.5,red,9,9", "5 fields")):
        with pytest.raises(SourceError, match=f"line 11 has {fields} where the header has 3"):
            read(opened(tmp_path / "t.csv", text(rows=ROWS[:9]) + f"{bad}\n7,1.5,red\n"))
        with pytest.raises(SourceError, match=f"line 11 has {fields} where the header has 3"):
            list(open_source(str(tmp_path / "t.csv"), None).batches())
    with pytest.raises(SourceError, match="line 26 has 2 fields"):
        read(opened(tmp_path / "t.csv", text() + "24,0.1"))  # cut off


def test_rows_decide_the_delimiter(tmp_path: Path) -> None:
    lines = ["Ort;Fläche, m²;Miete, €", *(f"{'AB'[i % 2]};{i},6;{i * 9},33" for i in range(20))]
    source = opened(tmp_path / "t.csv", "\n".join(lines) + "\n")
    assert source.names == ("Ort", "Fläche, m²", "Miete, €")
    assert read(source)[1] == ["B", "1,6", "9,33"]
    amounts = opened(tmp_path / "a.csv", "x;y\n" + "".join(f"{i},5;{i * 3},25\n" for i in range(20)))
    assert read(amounts)[2] == ["2,5", "6,25"]


@pytest.mark.parametrize("delimiter", ["~", "^", "\x01", "\x1f", ":", " ", "   "])
def test_rare_delimiters(tmp_path: Path, delimiter: str) -> None:
    assert read(opened(tmp_path / "t.csv", text(delimiter))) == ROWS


def test_one_column_is_not_divided(tmp_path: Path) -> None:
    for cells in ([f"12:{i:02d}" for i in range(20)], [f"hello world number {i}" for i in range(20)]):
        assert read(opened(tmp_path / "t.csv", "a\n" + "\n".join(cells))) == [[cell] for cell in cells]


def test_what_the_user_says_counts_most(tmp_path: Path) -> None:
    asked = parse_file_style("cp1251", "pipe", "none")
    source = opened(tmp_path / "t.csv", 'a|b\n"да|1\nнет,"|2\n'.encode("cp1251"), asked)
    assert read(source) == [['"да', "1"], ['нет,"', "2"]]
    assert source.style == FileStyle("cp1251", "|", "none")
    for wrong in ({"encoding": "cp12511"}, {"delimiter": ";;"}, {"quote": "x"}, {"encoding": "rot13"}):
        with pytest.raises(SettingsError):
            parse_file_style(**wrong)


def test_a_release_expects_what_it_learned_from(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a;b\nда;1,5\n".encode("koi8-r"))
    expected = FileStyle("koi8-r", ";")
    assert open_source(str(path), None, FileStyle(), expected).read(None, 0).to_numpy().tolist() == [["да", "1,5"]]
    path.write_bytes("a,b\nда,1\nнет,2\n".encode())  # its own evidence is stronger
    assert open_source(str(path), None, FileStyle(), expected).read(None, 0).to_numpy().tolist()[0] == ["да", "1"]


def test_foreign_bytes_in_utf_8(tmp_path: Path) -> None:
    content = text(rows=with_cells("Köln", "Zürich")).encode().replace("Köln".encode(), b"K\xf6ln", 1)
    source = opened(tmp_path / "t.csv", content)
    assert read(source) == with_cells("Köln", "Zürich")
    assert codes(source) == {"DQ031"}
    assert "'Köln'" in source.findings[0].message


def test_doubt_about_an_encoding_is_told(tmp_path: Path) -> None:
    sure = opened(tmp_path / "t.csv", text(rows=with_cells("Москва", "красный", "Казань", "нет")).encode("cp1251"))
    assert read(sure) == with_cells("Москва", "красный", "Казань", "нет")
    assert [(f.code, f.severity.value) for f in sure.findings] == [("DQ030", "note")]
    thin = opened(tmp_path / "t.csv", text(rows=with_cells("Č")).encode("cp1250"))
    assert [(f.code, f.severity.value) for f in thin.findings] == [("DQ030", "warning")]


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_names_that_differ_by_case(tmp_path: Path, name: str) -> None:
    content = "Age,age,age_1,y\n1,2,3,a\n4,5,6,b\n"
    if name == "t.jsonl":
        content = '{"Age": "1", "age": "2", "age_1": "3", "y": "a"}\n{"age": "5", "Age": "4", "y": "b", "age_1": "6"}\n'
    source = opened(tmp_path / name, content)
    assert source.names == ("Age", "age", "age_1", "y")
    assert read(source) == [["1", "2", "3", "a"], ["4", "5", "6", "b"]]


def test_folders_as_spark_writes_them(tmp_path: Path) -> None:
    for folder, keys in {"year=2023": "2023", "year=__HIVE_DEFAULT_PARTITION__": ""}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "part-0.csv").write_text(text(rows=ROWS[:12] if keys else ROWS[12:]))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "part-0.csv").touch()
    (tmp_path / "part-1.csv").write_text(",".join(NAMES) + "\n")
    source = open_source(str(tmp_path), None)
    assert source.names == (*NAMES, "year")
    frame = source.read(None, 0)
    assert frame[NAMES].to_numpy().tolist() == ROWS
    assert frame["year"].fillna("").tolist() == ["2023"] * 12 + [""] * 12
    with open_engine().open(source) as relation:
        seen = relation.to_pandas()
    assert seen["c3"].isna().sum() == 12
    assert source.rows() == len(seen) == 24


def test_a_header_in_the_first_part_only(tmp_path: Path) -> None:
    (tmp_path / "part-0.csv").write_text(text(rows=ROWS[:9]))
    (tmp_path / "part-1.csv").write_text(text(rows=ROWS[9:]).partition("\n")[2])
    assert read(open_source(str(tmp_path), None)) == ROWS


def test_archives_of_several_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.csv", text())
        archive.writestr("b.csv", text(rows=ROWS[:3]))
        archive.writestr("__MACOSX/._a.csv", "shadow")
    with pytest.raises(SourceError, match=r"--sheet a\.csv"):
        open_source(str(tmp_path / "t.zip"), None)
    assert open_source(str(tmp_path / "t.zip"), None, FileStyle(sheet="b.csv")).rows() == 3


def test_what_a_file_holds_counts_more_than_its_name(tmp_path: Path) -> None:
    assert read(opened(tmp_path / "export.xls", text("\t").encode("utf-16"))) == ROWS
    with pytest.raises(SourceError, match="web page"):
        opened(tmp_path / "page.xls", "<html><table></table></html>")
    book = openpyxl.Workbook()
    for row in [NAMES, *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert read(opened(tmp_path / "t.csv", (tmp_path / "book.xlsx").read_bytes())) == ROWS


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book["Cover"].append(["Read me first"])
    old = book.create_sheet("Old")
    old.sheet_state = "hidden"
    data = book.create_sheet("Data")
    for sheet in (old, data):
        for row in ([None], ["Report of 2024"], ["k", "x", "twice"], *([i // 4, i + 0.5, None] for i in range(8))):
            sheet.append(row)
    for i in range(8):
        data.cell(row=4 + i, column=3, value=f"=2*B{4 + i}")
    data.merge_cells("A4:A7")
    book.save(path)


def test_the_first_visible_sheet_that_holds_a_table(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx")
    source = open_source(str(tmp_path / "t.xlsx"), None)
    assert source.style.sheet == "Data"
    frame = source.read(None, 0)
    assert list(frame.columns) == ["k", "x", "twice"]
    assert frame["k"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]  # merged over four rows
    assert codes(source) == {"DQ034", "DQ036", "DQ037"}
    assert "8 formulas without a result (first in C4)" in next(f for f in source.findings if f.code == "DQ037").message
    assert open_source(str(tmp_path / "t.xlsx"), None, FileStyle(sheet="Old")).style.sheet == "Old"
    with pytest.raises(SourceError, match="did you mean 'Data'"):
        open_source(str(tmp_path / "t.xlsx"), None, FileStyle(sheet="Dat"))


def test_open_documents(tmp_path: Path) -> None:
    cells = "".join(
        "<table:table-row>"
        + f'<table:table-cell office:value-type="float" office:value="{i}"/>'
        + f'<table:table-cell office:value-type="string"><text:p>w{i}</text:p></table:table-cell></table:table-row>'
        for i in range(3)
    )
    names = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{n}</text:p></table:table-cell>' for n in "ab"
    )
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='S'>"
            f"<table:table-row>{names}</table:table-row>{cells}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    source = open_source(str(tmp_path / "t.ods"), None)
    assert source.read(None, 0).to_dict("list") == {"a": [0, 1, 2], "b": ["w0", "w1", "w2"]}


def test_other_numbers_of_rows_are_refused(tmp_path: Path) -> None:
    source = opened(tmp_path / "t.csv", text())
    check_rows(source, 24)
    with pytest.raises(SourceError, match="24 rows, but 23 predictions"):
        check_rows(source, 23)


@pytest.mark.parametrize(
    ("last", "count"),
    [
        ([["Total", "", "105"]], 1),
        ([["Total", "x", "105"]], 1),
        ([["Gesamtsumme", "", ""]], 1),
        ([["", "", "105"]], 1),
        ([["Total", "", "105"], ["Page 1 of 1", "", ""]], 2),
        ([["a", "x", "105"]], 0),
        ([["Totalgaz", "x", "4"]], 0),
        ([["", "", ""]], 0),
        ([["b", "", "4"]], 0),
    ],
)
def test_totals_at_the_end(last: list[list[str]], count: int) -> None:
    rows = [["ab"[i % 2], "xyz"[i % 3], str(i)] for i in range(15)]
    assert count_totals(pd.DataFrame(rows + last, columns=["name", "kind", "n"])) == count


def test_a_wide_table_is_summed_up_only_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    sums = totals._sums

    def counted(text: str, above: pd.Series) -> bool | None:
        asked.append(text)
        return sums(text, above)

    monkeypatch.setattr(totals, "_sums", counted)
    rows = [[str(i), *(str(i + k) for k in range(50))] for i in range(15)]
    wide = pd.DataFrame([*rows, ["", *("7" for _ in range(50))]])
    assert count_totals(wide) == 0
    assert asked == ["7"]


def test_a_brand_called_total_is_no_total() -> None:
    rows = [[["Total", "Shell"][i % 2], str(i), ""] for i in range(15)] + [["Total", "", ""]]
    assert count_totals(pd.DataFrame(rows, columns=["brand", "n", "note"])) == 0


ODD_WORDS = {
    "cp852": ["Łódź", "Kraków", "Gdańsk", "żółty", "źle"],
    "mac-roman": ["Köln", "München", "süß", "Straße", "Äpfel"],
    "cp850": ["Orléans", "Besançon", "élevé", "très", "déjà"],
}


@pytest.mark.parametrize("encoding", ODD_WORDS)
def test_capitals_in_the_midst_of_words_are_no_words(tmp_path: Path, encoding: str) -> None:
    rows = [[*row[:2], ODD_WORDS[encoding][i % 5]] for i, row in enumerate(ROWS)]
    assert read(opened(tmp_path / "t.csv", text(rows=rows).encode(encoding))) == rows


@pytest.mark.parametrize("cell", ["1\u00a0200,50 €", "12 °C", "7,5\u00a0£", "–3,5", "12 m²"])
def test_amounts_say_nothing_of_an_alphabet(tmp_path: Path, cell: str) -> None:
    rows = [[row[0], row[1], cell] for row in ROWS]
    assert read(opened(tmp_path / "t.csv", text(";", rows=rows).encode("cp1252"))) == rows


def test_a_typographic_apostrophe_makes_no_other_alphabet(tmp_path: Path) -> None:
    rows = with_cells("don’t", "it’s “so” – here")
    assert read(opened(tmp_path / "t.csv", text(rows=rows).encode("mac-roman"))) == rows


def test_delimiters_behind_a_backslash(tmp_path: Path) -> None:
    rows = [[row[0], row[1], f"{row[2]}\\, large"] for row in ROWS]
    assert read(opened(tmp_path / "t.csv", text(rows=rows))) == [[*row[:2], f"{row[2]}, large"] for row in ROWS]
    paths = [[row[0], f"C:\\{row[2]}\\", row[2]] for row in ROWS]
    assert read(opened(tmp_path / "t.csv", text(rows=paths))) == paths


def test_a_line_of_words_that_may_be_a_row_is_one(tmp_path: Path) -> None:
    for first in (["unknown", "m", "red"], ["", "", ""], ["x", "y", "z"]):
        assert read(opened(tmp_path / "t.csv", text(rows=[first, *ROWS]))) == [first, *ROWS]


def test_empty_rows_among_others_are_rows(tmp_path: Path) -> None:
    rows = [*ROWS[:9], ["", "", ""], *ROWS[9:]]
    assert read(opened(tmp_path / "t.csv", text(rows=rows) + ",,\n")) == rows


@pytest.mark.parametrize(
    "name", ["part-00000", *(pytest.param(name, marks=pytest.mark.slow) for name in ("part-1a2b-3c4d-0", "000000_0"))]
)
def test_parts_without_an_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / "k=1").mkdir()
    (tmp_path / "k=1" / name).write_text(text())
    (tmp_path / "k=1" / "README.txt").write_text("what this is")
    (tmp_path / "schema.json").write_text("{}")
    assert read(open_source(str(tmp_path), None)) == [[*row, "1"] for row in ROWS]
    table = pd.DataFrame(ROWS, columns=NAMES)
    table.to_parquet(tmp_path / "k=1" / name)
    assert read(open_source(str(tmp_path), None)) == [[*row, "1"] for row in ROWS]
    table.to_json(tmp_path / "k=1" / name, orient="records", lines=True)
    assert read(open_source(str(tmp_path), None)) == [[*row, "1"] for row in ROWS]


def test_names_that_say_little_of_what_is_inside(tmp_path: Path) -> None:
    assert read(opened(tmp_path / "t.gz", gzip.compress(text().encode()))) == ROWS
    assert read(opened(tmp_path / "u.csv.gz", text())) == ROWS  # unpacked on its way
    frame = pd.DataFrame(ROWS, columns=NAMES)
    frame.to_json(tmp_path / "t.json", orient="records", lines=True)
    frame.to_feather(tmp_path / "t.feather")
    frame.to_orc(tmp_path / "t.orc")
    for name in ("t.json", "t.feather", "t.orc"):
        assert read(open_source(str(tmp_path / name), None)) == ROWS
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", text())
        archive.writestr("README.txt", "what this is")
    assert read(open_source(str(tmp_path / "t.zip"), None)) == ROWS
    with pytest.raises(SourceError, match="packed") as error:
        opened(tmp_path / "v.csv", (tmp_path / "t.zip").read_bytes())
    assert "v.csv.zip" in str(error.value.hint)
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.add(tmp_path / "t.json")
    with pytest.raises(SourceError, match=r"\.tar archive"):
        opened(tmp_path / "w.gz", gzip.compress((tmp_path / "t.tar").read_bytes()))
    with pytest.raises(SourceError, match="database") as error:
        opened(tmp_path / "t.db", b"SQLite format 3\0" + bytes(100))
    assert "sqlite:///" in str(error.value.hint)


def sheet(path: Path, *rows: list[object]) -> Source:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return open_source(str(path), None)


def test_what_stands_around_the_table_of_a_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [[i, i + 0.5, "ab"[i % 2]] for i in range(12)]
    wanted = pd.DataFrame(rows, columns=["k", "x", "g"])
    units = sheet(tmp_path / "units.xlsx", ["k", "x", "g"], [None, "mm", None], *rows)
    notes = sheet(tmp_path / "notes.xlsx", ["k", "x", "g"], *rows, [None], ["Source: us"])
    for source in (units, notes):
        assert source.read(None, 0).to_numpy().tolist() == wanted.to_numpy().tolist()
        assert codes(source) == {"DQ034"}
    gap = sheet(tmp_path / "gap.xlsx", ["k", "x", "g"], *rows[:6], [None], *rows[6:])
    assert gap.rows() == 12
    joined = sheet(tmp_path / "joined.xlsx", ["k", "data", None], [None, "x", "g"], *rows)
    assert joined.read(None, 0)["data x"].tolist() == wanted["x"].tolist()


def test_dates_that_lost_their_format(tmp_path: Path) -> None:
    days = [dt.datetime(2024, 1, 1 + i) for i in range(12)]
    cells: list[list[object]] = [[45292 + i if i % 4 == 3 else day, i] for i, day in enumerate(days)]
    assert sheet(tmp_path / "t.xlsx", ["day", "i"], *cells).read(None, 0)["day"].tolist() == days


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_names_that_look_like_patterns_or_keys_are_names(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "[2024] all*" / "key=7"
    folder.mkdir(parents=True)
    for name, rows in (("t[1]", ROWS), ("t1", ROWS[:3]), ("t2", ROWS[:5])):
        frame, path = pd.DataFrame(rows, columns=NAMES), folder / f"{name}.{ending}"
        if ending == "csv":
            frame.to_csv(path, index=False)
        elif ending == "jsonl":
            frame.to_json(path, orient="records", lines=True)
        else:
            frame.to_parquet(path)
    source = open_source(str(folder / f"t[1].{ending}"), None)
    assert source.names == tuple(NAMES)
    assert read(source) == ROWS

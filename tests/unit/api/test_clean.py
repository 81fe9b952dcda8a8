"""Files of cleaning: what goes in comes back, and what does not fit is refused with nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from journeyman.api.clean import apply_changes, clean, revert, rows_to_label, write_json
from journeyman.api.clean_files import read_labels, read_texts
from journeyman.cli.main import app
from journeyman.entities.cleaning import CellChange, CleaningRequest, RemovedRow, TableReview
from journeyman.entities.file_style import AS_FOUND
from journeyman.errors import SettingsError, SourceError

LINES = ["id,x,note", '1,5,"a, ""b"""', "2,N/A,", "3,7, y ", "4,,ø", "5,9,z"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["clean", *map(str, words)])
    return done.exit_code, done.output


def test_json_lists_the_cells_judged_wrong(table: Path, tmp_path: Path) -> None:
    review = clean(table, CleaningRequest())
    write_json(review, tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [(c["row"], c["column"], c["value"], c["suggestion"]) for c in found["cells"]] == [(1, "x", "N/A", "")]
    assert found["cells"][0]["probability"] > 0.5
    assert found["cells"][0]["reason"]


def test_a_patch_turns_back_changed_cells_and_removed_rows(table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    changes = (CellChange(1, "x", "N/A", ""), CellChange(4, "note", "z", 'q"1'))
    removed = (RemovedRow(0, ("1", "5", 'a, "b"')), RemovedRow(3, ("4", "", "ø")))
    review = TableReview("t.csv", 5, 3, 5, (), changes=changes, removed=removed)
    out, back = tmp_path / "clean.csv", tmp_path / "back.csv"
    patch = apply_changes(table, review, out)
    assert read_texts(str(out), AS_FOUND).rows == 3
    assert revert(out, patch, back) == 4
    assert back.read_text(encoding="utf-8") == table.read_text(encoding="utf-8")
    assert table.read_bytes() == before


def test_a_table_is_written_with_the_delimiter_of_its_source(tmp_path: Path) -> None:
    source, out, back = (tmp_path / name for name in ("source.csv", "clean.csv", "back.csv"))
    source.write_text("id;price\n1;3,5\n2;4,5\n3;x\n", encoding="utf-8")
    patch = apply_changes(
        source, TableReview("source.csv", 3, 2, 3, (), changes=(CellChange(2, "price", "x", ""),)), out
    )
    assert out.read_text(encoding="utf-8").splitlines()[:2] == ["id;price", "1;3,5"]
    revert(out, patch, back)
    assert back.read_bytes() == source.read_bytes()


def test_a_patch_of_another_table_is_refused(table: Path, tmp_path: Path) -> None:
    review = TableReview("t.csv", 5, 3, 5, (), changes=(CellChange(1, "x", "N/A", ""),))
    patch = apply_changes(table, review, tmp_path / "clean.csv")
    with pytest.raises(SettingsError, match="the patch wrote"):
        revert(table, patch, tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', '{"format": "journeyman-patch/1", "rows": 5}'])
def test_what_is_no_patch_is_refused(text: str, table: Path, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(SettingsError, match="no patch"):
        revert(table, tmp_path / "p.json", tmp_path / "back.csv")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("cells",), 3),
        (("cells", 0, "row"), 99),
        (("cells", 0, "row"), -1),
        (("cells", 0, "column"), "none"),
        (("cells", 0, "after"), None),
        (("removed", 0, "row"), 77),
        (("removed", 0, "values"), ["1"]),
        (("removed", 0), {}),
    ],
)
def test_a_patch_that_was_edited_wrongly_is_refused(
    place: tuple[str | int, ...], value: object, table: Path, tmp_path: Path
) -> None:
    review = TableReview(
        "t.csv", 5, 3, 5, (), changes=(CellChange(1, "x", "N/A", ""),), removed=(RemovedRow(4, ("5", "9", "z")),)
    )
    patch = apply_changes(table, review, tmp_path / "clean.csv")
    content = json.loads(patch.read_text())
    holder = content
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    patch.write_text(json.dumps(content))
    with pytest.raises(SettingsError, match="no patch of journeyman clean"):
        revert(tmp_path / "clean.csv", patch, tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()


def test_rows_to_label_come_back_as_labels(table: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    assert rows_to_label(table, 3, file) == 3
    texts = read_texts(str(table), AS_FOUND)
    labels = read_labels(file, texts)
    assert len(labels) == 3
    assert all(label.values == texts.row(label.row) for label in labels)
    with pytest.raises(SettingsError, match="exists"):
        rows_to_label(table, 3, file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "does not begin"),
        ("row,id,x,note\n9,1,5,a\n", "no row"),
        ("row,id,x,note\nx,1,5,a\n", "no row"),
        ("row,id,x,note\n1,1,5\n", "no row"),
        ("", "does not begin"),
    ],
)
def test_labels_that_do_not_fit_are_refused(text: str, said: str, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        clean(table, CleaningRequest(), labels=file)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES[:4], "rows"),
        (["id,x", *(line.rpartition(",")[0] for line in ("1,5,a", "2,6,b", "3,7,c", "4,8,d", "5,9,e"))], "columns"),
        (["a,b,c", *(["p,q,r"] * 5)], "other columns"),
        (["id,x,note", "5,9,z", "4,,ø", "3,7, y ", "2,6,b", "1,5,a"], "differs from t.csv in most cells"),
    ],
)
def test_a_clean_copy_of_another_shape_is_refused(lines: list[str], said: str, table: Path, tmp_path: Path) -> None:
    (tmp_path / "clean.csv").write_text("\n".join(lines))
    with pytest.raises(SettingsError, match=said):
        clean(table, CleaningRequest(labels=2), labels_from=str(tmp_path / "clean.csv"))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_labels_that_a_spreadsheet_saved_are_read(delimiter: str, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("\r\n".join(["row,id,x,note", "0,1,5,a", "1,2,6,b"]).replace(",", delimiter), encoding="utf-8-sig")
    found = read_labels(file, read_texts(str(table), AS_FOUND))
    assert [(one.row, one.values) for one in found] == [(0, ("1", "5", "a")), (1, ("2", "6", "b"))]


def test_an_encoding_that_was_guessed_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"town,n\n" + "Bodø,1\nTromsø,2\n".encode("latin-1") * 20)
    notes = clean(tmp_path / "t.csv", CleaningRequest()).notes
    assert any("is not UTF-8" in note and "--encoding" in note for note in notes)


def test_commands_to_type_name_files_with_blanks(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run(table, "--label", "2", "--labels", "my labels.csv")
    assert (code, "--labels 'my labels.csv'" in output) == (0, True)


def test_a_clean_copy_in_another_order_of_columns_is_read_by_name(table: Path, tmp_path: Path) -> None:
    (tmp_path / "clean.csv").write_text('x,id,note\n5,1,"a, ""b"""\n,2,\n7,3, y \n,4,ø\n9,5,z\n', encoding="utf-8")
    review = clean(table, CleaningRequest(labels=5), labels_from=str(tmp_path / "clean.csv"))
    assert [(s.row, s.column, s.suggestion) for s in review.suspects] == [(1, "x", "")]


@pytest.mark.parametrize(
    "lines", [["x", "1", "2", "3"], ["a,b", "1,2"], ["a,b", *(f"{k},{k}z" for k in range(40))], ["a,b", ",", "1,"]]
)
def test_small_and_odd_tables_are_reviewed(lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("\n".join(lines) + "\n")
    assert clean(tmp_path / "odd.csv", CleaningRequest()).rows == len(lines) - 1


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("a,b\n")
    with pytest.raises(SourceError, match="no rows"):
        clean(tmp_path / "empty.csv", CleaningRequest())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--apply"], "no file to write"),
        (["--apply", "--out", "x.csv"], "nothing shows"),
        (["--out", "x.csv"], "nothing is to be changed"),
        (["--revert", "p.json", "--out", "x.csv", "--json", "y.json"], "does nothing else"),
        (["--revert", "p.json", "--out", "x.csv", "--apply"], "does nothing else"),
        (["--target", "nope"], "no column 'nope'"),
        (["--labels-from", "x.csv"], "no rows are to be labelled"),
        (["--label", "9", "--labels", "new.csv"], "more rows than"),
    ],
)
def test_the_command_refuses_in_a_line_with_a_hint(
    words: list[str], said: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run(table, *words)
    assert code == 2
    assert said in output
    assert "hint: " in output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv"]


def test_the_command_never_writes_over_its_table(table: Path, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}")
    code, output = run(table, "--revert", tmp_path / "p.json", "--out", table)
    assert (code, "is the table itself" in output) == (2, True)


def test_the_command_goes_from_labels_to_a_clean_table_and_back(table: Path, tmp_path: Path) -> None:
    labels, out, back = tmp_path / "labels.csv", tmp_path / "clean.csv", tmp_path / "back.csv"
    code, output = run(table, "--label", 5, "--labels", labels)
    assert (code, "Correct their cells" in output) == (0, True)
    labels.write_text(labels.read_text(encoding="utf-8").replace("N/A", ""), encoding="utf-8")
    code, output = run(table, "--labels", labels, "--apply", "--out", out)
    assert code == 0, output
    assert out.read_text(encoding="utf-8").splitlines()[2] == "2,,"
    code, output = run(out, "--revert", tmp_path / "clean.patch.json", "--out", back)
    assert code == 0, output
    assert back.read_text(encoding="utf-8") == table.read_text(encoding="utf-8")

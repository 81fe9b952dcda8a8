"""Paths of a program that lead to files of its folder."""

from __future__ import annotations

from journeyman.stages.point_to_files import point_to_files, wanted_files


def test_paths_of_another_machine_lead_to_the_only_file_of_that_name() -> None:
    source = (
        "import pandas as pd\n"
        "a = pd.read_csv('C:\\\\Users\\\\ann\\\\Titanic.CSV')\n"
        'b = pd.read_csv("https://example.org/x/houses.csv?raw=true", sep=";")\n'
        "c = pd.read_csv('there.csv')\n"
    )
    found = point_to_files(source, ["data/titanic.csv", "houses.csv", "there.csv"])
    assert "read_csv('data/titanic.csv')" in found.code.source
    assert "read_csv('houses.csv', sep=\";\")" in found.code.source
    assert "read_csv('there.csv')" in found.code.source
    assert [change.line for change in found.code.changes] == [2, 3]
    assert found.missing == ()


def test_of_several_the_one_whose_folders_agree_is_taken() -> None:
    found = point_to_files("open('../input/train/x.csv')\n", ["test/x.csv", "train/x.csv", "x.csv"])
    assert found.code.source == "open('train/x.csv')\n"


def test_what_the_program_writes_itself_is_not_missing() -> None:
    source = "df.to_csv('made.csv')\nopen('log.txt', 'w')\npd.read_csv('made.csv')\npd.read_csv('gone.csv')\n"
    assert point_to_files(source, []).missing == ((4, "gone.csv"),)
    assert wanted_files(source) == ("made.csv", "gone.csv")


def test_texts_beside_letters_of_several_bytes_keep_their_places() -> None:
    found = point_to_files("größe = 'ü', pd.read_csv('/a/b.csv')\n", ["b.csv"])
    assert found.code.source == "größe = 'ü', pd.read_csv('b.csv')\n"

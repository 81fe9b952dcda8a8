"""Word pieces as BERT's own tokenizer cuts them: expected numbers are those of the published tokenizer."""

import pytest

from journeyman.transformers.embeddings.word_pieces import UNKNOWN, piece_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Hello, world!", [7592, 1010, 2088, 999]),
        ("", []),
        ("  \n\t ", []),
        ("unaffable", [14477, 20961, 3468]),
        ("naïve Über-café", [15743, 19169, 1011, 7668]),
        ("中文", [1746, 1861]),
        ("x\u200by \x07 z", [1060, 2100, 1062]),
    ],
)
def test_pieces(text, numbers):
    assert piece_numbers(text, 100) == numbers


def test_a_word_that_cannot_be_spelled_is_unknown():
    assert piece_numbers("😀 " + "a" * 101, 10) == [UNKNOWN, UNKNOWN]


def test_reading_stops():
    assert piece_numbers("word " * 10_000, 7) == piece_numbers("word " * 7, 100)

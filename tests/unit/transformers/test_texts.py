"""Texts: n-grams are counted as a plain count would, scores are out of fold, and nothing is said where nothing is."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.transformers.derived import derived_columns, with_derived
from journeyman.transformers.ngrams import learn_ngrams
from journeyman.transformers.preparations import DensePreparation
from journeyman.transformers.texts import TextPreparation, distinct_texts, text_shapes

TASK = Task("y", "binary", "log_loss", ("no", "yes"))
TEXT = (Column("t", Kind.TEXT),)
GOOD, BAD = (
    ("lovely warm soup", "a lovely dish", "warm and good"),
    ("cold stale bread", "stale, awful", "awful cold tea"),
)


def reviews(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows).astype(float)
    texts = np.array([str(rng.choice(GOOD if good else BAD)) + f" no{i}" for i, good in enumerate(y)], dtype=object)
    return {"t": texts}, y


@settings(max_examples=100)
@given(st.lists(st.text(alphabet="ab cé\0漢", max_size=12), min_size=1, max_size=8))
def test_runs_are_counted_as_a_plain_count_does(texts):
    known = learn_ngrams(texts, 100, 100)
    if known is None:
        return
    rows, runs = known.trie.find([" ".join(t.lower().split()) for t in texts])
    found = Counter((row, known.runs[run]) for row, run in zip(rows.tolist(), runs.tolist(), strict=True))
    expected = Counter()
    for row, text in enumerate(texts):
        cleaned = f" {' '.join(text.lower().split())} "
        for run in known.runs:
            expected[row, run] = sum(cleaned.startswith(run, i) for i in range(len(cleaned)))
    assert found == +expected


def test_words_and_pairs_occur_in_two_texts_at_least():
    known = learn_ngrams(["Red wine, please", "red WINE", "white rum"], 100, 100)
    assert known.words == ("red", "wine")
    assert known.pairs.tolist() == [1]
    assert all(sum(run in f" {t} " for t in ("red wine, please", "red wine", "white rum")) >= 2 for run in known.runs)


def test_each_kind_of_ngram_has_length_one():
    known = learn_ngrams(["red wine", "red wine and rum", "rum"], 100, 100)
    weighed = known.weigh(["red wine and rum", ""]).toarray()
    words = len(known.words) + len(known.pairs)
    assert np.linalg.norm(weighed[0, :words]) == pytest.approx(1.0)
    assert np.linalg.norm(weighed[0, words:]) == pytest.approx(1.0)
    assert not weighed[1, :words].any()


def test_what_speaks_for_an_answer_is_found():
    block, y = reviews()
    fitted, matrix = TextPreparation().fit(block, TEXT, y, TASK, 0)
    score = matrix.names.index("t: words for output 0")
    assert np.corrcoef(matrix.values[:, score], y)[0, 1] > 0.9
    unseen = fitted.transform({"t": np.array(["a lovely warm cake", "stale and cold", "lovvely"], dtype=object)})
    assert unseen.values[0, score] > unseen.values[1, score] + 0.3
    spelling = matrix.names.index("t: spelling for output 0")
    assert unseen.values[2, spelling] > unseen.values[1, spelling], "a slip of the pen is still known by its parts"


def test_noise_says_nothing():
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(200)], dtype=object)
    texts = np.array([" ".join(words[rng.integers(0, 200, 6)]) for _ in range(600)], dtype=object)
    y = rng.integers(0, 2, 600).astype(float)
    _, matrix = TextPreparation().fit({"t": texts}, TEXT, y, TASK, 0)
    for name, values in zip(matrix.names, matrix.values.T, strict=True):
        if "output" in name and values.std() > 0:
            assert abs(np.corrcoef(values, y)[0, 1]) < 0.15, name


def test_a_row_is_read_alone_as_among_others_to_the_last_bit():
    block, y = reviews()
    fitted, _ = TextPreparation().fit(block, TEXT, y, TASK, 0)
    again = TextPreparation().from_files(fitted.to_files())
    texts = np.array([*block["t"][:30], None, "", "WARM 7!", "lovely " * 5000], dtype=object)
    together = fitted.transform({"t": texts}).values
    alone = np.vstack([again.transform({"t": texts[i : i + 1]}).values for i in range(len(texts))])
    assert np.array_equal(together, alone)
    assert np.array_equal(together[30], together[31]), "missing is as empty"


def test_texts_that_never_repeat_leave_their_shape():
    texts = np.array([chr(0x4E00 + i) for i in range(40)], dtype=object)
    _, matrix = TextPreparation().fit({"t": texts}, TEXT, np.arange(40.0) % 2, TASK, 0)
    assert len(matrix.values) == 40
    assert not any("output" in name for name in matrix.names)


def test_names_are_read_by_their_spelling():
    labels = tuple(f"{maker} {i}" for maker in ("opel", "audi") for i in range(150))
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 280, 2000).astype(np.int32)  # the last labels have no row
    y = ((codes >= 150) ^ (rng.random(2000) < 0.1)).astype(float)
    columns = (Column("car", Kind.CATEGORY, categories=labels), Column("few", Kind.CATEGORY, categories=("a", "b")))
    fitted, matrix = DensePreparation().fit({"car": codes, "few": codes % 2}, columns, y, TASK, 0)
    assert not any("few: words" in name for name in matrix.names)
    three = np.array([0, 299, -1], dtype=np.int32)
    values = fitted.transform({"car": three, "few": three}).values
    score = matrix.names.index("car: words for output 0")
    assert values[1, score] > values[0, score] + 0.3
    assert values[0, score] < values[2, score] < values[1, score]


def test_several_outputs_have_a_score_each():
    block, y = reviews()
    labels = ("a", "b", "c")
    task = Task("y", "multiclass", "log_loss", labels)
    _, matrix = TextPreparation().fit(block, TEXT, y + (np.arange(300) % 7 == 0) * (2 - y), task, 0)
    assert sum("words for output" in name for name in matrix.names) == 3


def test_derived_columns_overwrite_none_of_the_table():
    block, y = reviews()
    block["t: characters"] = y
    columns = (*TEXT, Column("t: characters", Kind.NUMBER))
    _, matrix = TextPreparation().fit(block, columns, y, TASK, 0)
    assert "t: characters" not in matrix.names
    wider = with_derived(block, matrix)
    assert wider["t: characters"] is block["t: characters"]
    assert all(c.name in wider and c.kind is Kind.NUMBER for c in derived_columns(matrix))


def test_shapes_and_distinct_texts():
    shapes = text_shapes(["AB c1!", ""], 100)
    assert shapes[0, :2].tolist() == pytest.approx(np.log1p([6, 2]).tolist())
    assert shapes[0, 2:].tolist() == pytest.approx([2 / 6, 1 / 6, 1 / 6])
    assert shapes[1, 2:].tolist() == [0.0, 0.0, 0.0]
    texts, slots = distinct_texts(np.array(["b", None, "b", np.nan, "a"], dtype=object))
    assert (texts, slots.tolist()) == (["b", "", "a"], [0, 1, 0, 1, 2])

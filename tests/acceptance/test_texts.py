"""Texts from a table to a model: messages that are wanted or not, a real table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

import journeyman
from journeyman.inference.release import Release
from journeyman.reports.html import render_html

pytestmark = pytest.mark.slow
MESSAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "text" / "sms-spam.csv.gz"


@pytest.fixture(scope="module")
def messages() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return 900 messages to learn from, and 600 others of which none is a copy of these."""
    if not MESSAGES.is_file():
        pytest.skip("the shared collection of real tables is not here")
    frame = pd.read_csv(MESSAGES).sample(1_800, random_state=0).drop_duplicates("text")
    return frame.iloc[:900], frame.iloc[900:1_500]


@pytest.fixture(scope="module")
def release(messages: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Release:
    return journeyman.build(messages[0], target="label", trials=6, workspace=tmp_path_factory.mktemp("texts"))


def test_n_grams_learn_and_predict_new_messages(release: Release, messages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    tried = {t.candidate.algorithm for t in release.report.trials}
    assert "text_linear" in tried
    new = messages[1]
    told = release.predict_proba(new.drop(columns="label"))
    assert told.shape == (600, 2)
    assert log_loss(new["label"], told) < 0.10  # 0.39 without a model
    alone = np.vstack([release.predict_proba(new[["text"]].iloc[[i]]) for i in range(5)])
    assert np.allclose(alone, told[:5], atol=1e-9)


def test_gaps_hostile_and_empty_texts_are_predicted_too(release: Release) -> None:
    odd = pd.DataFrame({"text": [None, "", "\x00?", "<script>alert(1)</script>", "中" * 9_000]})
    told = release.predict_proba(odd)
    assert np.isfinite(told).all()
    assert np.allclose(told.sum(axis=1), 1.0)


def test_the_report_tells_words_languages_and_hard_texts(release: Release) -> None:
    (texts,) = release.report.texts
    assert texts.column == "text"
    assert next(iter(texts.languages)) in ("English", "unknown")
    assert {"call", "txt", "free", "claim"} & {w.word.split(" ")[0] for w in texts.telling["spam"]}
    page = render_html(release.report)
    assert '<section id="texts">' in page
    assert "Telling words" in page

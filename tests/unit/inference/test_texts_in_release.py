"""A text is learned once for all preparations, and a release reads a row as training did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.transformers.texts import TextPreparation

GOOD, BAD = (
    ("lovely warm soup", "a lovely dish", "warm and good"),
    ("cold stale bread", "stale, awful", "awful cold tea"),
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    good = rng.integers(0, 2, 240)
    texts = [f"{rng.choice(GOOD if g else BAD)} on day {i} of {rng.integers(99)}" for i, g in enumerate(good)]
    return pd.DataFrame({"review": texts, "price": rng.normal(size=240), "liked": np.where(good, "yes", "no")})


@pytest.mark.slow
def test_two_preparations_share_what_a_text_says(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[bytes] = []
    plain = TextPreparation.fit

    def counted(self, block, columns, y, task, seed):  # type: ignore[no-untyped-def]  # the signature of what it stands for
        fits.append(b"".join(t.encode() for t in block["review"]))
        return plain(self, block, columns, y, task, seed)

    monkeypatch.setattr(TextPreparation, "fit", counted)
    release = build(table, target="liked", trials=3, workspace=tmp_path)
    trials = {t.candidate.algorithm for t in release.report.trials}
    assert {"linear"} < trials - {"baseline"}, "two algorithms that ask for different preparations"
    assert len(set(fits)) == len(fits) > 3, "no rows are learned twice"
    assert release.evaluation.main.value > 0.9
    assert sorted(p.name for p in (release.path / "preparations").iterdir())[-1] == "texts"
    again = load(release.path)
    rows = table.drop(columns="liked").head(20)
    together = again.predict_proba(rows)
    alone = np.vstack([again.predict_proba(rows.iloc[i : i + 1]) for i in range(20)])
    assert np.allclose(together, alone, rtol=1e-12)
    assert np.array_equal(release.predict_proba(rows), together)

"""A release with CatBoost's trees predicts where CatBoost is not, as it does where CatBoost is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.entities.plan import NodeKind


@pytest.mark.slow
def test_a_new_release_holds_plain_arrays(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shop, size = rng.integers(0, 60, 700), rng.normal(size=700)
    sold = rng.normal(size=60)[shop] * 3 + size**2 + rng.normal(scale=0.5, size=700)
    frame = pd.DataFrame({"shop": [f"shop {i}" for i in shop], "size": size, "sold": sold})
    release = build(frame, target="sold", trials=4, workspace=tmp_path / "w")
    files = [path.name for path in (release.path / "members").rglob("*") if path.is_file()]
    assert "symmetric.msgpack" in files, "the table was to be one that CatBoost is good at"
    assert not [name for name in files if name.endswith(".cbm")]
    assert "SymmetricTrees" in {type(node.step).__name__ for node in release.plan.of_kind(NodeKind.TREES)}
    rows = frame.drop(columns="sold").head(40)
    rows.to_parquet(tmp_path / "rows.parquet")
    np.save(tmp_path / "wanted.npy", release.predict(rows))
    code = (
        "import sys\n"
        "sys.modules['catboost'] = None\n"  # importing it fails
        "import journeyman, numpy, pandas\n"
        f"release = journeyman.load({str(release.path)!r})\n"
        "print(numpy.array_equal(release.predict(pandas.read_parquet('rows.parquet')), numpy.load('wanted.npy')))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600, cwd=tmp_path
    )
    assert shown.stdout.strip() == "True"

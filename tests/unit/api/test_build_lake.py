"""A release with joins fetches what it needs: the same in a batch, for a row alone and in service."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import journeyman
from journeyman.api.export import export
from journeyman.api.predict import predict_file
from journeyman.entities.admitted import RowMisfit
from journeyman.entities.prediction import Answer, Part
from journeyman.errors import ReleaseError, SchemaError, SettingsError
from journeyman.serving.served_release import ServedRelease

pytestmark = pytest.mark.slow

ROWS, SHOPS = 400, 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("lake")
    shops, days = rng.integers(0, SHOPS, ROWS), np.sort(rng.integers(0, 200, ROWS))
    size = rng.normal(size=SHOPS)
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    x = rng.normal(size=ROWS).round(3)
    amount = (3 * size[shops] + x + rng.normal(size=ROWS) * 0.3).round(4)
    frame = pd.DataFrame({"shop": [f"S-{s:03d}" for s in shops], "day": moments.strftime("%d.%m.%Y"), "x": x})
    frame.assign(amount=amount).to_csv(folder / "orders.csv", index=False)
    (folder / "tables").mkdir()
    table = pd.DataFrame({"Shop": [f"s {k}" for k in range(SHOPS)], "size": size.round(4)})
    table.assign(kind=[f"k{k % 3}" for k in range(SHOPS)]).to_csv(folder / "tables" / "shops.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def release(place: Path) -> journeyman.api.build.Release:
    return journeyman.build(
        place / "orders.csv", target="amount", time="day", lake=place / "tables", trials=4, workspace=place / "ws"
    )


def test_the_release_looks_up_what_it_learned_from(place: Path, release: journeyman.api.build.Release) -> None:
    assert release.joins.needed == ("shop",)
    assert "shops.size" in {c.name for c in release.columns}
    manifest = json.loads((release.path / "manifest.json").read_text())
    assert {"joins.msgpack", "lookups/0.parquet"} <= manifest["files"].keys()
    assert release.evaluation.main.value < 0.7 * (release.evaluation.main.baseline or 0.0)
    assert 'lake = "' in (release.path / "settings.toml").read_text()


def test_rows_are_predicted_alike_in_a_batch_alone_and_in_service(
    place: Path, release: journeyman.api.build.Release
) -> None:
    rows = pd.read_csv(place / "orders.csv", dtype=str).drop(columns="amount").head(40)
    rows.loc[3, "shop"] = "nobody's"
    rows.loc[4, "shop"] = None
    batch = release.predict(rows)
    assert np.ptp(batch) > 1.0
    alone = np.array([release.predict(rows.iloc[[k]])[0] for k in range(len(rows))])
    assert np.allclose(alone, batch, rtol=0, atol=1e-12)  # sums of a linear model are rounded by their number of rows
    served = ServedRelease(release)
    plain = [{k: None if v != v else v for k, v in row.items()} for row in rows.to_dict("records")]
    answers = served.answer(plain, Part.CHAMPION)
    assert all(isinstance(one, Answer) for one in answers)
    assert np.allclose([float(str(one.prediction)) for one in answers if isinstance(one, Answer)], batch, rtol=1e-12)
    assert {c.name for c in served.columns} <= {"shop", "day", "x"}


def test_a_row_without_its_key_is_refused(place: Path, release: journeyman.api.build.Release) -> None:
    with pytest.raises(SchemaError, match="no column 'shop', by which shops is joined"):
        release.predict(pd.DataFrame({"day": ["01.02.2024"], "x": [1.0]}))
    told = ServedRelease(release).answer([{"day": "01.02.2024", "x": 1.0}], Part.CHAMPION)
    assert isinstance(told[0], RowMisfit)
    assert told[0].field == "shop"


def test_a_file_of_base_rows_is_predicted_after_the_lake_is_gone(
    place: Path, release: journeyman.api.build.Release, tmp_path: Path
) -> None:
    (place / "tables").rename(place / "elsewhere")
    try:
        told = predict_file(str(release.path), place / "orders.csv", out=tmp_path / "p.csv")
    finally:
        (place / "elsewhere").rename(place / "tables")
    assert told.rows == ROWS
    got = pd.read_csv(tmp_path / "p.csv")
    assert np.allclose(got.iloc[:, -1] if "amount" not in got else got["amount"], release.predict(place_rows(place)))


def place_rows(place: Path) -> pd.DataFrame:
    return pd.read_csv(place / "orders.csv", dtype=str)


def test_what_cannot_carry_a_join_refuses_by_name(
    place: Path, release: journeyman.api.build.Release, tmp_path: Path
) -> None:
    with pytest.raises(ReleaseError, match="fetches columns from shops, which an export to python cannot do"):
        export("orders", tmp_path / "out", to="python", workspace=place / "ws")
    assert not (tmp_path / "out").exists()


def test_a_lake_needs_a_column_to_predict_and_has_to_be_there(place: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        journeyman.build(
            place / "orders.csv", task="groups", lake=place / "tables", trials=1, workspace=tmp_path / "ws", quiet=True
        )
    with pytest.raises(ValueError, match="no such folder"):
        journeyman.build(place / "orders.csv", target="amount", lake=tmp_path / "no", workspace=tmp_path / "ws")

"""Images from a folder to a model in service that is watched: digits as files of PNG."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.unit.operations.loop_world import SETTINGS, SPAN, Quiet
from tests.unit.serving.conftest import served

from journeyman.api.build import build
from journeyman.api.predict import load, predict_file
from journeyman.drift_detectors.columns import ColumnsDetector
from journeyman.entities.operating import Operated
from journeyman.inference.release import Release
from journeyman.operations.traffic import read_traffic
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.runtime.clock import milliseconds
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

Image = pytest.importorskip("PIL.Image")
pytestmark = pytest.mark.slow
NAME = "shared/data/image/digits-8x8.csv.gz"
TABLE = next((p / NAME for p in Path(__file__).parents if (p / NAME).exists()), Path(NAME))
CLASSES = (0, 1, 4, 7)


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    if not TABLE.exists():
        pytest.skip(f"{TABLE} is not here")
    table = pd.read_csv(TABLE)
    return table[table["number_label"].isin(CLASSES)].reset_index(drop=True)


def png(row: pd.Series, light: float = 1.0) -> bytes:
    pixels = (row.iloc[:64].to_numpy(dtype=np.float64).reshape(8, 8) * 15.9 * light).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def workspace(digits: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("images")
    for number, row in digits.iloc[:360].iterrows():
        at = place / "digits" / f"{row['number_label']:.0f}" / f"{number}.png"
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(png(row))
    for number, row in digits.iloc[360:460].iterrows():
        (place / "new").mkdir(exist_ok=True)
        (place / "new" / f"{number}.png").write_bytes(png(row))
    (place / "new" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more of it")
    build(place / "digits", trials=3, workspace=place / "w", name="digits")
    return place


@pytest.fixture(scope="module")
def release(workspace: Path) -> Release:
    return load("digits", workspace=workspace / "w")


def test_a_folder_is_learned_and_a_folder_without_classes_is_predicted_a_line_a_file(
    workspace: Path, digits: pd.DataFrame, release: Release
) -> None:
    assert release.task.target == "label"
    result = predict_file("digits", workspace / "new", out=workspace / "out.csv", workspace=workspace / "w")
    told = pd.read_csv(result.path)
    assert len(told) == 101
    assert [f.code for f in result.findings] == ["PR102"]
    known = told[told["file"] != "broken.png"]
    truth = digits["number_label"].iloc[[int(name.split(".")[0]) for name in known["file"]]].to_numpy()
    assert (known["label"].to_numpy() == truth).mean() > 0.95


def test_the_report_shows_the_images(release: Release) -> None:
    page = release.report_path.read_text(encoding="utf-8")
    assert "What the images look like" in page
    assert "8 x 8 pixels, in grey" in page
    assert page.count("data:image/png;base64,") >= 12 + 4 * len(CLASSES)
    assert "image/8x8/" not in page  # never the text that stands for an image


def test_served_as_base64_and_a_darker_camera_is_a_column_that_moved(
    workspace: Path, digits: pd.DataFrame, release: Release, tmp_path: Path
) -> None:
    rows = [digits.iloc[i] for i in range(360, 610)]
    begun = milliseconds() // SPAN * SPAN
    with served(ServeSettings("digits", workspace / "w", tmp_path / "log"), tmp_path) as client:
        sent = [{"image": b64encode(png(row, light=0.5)).decode()} for row in rows]
        answered = client.ask("POST", "/predict", {"rows": sent}).json["predictions"]
        expected = release.predict(pd.DataFrame(sent))
        assert [one["prediction"] for one in answered] == list(expected)
        several = client.ask("POST", "/predict", {"rows": [{"image": "no image"}, sent[0]]}).json
        assert several["predictions"][1]["prediction"] == answered[0]["prediction"]
        raw = client.ask("POST", "/predict", png(rows[0], light=0.5), {"content-type": "image/png"})
        assert raw.json["prediction"] == answered[0]["prediction"]
        assert client.ask("POST", "/predict", b"no image", {"content-type": "image/png"}).status == 400
        large = BytesIO()
        Image.new("L", (90, 40), 200).save(large, "PNG")
        [strange] = client.ask("POST", "/predict", large.getvalue(), {"content-type": "image/png"}).json["findings"]
        assert strange["code"] == "PR105"
        assert "90 x 40 pixels, outside of what training saw (8 x 8)" in strange["message"]
    log = SqlitePredictionLog(tmp_path / "log")
    with Workspace(workspace / "w") as held:
        operated = held.operations.begin(Operated("digits", SETTINGS, begun))
        parts = loop_parts(held, operated, log, TableStream(log), Quiet())
        nobody = np.empty(0, dtype=np.int64)
        traffic, _, _ = read_traffic(parts.stream.poll(begun, begun + 2 * SPAN, 1_000), release, nobody)
        reference = parts.release_cache.reference(1)
    log.close()
    assert np.nanmean(traffic.rows["image: brightness"]) < 0.25
    detector = ColumnsDetector()
    _, signals = detector.look(reference, release.task, detector.begin(reference, release.task), traffic)
    assert any("brightness" in s.message for s in signals)

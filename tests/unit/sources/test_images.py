"""Images from files, bytes and base64: what is one is read, what is none is told, and nothing takes too much memory."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.image import SmallImage, image_measures
from journeyman.errors import SourceError, TargetError
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource, named_columns, open_source
from journeyman.sources.parsing import RowReader, infer_column, parse
from journeyman.sources.parsing.images import decode_image, image_cell, is_image_bytes
from journeyman.sources.parsing.read_again import read_again
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest
from journeyman.testing.source_checks import check_source

Image = pytest.importorskip("PIL.Image")


def picture(seed: int = 0, size: tuple[int, int] = (12, 10), colour: bool = False) -> Image.Image:
    shape = (size[1], size[0], 3) if colour else (size[1], size[0])
    return Image.fromarray((np.random.default_rng(seed).random(shape) * 255).astype(np.uint8))


def file_of(image: Image.Image, form: str = "PNG") -> bytes:
    out = BytesIO()
    image.save(out, form)
    return out.getvalue()


def text_of(image: Image.Image) -> str:
    return b64encode(file_of(image)).decode()


def folder(place: Path, classes: tuple[str, ...] = ("cat", "dog"), each: int = 15) -> Path:
    for k, name in enumerate(classes):
        (place / name).mkdir(parents=True)
        for i in range(each):
            picture(100 * k + i).save(place / name / f"{i}.png")
    return place


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"])
def test_every_usual_format_is_known_by_its_first_bytes_and_read(form: str) -> None:
    content = file_of(picture(colour=True), form)
    assert is_image_bytes(content)
    found = decode_image(content)
    assert (found.width, found.height) == (12, 10)
    assert found.pixels.shape == (10, 12, 3)


def test_grey_stays_grey_and_a_lossless_small_image_keeps_every_pixel() -> None:
    image = picture()
    found = decode_image(file_of(image))
    assert np.array_equal(found.pixels[:, :, 0], np.asarray(image))
    assert np.array_equal(SmallImage.from_text(found.to_text()).pixels, found.pixels)
    assert decode_image(file_of(image.convert("RGB"))).pixels.shape[2] == 1


def test_a_large_photo_becomes_small_and_its_shape_stays() -> None:
    found = decode_image(file_of(picture(size=(900, 300), colour=True), "JPEG"))
    assert found.pixels.shape == (21, 64, 3)
    assert (found.width, found.height) == (900, 300)


def test_what_is_transparent_lies_on_white_and_a_photo_is_turned_as_it_was_held() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert (decode_image(file_of(clear)).pixels == 255).all()
    lying, out = picture(size=(20, 10)), BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    lying.save(out, "JPEG", exif=exif)
    found = decode_image(out.getvalue())
    assert (found.width, found.height) == (10, 20)
    assert found.pixels.shape[:2] == (20, 10)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no image at all, only words that go on",
        file_of(picture())[:60],
        file_of(picture(), "JPEG")[:200],
        b"\x89PNG\r\n\x1a\n" + bytes(80),
        b"BM" + bytes(60),
    ],
)
def test_broken_bytes_are_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(no image|a broken image)$"):
        decode_image(content)


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_small_file_that_claims_a_vast_image_is_refused_before_it_is_opened(side: int) -> None:
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks)
    with pytest.raises(ValueError, match="too many pixels"):
        decode_image(b"\x89PNG\r\n\x1a\n" + body)


def test_a_text_of_too_many_bytes_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ValueError, match="more than 30 MB"):
        image_cell("iVBORw0KGgo" + "A" * 41_000_000)


def test_base64_and_addresses_are_a_column_of_images_and_broken_ones_are_missing() -> None:
    texts = [text_of(picture(i)) for i in range(12)] + [f"data:image/png;base64,{text_of(picture(20))}", "iVBORw0KGgo="]
    column = infer_column("photo", pd.Series(texts))
    assert column.kind is Kind.IMAGE
    read = parse(pd.Series([*texts, None]), column)
    assert read.isna().tolist() == [False] * 13 + [True, True]


def test_words_stay_words() -> None:
    assert infer_column("note", pd.Series(["BMW", "Qk1", "image", "/9", "UklGR"] * 8)).kind is Kind.CATEGORY


def test_a_served_row_reads_as_the_table_and_never_a_path_of_the_server(tmp_path: Path) -> None:
    column = Column("photo", Kind.IMAGE)
    path = tmp_path / "secret.png"
    path.write_bytes(file_of(picture()))
    block, findings = RowReader([column]).read({"photo": [text_of(picture()), file_of(picture()), str(path), None]})
    assert block["photo"][0] == block["photo"][1] == parse(pd.Series([text_of(picture())]), column)[0]
    assert block["photo"][2:].tolist() == [None, None]
    assert [f.code for f in findings] == ["PR102"]


def test_a_folder_of_classes_keeps_the_contract_of_sources(tmp_path: Path) -> None:
    one, other = folder(tmp_path / "one"), folder(tmp_path / "other")
    picture(9_999).save(other / "cat" / "3.png")
    check_source(lambda: open_source(str(one), None), lambda: open_source(str(other), None))


def test_a_folder_says_its_target_and_that_the_names_of_files_are_none(tmp_path: Path) -> None:
    place = folder(tmp_path / "pets", ("0", "1"))
    source = open_source(str(place), None)
    asked = named_columns(source, BuildSettings(str(place), None, "pets"))
    assert (asked.target, asked.roles, asked.kinds) == ("label", {"file": "ignored"}, {"file": "identifier"})
    table = ingest(source, asked).table
    assert [(c.name, c.kind, c.role) for c in table.columns] == [
        ("file", Kind.IDENTIFIER, Role.IGNORED),
        ("image", Kind.IMAGE, Role.FEATURE),
        ("label", Kind.CATEGORY, Role.TARGET),
    ]


def test_what_is_no_image_of_a_class_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    place = folder(tmp_path / "pets")
    (place / "cat" / "notes.txt").write_text("lovely")
    (place / "bird").mkdir()
    picture().save(place / "loose.png")
    (place / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot")
    source = open_source(str(place), None)
    (told,) = source.findings
    assert told.code == "DQ038"
    assert "1 file is no image (.txt); 'bird', which holds no image; 1 image lies in no class" in told.message
    assert source.rows() == 31
    asked = named_columns(source, BuildSettings(str(place), None, "pets"))
    ingested = ingest(open_source(str(place), None), asked)
    assert ingested.table.frame["image"].isna().sum() == 1
    assert any(f.code == "DQ006" and "broken.png" in f.message for f in ingested.findings)


def test_a_folder_without_classes_is_images_to_predict(tmp_path: Path) -> None:
    for i in range(3):
        picture(i).save(tmp_path / f"{i}.jpg")
    assert open_source(str(tmp_path), None).names == ("file", "image")


def test_parts_of_a_division_are_no_classes(tmp_path: Path) -> None:
    folder(tmp_path / "train"), folder(tmp_path / "test")
    with pytest.raises(SourceError, match="holds parts") as told:
        open_source(str(tmp_path), None)
    assert told.value.hint == f"give {tmp_path / 'test'}"


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_column_of_paths_begins_where_the_table_lies(tmp_path: Path, ending: str) -> None:
    folder(tmp_path / "pets")
    paths = [f"pets/{c}/{i}.png" for c in ("cat", "dog") for i in range(15)]
    frame = pd.DataFrame({"path": [*paths, "pets/cat/gone.png"], "age": range(31)})
    at = tmp_path / f"table.{ending}"
    if ending == "csv":
        frame.to_csv(at, index=False)
    elif ending == "parquet":
        frame.to_parquet(at)
    else:
        frame.to_json(at, orient="records", lines=True)
    read = open_source(str(at), None).read(None, 0)
    assert read["path"].str.startswith("image/12x10/").sum() == 30
    assert read["path"].iloc[-1] == "pets/cat/gone.png"
    assert infer_column("path", read["path"]).kind is Kind.IMAGE


def test_paths_of_images_that_are_not_there_are_an_error_with_a_hint(tmp_path: Path) -> None:
    at = tmp_path / "table.csv"
    pd.DataFrame({"path": [f"photos/{i}.png" for i in range(9)], "y": range(9)}).to_csv(at, index=False)
    with pytest.raises(SourceError, match=r"names images .* that are not there") as told:
        open_source(str(at), None)
    assert str(tmp_path) in told.value.hint


def test_bytes_in_parquet_and_in_frames_are_images(tmp_path: Path) -> None:
    content = [file_of(picture(i)) for i in range(20)] + [b"\x89PNG\r\n\x1a\nbroken and long enough"]
    frame = pd.DataFrame({"photo": content, "y": range(21)})
    frame.to_parquet(tmp_path / "a.parquet")
    nested = pd.DataFrame({"photo": [{"bytes": c, "path": None} for c in content], "y": range(21)})
    nested.to_parquet(tmp_path / "b.parquet")
    sources = [open_source(str(tmp_path / f"{n}.parquet"), None) for n in "ab"] + [FrameSource(frame)]
    for source in sources:
        read = source.read(None, 0)["photo"]
        assert infer_column("photo", read).kind is Kind.IMAGE
        assert parse(read, Column("photo", Kind.IMAGE)).isna().sum() == 1


def test_a_darker_or_blurred_image_has_other_measures() -> None:
    image = picture(size=(40, 40))
    dark = Image.fromarray((np.asarray(image) * 0.4).astype(np.uint8))
    smooth = image.resize((10, 10)).resize((40, 40))
    values = np.array([decode_image(file_of(i)).to_text() for i in (image, dark, smooth)], dtype=object)
    measures = image_measures(values)
    assert measures[1, 0] < 0.5 * measures[0, 0]
    assert measures[2, 2] < 0.5 * measures[0, 2]


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path / "pets", ("cat",), each=40)
    source = open_source(str(place), None)
    asked = named_columns(source, BuildSettings(str(place), None, "pets"))
    with pytest.raises(TargetError):
        frame_task(ingest(source, asked).table, asked)


def test_images_of_two_tables_are_read_alike_and_never_as_words() -> None:
    values = pd.Series([SmallImage(np.zeros((2, 2, 1), dtype=np.uint8), 2, 2).to_text(), None], dtype=object)
    photo, words = Column("photo", Kind.IMAGE), Column("photo", Kind.TEXT)
    assert read_again(values, photo, photo).tolist() == values.tolist()
    assert read_again(values, photo, words) is None
    assert read_again(values, words, photo) is None

"""Images as numbers: sizes meet, edges stay where they are, columns of pixels are found by their names."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.image import SmallImage
from journeyman.entities.task import Task
from journeyman.transformers.images import ImagePreparation, PixelPreparation
from journeyman.transformers.pictures import (
    Size,
    edges,
    pictures,
    pixel_grid,
    pixel_names,
    resampling,
    size_of_names,
)

TASK = Task("y", "binary", "log_loss", ("no", "yes"))
PHOTO = (Column("photo", Kind.IMAGE),)


def images(shapes: list[tuple[int, int, int]], seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = np.empty(len(shapes), dtype=object)
    found[:] = [SmallImage((rng.random(s) * 255).astype(np.uint8), s[1], s[0]).to_text() for s in shapes]
    return found


@pytest.mark.parametrize(("new", "old"), [(4, 8), (3, 8), (8, 3), (5, 5), (1, 7)])
def test_resampling_keeps_a_flat_line_and_the_mean_where_it_shrinks(new: int, old: int) -> None:
    weights = resampling(new, old)
    assert np.allclose(weights.sum(axis=1), 1.0)
    line = np.random.default_rng(0).random(old)
    if new <= old:
        assert (weights @ line).mean() == pytest.approx(line.mean())


def test_images_of_all_sizes_and_colours_meet_in_one_size() -> None:
    values = images([(10, 12, 1), (20, 24, 3), (64, 64, 1)])
    values = np.append(values, None)
    found = pictures(values, Size(10, 12, 3))
    assert found.shape == (4, 10, 12, 3)
    assert np.isfinite(found[:3]).all()
    assert np.isnan(found[3]).all()
    assert np.array_equal(found[0, :, :, 0], SmallImage.from_text(values[0]).pixels[:, :, 0] / 255.0)


def test_edges_tell_directions_apart_and_not_light() -> None:
    stripes = np.tile(np.array([0.2, 0.2, 0.6, 0.6] * 4), (16, 1))
    both = np.stack([stripes, stripes.T, 0.5 * stripes])[..., None]
    across, down, darker = edges(both)
    assert np.allclose(across, darker)
    assert across @ down < 0.2
    shifted = edges(np.roll(np.random.default_rng(0).random((1, 28, 28, 1)).repeat(1, 0), 1, axis=2))
    assert np.linalg.norm(shifted) == pytest.approx(1.0)


@pytest.mark.parametrize("preparation", [ImagePreparation(), PixelPreparation()])
def test_a_missing_image_is_the_usual_one_and_rows_are_prepared_by_themselves(
    preparation: ImagePreparation | PixelPreparation,
) -> None:
    values = np.append(images([(9, 9, 1)] * 5 + [(12, 6, 3)] * 2), None)
    fitted, made = preparation.fit({"photo": values}, PHOTO, np.zeros(8), TASK, 0)
    assert made.values.shape == (8, len(made.names))
    assert len(made.names) <= preparation.width(PHOTO, TASK)
    assert np.array_equal(fitted.transform({"photo": values}).values, made.values, equal_nan=True)
    alone = np.vstack([fitted.transform({"photo": values[i : i + 1]}).values for i in range(8)])
    assert np.allclose(alone, made.values, atol=1e-12, equal_nan=True)
    pixels = [i for i, name in enumerate(made.names) if "row" in name]
    assert np.allclose(made.values[7, pixels], made.values[:7, pixels].mean(axis=0))
    again = preparation.from_files(fitted.to_files()).transform({"photo": values})
    assert np.array_equal(again.values, made.values, equal_nan=True)
    assert fitted.transform({"photo": values[:0]}).values.shape == (0, len(made.names))


def test_pixels_stand_where_their_names_say_also_without_the_columns_that_never_change() -> None:
    grid = [
        Column(f"pixel_{r}_{c}", Kind.INTEGER) for r in range(8) for c in range(8) if (r, c) not in {(0, 0), (7, 7)}
    ]
    block = {c.name: np.full(3, float(i)) for i, c in enumerate(grid)}
    fitted, made = PixelPreparation().fit(block, grid, np.zeros(3), TASK, 0)
    assert size_of_names(made.names) == Size(8, 8, 1)
    assert made.values[0, 0] == made.values[0, 63] == 0.0
    assert made.values[0, [1, 62]].tolist() == [0.0, 1.0]
    assert fitted.plan()[0].names() == pixel_names(Size(8, 8, 1), "image")


@pytest.mark.parametrize(
    ("names", "size"),
    [
        ([f"pixel{i}" for i in range(784)], Size(28, 28, 1)),
        ([f"pixel{i}" for i in range(12, 780)], Size(28, 28, 1)),  # empty borders were left out
        ([f"p{i}" for i in range(64)], Size(8, 8, 1)),
        ([f"{r}x{c}" for r in range(1, 29) for c in range(1, 29)], Size(28, 28, 1)),
        ([f"pixel_{i}" for i in range(3_072)], Size(32, 32, 3)),
    ],
)
def test_names_of_pixels_are_known(names: list[str], size: Size) -> None:
    found = pixel_grid([Column(n, Kind.INTEGER) for n in [*names, "age"]])
    assert found is not None
    assert found.size == size
    assert len(found.columns) == len(names)


@pytest.mark.parametrize(
    "names", [[f"V{i}" for i in range(100)], [f"gene_{i}_{j}" for i in range(9) for j in range(9)], ["pixel1"]]
)
def test_other_names_are_no_pixels(names: list[str]) -> None:
    assert pixel_grid([Column(n, Kind.NUMBER) for n in names]) is None

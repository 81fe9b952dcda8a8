"""Pictures: which images a report shows, since nobody can read a column of pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.image import SmallImage, image_measures
from journeyman.entities.pictures import Confusion, Picture, Pictures
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.tasks import task_type
from journeyman.transformers.derived import image_columns
from journeyman.transformers.pictures import pixel_grid

__all__ = ["choose_pictures", "has_images"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_MOST_EXAMINED = 5_000
_PAIRS, _EACH, _HARDEST = 6, 4, 12
_CLASSES, _EXAMPLES = 12, 4
_COLOURED = 0.02


def has_images(table: Table) -> bool:
    """Say whether a table has a column of images, or columns that are the pixels of one."""
    return bool(image_columns(table.features)) or pixel_grid(table.features) is not None


def choose_pictures(
    predict: Callable[[Block], FloatArray], table: Table, task: Task, division: Split, seed: int
) -> Pictures:
    """Return the images that were confused and those that were hardest among the holdout's, and examples of classes.

    Parameters
    ----------
    predict : callable
        Block of feature columns to probabilities or values, of a model that the holdout did not teach.
    table : Table
        With images.
    task, division
        What is predicted, and which rows taught.
    seed : int
        Which examples are drawn.
    """
    rng = np.random.default_rng(seed)
    rows = division.holdout[division.holdout < table.real_rows]
    if len(rows) > _MOST_EXAMINED:
        rows = np.sort(rng.choice(rows, _MOST_EXAMINED, replace=False))
    y = target_values(table, task.target)
    measures = _measures(table, rng)
    confusions: tuple[Confusion, ...] = ()
    hardest: tuple[Picture, ...] = ()
    if len(rows):
        predictions = predict(to_block(table.frame.iloc[rows], table.features))
        losses = task_type(task).live_losses(y[rows], predictions, task_type(task).loss_scale(y[rows], predictions))
        order = np.argsort(-np.nan_to_num(losses), kind="stable")[:_HARDEST]
        hardest = _pictures(table, task, rows[order], y, predictions[order])
        if task.labels:
            confusions = _confusions(table, task, rows, y, predictions)
    width, height, sizes, colour = measures
    columns = image_columns(table.features)
    least, most = _size_range(table, columns[0].name) if columns else ((0, 0), (0, 0))
    return Pictures(
        column=columns[0].name if columns else "",
        width=width,
        height=height,
        sizes=sizes,
        colour=colour,
        examined=len(rows),
        least=least,
        most=most,
        confusions=confusions,
        hardest=hardest,
        examples=_examples(table, task, division.train, y, rng) if task.labels else (),
    )


def _confusions(
    table: Table, task: Task, rows: IntArray, y: FloatArray, predictions: FloatArray
) -> tuple[Confusion, ...]:
    truth, said = y[rows].astype(np.int64), predictions.argmax(axis=1)
    wrong = np.flatnonzero(truth != said)
    counts = Counter(zip(truth[wrong].tolist(), said[wrong].tolist(), strict=True))
    found = []
    for (true, other), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_PAIRS]:
        at = wrong[(truth[wrong] == true) & (said[wrong] == other)]
        surest = at[np.argsort(-predictions[at, other], kind="stable")][:_EACH]
        shown = _pictures(table, task, rows[surest], y, predictions[surest])
        found.append(Confusion(task.labels[true], task.labels[other], count, int((truth == true).sum()), shown))
    return tuple(found)


def _examples(
    table: Table, task: Task, train: IntArray, y: FloatArray, rng: np.random.Generator
) -> tuple[Picture, ...]:
    rows = train[train < table.real_rows]
    drawn: list[int] = []
    for code in np.argsort(-np.bincount(y[rows].astype(np.int64), minlength=len(task.labels)), kind="stable")[
        :_CLASSES
    ]:
        own = rows[y[rows] == code]
        drawn += rng.permutation(own)[:_EXAMPLES].tolist()
    return _pictures(table, task, np.array(drawn, dtype=np.int64), y, None)


def _pictures(
    table: Table, task: Task, rows: IntArray, y: FloatArray, predictions: FloatArray | None
) -> tuple[Picture, ...]:
    """Return rows as pictures; rows without an image are left out."""
    found = []
    for place, (row, image) in enumerate(zip(rows.tolist(), _images_of(table, rows), strict=True)):
        if image is None:
            continue
        truth = task.labels[int(y[row])] if task.labels else f"{y[row]:.4g}"
        if predictions is None:
            found.append(Picture(image, truth))
        elif task.labels:
            code = int(predictions[place].argmax())
            found.append(Picture(image, truth, task.labels[code], float(predictions[place, code])))
        else:
            found.append(Picture(image, truth, f"{predictions[place, 0]:.4g}"))
    return tuple(found)


def _images_of(table: Table, rows: IntArray) -> list[str | None]:
    """Return the images of rows; columns of pixels are put together, the range of the table from black to white."""
    columns = image_columns(table.features)
    if columns:
        values: list[str | None] = table.frame[columns[0].name].iloc[rows].tolist()
        return values
    grid = pixel_grid(table.features)
    if grid is None:
        return [None] * len(rows)
    numbers = table.frame[list(grid.columns)].to_numpy(np.float64)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    size = grid.size
    whole = np.full((len(rows), size.cells), low)
    whole[:, list(grid.places)] = np.nan_to_num(numbers[rows], nan=low)
    pixels = ((whole - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
    shaped = pixels.reshape(len(rows), size.height, size.width, size.channels)
    return [SmallImage(one, size.width, size.height).to_text() for one in shaped]


def _measures(table: Table, rng: np.random.Generator) -> tuple[int, int, int, bool]:
    """Return the middle width and height, the number of sizes, and whether there is colour, of at most 2,000 images."""
    rows = np.sort(rng.permutation(table.real_rows)[:2_000])
    values = np.empty(len(rows), dtype=object)
    values[:] = _images_of(table, rows)
    measures = image_measures(values)
    known = measures[np.isfinite(measures).all(axis=1)]
    if not len(known):
        return 0, 0, 0, False
    width, height = np.median(known[:, 4:6], axis=0)
    return int(width), int(height), len(np.unique(known[:, 4:6], axis=0)), bool(known[:, 3].mean() > _COLOURED)


def _size_range(table: Table, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return least width and height, and the greatest, of all images of a column; zeros where there is none."""
    values = table.frame[name].iloc[: table.real_rows]
    sizes = np.array([SmallImage.size_of(text) for text in values.dropna()], dtype=np.int64).reshape(-1, 2)
    if not len(sizes):
        return (0, 0), (0, 0)
    (width, height), (widest, highest) = sizes.min(axis=0).tolist(), sizes.max(axis=0).tolist()
    return (width, height), (widest, highest)

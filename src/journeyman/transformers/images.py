"""The preparations "images", whose numbers become columns for all others, and "pixels", for what looks at images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.image import MEASURES, image_measures
from journeyman.entities.plan import ColumnStep, NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.derived import image_columns
from journeyman.transformers.pictures import (
    Size,
    common_size,
    edges,
    pictures,
    pixel_grid,
    pixel_names,
)
from journeyman.transformers.steps import decode_array, encode_array

__all__ = [
    "FittedImages",
    "FittedPixels",
    "ImagePreparation",
    "ImageStep",
    "PictureStep",
    "PixelPreparation",
    "PixelStep",
]

FloatArray = NDArray[np.float64]
_SIDE, _COLOURED_SIDE = 16, 10  # for lines and trees, to whom every pixel is a column
_MOST_SIDE, _MOST_COLOURED_SIDE = 32, 24
_EDGES = 128
_PIECE = 1_000  # images at a time, so that memory stays small


class ImageStep(msgspec.Struct, frozen=True):
    """What lines and trees are told of an image: its measures, few pixels, and its edges.

    Attributes
    ----------
    column : str
        Column taken.
    size : Size
        To which images are shrunk for the pixels.
    detailed : Size
        The same for the edges.
    usual : ndarray of float64, shape (n_features,)
        Stands for a missing image; its measures are NaN.
    """

    kind: ClassVar[NodeKind] = NodeKind.IMAGE
    column: str
    size: Size
    detailed: Size
    usual: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        told = (*MEASURES, *pixel_names(self.size), *(f"edge {i}" for i in range(_EDGES)))
        return tuple(f"{self.column}: {name}" for name in told)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, 6 + n_pixels + 128)."""
        values = block[self.column]
        parts = [self._read(values[i : i + _PIECE]) for i in range(0, max(len(values), 1), _PIECE)]
        return np.vstack(parts)

    def _read(self, values: NDArray[np.generic]) -> FloatArray:
        small = pictures(values, self.size).reshape(len(values), self.size.cells)
        found = np.hstack([image_measures(values), small, edges(pictures(values, self.detailed))])
        return np.where(np.isnan(found), self.usual, found)


class PictureStep(msgspec.Struct, frozen=True, tag=True):
    """The pixels of a column of images, 0 to 1, row by row.

    Attributes
    ----------
    column : str
        Column taken.
    size : Size
        To which all images are stretched.
    usual : ndarray of float64, shape (n_pixels,)
        Stands for a missing image.
    """

    kind: ClassVar[NodeKind] = NodeKind.PIXELS
    column: str
    size: Size
    usual: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the column taken."""
        return (self.column,)

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return pixel_names(self.size, self.column)

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_pixels)."""
        values = block[self.column]
        found = pictures(values, self.size).reshape(len(values), self.size.cells)
        return np.where(np.isnan(found), self.usual, found)


class PixelStep(msgspec.Struct, frozen=True, tag=True):
    """Columns of numbers as the pixels of one image, 0 to 1 on the rows that taught, row by row.

    Attributes
    ----------
    columns : tuple of str
        Columns taken.
    places : ndarray of int64, shape (n_columns,)
        Where each stands in the image.
    size : Size
        Of the image.
    low, scale : float
        A pixel is ``(value - low) * scale``.
    usual : ndarray of float64, shape (n_pixels,)
        Stands for missing pixels and for those that have no column.
    """

    kind: ClassVar[NodeKind] = NodeKind.PIXELS
    columns: tuple[str, ...]
    places: np.ndarray
    size: Size
    low: float
    scale: float
    usual: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken."""
        return self.columns

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return pixel_names(self.size, "image")

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_pixels)."""
        rows = len(block[self.columns[0]])
        found = np.full((rows, self.size.cells), np.nan)
        for place, name in zip(self.places.tolist(), self.columns, strict=True):
            found[:, place] = (block[name].astype(np.float64) - self.low) * self.scale
        return np.where(np.isfinite(found), found, self.usual)


class FittedImages(msgspec.Struct, frozen=True):
    """Steps of images, side by side."""

    steps: tuple[ImageStep, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return _matrix(self.steps, block)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the steps, one a column, whose features stand side by side."""
        return self.steps

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"images.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


class FittedPixels(msgspec.Struct, frozen=True):
    """The pixels of one image a row."""

    steps: tuple[PictureStep | PixelStep, ...]

    def transform(self, block: Block) -> Matrix:
        """Prepare rows, each by itself."""
        return _matrix(self.steps, block)

    def plan(self) -> tuple[ColumnStep, ...]:
        """Return the one step, or none where there is no image."""
        return self.steps

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores: MessagePack with arrays as raw numbers."""
        return {"pixels.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


def _matrix(steps: Sequence[ColumnStep], block: Block) -> Matrix:
    rows = len(next(iter(block.values()))) if block else 0
    parts = [step.transform(block) for step in steps]
    names = tuple(name for step in steps for name in step.names())
    return Matrix(np.hstack(parts) if parts else np.empty((rows, 0)), names)


@dataclass(frozen=True)
class ImagePreparation:
    """Numbers from columns of images, for lines and trees."""

    name: str = "images"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns."""
        pixels = max(_SIDE * _SIDE, 3 * _COLOURED_SIDE * _COLOURED_SIDE)
        return (len(MEASURES) + pixels + _EDGES) * len(image_columns(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn a common size, and the usual image, which stands for a missing one."""
        steps: list[ImageStep] = []
        parts: list[FloatArray] = []
        for column in image_columns(columns):
            values = block[column.name]
            size = common_size(values, _SIDE, _COLOURED_SIDE)
            detailed = common_size(values, _MOST_SIDE, _MOST_SIDE)
            detailed = Size(detailed.height, detailed.width, 1)
            step = ImageStep(column.name, size, detailed, np.full(1, np.nan))
            made = step.transform(block)
            known = ~np.isnan(made[:, 0])
            usual = made[known].mean(axis=0) if known.any() else np.zeros(made.shape[1])
            usual[: len(MEASURES)] = np.nan
            steps.append(msgspec.structs.replace(step, usual=usual))
            parts.append(np.where(np.isnan(made), usual, made))
        fitted = FittedImages(tuple(steps))
        names = tuple(name for step in steps for name in step.names())
        return fitted, Matrix(np.hstack(parts) if parts else np.empty((len(y), 0)), names)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["images.msgpack"], type=FittedImages, dec_hook=decode_array)


@dataclass(frozen=True)
class PixelPreparation:
    """The pixels of the first column of images, or of the columns that are pixels by their names."""

    name: str = "pixels"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns."""
        if image_columns(columns):
            return max(_MOST_SIDE * _MOST_SIDE, 3 * _MOST_COLOURED_SIDE * _MOST_COLOURED_SIDE)
        grid = pixel_grid(columns)
        return 0 if grid is None else grid.size.cells

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn a common size and the usual image, or the range of the pixels."""
        images, grid = image_columns(columns), pixel_grid(columns)
        step: PictureStep | PixelStep
        if images:
            values = block[images[0].name]
            size = common_size(values, _MOST_SIDE, _MOST_COLOURED_SIDE)
            step = PictureStep(images[0].name, size, np.full(size.cells, np.nan))
        elif grid is not None:
            given = np.array([block[name] for name in grid.columns], dtype=np.float64)
            known = given[np.isfinite(given)]
            low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
            scale = 1.0 / (high - low) if high > low else 1.0
            nothing = np.full(grid.size.cells, np.nan)
            step = PixelStep(grid.columns, np.array(grid.places, dtype=np.int64), grid.size, low, scale, nothing)
        else:
            return FittedPixels(()), _matrix((), block)
        step = msgspec.structs.replace(step, usual=_usual(step.transform(block)))
        fitted = FittedPixels((step,))
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["pixels.msgpack"], type=FittedPixels, dec_hook=decode_array)


def _usual(pixels: FloatArray) -> FloatArray:
    """Return the mean of each pixel over rows that have it, 0 where none does."""
    known = np.isfinite(pixels)
    total = np.where(known, pixels, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))

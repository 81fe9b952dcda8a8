"""Images of a column as one array of a common size, and what their edges look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.image import GREY, image_measures, image_stacks

__all__ = [
    "ORIENTATIONS",
    "PixelGrid",
    "Size",
    "common_size",
    "edges",
    "pictures",
    "pixel_grid",
    "pixel_names",
    "resampling",
    "size_of_names",
    "to_grey",
]

FloatArray = NDArray[np.float64]
ORIENTATIONS, _CELLS = 8, 4
_COLOURED = 0.02  # mean spread of the channels from which colour is looked at
_SAMPLE = 500
_FEWEST_PIXELS = 36
_PIXEL_WORDS = ("pixel", "pix", "px")
_PAIR = re.compile(r"(.*?)(\d+)[_x,.: -](\d+)")
_ONE = re.compile(r"(.*?)(\d+)")
_NAMED = re.compile(r"(?:.*: )?row (\d+), column (\d+)(?:, channel (\d))?")


class Size(msgspec.Struct, frozen=True):
    """Rows, columns and channels of an image."""

    height: int
    width: int
    channels: int

    @property
    def cells(self) -> int:
        """Numbers that an image is."""
        return self.height * self.width * self.channels


def common_size(values: NDArray[np.generic], side: int, coloured_side: int) -> Size:
    """Return a size for all images of a canonical column, decided from some of them.

    That of the middle image, shrunk to at most ``side`` pixels a side (``coloured_side`` where there is colour), never
    grown.
    """
    known = values[[t is not None for t in values.tolist()]]
    if not len(known):
        return Size(1, 1, 1)
    some = known[:: 1 + len(known) // _SAMPLE]
    shapes = [pixels.shape for _, pixels, _ in image_stacks(some) for _ in range(len(pixels))]
    height, width = (float(v) for v in np.median([shape[1:3] for shape in shapes], axis=0))
    channels = 3 if float(image_measures(some)[:, 3].mean()) > _COLOURED else 1
    shrunk = min(1.0, (coloured_side if channels == 3 else side) / max(height, width))  # three channels
    return Size(max(1, round(height * shrunk)), max(1, round(width * shrunk)), channels)


def pictures(values: NDArray[np.generic], size: Size) -> FloatArray:
    """Return images of a canonical column, 0 to 1, stretched to one size, shape (n_samples, height, width, channels).

    NaN where there is none.
    """
    found = np.full((len(values), size.height, size.width, size.channels), np.nan)
    for rows, pixels, _ in image_stacks(values):
        images = pixels / 255.0
        if images.shape[3] > size.channels:
            images = (images @ GREY)[:, :, :, None]
        if images.shape[1:3] != (size.height, size.width):
            down, across = resampling(size.height, images.shape[1]), resampling(size.width, images.shape[2])
            images = np.einsum("hr,nrck,wc->nhwk", down, images, across, optimize=True)
        found[rows] = images
    return found


@lru_cache(maxsize=256)
def resampling(new: int, old: int) -> FloatArray:
    """Return weights that make a line of ``new`` pixels of one of ``old``, shape (new, old); each sums to 1.

    A new pixel is the mean of what it covers; where a line grows, it lies between the two nearest.

    Examples
    --------
    >>> resampling(2, 4).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    if new >= old:
        places = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0.0, old - 1.0)
        return np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(old)))
    ends = np.linspace(0.0, old, new + 1)
    lowest = np.maximum(ends[:-1, None], np.arange(old))
    highest = np.minimum(ends[1:, None], np.arange(old) + 1.0)
    covered = np.maximum(0.0, highest - lowest)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True))


def to_grey(images: FloatArray) -> FloatArray:
    """Return brightness of images of shape (n_samples, height, width, channels), without the channels."""
    return images[:, :, :, 0] if images.shape[3] == 1 else np.asarray(images @ GREY)


def edges(images: FloatArray) -> FloatArray:
    """Return how strong edges of eight directions are in each of 4 x 4 cells, of length 1, shape (n_samples, 128).

    Half of each cell reaches into its neighbours, so that a shift by a pixel changes little.

    References
    ----------
    Dalal and Triggs 2005, "Histograms of oriented gradients for human detection".
    """
    grey = np.pad(to_grey(images), ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    across = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    strength = np.hypot(down, across)
    turn = np.mod(np.arctan2(down, across), np.pi) * (ORIENTATIONS / np.pi)
    below = np.floor(turn)
    first = np.nan_to_num(below).astype(np.int64) % ORIENTATIONS
    second, share = (first + 1) % ORIENTATIONS, turn - below
    rows, columns = _overlapping(grey.shape[1] - 2), _overlapping(grey.shape[2] - 2)
    found = np.empty((len(images), ORIENTATIONS, _CELLS, _CELLS))
    for k in range(ORIENTATIONS):  # each edge counts for the two directions that it lies between
        own = np.where(first == k, strength * (1.0 - share), 0.0) + np.where(second == k, strength * share, 0.0)
        found[:, k] = rows @ (own @ columns.T)
    flat = np.sqrt(found.reshape(len(images), ORIENTATIONS * _CELLS * _CELLS))
    length = np.sqrt((flat**2).sum(axis=1, keepdims=True))
    return np.asarray(flat / np.maximum(length, 1e-9))


@lru_cache(maxsize=64)
def _overlapping(pixels: int) -> FloatArray:
    """Return weights of pixels of a line in four cells that overlap, shape (4, pixels)."""
    middles = (np.arange(_CELLS) + 0.5) * pixels / _CELLS - 0.5
    reach = max(1.0, pixels / _CELLS)
    return np.maximum(0.0, 1.0 - np.abs(np.arange(pixels) - middles[:, None]) / reach)


def pixel_names(size: Size, of: str = "") -> tuple[str, ...]:
    """Return the names of pixels in their order.

    Examples
    --------
    >>> pixel_names(Size(1, 2, 1))
    ('row 0, column 0', 'row 0, column 1')
    """
    before = f"{of}: " if of else ""
    return tuple(
        f"{before}row {r}, column {c}{f', channel {k}' if size.channels > 1 else ''}"
        for r in range(size.height)
        for c in range(size.width)
        for k in range(size.channels)
    )


def size_of_names(names: Sequence[str]) -> Size:
    """Return the size of the image whose pixels have these names; a line where they are no pixels'.

    Examples
    --------
    >>> size_of_names(pixel_names(Size(4, 5, 3))), size_of_names(("a", "b"))
    (Size(height=4, width=5, channels=3), Size(height=1, width=2, channels=1))
    """
    last = _NAMED.fullmatch(names[-1]) if names else None
    if last is not None:
        size = Size(int(last[1]) + 1, int(last[2]) + 1, int(last[3] or 0) + 1)
        if size.cells == len(names):
            return size
    return Size(1, len(names), 1)


class PixelGrid(msgspec.Struct, frozen=True):
    """Columns of numbers that are the pixels of one image.

    Attributes
    ----------
    columns : tuple of str
        Their names.
    places : tuple of int
        Where each stands in the image, row by row; places that no column has hold nothing (they never changed).
    size : Size
        Of the image.
    """

    columns: tuple[str, ...]
    places: tuple[int, ...]
    size: Size


def pixel_grid(columns: Sequence[Column]) -> PixelGrid | None:
    """Return the columns that are pixels by their names, or None where there are none.

    Names count rows and columns (``pixel_0_0``, ``1x1``), or pixels (``pixel0``, ``p0`` of whole numbers), of which
    there are 36 at least. Counted pixels make a square, in grey or with three channels (1,024 are 32 x 32 in grey,
    3,072 are 32 x 32 in colour).

    Examples
    --------
    >>> found = pixel_grid([Column(f"pixel_{r}_{c}", Kind.INTEGER) for r in range(8) for c in range(8)])
    >>> found.size, found.places[:3]
    (Size(height=8, width=8, channels=1), (0, 1, 2))
    >>> pixel_grid([Column(f"V{i}", Kind.NUMBER) for i in range(64)]) is None
    True
    """
    numeric = [c for c in columns if c.kind.numeric]
    pairs = [(c, m) for c in numeric if (m := _PAIR.fullmatch(c.name)) is not None and _says_pixel(c, m[1], pair=True)]
    if len(pairs) >= _FEWEST_PIXELS and len({m[1] for _, m in pairs}) == 1:
        at = np.array([(int(m[2]), int(m[3])) for _, m in pairs])
        base = 0 if at.min() == 0 else 1
        height, width = (at.max(axis=0) + 1 - base).tolist()
        if height * width <= 4 * len(pairs):  # half of each side may be empty
            side = max(height, width) if abs(height - width) <= 2 else 0  # an empty border was dropped
            size = Size(side or height, side or width, 1)
            places = (at[:, 0] - base) * size.width + at[:, 1] - base
            return PixelGrid(tuple(c.name for c, _ in pairs), tuple(places.tolist()), size)
    ones = [(c, m) for c in numeric if (m := _ONE.fullmatch(c.name)) is not None and _says_pixel(c, m[1], pair=False)]
    if len(ones) < _FEWEST_PIXELS or len({m[1] for _, m in ones}) != 1:
        return None
    numbers = np.array([int(m[2]) for _, m in ones])
    base = 0 if numbers.min() == 0 else 1
    count = int(numbers.max()) + 1 - base
    side = int(np.ceil(np.sqrt(count)))
    coloured = round((count / 3) ** 0.5)
    if side * side != count and 3 * coloured * coloured == count:
        return PixelGrid(tuple(c.name for c, _ in ones), tuple((numbers - base).tolist()), Size(coloured, coloured, 3))
    if side * side > 4 * len(ones):
        return None
    return PixelGrid(tuple(c.name for c, _ in ones), tuple((numbers - base).tolist()), Size(side, side, 1))


def _says_pixel(column: Column, word: str, *, pair: bool) -> bool:
    said = word.strip("_-. ").lower()
    if said in _PIXEL_WORDS:
        return True
    whole = column.kind in (Kind.INTEGER, Kind.BOOLEAN)
    return whole and (said == "p" or (pair and said == "" and "x" in column.name))

"""An image as a table holds it: small, in grey or colour, written as a text, so that it goes wherever texts go."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind

__all__ = [
    "GREY",
    "IMAGE_MARK",
    "LARGEST_SIDE",
    "MEASURES",
    "SmallImage",
    "image_measures",
    "image_stacks",
    "with_image_measures",
]

IMAGE_MARK = "image/"
LARGEST_SIDE = 64
MEASURES = ("brightness", "contrast", "sharpness", "colour", "width", "height")
"""What is said of an image in one number each; its camera, lamp and export show in them."""
_HEAD = re.compile(r"image/(\d{1,6})x(\d{1,6})/(\d{1,2})x(\d{1,2})x([13]),")
GREY = np.array([0.299, 0.587, 0.114])  # what an eye makes of red, green and blue: ITU-R BT.601


@dataclass(frozen=True)
class SmallImage:
    """An image made small enough to learn from.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (height, width, channels)
        At most 64 pixels a side; one channel is grey, three are red, green and blue.
    width, height : int
        Of the image before, in pixels.

    Examples
    --------
    >>> image = SmallImage(np.zeros((1, 2, 1), dtype=np.uint8), 20, 10)
    >>> image.to_text()
    'image/20x10/2x1x1,AAA='
    >>> SmallImage.from_text(image.to_text()).pixels.shape
    (1, 2, 1)
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int

    def to_text(self) -> str:
        """Return the form in which a canonical column holds it: both sizes, and the pixels in base64."""
        rows, columns, channels = self.pixels.shape
        body = b64encode(np.ascontiguousarray(self.pixels).tobytes()).decode("ascii")
        return f"{IMAGE_MARK}{self.width}x{self.height}/{columns}x{rows}x{channels},{body}"

    @property
    def words(self) -> str:
        """What stands for it where only words may stand."""
        return f"an image of {self.width} x {self.height} pixels"

    @staticmethod
    def size_of(text: str) -> tuple[int, int]:
        """Return width and height of the image before, of what ``to_text`` wrote; ValueError of anything else."""
        head = _HEAD.match(text)
        if head is None:
            raise ValueError("no image in the form of a table")
        return int(head[1]), int(head[2])

    @staticmethod
    def from_text(text: str) -> SmallImage:
        """Return what ``to_text`` wrote; ValueError where it did not."""
        head = _HEAD.match(text)
        if head is None:
            raise ValueError("no image in the form of a table")
        width, height, columns, rows, channels = map(int, head.groups())
        try:
            content = b64decode(text[head.end() :], validate=True)
        except binascii.Error as error:
            raise ValueError("no base64") from error
        if not 0 < columns <= LARGEST_SIDE or not 0 < rows <= LARGEST_SIDE or len(content) != columns * rows * channels:
            raise ValueError("pixels of another size than it says")
        return SmallImage(np.frombuffer(content, np.uint8).reshape(rows, columns, channels), width, height)


def image_stacks(
    values: NDArray[np.generic],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]]:
    """Yield the images of a canonical column, those of one shape together.

    Yields
    ------
    rows : ndarray of int64, shape (n_images,)
        Positions of the images; rows whose text is none are in no stack.
    pixels : ndarray of uint8, shape (n_images, height, width, channels)
        As in :class:`SmallImage`.
    sizes : ndarray of int64, shape (n_images, 2)
        Width and height before.
    """
    by_shape: dict[tuple[int, ...], list[tuple[int, SmallImage]]] = {}
    for row, text in enumerate(values.tolist()):
        with suppress(ValueError):
            image = SmallImage.from_text(text or "")
            by_shape.setdefault(image.pixels.shape, []).append((row, image))
    for several in by_shape.values():
        rows = np.array([row for row, _ in several], dtype=np.int64)
        sizes = np.array([(image.width, image.height) for _, image in several], dtype=np.int64)
        yield rows, np.stack([image.pixels for _, image in several]), sizes


def image_measures(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the measures of a canonical column of images, shape (n_samples, 6); NaN where there is none.

    Brightness, contrast, sharpness and colour go from 0 to 1: contrast is the standard deviation of the grey values,
    sharpness the mean difference of neighbours, colour the mean spread of the channels.

    Examples
    --------
    >>> white = SmallImage(np.full((2, 2, 1), 255, dtype=np.uint8), 8, 8).to_text()
    >>> image_measures(np.array([white, None], dtype=object))[:, 0]
    array([ 1., nan])
    """
    found = np.full((len(values), len(MEASURES)), np.nan)
    for rows, pixels, sizes in image_stacks(values):
        grey = (pixels[:, :, :, 0] if pixels.shape[3] == 1 else pixels @ GREY) / 255.0
        steps = [np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2) if grey.shape[axis] > 1]
        sharpness = np.mean(steps, axis=0) if steps else np.zeros(len(rows))
        colour = np.ptp(pixels, axis=3).mean(axis=(1, 2)) / 255.0
        levels = (grey.mean(axis=(1, 2)), grey.std(axis=(1, 2)), sharpness, colour)
        found[rows] = np.column_stack([*levels, sizes])
    return found


def with_image_measures(
    block: Mapping[str, NDArray[np.generic]], columns: Sequence[Column]
) -> dict[str, NDArray[np.generic]]:
    """Return columns with the measures of images as further columns of numbers, which can be compared and watched.

    Examples
    --------
    >>> sorted(with_image_measures({"photo": np.array([None], dtype=object)}, [Column("photo", Kind.IMAGE)]))[:3]
    ['photo', 'photo: brightness', 'photo: colour']
    """
    found = dict(block)
    for column in columns:
        if column.kind is Kind.IMAGE and column.name in block:
            measures = image_measures(block[column.name])
            found |= {f"{column.name}: {name}": measures[:, i] for i, name in enumerate(MEASURES)}
    return found

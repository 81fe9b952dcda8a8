"""Files of images, as bytes or in base64, as small images; Pillow reads them."""

from __future__ import annotations

import binascii
import warnings
from base64 import b64decode
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.image import IMAGE_MARK, LARGEST_SIDE, SmallImage
from journeyman.errors import SourceError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["ENDINGS", "MOST_BYTES", "MOST_PIXELS", "decode_image", "image_cell", "is_image_bytes", "is_image_text"]

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MOST_BYTES = 30_000_000
MOST_PIXELS = 60_000_000  # a photo of 60 megapixels takes 180 MB where it is opened; a small file may claim far more
_MARKS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_LEAST_BYTES = 24
_BASE64_MARKS = ("iVBORw0KGgo", "/9j/", "R0lGODdh", "R0lGODlh", "SUkqA", "TU0AK", "UklGR", "Qk")
_ADDRESS = "data:image/"


def is_image_bytes(content: bytes) -> bool:
    """Say whether bytes begin as a PNG, JPEG, BMP, GIF, TIFF or WebP does.

    Examples
    --------
    >>> is_image_bytes(bytes.fromhex("89504e470d0a1a0a") + bytes(20)), is_image_bytes(b"BM, said the man")
    (True, False)
    """
    if len(content) < _LEAST_BYTES:
        return False
    if content[:4] == b"RIFF":
        return content[8:12] == b"WEBP"
    if content[:2] == b"BM":  # two letters that a text may begin with; bytes 6 to 9 are reserved
        return content[6:10] == bytes(4)
    return content.startswith(_MARKS)


def is_image_text(text: str) -> bool:
    """Say whether a text is an image: one that a table holds, or a file in base64, with or without ``data:image/``.

    Examples
    --------
    >>> is_image_text("data:image/png;base64,iVBORw0KGgo"), is_image_text("a cat")
    (True, False)
    """
    if text.startswith((IMAGE_MARK, _ADDRESS)):
        return True
    if not text.startswith(_BASE64_MARKS):
        return False
    try:
        return is_image_bytes(b64decode(text[:64], validate=True))
    except binascii.Error:
        return False


def image_cell(text: str) -> str:
    """Return a raw text of a column of images in canonical form.

    Raises
    ------
    ValueError
        It is no image, cannot be read, or is too large; the text says which.
    """
    if text.startswith(IMAGE_MARK):
        SmallImage.from_text(text)
        return text
    body = text.partition(",")[2] if text.startswith(_ADDRESS) else text
    if len(body) > MOST_BYTES * 4 // 3 + 4:
        raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
    try:
        content = b64decode("".join(body.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("no image in base64") from error
    return decode_image(content).to_text()


def decode_image(content: bytes) -> SmallImage:
    """Return the image in a file's bytes, at most 64 pixels a side, in colour only where it has some.

    A JPEG is made smaller while it is read, what is transparent lies on white, and of a moving image the first picture
    counts. A photo's own note of how it was held is heeded.

    Raises
    ------
    ValueError
        It is no image, is broken or too large; the text says which.
    SourceError
        Pillow is not installed.
    """
    try:
        # Here and not above: only what reads files of images needs it, and not every installation has it.
        from PIL import Image, ImageOps  # noqa: PLC0415  # an extra's library
    except ImportError as error:
        raise SourceError("images are read by Pillow", hint='pip install "journeyman[images]"') from error
    if not is_image_bytes(content):
        raise ValueError("no image")
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that is odd: the pixels count
            with Image.open(BytesIO(content), formats=("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise ValueError("too many pixels")
                image.draft("RGB" if image.mode not in ("L", "1") else "L", (2 * LARGEST_SIDE, 2 * LARGEST_SIDE))
                upright = ImageOps.exif_transpose(image)
                if image.getexif().get(0x0112, 1) >= 5:  # orientations 5 to 8 lie on their side
                    width, height = height, width
                return SmallImage(_small(upright), width, height)
    except Image.DecompressionBombError as error:  # Pillow's own limit, far above ours
        raise ValueError("too many pixels") from error
    except (OSError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        raise ValueError("a broken image") from error


def _small(image: Image.Image) -> NDArray[np.uint8]:
    """Return pixels of an image, shrunk where it is larger than 64 a side; its shape stays."""
    from PIL import Image as Pillow  # noqa: PLC0415  # an extra's library

    if image.mode in ("I", "I;16", "I;16B", "F"):  # deeper than a byte: the range that it uses becomes 0 to 255
        deep = np.asarray(image, dtype=np.float64)
        low, high = float(deep.min()), float(deep.max())
        image = Pillow.fromarray(((deep - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Pillow.alpha_composite(Pillow.new("RGBA", clear.size, (255, 255, 255, 255)), clear)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    if max(image.size) > LARGEST_SIDE:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Pillow.Resampling.BOX, reducing_gap=2.0)
    pixels = np.asarray(image, dtype=np.uint8)
    if pixels.ndim == 2:  # rows and columns, no channels
        return pixels[:, :, None]
    grey = bool((np.ptp(pixels, axis=2) <= 2).all())  # what compression makes of grey
    return pixels[:, :, 1:2] if grey else pixels

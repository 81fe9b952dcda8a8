"""Images that a report shows: which were confused, which were hardest, and what each class looks like."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Confusion", "Picture", "Pictures"]


@dataclass(frozen=True)
class Picture:
    """One image with its prediction.

    Attributes
    ----------
    image : str
        In the form of :class:`~journeyman.entities.image.SmallImage`.
    truth, predicted : str
        Labels, or numbers in words; ``predicted`` is empty where nothing was.
    probability : float or None
        Of the predicted label.
    """

    image: str
    truth: str
    predicted: str = ""
    probability: float | None = None


@dataclass(frozen=True)
class Confusion:
    """Two classes of which one was taken for the other.

    Attributes
    ----------
    truth, predicted : str
        Labels.
    rows, of : int
        How often that happened, and how many images of the true class there were.
    pictures : tuple of Picture
        The surest of these mistakes.
    """

    truth: str
    predicted: str
    rows: int
    of: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Pictures:
    """All images of a report.

    Attributes
    ----------
    column : str
        Column of images; empty where several columns are the pixels of one.
    width, height : int
        Of the middle image, in pixels, as it came.
    sizes : int
        How many different sizes there are.
    colour : bool
        Whether colour is looked at.
    examined : int
        Images that taught nothing and were looked at here.
    confusions : tuple of Confusion
        The most frequent first.
    hardest : tuple of Picture
        Images with the largest loss.
    examples : tuple of Picture
        A few of each class.
    least, most : tuple of (int, int)
        Least and greatest width and height, in pixels; (0, 0) in reports of older builds.
    """

    column: str
    width: int
    height: int
    sizes: int
    colour: bool
    examined: int
    confusions: tuple[Confusion, ...] = ()
    hardest: tuple[Picture, ...] = ()
    examples: tuple[Picture, ...] = ()
    least: tuple[int, int] = (0, 0)
    most: tuple[int, int] = (0, 0)

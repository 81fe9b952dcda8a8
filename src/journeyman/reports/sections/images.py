"""What images look like to the model: which it takes for another, which are hardest, and examples of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from journeyman.entities.pictures import Picture
from journeyman.entities.report import BuildReport
from journeyman.reports.small_png import png_address

__all__ = ["ImagesSection"]


@dataclass(frozen=True)
class _Shown:
    """A picture as the page shows it."""

    address: str
    caption: str
    wrong: bool


class ImagesSection:
    """Confusions with pictures; only where there are images."""

    name, title, weight = "images", "Images", 350
    template = Path(__file__).with_name("images.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return pictures and what is said of them."""
        found = report.pictures
        if found is None:
            return None
        size = f"{found.width} x {found.height} pixels" + (", the middle of several sizes" if found.sizes > 1 else "")
        return {
            "about": f"{size}, {'in colour' if found.colour else 'in grey'}",
            "confusions": [(c, [_view_of(p) for p in c.pictures]) for c in found.confusions],
            "hardest": [_view_of(p) for p in found.hardest],
            "examples": _by_class(found.examples),
            "examined": found.examined,
        }


def _view_of(picture: Picture) -> _Shown:
    said = picture.predicted
    if said and picture.probability is not None:
        said += f" ({picture.probability:.0%})"
    caption = f"is {picture.truth}, predicted {said}" if said else picture.truth
    return _Shown(png_address(picture.image), caption, bool(said) and picture.predicted != picture.truth)


def _by_class(pictures: Sequence[Picture]) -> list[tuple[str, list[_Shown]]]:
    return [(label, [_view_of(p) for p in several]) for label, several in groupby(pictures, key=lambda p: p.truth)]

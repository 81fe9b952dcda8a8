"""What a command shows: a renderable as wide as the terminal, or as a file bears."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from rich import console as rich_console
else:
    rich_console = LazyModule("rich.console")

__all__ = ["WIDTH_IN_FILES", "has_display", "show_view"]

WIDTH_IN_FILES = 100


def show_view(renderable: rich_console.RenderableType, width_in_files: int = WIDTH_IN_FILES) -> None:
    """Print what Rich lays out; its width is the terminal's, where there is one."""
    width = None if sys.stdout.isatty() else width_in_files
    rich_console.Console(width=width).print(renderable, highlight=False, markup=False)


def has_display() -> bool:
    """Say whether a browser could open a window."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

"""What a build works with from its first step to its last."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.interfaces import Run
from journeyman.runtime.components import Components
from journeyman.settings import BuildSettings

__all__ = ["BuildContext"]


@dataclass(frozen=True)
class BuildContext:
    """Installed components, the run whose steps are durable, and the settings."""

    components: Components
    run: Run
    settings: BuildSettings

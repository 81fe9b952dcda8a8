"""Which releases a workspace has and where they lie; loads no library that learns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.stores.catalogue import opened_registry
from journeyman.stores.releases import MANIFEST

__all__ = ["find_release", "models", "refuse_set"]


def find_release(
    name_or_folder: str | Path, *, version: int | None = None, workspace: str | Path | None = None
) -> tuple[Path, str | None]:
    """Return a release's folder by name (its champion unless a version is given) or by itself, and the digest it has.

    Raises
    ------
    SettingsError
        For an unknown name or version.
    ReleaseError
        Where the folder is no release.
    """
    folder = Path(name_or_folder)
    if (folder / MANIFEST).is_file():
        return folder, None
    if folder.is_absolute() or len(folder.parts) != 1:
        raise ReleaseError(f"{folder} is not a release: it has no {MANIFEST}", hint="name a model, or its folder")
    place = Path(workspace or DEFAULT_WORKSPACE)
    with opened_registry(place) as registry:
        known = registry.version(str(name_or_folder), version)
        return registry.folder(known), known.digest


def models(workspace: str | Path | None = None) -> tuple[ModelVersion, ...]:
    """Return all released versions of a workspace that are there."""
    with opened_registry(Path(workspace or DEFAULT_WORKSPACE)) as registry:
        return tuple(registry.list())


def refuse_set(manifest: Mapping[str, Any]) -> None:
    """Raise ReleaseError where a release is a set of models: each of them is opened, served and watched by its name."""
    members = [str(member["model"]) for member in manifest.get("members", ()) if "model" in member]
    if members:
        raise ReleaseError(
            f"{manifest['name']} is a set of {len(members)} models, and one is wanted",
            hint=f"name one of {', '.join(members[:5])}{', ...' if len(members) > 5 else ''}",
        )

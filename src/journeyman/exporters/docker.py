"""A release as a container's folder: Dockerfile, compose file, libraries with their versions, Journeyman's wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Refusal
from journeyman.exporters.container import filled, invoked, write_image_files, write_release
from journeyman.interfaces import Deployment

__all__ = ["DockerExporter"]


@dataclass(frozen=True)
class DockerExporter:
    """Writes what ``docker build`` and ``docker compose`` take.

    References
    ----------
    https://docs.docker.com/reference/dockerfile/ and https://docs.docker.com/reference/compose-file/
    """

    name: str = "docker"

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write the image's files, the release, a compose file and a README."""
        write_image_files("docker", deployment, folder)
        write_release(deployment, folder / "release")
        for file in ("compose.yaml", "README.md"):
            (folder / file).write_text(filled("docker", file, deployment), "utf-8")
        (folder / ".dockerignore").write_text("README.md\ncompose.yaml\n", "utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: the service is started from the image's files without an engine."""
        return None

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what the service predicts, started from the folder's wheel and release as the image starts it."""
        command = ["python", "-m", "journeyman", "serve", str(folder.resolve() / "release"), "--log", "predictions"]
        return invoked(deployment, folder, command, {})

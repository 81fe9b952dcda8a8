"""A release for Amazon SageMaker: model.tar.gz, the container's folder, and a script that deploys both by boto3."""

from __future__ import annotations

import gzip
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Refusal
from journeyman.exporters.container import filled, invoked, write_image_files
from journeyman.interfaces import Deployment, DeployScript

__all__ = ["SageMakerExporter"]

_ARCHIVE = "model.tar.gz"
_SCRIPT = DeployScript(
    "deploy.py", ("bucket", "image", "role"), ("region", "instance", "serverless"), always=("--endpoint",)
)


@dataclass(frozen=True)
class SageMakerExporter:
    """Writes what SageMaker's hosting takes.

    References
    ----------
    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    name: str = "sagemaker"
    script: DeployScript = _SCRIPT

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write the archive, the container's folder, the script and a README."""
        write_image_files("sagemaker", deployment, folder / "container")
        with (
            (folder / _ARCHIVE).open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for path in sorted(deployment.release.rglob("*")):
                archive.add(
                    path, path.relative_to(deployment.release).as_posix(), recursive=False, filter=_without_owner
                )
        for text in ("deploy.py", "README.md"):
            (folder / text).write_text(filled("sagemaker", text, deployment), "utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: the service is started from the container's files without an engine."""
        return None

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what the service predicts, started from the unpacked archive as the container starts it."""
        with tempfile.TemporaryDirectory() as model:
            with tarfile.open(folder / _ARCHIVE) as archive:
                archive.extractall(model, filter="data")
            environment = {"JOURNEYMAN_MODEL": model, "JOURNEYMAN_WORKSPACE": "workspace"}
            return invoked(deployment, folder / "container", ["python", "-m", "journeyman", "serve"], environment)


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    # who made it and when would change the archive's digest
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
    return entry

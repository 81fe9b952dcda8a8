"""What exports to containers share: the image's files, filled-in templates, and a service tried from them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from journeyman.exporters.own_distribution import wheel_name, write_wheel
from journeyman.exporters.served_check import free_port, post_json, running, unpacked_environment
from journeyman.interfaces import Deployment

__all__ = ["filled", "image_name", "invoked", "write_image_files", "write_release"]


def image_name(name: str) -> str:
    """Return a model's name as images, endpoints and models of clouds may be called.

    Examples
    --------
    >>> image_name("Ames_house.prices")
    'ames-house-prices'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "model"


def filled(place: str, template: str, deployment: Deployment) -> str:
    """Return a template of a place, such as "docker", with what the deployment says."""
    words = {
        "name": deployment.name,
        "version": deployment.version,
        "image": image_name(deployment.name),
        "python": deployment.python,
        "wheel": wheel_name(),
        "row": json.dumps(dict(deployment.rows[0]), ensure_ascii=False),
    }
    text = files("journeyman.exporters").joinpath("deployments", place, f"{template}.in").read_text("utf-8")
    return Template(text).substitute(words)


def write_image_files(place: str, deployment: Deployment, folder: Path) -> None:
    """Write the Dockerfile, the list of libraries and Journeyman's wheel."""
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(filled(place, "Dockerfile", deployment), "utf-8")
    (folder / "requirements.txt").write_text("\n".join(deployment.requirements) + "\n", "utf-8")
    write_wheel(folder)


def write_release(deployment: Deployment, folder: Path) -> None:
    """Copy the release's files."""
    shutil.copytree(deployment.release, folder)


def invoked(
    deployment: Deployment, image: Path, command: list[str], environment: Mapping[str, str], port: int | None = None
) -> tuple[Any, ...]:
    """Return what a service predicts that is started from an image's files; its port is the last word of the command.

    Parameters
    ----------
    port : int or None
        Where it listens; None: on a free port, which is told by ``--port``.
    """
    listening = port or free_port()
    told = [*command, *([] if port else ["--port", str(listening)])]
    base = f"http://127.0.0.1:{listening}"
    with (
        tempfile.TemporaryDirectory() as work,
        unpacked_environment(image / wheel_name()) as own,
        running(told, Path(work), {**own, **environment}, f"{base}/ping"),
    ):
        answer = post_json(f"{base}/invocations", {"instances": [dict(row) for row in deployment.rows]})
    return tuple(answer["predictions"])

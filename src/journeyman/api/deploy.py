"""The api of deploying: what was exported for a cloud is put into use there by the export's own script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from journeyman.api.export_deployment import DEPLOYMENTS
from journeyman.errors import ReleaseError, SettingsError
from journeyman.interfaces import DeployScript
from journeyman.plugins import load_usable

__all__ = ["DeployOptions", "deploy", "deploy_script", "planned_steps"]


@dataclass(frozen=True)
class DeployOptions:
    """What a cloud has to be told; which of it, the target says.

    Attributes
    ----------
    bucket : str or None
        Where files are uploaded to.
    image : str or None
        Address of the image that was built from the export and pushed.
    role : str or None
        ARN of the role that SageMaker takes.
    region, project : str or None
        Where it is made.
    instance : str or None
        Kind of machine that answers.
    serverless : bool
        Whether a machine runs only while somebody asks.
    """

    bucket: str | None = None
    image: str | None = None
    role: str | None = None
    region: str | None = None
    project: str | None = None
    instance: str | None = None
    serverless: bool = False

    @property
    def given(self) -> tuple[str, ...]:
        """The options that say something."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) not in (None, False))

    def words(self) -> list[str]:
        """Return them as words of a command line."""
        texts = [(name, getattr(self, name)) for name in self.given]
        return [word for name, value in texts for word in (f"--{name}", *([] if value is True else [value]))]


def deploy_script(to: str, options: DeployOptions) -> DeployScript:
    """Return the script that puts an export into use, once all that it needs is told.

    Raises
    ------
    SettingsError
        Where the target has none, or options lack, or are of no use there.

    Examples
    --------
    >>> deploy_script("sagemaker", DeployOptions(bucket="b", image="i", role="r")).file
    'deploy.py'
    >>> deploy_script("vertex", DeployOptions(bucket="b", image="i"))
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: deploying to vertex lacks --project (hint: add --project PROJECT)
    """
    parts = load_usable(DEPLOYMENTS.group).parts
    known = {name: getattr(part, "script", None) for name, part in parts.items()}
    scripts: dict[str, DeployScript] = {name: one for name, one in known.items() if one is not None}
    if to not in scripts:
        raise SettingsError(f"{to} is not deployed from here", hint=f"deploy to one of {', '.join(sorted(scripts))}")
    script = scripts[to]
    lacking = [name for name in script.needs if name not in options.given]
    if lacking:
        raise SettingsError(
            f"deploying to {to} lacks {', '.join(f'--{name}' for name in lacking)}",
            hint=f"add {' '.join(f'--{name} {name.upper()}' for name in lacking)}",
        )
    useless = [name for name in options.given if name not in (*script.needs, *script.takes)]
    if useless:
        raise SettingsError(f"deploying to {to} takes no --{useless[0]}", hint="leave it out")
    return script


def planned_steps(folder: Path, script: DeployScript, options: DeployOptions) -> tuple[str, ...]:
    """Return what would be made, a line each; no cloud is asked.

    Raises
    ------
    ReleaseError
        Where the script fails.
    """
    return tuple(_lines(folder, script, [*options.words(), "--dry-run"]))


def deploy(folder: Path, script: DeployScript, options: DeployOptions) -> Iterator[str]:
    """Put an export into use; yield what was made, line by line.

    Raises
    ------
    ReleaseError
        Where the cloud refuses or the script fails; what was made before stays.
    """
    return _lines(folder, script, options.words())


def _lines(folder: Path, script: DeployScript, words: list[str]) -> Iterator[str]:
    command = [sys.executable, str(folder / script.file), *words, *script.always]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            yield line.rstrip("\n")
        said = process.stderr.read().strip().splitlines()
    if process.returncode:
        again = " ".join(["python", *command[1:]])
        raise ReleaseError(
            said[-1] if said else f"{script.file} ended with {process.returncode}",
            hint=f"what was made before stays; the export does too: {again}",
        )

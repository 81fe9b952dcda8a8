"""A place for whole releases: a folder with a program that reads rows as JSON and writes predictions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError
from journeyman.interfaces import Deployment

__all__ = ["FolderExporter"]

_PROGRAM = """import json, sys
from pathlib import Path
import journeyman
release = journeyman.load(Path(__file__).with_name("release"))
print(json.dumps(release.predict(json.load(sys.stdin)).tolist()))
"""


class FolderExporter:
    """Writes the release and a program beside it."""

    name = "folder"

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write the release, the program and a README."""
        shutil.copytree(deployment.release, folder / "release")
        (folder / "predict.py").write_text(_PROGRAM, "utf-8")
        title = f"# {deployment.name}, version {deployment.version}"
        (folder / "README.md").write_text(f"{title}\n\n    python predict.py < rows.json\n", "utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: Python runs it."""
        return None

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what the program predicts."""
        rows = json.dumps([dict(row) for row in deployment.rows])
        command = [sys.executable, str(folder / "predict.py")]
        told = subprocess.run(command, input=rows, capture_output=True, text=True, check=False)
        if told.returncode:
            raise ReleaseError(f"predict.py fails: {told.stderr.splitlines()[-1]}", hint="run it by hand")
        return tuple(json.loads(told.stdout))

"""A release as an MLflow model: a folder that `mlflow models serve`, `mlflow.pyfunc` and the model registry take."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import journeyman
from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.errors import ReleaseError
from journeyman.exporters.container import filled, write_release
from journeyman.exporters.own_distribution import write_files
from journeyman.interfaces import Deployment

__all__ = ["MLflowExporter"]

_TYPES = {"number": "double", "integer": "double", "boolean": "any", "date": "string", "text": "string"}
"""MLflow's types of inputs: it lets no missing value into its integers and booleans, and into "any" all."""

_OUTPUTS = {"number": "double", "integer": "long", "boolean": "boolean", "text": "string"}
_TRY = """
import json, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
rows = json.loads(sys.stdin.read())
print(json.dumps(model.predict(pandas.DataFrame(rows)).iloc[:, 0].tolist()))
"""


@dataclass(frozen=True)
class MLflowExporter:
    """Writes a model with two flavours, Journeyman's own and ``python_function``, and Journeyman's code beside.

    References
    ----------
    https://mlflow.org/docs/latest/ml/model/ on the format of models
    """

    name: str = "mlflow"

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write the release, the code, the description, the environment, an example and a README."""
        write_release(deployment, folder / "release")
        write_files(folder / "code")
        example = {"columns": list(deployment.rows[0]), "data": [list(deployment.rows[0].values())]}
        (folder / "input_example.json").write_text(json.dumps(example), "utf-8")
        libraries = "\n".join(deployment.requirements) + "\n"
        (folder / "requirements.txt").write_text(libraries, "utf-8")
        python = f"python: {_quoted(deployment.python)}\nbuild_dependencies:\n- pip\ndependencies:\n"
        (folder / "python_env.yaml").write_text(python + "- -r requirements.txt\n", "utf-8")
        (folder / "conda.yaml").write_text(_conda(deployment), "utf-8")
        (folder / "README.md").write_text(filled("mlflow", "README.md", deployment), "utf-8")
        (folder / "MLmodel").write_text(_description(deployment, folder), "utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that MLflow is not installed."""
        return None if find_spec("mlflow") is not None else needs_extra("mlflow")

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what ``mlflow.pyfunc`` predicts in a process that takes Journeyman from the folder."""
        with tempfile.TemporaryDirectory() as work:
            environment = {**os.environ, "PYTHONPATH": str(folder.resolve() / "code")}
            environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
            told = subprocess.run(
                [sys.executable, "-c", _TRY, str(folder.resolve())],
                input=json.dumps([dict(row) for row in deployment.rows]),
                cwd=work,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        if told.returncode:
            lines = told.stderr.strip().splitlines() or ["it said nothing"]
            raise ReleaseError(
                f"MLflow cannot load what was exported: {lines[-1]}", hint="export with --no-check, and look"
            )
        return tuple(json.loads(told.stdout.splitlines()[-1]))


def _quoted(text: object) -> str:
    # a text of JSON is one of YAML, whatever it holds
    return json.dumps(str(text), ensure_ascii=False)


def _conda(deployment: Deployment) -> str:
    libraries = "".join(f"  - {library}\n" for library in deployment.requirements)
    channels = f"channels:\n- conda-forge\ndependencies:\n- python={deployment.python}\n- pip\n"
    return f"{channels}- pip:\n{libraries}name: mlflow-env\n"


def _description(deployment: Deployment, folder: Path) -> str:
    """Return the file MLmodel."""
    inputs = [{"type": _TYPES[kind], "name": name, "required": True} for name, kind in deployment.columns.items()]
    outputs = [{"type": _OUTPUTS[deployment.output], "name": "prediction", "required": True}]
    outputs += [{"type": "double", "name": f"probability {label}", "required": True} for label in deployment.classes]
    digest = hashlib.sha256((folder / "release" / "manifest.sha256").read_bytes()).hexdigest()[:32]
    facts: Mapping[str, object] = {
        "model": deployment.name,
        "model_version": deployment.version,
        "journeyman_version": journeyman.__version__,
        "data": "release",
        "code": "code",
    }
    own = "".join(f"    {key}: {_quoted(value)}\n" for key, value in facts.items())
    return (
        "flavors:\n"
        f"  journeyman:\n{own}"
        "  python_function:\n"
        "    code: code\n    data: release\n"
        "    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n"
        "    loader_module: journeyman.mlflow\n"
        f"    python_version: {_quoted(deployment.python)}\n"
        f"model_uuid: {digest}\n"
        "saved_input_example_info:\n"
        "  artifact_path: input_example.json\n  pandas_orient: split\n  type: dataframe\n"
        "signature:\n"
        f"  inputs: {_quoted(json.dumps(inputs, ensure_ascii=False))}\n"
        f"  outputs: {_quoted(json.dumps(outputs, ensure_ascii=False))}\n"
        "  params: null\n"
    )

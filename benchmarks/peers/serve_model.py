"""A release of ours as other people's services: under FastAPI, and as a model of MLflow; run by the peers' own Python.

    PEERS/serve/bin/python serve_model.py mlflow WORKSPACE NAME FOLDER     # writes what `mlflow models serve` takes
    PEERS/serve/bin/python serve_model.py fastapi WORKSPACE NAME PORT      # serves

Neither records what it answers, and neither is told to: this is what a user gets who follows their first pages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import journeyman


def write_mlflow(workspace: str, name: str, folder: str) -> None:
    """Write a pyfunc model that loads the release from its workspace."""
    import mlflow.pyfunc  # noqa: PLC0415 - each peer is loaded alone
    import pandas as pd  # noqa: PLC0415 - likewise

    class Released(mlflow.pyfunc.PythonModel):
        def load_context(self, context: Any) -> None:
            self.release = journeyman.load(name, workspace=Path(workspace))

        def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> Any:
            return self.release.predict_proba(model_input)

    mlflow.pyfunc.save_model(folder, python_model=Released(), pip_requirements=["mlflow"])


def serve_fastapi(workspace: str, name: str, port: str) -> None:
    """Serve one row a request from one worker."""
    import uvicorn  # noqa: PLC0415 - each peer is loaded alone
    from fastapi import FastAPI  # noqa: PLC0415 - likewise

    release = journeyman.load(name, workspace=Path(workspace))
    labels = release.task.labels
    app = FastAPI()

    @app.post("/predict")
    def predict(row: dict[str, Any]) -> dict[str, Any]:
        shares = release.predict_proba([row])[0].tolist()
        return {"probabilities": dict(zip(labels, shares, strict=True)), "version": release.version}

    uvicorn.run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    {"mlflow": write_mlflow, "fastapi": serve_fastapi}[sys.argv[1]](*sys.argv[2:])

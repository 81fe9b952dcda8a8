"""Each ecosystem's own client against a real server; where one is not installed, the test skips and says so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.serving.conftest import ROW, Server

pytestmark = pytest.mark.slow
ROWS = [ROW, {"x": -2.0, "c": "b"}]
EXAMPLES = 20  # of each operation
WANTED = "is not installed (pip install --group protocols)"


@pytest.fixture(scope="module")
def expected(workspace: Path) -> list[Any]:
    import journeyman  # noqa: PLC0415 - loads the libraries of the model only for the tests that run

    return list(journeyman.load("m", workspace=workspace).predict(ROWS))


def test_mlflows_scoring_client(serve: Callable[..., Server], expected: list[Any]) -> None:
    client_of = pytest.importorskip("mlflow.pyfunc.scoring_server.client", reason=f"mlflow {WANTED}")
    server = serve()
    client = client_of.ScoringServerClient("127.0.0.1", server.port)
    client.ping()
    told = client.invoke(pd.DataFrame(ROWS)).get_predictions()
    assert told.iloc[:, 0].tolist() == expected


def test_boto3s_sagemaker_runtime(serve: Callable[..., Server], expected: list[Any]) -> None:
    boto3 = pytest.importorskip("boto3", reason=f"boto3 {WANTED}")
    server = serve()
    runtime = boto3.client(
        "sagemaker-runtime",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    body = json.dumps({"instances": ROWS})
    told = runtime.invoke_endpoint(EndpointName="m", ContentType="application/json", Body=body, InferenceId="mine")
    assert json.loads(told["Body"].read()) == {"predictions": expected}
    told = runtime.invoke_endpoint(EndpointName="m", ContentType="text/csv", Accept="text/csv", Body="0.5,a\n-2,b\n")
    assert told["Body"].read().decode().split() == expected
    with pytest.raises(runtime.exceptions.ClientError) as refused:
        runtime.invoke_endpoint(EndpointName="m", ContentType="application/json", Body="{")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_schemathesis_finds_no_fault(serve: Callable[..., Server], tmp_path: Path) -> None:
    command = shutil.which("schemathesis", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if command is None:
        pytest.skip(f"schemathesis {WANTED}")
    server = serve()
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    words = ["run", f"http://127.0.0.1:{server.port}/openapi.json", "--checks", checks, "--max-examples", str(EXAMPLES)]
    words += ["--phases", "examples,coverage,fuzzing", "--mode", "all", "--seed", "1", "--no-color"]
    # The number of examples is the bound; a minute or two on an idle machine, so the limit is only for one that hangs.
    done = subprocess.run([command, *words], capture_output=True, text=True, cwd=tmp_path, timeout=1_500, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups()  # type: ignore[union-attr]
    assert int(generated) == int(passed) > 100
    assert "Traceback" not in server.said.read_text()
    assert server.ask("/health")[0] == 200

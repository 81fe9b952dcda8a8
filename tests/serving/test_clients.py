"""Each ecosystem's own client against a real server, in a process of its own.

A client is looked for beside pytest, then in the virtual environment that JOURNEYMAN_CLIENTS names, then in
build/clients, where .ci/run puts them; where it is nowhere, its test skips and says so.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import ROW, Server, in_log

pytestmark = pytest.mark.slow
ROWS = [ROW, {"x": -2.0, "c": "b"}]
EXAMPLES = 20  # of each operation
HOMES = [
    Path(sys.executable).parent,
    Path(os.environ.get("JOURNEYMAN_CLIENTS", "none")) / "bin",
    Path(__file__).parents[2] / "build" / "clients" / "bin",
]


@functools.cache
def home_of(module: str) -> Path | None:
    """Return the folder of the Python that has a module."""
    for home in HOMES:
        python = home / "python"
        words = [str(python), "-c", f"import {module}"]
        if python.exists() and subprocess.run(words, capture_output=True, check=False).returncode == 0:
            return home
    return None


def home_or_skip(module: str, package: str) -> Path:
    home = home_of(module)
    if home is None:
        pytest.skip(f"{package} is not installed (pip install --group protocols)")
    return home


def client(module: str, package: str, script: str, *words: str) -> Any:
    """Run a client's script; return what it prints as JSON."""
    command = [str(home_or_skip(module, package) / "python"), "-c", script, *words]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, **quiet}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def expected(workspace: Path) -> list[Any]:
    import journeyman  # noqa: PLC0415 - loads the libraries of the model only for the tests that run

    return list(journeyman.load("m", workspace=workspace).predict(ROWS))


MLFLOW = """
import json, sys
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
client = ScoringServerClient("127.0.0.1", int(sys.argv[1]))
client.ping()
rows = pd.DataFrame(json.loads(sys.argv[2]))
told = client.invoke(rows).get_predictions().iloc[:, 0].tolist()
rows.loc[0, "x"] = float("nan")
missing = client.invoke(rows).get_predictions().iloc[:, 0].tolist()
print(json.dumps([told, missing]))
"""


def test_mlflows_scoring_client(shared: Server, expected: list[Any]) -> None:
    told = client("mlflow.pyfunc", "mlflow-skinny", MLFLOW, str(shared.port), json.dumps(ROWS))
    asked = shared.ask("/predict", {"rows": [{**ROW, "x": None}, ROWS[1]]})[1]["predictions"]
    assert told == [expected, [one["prediction"] for one in asked]]


BOTO3 = """
import gzip, json, sys
import boto3
runtime = boto3.client(
    "sagemaker-runtime", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}", region_name="us-east-1",
    aws_access_key_id="nobody", aws_secret_access_key="nothing",
)
def invoke(body, kind, **options):
    told = runtime.invoke_endpoint(EndpointName="m", ContentType=kind, Body=body, **options)
    return told["ContentType"], told["Body"].read().decode()
rows = json.loads(sys.argv[2])
told = [
    invoke(json.dumps({"instances": rows}), "application/json", InferenceId="mine"),
    invoke("0.5,a\\n-2,b\\n", "text/csv", Accept="text/csv"),
    invoke("\\n".join(map(json.dumps, rows)), "application/jsonlines", Accept="application/jsonlines"),
]
try:
    invoke("{", "application/json")
except runtime.exceptions.ClientError as error:
    told.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
print(json.dumps(told))
"""


def test_boto3s_sagemaker_runtime(shared: Server, expected: list[Any]) -> None:
    told = client("boto3", "boto3", BOTO3, str(shared.port), json.dumps(ROWS))
    (_, whole), (_, text), (kind, lines), refused = told
    assert json.loads(whole) == {"predictions": expected}
    assert text.split() == expected
    assert kind == "application/jsonlines"
    assert [json.loads(line) for line in lines.splitlines()] == [{"prediction": one} for one in expected]
    assert refused == 400
    assert in_log(shared.log, "SELECT count(*) FROM predictions WHERE client_id LIKE 'mine#%'") == [(2,)]


TRITON = """
import json, sys
import numpy as np
import tritonclient.http as triton
client = triton.InferenceServerClient(f"127.0.0.1:{sys.argv[1]}")
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("m")
inputs = {t["name"]: t for t in client.get_model_metadata("m")["inputs"]}
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]

def infer(x, binary=True, wanted=None, **options):
    tensors = [triton.InferInput("x", [len(x)], inputs["x"]["datatype"]), triton.InferInput("c", [len(x)], "BYTES")]
    tensors[0].set_data_from_numpy(np.array(x), binary_data=binary)
    tensors[1].set_data_from_numpy(np.array(["a", "b"], dtype=object)[: len(x)], binary_data=binary)
    told = client.infer("m", tensors, outputs=wanted, **options)
    labels = [t.decode() if isinstance(t, bytes) else t for t in told.as_numpy("predict").tolist()]
    chances = told.as_numpy("predict_proba")
    return [labels, None if chances is None else chances.tolist()]

def refused(call, *words):
    try:
        call(*words)
    except triton.InferenceServerException as error:
        return error.message()
    raise AssertionError("it was not refused")

x = [0.5, -2.0]
told = {
    "binary": infer(x),
    "json": infer(x, binary=False),
    "wanted": infer(x, wanted=[triton.InferRequestedOutput("predict", binary_data=False)]),
    "gzip": infer(x, request_compression_algorithm="gzip", response_compression_algorithm="gzip"),
    "deflate": infer(x, request_compression_algorithm="deflate"),
    "missing": infer([float("nan"), -2.0]),
    "missing in json": infer([float("nan"), -2.0], binary=False),
    "infinite": refused(infer, [0.5, float("inf")]),
    "infinite in json": refused(infer, [0.5, float("inf")], False),
    "unknown": refused(client.get_model_metadata, "other"),
    "elsewhere": refused(client.get_model_config, "m"),
    "method": refused(client.load_model, "m"),
    "index": refused(client.get_model_repository_index),
}
print(json.dumps(told))
"""


def test_tritonclient(shared: Server, workspace: Path, expected: list[Any]) -> None:
    import journeyman  # noqa: PLC0415 - see above

    told = client("tritonclient.http", "tritonclient[http]", TRITON, str(shared.port))
    release = journeyman.load("m", workspace=workspace)
    for how in ("binary", "json", "gzip", "deflate"):
        assert told[how][0] == expected
        assert told[how][1] == pytest.approx(release.predict_proba(ROWS))
    assert told["wanted"] == [expected, None]
    asked = shared.ask("/predict", {"rows": [{**ROW, "x": None}, ROWS[1]]})[1]["predictions"]
    assert told["missing"][0] == told["missing in json"][0] == [one["prediction"] for one in asked]
    for how in ("infinite", "infinite in json"):
        assert told[how].startswith("row 1: 'x' holds 'Infinity', wanted a number")
    assert told["unknown"].startswith("no model 'other' answers here")
    assert told["elsewhere"].startswith("there is no /v2/models/m/config")
    assert told["method"].startswith("there is no /v2/repository/models/m/load")
    assert told["index"].startswith("there is no /v2/repository/index")


KSERVE = """
import asyncio, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))
    base = f"http://127.0.0.1:{sys.argv[1]}"
    told = []
    for binary in (False, True):
        x, c = InferInput("x", [2], "FP64"), InferInput("c", [2], "BYTES")
        x.set_data_from_numpy(np.array([0.5, -2.0]), binary_data=binary)
        c.set_data_from_numpy(np.array(["a", "b"], dtype=object), binary_data=binary)
        answer = await client.infer(base, InferRequest("m", [x, c]), model_name="m")
        told.append([str(one) for one in answer.outputs[0].as_numpy().tolist()])
    print(json.dumps([await client.is_server_ready(base), told]))

asyncio.run(main())
"""


def test_kserves_rest_client(shared: Server, expected: list[Any]) -> None:
    assert client("kserve", "kserve", KSERVE, str(shared.port)) == [True, [expected, expected]]


def test_openapi_python_client_generates_every_operation(shared: Server, tmp_path: Path) -> None:
    home = home_or_skip("openapi_python_client", "openapi-python-client")
    with urllib.request.urlopen(f"http://127.0.0.1:{shared.port}/openapi.json", timeout=60) as reply:
        (tmp_path / "openapi.json").write_bytes(reply.read())
    operations = {
        operation["operationId"]
        for methods in json.loads((tmp_path / "openapi.json").read_bytes())["paths"].values()
        for operation in methods.values()
    }
    words = ["generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none"]
    path = f"{home}{os.pathsep}{os.environ['PATH']}"  # it calls its own ruff
    command = [str(home / "openapi-python-client"), *words]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert "Endpoint will not be generated" not in done.stdout, done.stdout[-3000:]
    files = {file.stem for file in (tmp_path / "client" / "api").glob("*/*.py")} - {"__init__"}
    assert len(files) == len(operations) > 20


def test_schemathesis_finds_no_fault(serve: Callable[..., Server], tmp_path: Path) -> None:
    path = os.pathsep.join([*(str(home) for home in HOMES), os.environ["PATH"]])
    command = shutil.which("schemathesis", path=path)
    if command is None:
        pytest.skip("schemathesis is not installed (pip install --group protocols)")
    server = serve()
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    words = ["run", f"http://127.0.0.1:{server.port}/openapi.json", "--checks", checks, "--max-examples", str(EXAMPLES)]
    words += ["--phases", "examples,coverage,fuzzing", "--mode", "all", "--seed", "1", "--no-color"]
    # The number of examples is the bound; a minute or two on an idle machine, so the limit is only for one that hangs.
    done = subprocess.run([command, *words], capture_output=True, text=True, cwd=tmp_path, timeout=1_500, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups()  # type: ignore[union-attr]  # there, or the test fails
    assert int(generated) == int(passed) > 100
    assert "Traceback" not in server.said.read_text()
    assert server.ask("/health")[0] == 200

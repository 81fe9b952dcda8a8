"""Open Inference Protocol v2, SageMaker, Vertex AI and MLflow scoring, against their written contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.serving.conftest import ROW, Client, served

from journeyman.inference.release import Release
from journeyman.serving.serve_settings import ServeSettings

ROWS = [{"x": 0.5, "c": "a"}, {"x": -2, "c": "b"}]


def tensors(**changes: Any) -> dict[str, Any]:
    inputs = [
        {"name": "x", "shape": [2], "datatype": "FP64", "data": [0.5, -2]},
        {"name": "c", "shape": [2, 1], "datatype": "BYTES", "data": [["a"], ["b"]]},
    ]
    return {"id": "request-1", "inputs": inputs} | changes


class TestOpenInference:
    def test_health_and_metadata(self, client: Client) -> None:
        assert client.ask("GET", "/v2/health/live").json == {"live": True}
        assert client.ask("GET", "/v2/health/ready").json == {"ready": True}
        assert client.ask("GET", "/v2/models/m/ready").json == {"name": "m", "ready": True}
        assert set(client.ask("GET", "/v2").json) == {"name", "version", "extensions"}
        model = client.ask("GET", "/v2/models/m/versions/1").json
        assert [(t["name"], t["datatype"], t["shape"]) for t in model["inputs"]] == [
            ("x", "FP64", [-1]),
            ("c", "BYTES", [-1]),
        ]
        assert model["outputs"][1] == {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]}

    def test_inference(self, client: Client, release: Release) -> None:
        told = client.ask("POST", "/v2/models/m/infer", tensors()).json
        assert (told["model_name"], told["model_version"], told["id"]) == ("m", "1", "request-1")
        labels, probabilities = told["outputs"]
        assert labels == {"name": "predict", "datatype": "BYTES", "shape": [2], "data": release.predict(ROWS).tolist()}
        assert (probabilities["shape"], len(probabilities["data"])) == ([2, 2], 4)
        np.testing.assert_allclose(np.reshape(probabilities["data"], (2, 2)), release.predict_proba(ROWS), rtol=1e-12)
        assert [(p[3], p[4]) for p in client.predictions()] == [
            ("open inference", "request-1#0"),
            ("open inference", "request-1#1"),
        ]

    def test_only_what_is_wanted(self, client: Client) -> None:
        told = client.ask("POST", "/v2/models/m/infer", tensors(outputs=[{"name": "predict"}])).json
        assert [output["name"] for output in told["outputs"]] == ["predict"]

    @pytest.mark.parametrize(
        ("path", "body", "status", "said"),
        [
            ("/v2/models/other/infer", tensors(), 404, "no model 'other'"),
            ("/v2/models/m/versions/7/infer", tensors(), 404, "no version '7'"),
            ("/v2/models/m/infer", {"inputs": []}, 400, "a tensor for each column"),
            ("/v2/models/m/infer", tensors(outputs=[{"name": "z"}]), 400, "one of predict, predict_proba"),
            ("/v2/models/m/infer", {"inputs": tensors()["inputs"][:1]}, 400, "no 'c'"),
            (
                "/v2/models/m/infer",
                {"inputs": [{"name": "x", "shape": [3], "datatype": "FP64", "data": [1]}]},
                400,
                "3 values, as shape [3] says",
            ),
            (
                "/v2/models/m/infer",
                {"inputs": [{"name": "x", "shape": [1], "datatype": "INT32", "data": [1.5]}]},
                400,
                "values of INT32",
            ),
        ],
    )
    def test_no_is_said_in_one_sentence(self, client: Client, path: str, body: Any, status: int, said: str) -> None:
        told = client.ask("POST", path, body)
        assert (told.status, list(told.json)) == (status, ["error"])
        assert said in told.json["error"]


class TestMlflow:
    @pytest.mark.parametrize(
        "body",
        [
            {"dataframe_split": {"columns": ["x", "c"], "data": [[0.5, "a"], [-2, "b"]]}},
            {"dataframe_records": ROWS},
            {"instances": ROWS},
            {"instances": [[0.5, "a"], [-2, "b"]]},
            {"inputs": {"x": [0.5, -2], "c": ["a", "b"]}},
            ROWS,
        ],
    )
    def test_every_form(self, client: Client, release: Release, body: Any) -> None:
        told = client.ask("POST", "/invocations", body, {"Content-Type": "application/json; charset=utf-8"})
        assert told.json == {"predictions": release.predict(ROWS).tolist()}
        assert [p[3] for p in client.predictions()] == ["mlflow", "mlflow"]

    @pytest.mark.parametrize("text", ["x,c\n0.5,a\n-2,b\n", "c,x\r\na,0.5\r\nb,-2\r\n", "0.5,a\n-2,b"])
    def test_csv(self, client: Client, release: Release, text: str) -> None:
        told = client.ask("POST", "/invocations", text.encode(), {"Content-Type": "text/csv", "Accept": "text/csv"})
        assert told.body.decode().split() == release.predict(ROWS).tolist()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "body"),
            ({"instances": ROWS, "inputs": ROWS}, "body"),
            ({"dataframe_records": {"x": 1}}, "dataframe_records"),
            ({"dataframe_split": {"columns": ["x", "x"], "data": []}}, "dataframe_split.columns"),
            ({"dataframe_split": {"columns": ["x", "c"], "data": [[1]]}}, "dataframe_split.data[0]"),
            ({"inputs": {"x": [1], "c": []}}, "inputs.c"),
            ({"instances": [[1]]}, "instances[0]"),
            ({"instances": []}, "rows"),
            (3, "body"),
        ],
    )
    def test_no_is_said_as_mlflow_does(self, client: Client, body: Any, field: str) -> None:
        told = client.ask("POST", "/invocations", body)
        assert (told.status, told.json["error_code"]) == (400, "BAD_REQUEST")
        assert told.json["error"]["field"] == field
        assert client.predictions() == []

    def test_other_media_types_are_refused(self, client: Client) -> None:
        assert client.ask("POST", "/invocations", b"x", {"Content-Type": "application/x-npy"}).status == 415
        assert client.ask("POST", "/invocations", b'a,"b', {"Content-Type": "text/csv"}).status == 400


class TestSageMaker:
    def test_ping_and_invocations(self, client: Client, release: Release) -> None:
        assert client.ask("GET", "/ping").status == 200
        headers = {
            "Content-Type": "application/jsonlines",
            "X-Amzn-SageMaker-Inference-Id": "mine",
            "X-Amzn-SageMaker-Custom-Attributes": "trace=7",
        }
        lines = "\n".join(json.dumps(row) for row in ROWS).encode()
        told = client.ask("POST", "/invocations", lines, headers)
        assert told.json == {"predictions": release.predict(ROWS).tolist()}
        assert told.headers["x-amzn-sagemaker-custom-attributes"] == "trace=7"
        assert [(p[3], p[4]) for p in client.predictions()] == [("sagemaker", "mine#0"), ("sagemaker", "mine#1")]

    def test_details_on_request(self, client: Client) -> None:
        told = client.ask("POST", "/invocations", {"instances": [ROW], "params": {"detail": True}}).json
        assert set(told["predictions"][0]) >= {"id", "prediction", "probabilities", "version"}


class TestVertex:
    def test_the_environment_names_the_addresses(
        self, settings: ServeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: Release
    ) -> None:
        monkeypatch.setenv("AIP_HEALTH_ROUTE", "/alive")
        monkeypatch.setenv("AIP_PREDICT_ROUTE", "/predict")
        with served(settings, tmp_path) as client:
            assert client.ask("GET", "/alive").status == 200
            told = client.ask("POST", "/predict", {"instances": ROWS, "parameters": None}).json
            assert [p["label"] for p in told["predictions"]] == release.predict(ROWS).tolist()
            assert told["predictions"][0]["classes"] == ["no", "yes"]
            [first, _] = client.predictions()
            assert (f"{first[0]:016x}", first[3]) == (told["predictions"][0]["id"], "vertex")

    @pytest.mark.slow
    def test_a_number_has_a_value(self, number_client: Client) -> None:
        told = number_client.ask("POST", "/vertex/predict", {"instances": [ROW]}).json
        assert isinstance(told["predictions"][0]["value"], float)

    def test_a_bad_instance_is_named(self, client: Client) -> None:
        told = client.ask("POST", "/vertex/predict", {"instances": [ROW, {"x": "old", "c": "a"}]})
        assert (told.status, told.json["error"]["field"]) == (400, "rows[1].x")


def test_the_description_names_every_address(client: Client) -> None:
    told = client.ask("GET", "/openapi.json").json
    assert told["openapi"] == "3.1.0"
    listed = {f"{method.upper()} {path}" for path, methods in told["paths"].items() for method in methods}
    assert listed == set(client.ask("GET", "/").json["addresses"])
    identities = [operation["operationId"] for methods in told["paths"].values() for operation in methods.values()]
    assert len(identities) == len(set(identities))
    row = told["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"][0]
    assert row["properties"]["row"]["required"] == ["x", "c"]

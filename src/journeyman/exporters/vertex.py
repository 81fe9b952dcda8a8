"""A release for Google's Vertex AI: a container that fetches it from Cloud Storage, and a script that uploads it."""

from __future__ import annotations

import json
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Refusal
from journeyman.exporters.container import filled, write_image_files, write_release
from journeyman.exporters.own_distribution import wheel_name
from journeyman.exporters.served_check import free_port, post_json, running, unpacked_environment
from journeyman.interfaces import Deployment, DeployScript

__all__ = ["VertexExporter"]

_SCRIPT = DeployScript("upload.py", ("bucket", "image", "project"), ("region",))


@dataclass(frozen=True)
class VertexExporter:
    """Writes what Vertex AI's custom containers take.

    References
    ----------
    https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
    """

    name: str = "vertex"
    script: DeployScript = _SCRIPT

    def write(self, deployment: Deployment, folder: Path) -> None:
        """Write the image's files, the release, the two scripts and a README."""
        write_image_files("vertex", deployment, folder)
        write_release(deployment, folder / "release")
        for file in ("fetch_release.py", "upload.py", "README.md"):
            (folder / file).write_text(filled("vertex", file, deployment), "utf-8")
        (folder / ".dockerignore").write_text("README.md\nupload.py\nrelease\n", "utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None: the container's program is started without an engine, a folder stands for the bucket."""
        return None

    def check(self, deployment: Deployment, folder: Path) -> tuple[Any, ...]:
        """Return what the service predicts that fetched its release from a bucket and was told its addresses."""
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        told = {
            "AIP_HTTP_PORT": str(port),
            "AIP_HEALTH_ROUTE": "/is-alive",
            "AIP_PREDICT_ROUTE": "/v1/endpoints/1:predict",
            "AIP_STORAGE_URI": "gs://bucket/release",
        }
        fetch = str(folder.resolve() / "fetch_release.py")
        with tempfile.TemporaryDirectory() as work, unpacked_environment(folder / wheel_name()) as own:
            target = str(Path(work, "release"))
            command = ["python", fetch, target, "--then", "python", "-m", "journeyman", "serve", target]
            with _bucket(folder / "release") as storage:
                environment = {**own, **told, "STORAGE_EMULATOR_HOST": storage}
                with running(command, Path(work), environment, f"{base}/is-alive"):
                    rows = [dict(row) for row in deployment.rows]
                    answer = post_json(f"{base}/v1/endpoints/1:predict", {"instances": rows})
        field = "label" if deployment.classes else "value"
        return tuple(one[field] for one in answer["predictions"])


@contextmanager
def _bucket(folder: Path) -> Iterator[str]:
    """Yield the address of a server that answers as Cloud Storage does for one bucket with one folder."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            name = urllib.parse.unquote(path.removeprefix("/storage/v1/b/bucket/o").removeprefix("/"))
            if name:
                content = (folder / name.removeprefix("release/")).read_bytes()
            else:
                found = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file()]
                content = json.dumps({"items": [{"name": f"release/{one}"} for one in found]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

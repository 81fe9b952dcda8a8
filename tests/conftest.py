"""What tests share: a disk so small that it fills, a PostgreSQL server of their own, and patience."""

from __future__ import annotations

import gc
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A busy machine is no fault of the code. Where a merge waits for the tests, they try the same examples each time.
settings.register_profile(
    "journeyman", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("journeyman")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep the garbage collector from what imports leave for good: it would look that over hundreds of times."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


# Files whose tests share one server: all of them go to one process, one after the other.
TOGETHER = {
    "tests/acceptance/test_builds_on_yarn.py": "HDFS",
    "tests/acceptance/test_hadoop.py": "HDFS",
    "tests/serving/test_kafka.py": "Kafka",
    "tests/serving/test_kafka_formats.py": "Kafka",
    "tests/serving/test_kafka_worker.py": "Kafka",
    "tests/serving/test_spark.py": "Kafka",
    "tests/serving/test_topic_log.py": "Kafka",
}
APART = "tests/contracts/test_project_exporters.py"
"""Its tests share a process by language: together they would take longer than all others take beside them."""


class _ByFile(LoadScopeScheduling):
    """Gives the tests of a file to one process, so that what its fixtures make is made once.

    pytest-xdist's ``loadfile`` joins no files, and its ``loadgroup`` changes the names of tests in a way that pytest
    since 9.2 passes over.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        if file == APART:
            return f"{file} {test.partition('[')[2].partition('-')[0]}"
        return TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Return who says which process runs which test, where ``--dist loadfile`` asks for it."""
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests teach out of the user's own folder; processes that tests start inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOURNEYMAN_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of its own with 512 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return homes[-1].parent if homes else None


def _command(binary: Path, *arguments: str) -> list[str]:
    """Run as the user that PostgreSQL wants, which is not root."""
    command = [str(binary), *arguments]
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (initdb was not found)")
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres")
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL refuses to run as root, and setpriv is missing")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="journeyman-pg-") as folder:
        home = Path(folder)
        (home / "password").write_text("secret-word\n")
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (home, home / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        init = _command(binaries / "initdb", "-D", f"{home}/data", "-U", "ann", "-A", "scram-sha-256", "-N")
        made = subprocess.run(
            [*init, f"--pwfile={home}/password"], capture_output=True, text=True, check=False, cwd=home
        )
        if made.returncode:
            pytest.skip(f"initdb does not run here: {made.stderr.strip().splitlines()[-1]}")
        # It is our own child, so that it can be stopped by its number and never outlives the test.
        options = ("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={home}", "-F")
        process = subprocess.Popen(
            _command(binaries / "postgres", "-D", f"{home}/data", *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
        )
        try:
            ready = _command(binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "20")
            for _ in range(200):
                if subprocess.run(ready, capture_output=True, check=False, cwd=home).returncode == 0:
                    break
                if process.poll() is not None:
                    pytest.skip("the PostgreSQL server does not start here")
                subprocess.run(["sleep", "0.1"], check=True)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

"""A PostgreSQL server of one's own, from the programs on this machine: it answers one check and is gone."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import chown, which
from tempfile import TemporaryDirectory

from journeyman.errors import ReleaseError

__all__ = ["local_server", "server_programs"]

_USER = "postgres"
_SECONDS = 60


def server_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres`` where this user can run them; None where not."""
    found = which("initdb")
    homes = [Path(found).resolve()] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not homes or not (homes[-1].parent / "postgres").is_file():
        return None
    if os.geteuid() == 0 and (which("setpriv") is None or not _has_user()):
        return None  # it refuses to run as root
    return homes[-1].parent


def _has_user() -> bool:
    return any(user.pw_name == _USER for user in pwd.getpwall())


@contextmanager
def local_server(programs: Path) -> Iterator[str]:
    """Start a server that only a socket in a folder of its own reaches; give the address for libpq.

    Raises
    ------
    ReleaseError
        Where it does not start.
    """
    with TemporaryDirectory(prefix="journeyman-pg-") as folder:
        root = os.geteuid() == 0
        before = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if root else []
        if root:
            chown(folder, _USER, _USER)
        made = subprocess.run(
            [*before, str(programs / "initdb"), "-D", f"{folder}/data", "-U", _USER, "-A", "trust", "-N"],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=10 * _SECONDS,
        )
        if made.returncode:
            said = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ReleaseError(f"initdb made no database: {said}", hint="name a server by PGHOST, PGUSER, PGDATABASE")
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-F"]
        process = subprocess.Popen(
            [*before, str(programs / "postgres"), "-D", f"{folder}/data", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            ready = [*before, str(programs / "pg_isready"), "-h", folder, "-t", str(_SECONDS)]
            for _ in range(10 * _SECONDS):
                if process.poll() is not None:
                    raise ReleaseError("a PostgreSQL server of its own ended", hint="name one by PGHOST, PGUSER")
                if subprocess.run(ready, capture_output=True, cwd=folder).returncode == 0:
                    break
                subprocess.run(["sleep", "0.1"], check=True)
            yield f"host={folder} user={_USER} dbname=postgres"
        finally:
            process.terminate()
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

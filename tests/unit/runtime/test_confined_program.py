"""Programs that misbehave are kept in: no network, no files of others, no end of time, memory or disk, nothing left."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from journeyman.runtime.confined_program import ConfinedRun, Ending, Limits, run_confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls that are tested are those of Linux")
LIMITS = Limits(seconds=20.0, memory=1 << 30, disk=20 << 20)


def run(tmp_path: Path, code: str, limits: Limits = LIMITS) -> ConfinedRun:
    program, folder = tmp_path / "program" / "p.py", tmp_path / "work"
    program.parent.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    program.write_text(code)
    return run_confined(program, folder, limits, ["one"])


def test_a_program_runs_in_its_folder_with_libraries(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "t.csv").write_text("a\n1\n3\n")
    code = (
        "import sys\nimport pandas as pd\nt = pd.read_csv('t.csv')\nt.to_csv('u.csv')\nprint(t.a.sum(), sys.argv[1:])"
    )
    done = run(tmp_path, code)
    assert done.ending is Ending.DONE, done.errors
    assert done.output.split() == ["4", "['one']"]
    assert (tmp_path / "work" / "u.csv").exists()
    assert done.memory > 10 << 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program", "work"]


@pytest.mark.parametrize(
    "code",
    [
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 2).sendall(b'x')",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT', timeout=2)",
        # behind Python's back: the kernel's wall alone stands
        "import ctypes, struct\nc = ctypes.CDLL(None)\ns = c.socket(2, 1, 0)\n"
        "a = struct.pack('<H', 2) + struct.pack('>H', PORT) + bytes([127, 0, 0, 1]) + bytes(8)\n"
        "raise SystemExit(0 if c.connect(s, a, 16) == 0 else 7)",
    ],
)
def test_there_is_no_network(code: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        done = run(tmp_path, code.replace("PORT", str(server.getsockname()[1])))
        assert done.ending is Ending.FAILED
        with pytest.raises(TimeoutError):
            server.accept()
    assert "network" in done.kept


@pytest.mark.parametrize(
    "code",
    [
        "open('PLACE/new.txt', 'w').write('x')",
        "open('PLACE/secret.txt').read()",
        "import os\nos.remove('PLACE/secret.txt')",
        "import os\nos.symlink('PLACE', 'link')\nopen('link/new.txt', 'w').write('x')",
        "import shutil\nshutil.rmtree('PLACE')",
        "import subprocess\nraise SystemExit(subprocess.run(['cp', 'PLACE/secret.txt', 'PLACE/new.txt']).returncode)",
        # behind Python's back: the kernel's wall alone stands
        "import ctypes\nraise SystemExit(0 if ctypes.CDLL(None).open(b'PLACE/new.txt', 0o101, 0o644) >= 0 else 7)",
        "import ctypes\nraise SystemExit(0 if ctypes.CDLL(None).open(b'PLACE/secret.txt', 0) >= 0 else 7)",
    ],
)
def test_files_of_others_are_neither_read_nor_written(code: str, tmp_path: Path) -> None:
    place = tmp_path / "others"
    place.mkdir()
    (place / "secret.txt").write_text("secret")
    done = run(tmp_path, code.replace("PLACE", str(place)))
    assert done.ending is Ending.FAILED, done.output
    assert [path.name for path in place.iterdir()] == ["secret.txt"]
    assert (place / "secret.txt").read_text() == "secret"
    assert "files" in done.kept


def test_the_callers_environment_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "t0p")
    done = run(tmp_path, "import os\nprint(sorted(os.environ))")
    assert done.ending is Ending.DONE
    assert "SECRET_TOKEN" not in done.output


def test_the_caller_is_not_read(tmp_path: Path) -> None:
    asked = run(tmp_path, f"print(open('/proc/{os.getpid()}/environ', 'rb').read())")
    assert asked.ending is Ending.FAILED
    assert "Permission" in asked.errors


@pytest.mark.parametrize(
    ("code", "limits", "ending"),
    [
        ("while True: pass", Limits(seconds=1.5), Ending.TIME),
        ("import time\ntime.sleep(60)", Limits(seconds=1.0), Ending.TIME),
        ("x = []\nwhile True: x.append(bytearray(10 << 20))", Limits(20.0, 200 << 20), Ending.MEMORY),
        ("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))", Limits(20.0, 1 << 30, 30 << 20), Ending.FAILED),
        (
            "for k in range(100):\n    open(f'f{k}', 'wb').write(bytes(2 << 20))\nimport time\ntime.sleep(20)",
            Limits(20.0, 1 << 30, 30 << 20),
            Ending.DISK,
        ),
    ],
)
def test_limits_hold(code: str, limits: Limits, ending: Ending, tmp_path: Path) -> None:
    began = time.monotonic()
    assert run(tmp_path, code, limits).ending is ending
    assert time.monotonic() - began < 60.0


def test_input_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "input('name? ')")
    assert done.ending is Ending.FAILED
    assert "EOFError" in done.errors


@pytest.mark.parametrize("limits", [LIMITS, Limits(seconds=2.0)], ids=["it ends", "it is ended"])
def test_what_it_started_ends_with_it(limits: Limits, tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time\\ntime.sleep(300)'], start_new_session=True)\n"
        "print(p.pid, flush=True)\n"
        f"time.sleep({0 if limits is LIMITS else 300})"
    )
    done = run(tmp_path, code, limits)
    pid = int(done.output.split()[0])
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]


def test_a_failure_tells_its_own_traceback(tmp_path: Path) -> None:
    done = run(tmp_path, "def f():\n    return 1 / 0\nf()")
    assert done.ending is Ending.FAILED
    assert "ZeroDivisionError" in done.errors
    assert os.fspath(tmp_path / "program" / "p.py") in done.errors

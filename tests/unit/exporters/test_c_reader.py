"""What callers of the reader in C rely on: damaged plans, threads, locales, memory, and numbers to the last bit."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from tests.unit.exporters.made_plans import form_plan, plan_of_cases
from tests.unit.exporters.native_projects import C_FLAGS, SANITIZED, ran, written

from journeyman.exporters.scoring_plan import plan_text

pytestmark = [
    pytest.mark.slow,  # compiles
    pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here (Debian: apt-get install gcc)"),
]
CHECKS = str(Path(__file__).with_name("native_checks.c").absolute())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written("c", form_plan(), tmp_path_factory.mktemp("c"))


def checks(folder: Path, name: str, *flags: str) -> str:
    sources = [f"src/{path.name}" for path in sorted((folder / "src").glob("*.c"))]
    ran([*C_FLAGS, *flags, CHECKS, *sources, "-lm", "-lpthread", "-o", name], folder)
    return str(folder / name)


@pytest.fixture(scope="module")
def sanitized(folder: Path) -> str:
    return checks(folder, "sanitized", *SANITIZED)


@pytest.mark.parametrize("plan", [form_plan(), plan_of_cases()], ids=["form", "cases"])
def test_changed_plans_are_refused_or_predict(sanitized: str, tmp_path: Path, plan: object) -> None:
    (tmp_path / "plan.txt").write_text(plan_text(plan))  # type: ignore[arg-type]  # pytest gives parameters no types
    told = ran([sanitized, "fuzz", "plan.txt", "1500"], tmp_path).stdout
    read = int(told.split()[0])
    assert 8 < read < 1460, "some changes matter, and some do not"


def test_every_truncation_is_refused(folder: Path, sanitized: str, tmp_path: Path) -> None:
    whole = (folder / "plan.txt").read_bytes().rstrip(b"\n")
    for length in range(0, len(whole), 19):
        (tmp_path / "plan.txt").write_bytes(whole[:length])
        ran([sanitized, "show", "plan.txt"], tmp_path, 1)


def test_threads_share_a_model(folder: Path) -> None:
    program = checks(folder, "threads", "-g", "-fsanitize=thread")
    assert ran([program, "threads", "plan.txt"], folder).stdout == "4 threads agree\n"


def test_nothing_is_allocated_after_reading(folder: Path, tmp_path: Path) -> None:
    wrap = [f"-Wl,--wrap={name}" for name in ("malloc", "calloc", "realloc")]
    program = checks(folder, "counted", "-DCOUNTED", *wrap)
    (tmp_path / "plan.txt").write_text(plan_text(plan_of_cases()))
    for place in (folder, tmp_path):
        while_reading, while_predicting = ran([program, "allocations", "plan.txt"], place).stdout.split(" while")[:2]
        assert int(while_reading) > 5
        assert while_predicting.split()[-1] == "0"


def test_a_decimal_comma_of_the_locale_changes_nothing(folder: Path, sanitized: str, tmp_path: Path) -> None:
    if shutil.which("localedef") is None:
        pytest.skip("no localedef here (Debian: apt-get install locales)")
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")], capture_output=True, check=False
    )
    if not (tmp_path / "de_DE.UTF-8").is_dir():
        pytest.skip(f"no German locale here: {made.stderr.decode()[-200:]}")
    own = {**os.environ, "LOCPATH": str(tmp_path)}
    words = [sanitized, "locale", "plan.txt"]
    told = [
        subprocess.run([*words, *locale], cwd=folder, env=own, capture_output=True, text=True, check=True, timeout=60)
        for locale in ((), ("de_DE.UTF-8",))
    ]
    assert [one.stderr for one in told] == ["0.5\n", "0,5\n"]
    assert told[0].stdout == told[1].stdout
    assert len(set(told[0].stdout.split())) > 3


def test_numbers_are_read_to_the_nearest_double_and_written_in_the_shortest_form(
    sanitized: str, tmp_path: Path
) -> None:
    rng = random.Random(0)
    texts = [
        "0",
        "-0.0",
        "1e400",
        "1e-400",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e23",
        "9007199254740993",
    ]
    for _ in range(500):
        (x,) = struct.unpack("d", rng.randbytes(8))
        if x - x == 0:
            texts += [repr(x), f"{x:.{rng.randrange(30)}e}", repr(rng.uniform(-1e4, 1e4)), str(rng.randrange(10**25))]
            texts.append(f"{x:.760e}" if abs(x) < 1e-200 else f"{rng.randrange(2**53) + 2**53 + 0.5:.40f}"[:-30] + "1")
    (tmp_path / "numbers.txt").write_text("\n".join(texts) + "\n")
    told = ran([sanitized, "numbers", "numbers.txt"], tmp_path)
    wrong = []
    for text, line in zip(texts, told.stdout.splitlines(), strict=True):
        x = float(text)
        bits, _, shortest = line.partition(" ")
        own = "" if x - x != 0 else str(int(x)) if x.is_integer() and abs(x) < 1e15 else repr(x)
        if bits != struct.pack(">d", x).hex() or shortest != own:
            wrong.append(f"{text}: {line}, and {struct.pack('>d', x).hex()} {own} was expected")
    assert not wrong, "\n".join(wrong[:5])

"""Two machines with folders of their own build, serve and operate one model on one database."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.acceptance.operated_rows import OperatedModel

from journeyman.entities.decision import Action
from journeyman.entities.model_version import ModelVersion
from journeyman.errors import ReleaseError
from journeyman.stores.postgres_log import postgres_address
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow
_numbers = itertools.count()


@pytest.fixture
def database(server: str) -> str:
    """Return the address of a database of its own."""
    name, address = f"hosts{next(_numbers)}", f"postgresql://ann:secret-word@{server}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return f"{address}/{name}"


def houses(rows: int, factor: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size, rooms = rng.uniform(40, 200, rows).round(1), rng.integers(1, 7, rows)
    return pd.DataFrame({"size": size, "rooms": rooms, "price": factor * size + 20 * rooms + rng.normal(0, 9, rows)})


def run(folder: Path, database: str, *words: str) -> str:
    """Run a command as on a machine of its own: nothing but the database is shared."""
    folder.mkdir(exist_ok=True)
    own = {"JOURNEYMAN_HOME": str(folder / "home"), "JOURNEYMAN_WORKSPACE": database, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "journeyman", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def home_of(folder: Path) -> Path:
    """Return what a machine has of the workspace."""
    [found] = (folder / "home" / "workspaces").iterdir()
    return found


def test_what_one_machine_has_built_and_begun_another_serves_and_ends(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses(800, 3.0, 1).to_csv(tmp_path / "houses.csv", index=False)
    ann, bob = tmp_path / "ann", tmp_path / "bob"
    run(ann, database, "build", "../houses.csv", "--target", "price", "--name", "h", "--trials", "2", "--quiet")
    run(bob, database, "predict", "h", "../houses.csv", "--out", "first.csv")
    run(ann, database, "predict", "h", "../houses.csv", "--out", "first.csv")
    assert (ann / "first.csv").read_bytes() == (bob / "first.csv").read_bytes()

    monkeypatch.setenv("JOURNEYMAN_DATABASE", database)
    log, seeds = postgres_address(database, "h"), itertools.count(2)
    with Workspace(home_of(ann)) as ours, Workspace(home_of(bob)) as theirs:
        here, there = OperatedModel(ours, "h", log), OperatedModel(theirs, "h", log)

        for span in range(30):
            rows = houses(120, 3.0 if span < 3 else 5.0, next(seeds))
            state = here.serve(rows.drop(columns="price"), rows["price"].tolist())
            there.span = here.span
            here, there = there, here  # each span is looked at on the other machine than the one before
            if state.champion > 1:
                break
        acted = [operation.move.action for operation in here.operations if operation.move.action is not Action.KEEP]
        assert (acted[0], acted[-1]) == (Action.RETRAIN, Action.PROMOTE)
        with closing(here.log), closing(there.log):
            assert here.log.rows() == there.log.rows() > 0
    for place in (ann, bob):
        run(place, database, "predict", "h", "../houses.csv", "--out", "second.csv")
    assert (ann / "second.csv").read_bytes() == (bob / "second.csv").read_bytes() != (ann / "first.csv").read_bytes()


def test_a_release_comes_from_the_database_whole_or_not_at_all(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYMAN_DATABASE", database)
    with Workspace(tmp_path / "ann") as ours, Workspace(tmp_path / "bob") as theirs:
        known = []
        for run in ("one", "two"):
            number = ours.registry.reserve("h", run)
            path = ours.release_path("h", number)
            digest = write_release(ours.path / path, {"members/a": run.encode()}, {"run": run})
            known.append(ModelVersion("h", number, path, digest, "2026", "rmse", 1.0, "release", True, run, "d"))
            ours.registry.register(known[-1])
        monkeypatch.setenv("JOURNEYMAN_STORAGE", "hdfs://127.0.0.1:1/away")  # named later; it holds neither
        one = theirs.registry.folder(known[0])
        assert (one / "members" / "a").read_bytes() == b"one"
        assert theirs.registry.folder(known[0]) == one
        assert ours.shared is not None
        copies = ours.shared.under(known[1].path)
        content = {name: copies.fetch(name) or b"" for name in copies.names()}
        copies.forget()
        for name in content:
            copies.keep(name, content[name] + b" " * (name == "members/a"))
        with pytest.raises(ReleaseError, match=r"releases/h/2 in the database is not what was .* byte in members/a"):
            theirs.registry.folder(known[1])
        copies.forget()
        monkeypatch.delenv("JOURNEYMAN_STORAGE")
        with pytest.raises(ReleaseError, match=r"lies neither here .*set JOURNEYMAN_STORAGE as on the machine"):
            theirs.registry.folder(known[1])
        assert [place.name for place in (theirs.path / "releases" / "h").iterdir()] == ["1"]

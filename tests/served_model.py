"""A small model of two versions, for the tests of its service."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.made_once import made_once

from journeyman.api.build import build
from journeyman.stores.catalogue import opened_registry
from journeyman.stores.releases import read_release, write_release


def two_versions(factory: pytest.TempPathFactory) -> Path:
    """Return a workspace of one's own with two versions of a model "m" of two classes, the first its champion."""
    return Path(shutil.copytree(made_once(factory, "served-model", _make), factory.mktemp("served") / "w"))


def _make(place: Path) -> None:
    rng = np.random.default_rng(3)
    x, c = rng.normal(size=120), rng.choice(list("abc"), 120)
    y = np.where(x + (c == "a") + 0.3 * rng.normal(size=120) > 0.3, "yes", "no")
    build(pd.DataFrame({"x": x, "c": c, "y": y}), target="y", trials=2, workspace=place, name="m")
    with opened_registry(place) as registry:
        first = registry.version("m")
        manifest, files = read_release(place / first.path)
        facts = {k: v for k, v in manifest.items() if k not in ("files", "format")} | {"version": 2, "run": "m-2"}
        digest = write_release(place / "releases" / "m" / "2", files, facts)
        again = replace(first, version=2, run="m-2", path="releases/m/2", digest=digest, champion=False)
        registry.register(again)

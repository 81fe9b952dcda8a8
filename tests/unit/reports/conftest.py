"""Sample reports for the tests of what people read."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journeyman.entities.report import BuildReport


@functools.cache
def _sample() -> Callable[[str], BuildReport]:
    # Tests are imported by path (--import-mode=importlib), so that a neighbour is no module by itself.
    spec = importlib.util.spec_from_file_location("report_sample", Path(__file__).with_name("sample.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    sample: Callable[[str], BuildReport] = module.sample
    return sample


@pytest.fixture(scope="session")
def sample() -> Callable[[str], BuildReport]:
    return _sample()

"""What sizes say of memory: side by side, in turn, or not at all."""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.neural import Neural
from journeyman.allocator import give_back, hold_little
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble, Member
from journeyman.errors import SettingsError
from journeyman.plugins import load_parts
from journeyman.runtime.memory_budget import (
    Fitting,
    Sizes,
    bytes_kept,
    fits_side_by_side,
    fitting_within,
    said_of_memory,
    sizes_of,
)
from journeyman.settings import BuildSettings, checked, parse_memory

TASK = Task("y", "regression", "rmse")
SIZES = Sizes(25_000, 20_000, 4, 2, TASK, 80_000_000, {"native": 400, "dense": 400, "neural": 400})
PREPARATIONS = load_parts("journeyman.preparations")
TREES, NET = LightGBM(), Neural()
PREPARED = {"lightgbm": "native", "neural": "neural"}
BOOSTED = Candidate("lightgbm", {"num_leaves": 31}, preparation="native")


def table_of(columns: dict[str, Kind], rows: int = 20) -> Table:
    texts = [f"text {i}" for i in range(rows)]
    frame = pd.DataFrame({n: texts if k is Kind.TEXT else np.arange(float(rows)) for n, k in columns.items()})
    described = [Column(n, k, Role.TARGET if n == "y" else Role.FEATURE) for n, k in columns.items()]
    return Table("t", frame, tuple(described), "", rows)


@pytest.mark.parametrize(
    ("limit", "fitting"),
    [(8_000_000_000, Fitting.SIDE_BY_SIDE), (1_050_000_000, Fitting.IN_TURN), (700_000_000, Fitting.NOT)],
)
def test_the_less_memory_the_less_at_once(limit: int, fitting: Fitting) -> None:
    assert fitting_within(limit, SIZES, BOOSTED, TREES, 0)[0] is fitting


def test_what_other_preparations_keep_counts() -> None:
    needed = fitting_within(10**12, SIZES, BOOSTED, TREES, 0)[1]
    kept = bytes_kept(SIZES, {"dense"})
    assert kept > 4 * 20_000 * 400 * 8
    assert fitting_within(needed, SIZES, BOOSTED, TREES, 0)[0] is Fitting.SIDE_BY_SIDE
    assert fitting_within(needed, SIZES, BOOSTED, TREES, kept)[0] is Fitting.IN_TURN


def test_what_a_net_loads_counts_once_and_trees_do_without() -> None:
    net = Candidate("neural", {"epochs": 8}, preparation="neural")
    loaded = NET.memory(net, TASK, 0, 400)
    assert loaded > 0 == TREES.memory(BOOSTED, TASK, 0, 400)
    one, two = (fitting_within(10**12, replace(SIZES, threads=t), net, NET, 0)[1] for t in (1, 2))
    fit = NET.memory(net, TASK, SIZES.fold_rows, 400) - loaded
    assert two - one == fit + 1.5 * 8 * 400 * SIZES.fold_rows


def test_a_text_is_as_wide_for_each_preparation_as_what_is_derived_from_it() -> None:
    rows = np.arange(20)
    split = Split(Scheme.SHUFFLED, rows, rows[:0], (Fold(rows[:10], rows[10:]),), "")
    plain = table_of({"x": Kind.NUMBER, "y": Kind.NUMBER})
    told = table_of({"x": Kind.NUMBER, "t": Kind.TEXT, "y": Kind.NUMBER})
    without, with_text = (sizes_of(Dataset(t, TASK, split), 2, PREPARATIONS).features for t in (plain, told))
    said = PREPARATIONS["texts"].width(told.features, TASK)
    assert said >= 20
    assert without["native"] == without["dense"] == 1
    assert with_text["native"] == with_text["dense"] == 1 + said


def test_fits_for_good_side_by_side_ask_for_the_largest_twice() -> None:
    table = table_of({"x": Kind.NUMBER, "y": Kind.NUMBER}, rows=1_000)
    components = SimpleNamespace(algorithms={"lightgbm": TREES, "neural": NET}, preparations=PREPARATIONS)

    def fits(memory: int, *algorithms: str) -> bool:
        members = tuple(Member(Candidate(name, preparation=PREPARED[name]), 1.0) for name in algorithms)
        settings = BuildSettings("t.csv", "y", "t", memory=memory)
        return fits_side_by_side(settings, Ensemble(members, 1.0, np.zeros((1, 1))), table, TASK, components)

    assert fits(550_000_000, "lightgbm")
    assert not fits(550_000_000, "lightgbm", "neural")
    assert fits(950_000_000, "lightgbm", "neural")


def test_what_was_changed_is_said() -> None:
    assert said_of_memory(10**9, [], []) == ""
    said = said_of_memory(10**9, ["linear", "catboost"], [("forest", 3 * 10**9), ("deep", 2 * 10**9)])
    assert said == (
        "within 1 GB of memory, 2 candidates were fitted one fold at a time, and 2 candidates were passed over: "
        "of these deep needs about 2 GB, and the others more"
    )


@pytest.mark.parametrize("text", ["", "much", "-1", "4XB", "1e9"])
def test_no_amount_of_memory(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_memory(text)


def test_a_limit_below_what_libraries_take_is_refused() -> None:
    with pytest.raises(SettingsError, match="memory"):
        checked(BuildSettings("t.csv", "y", "t", memory=100_000_000))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
def test_freed_small_blocks_go_back() -> None:
    hold_little()

    def held() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [library.malloc(60_000) for _ in range(2_000)]
    for block in blocks:
        ctypes.memset(block, 1, 60_000)
    full = held()
    last = blocks.pop()  # what stays at the end of the heap keeps the rest from going back by itself
    for block in blocks:
        library.free(block)
    give_back()
    assert held() < full - 60_000_000
    library.free(last)

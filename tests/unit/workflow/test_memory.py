"""What sizes say of memory: side by side, in turn, or not at all."""

from __future__ import annotations

import ctypes
import os

import pytest

from journeyman.allocator import give_back, hold_little
from journeyman.entities.candidate import Candidate
from journeyman.errors import SettingsError
from journeyman.settings import BuildSettings, checked, parse_memory
from journeyman.workflow.memory import Fitting, Sizes, bytes_kept, bytes_of_fit, fitting_within, said_of_memory

SIZES = Sizes(25_000, 20_000, 4, 2, 1, 80_000_000, {"native": 400, "dense": 400, "neural": 400})
BOOSTED = Candidate("lightgbm", {"num_leaves": 31})


@pytest.mark.parametrize(
    ("limit", "fitting"),
    [(8_000_000_000, Fitting.SIDE_BY_SIDE), (1_050_000_000, Fitting.IN_TURN), (700_000_000, Fitting.NOT)],
)
def test_the_less_memory_the_less_at_once(limit: int, fitting: Fitting) -> None:
    assert fitting_within(limit, SIZES, BOOSTED, "native", 0)[0] is fitting


def test_what_other_preparations_keep_counts() -> None:
    needed = fitting_within(10**12, SIZES, BOOSTED, "native", 0)[1]
    kept = bytes_kept(SIZES, {"dense"})
    assert kept > 4 * 20_000 * 400 * 8
    assert fitting_within(needed, SIZES, BOOSTED, "native", 0)[0] is Fitting.SIDE_BY_SIDE
    assert fitting_within(needed, SIZES, BOOSTED, "native", kept)[0] is Fitting.IN_TURN


@pytest.mark.parametrize(
    "algorithm", ["baseline", "linear", "lightgbm", "catboost", "forest", "extra_trees", "neural", "of another package"]
)
def test_more_rows_need_more(algorithm: str) -> None:
    one = Candidate(algorithm)
    assert 0 < bytes_of_fit(one, 5_000, 20, 1) < bytes_of_fit(one, 50_000, 20, 1)


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

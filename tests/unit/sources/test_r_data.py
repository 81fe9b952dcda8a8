"""Files that R itself writes are read as tables, and what is no table is refused in one line."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from journeyman.errors import SourceError
from journeyman.sources import open_source
from journeyman.testing.source_checks import check_source

pytestmark = [
    pytest.mark.skipif(find_spec("rdata") is None, reason="journeyman[r] is not installed"),
    pytest.mark.skipif(shutil.which("Rscript") is None, reason="R (Rscript) is not installed"),
]
TABLE = """
d <- data.frame(size = c(1.5, NA, 3, 4), rooms = c(1L, 2L, NA, 4L), city = factor(c("Oslo", "Bergen", NA, "Oslo")),
  ok = c(TRUE, FALSE, NA, TRUE), name = c("a", "b", NA, "\\u00f8"),
  day = as.Date(c("2024-01-02", NA, "1960-01-01", "2024-02-29")),
  at = as.POSIXct(c("2024-06-01 10:00:00", NA, "2020-01-01 12:00:00.5", "1969-12-31 23:00:00"), tz = "Europe/Berlin"),
  grade = factor(c("low", "high", "low", NA), levels = c("low", "high"), ordered = TRUE), stringsAsFactors = FALSE)
d$place <- 1:4
saveRDS(d, "d.rds"); saveRDS(d, "plain.rds", compress = FALSE); saveRDS(d, "packed.rds", compress = "xz")
rownames(d) <- c("w", "x", "y", "z"); saveRDS(d["size"], "named.rds")
many <- data.frame(n = c(1:29, NA), t = rep(c("a", NA, "b"), 10)); saveRDS(many, "many.rds"); many$n[1] <- 7L
saveRDS(many, "other.rds")
saveRDS(list(a = 1), "list.rds"); saveRDS(1:10, "vector.rds"); saveRDS(data.frame(), "empty.rds")
d$list <- list(1, 2, "a", NULL); saveRDS(d, "nested.rds"); saveRDS(data.frame(z = complex(real = 1:2)), "complex.rds")
p <- data.frame(x = 1); p$t <- as.POSIXlt("2024-01-01", tz = "UTC"); saveRDS(p, "parts.rds")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("r")
    (place / "make.R").write_text(TABLE, "utf-8")
    subprocess.run(["Rscript", "--vanilla", "make.R"], cwd=place, check=True, capture_output=True)
    return place


@pytest.mark.parametrize("name", ["d.rds", "plain.rds", "packed.rds"])
def test_a_data_frame(folder: Path, name: str) -> None:
    frame = open_source(str(folder / name), None).read(None, 0)
    plain = frame.astype(object).where(frame.notna(), None)
    assert plain["size"].tolist() == [1.5, None, 3.0, 4.0]
    assert plain["rooms"].tolist() == [1, 2, None, 4]
    assert plain["city"].tolist() == ["Oslo", "Bergen", None, "Oslo"]
    assert plain["ok"].tolist() == [True, False, None, True]
    assert plain["name"].tolist() == ["a", "b", None, "ø"]
    assert plain["grade"].tolist() == ["low", "high", "low", None]
    assert plain["place"].tolist() == [1, 2, 3, 4]
    assert [None if v is None else str(v) for v in plain["day"]] == [
        "2024-01-02 00:00:00",
        None,
        "1960-01-01 00:00:00",
        "2024-02-29 00:00:00",
    ]
    moments = [None if v is None else str(v) for v in plain["at"]]  # in UTC
    assert moments == ["2024-06-01 08:00:00", None, "2020-01-01 11:00:00.500000", "1969-12-31 22:00:00"]


def test_names_of_rows_are_a_column(folder: Path) -> None:
    frame = open_source(str(folder / "named.rds"), None).read(None, 0)
    assert list(frame.columns) == ["row name", "size"]
    assert frame["row name"].tolist() == ["w", "x", "y", "z"]


def test_the_contract_of_sources(folder: Path) -> None:
    one, other = folder / "many.rds", folder / "other.rds"
    check_source(lambda: open_source(str(one), None), lambda: open_source(str(other), None))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("list.rds", "holds no data frame, but a list"),
        ("vector.rds", "holds no data frame, but a vector"),
        ("empty.rds", "a data frame without columns"),
        ("nested.rds", "column 'list' of nested.rds holds lists"),
        ("complex.rds", "column 'z' of complex.rds holds complex numbers"),
        ("parts.rds", "has a column of class POSIXlt"),
        ("make.rds", "cannot be read as an .rds file of R"),
    ],
)
def test_what_is_refused(folder: Path, name: str, said: str) -> None:
    (folder / "make.rds").write_bytes((folder / "make.R").read_bytes())
    with pytest.raises(SourceError, match=said) as caught:
        open_source(str(folder / name), None)
    assert caught.value.hint
    assert "\n" not in str(caught.value)

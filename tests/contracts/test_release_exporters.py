"""Every exporter of what is known of a release keeps the contract; one that does not is found out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from journeyman.arrow import pq
from journeyman.entities.candidate import Refusal
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.errors import ReleaseError
from journeyman.plugins import load_parts, offered
from journeyman.testing.release_exporter_checks import RELEASE_EXPORTER_CHECKS, check_release_exporter, sample_facts


@dataclass(frozen=True)
class Parquet:
    """Writes the rows with predictions; or does what it is told wrongly."""

    fault: str = ""
    name: str = "rows"
    most_rows: int = 10
    refreshed: tuple[str, ...] = ("*.parquet",)

    def can_write(self) -> Refusal | None:
        return Refusal("never") if self.fault == "refuses" else None

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        if self.fault == "empty" and not facts.scores.rows.num_rows:
            raise IndexError("no first row")
        if self.fault != "nothing":
            pq.write_table(facts.scores.rows, folder / "rows.parquet")

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        if self.fault != "blind" and not pq.read_table(folder / "rows.parquet").equals(facts.scores.rows):
            raise ReleaseError("other rows", hint="look")


def test_an_exporter_that_keeps_the_contract() -> None:
    check_release_exporter(Parquet())


@pytest.mark.parametrize("fault", ["refuses", "empty", "nothing", "blind"])
def test_each_fault_is_found(fault: str) -> None:
    with pytest.raises(AssertionError, match="the exporter rows"):
        check_release_exporter(Parquet(fault))


def test_a_pattern_that_fits_no_file_is_found() -> None:
    with pytest.raises(AssertionError, match="no file that it writes"):
        check_release_exporter(replace(Parquet(), refreshed=("data/*",)))


SLOW = {"tableau": pytest.mark.slow}  # its engine takes three seconds to start


@pytest.mark.parametrize("check", RELEASE_EXPORTER_CHECKS)
@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=SLOW.get(n, ())) for n in sorted(offered("journeyman.release_exporters"))]
)
def test_built_in_exporters(name: str, classes: int, check: str) -> None:
    exporter = load_parts("journeyman.release_exporters", {name})[name]
    if exporter.can_write() is not None:
        pytest.skip(f"journeyman[{name}] is not installed")
    RELEASE_EXPORTER_CHECKS[check](exporter, sample_facts(classes))

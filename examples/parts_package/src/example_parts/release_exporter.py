"""What is known of a release as CSV files, one a table."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from journeyman.entities.candidate import Refusal
from journeyman.entities.release_facts import ReleaseFacts
from journeyman.errors import ReleaseError


@dataclass(frozen=True)
class TablesExporter:
    """Writes TABLE.csv for each table; a repeated export replaces them all."""

    name: str = "tables"
    most_rows: int = 1_000_000
    refreshed: tuple[str, ...] = ("*.csv",)

    def can_write(self) -> Refusal | None:
        """Return None: nothing has to be installed."""
        return None

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        """Write the tables."""
        for table in facts.tables:
            csv.write_csv(table.rows, folder / f"{table.name}.csv")

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        """Read the tables back, as the kinds that they were written of."""
        for table in facts.tables:
            options = csv.ConvertOptions(
                column_types=table.rows.schema, strings_can_be_null=True, quoted_strings_can_be_null=False
            )
            try:
                same = csv.read_csv(folder / f"{table.name}.csv", convert_options=options).equals(table.rows)
            except (OSError, pa.ArrowInvalid):
                same = False
            if not same:
                raise ReleaseError(f"{table.name}.csv reads back otherwise than it was written", hint="export again")

"""Tables in Arrow's own files (.feather, .arrow) and in ORC."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.orc as orc

from journeyman.entities.file_style import FileStyle
from journeyman.errors import SourceError
from journeyman.sources.batches import file_digest
from journeyman.sources.frames import FrameSource

__all__ = ["ArrowSource"]


class ArrowSource(FrameSource):
    """One file of Arrow or ORC, read whole.

    Parameters
    ----------
    path : Path
        The file, unpacked.
    name : str
        What the user calls it.
    asked, expected : FileStyle
        Nothing of it counts: such files say themselves how they are written.

    Raises
    ------
    SourceError
        The file is damaged, or a column holds nested values.
    """

    def __init__(self, path: Path, name: str, asked: FileStyle, expected: FileStyle) -> None:
        self.path = path
        try:
            table = _table(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise SourceError(f"{name} is damaged or no {path.suffix} file", hint="write it again") from error
        super().__init__(table, name)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _table(path: Path) -> pa.Table:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"ORC"):
        return orc.read_table(path)
    if head.startswith((b"ARROW1", b"FEA1")):
        return feather.read_table(path)
    with pa.OSFile(str(path)) as stream, pa.ipc.open_stream(stream) as reader:
        return reader.read_all()

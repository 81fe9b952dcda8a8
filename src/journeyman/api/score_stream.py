"""The api of streams on a cluster: each batch is written once, whatever is killed and read again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from uuid import uuid4

import msgspec

from journeyman.api.score_on_cluster import part_suffix, refuse_rows_apart
from journeyman.errors import SettingsError
from journeyman.inference.batch_scorer import BatchReport, FilesScorer, MessagesScorer, Refused
from journeyman.inference.piece_scorer import NOTES
from journeyman.inference.predictions_file import Layout
from journeyman.inference.release import Release
from journeyman.inference.sent_release import SentRelease
from journeyman.interfaces.cluster import Cluster, Work
from journeyman.stores.part_folder import PartFolder

__all__ = ["batch_writer", "checkpoint_of", "score_stream"]

_PLAIN = Layout()
_STREAM, _BATCHES, _CHECKPOINT = f"{NOTES}/stream.json", f"{NOTES}/batches", f"{NOTES}/checkpoint"


class _Stream(msgspec.Struct):
    """What a folder of a stream holds: predictions of one source by one model."""

    source: str
    model: str


class _Batch(msgspec.Struct):
    """A batch that is whole: its part files as they were made, and as they are called."""

    version: int
    rows: int
    parts: dict[str, str]
    refused: list[Refused]


def score_stream(
    load: Callable[[], Release],
    source: str,
    cluster: Cluster,
    tell: Callable[[str], None],
    *,
    out: str,
    layout: Layout = _PLAIN,
    drain: bool = False,
) -> None:
    """Predict what comes, batch by batch, into part files of a folder, until interrupted.

    Parameters
    ----------
    load : callable
        Returns the release, anew for each batch: a champion that changes is used from the next batch on.
    source : str
        A folder, whose new files are read whole, or ``kafka://HOST:PORT/TOPIC``, whose messages are JSON objects.
    tell : callable
        Gets a line a batch, and one for each file or message that is refused, up to ten.
    out : str
        A folder that all machines of the cluster reach.
    drain : bool
        Whether to end when all that is there is predicted.

    Raises
    ------
    SettingsError
        Where the folder holds something else, or there is no such source.
    """
    write = batch_writer(load, source, tell, out=out, layout=layout)
    cluster.follow(source, checkpoint_of(out), write, drain=drain)


def checkpoint_of(out: str) -> str:
    """Return where Spark notes what it has read: in the folder of predictions."""
    return PartFolder(out).within(_CHECKPOINT)


def batch_writer(
    load: Callable[[], Release], source: str, tell: Callable[[str], None], *, out: str, layout: Layout = _PLAIN
) -> Callable[[int, Callable[[Work], list[bytes]]], None]:
    """Return what writes a batch once, however often it comes; parameters as for ``score_stream``."""
    release, folder = load(), PartFolder(out)
    refuse_rows_apart(release, "Spark")
    wanted = _Stream(source, release.name)
    if "stream.json" in folder.names(NOTES):
        begun = msgspec.json.decode(folder.read(_STREAM), type=_Stream)
        if begun != wanted:
            raise SettingsError(
                f"--out {out} holds predictions of {begun.source} by {begun.model}", hint="name another folder"
            )
    elif folder.names():
        raise SettingsError(f"--out {out} is not empty", hint="name another folder, or a new one")
    else:
        folder.write(_STREAM, msgspec.json.encode(wanted))
    return partial(_write_batch, load, source, tell, folder, layout)


def _write_batch(
    load: Callable[[], Release],
    source: str,
    tell: Callable[[str], None],
    folder: PartFolder,
    layout: Layout,
    number: int,
    run: Callable[[Work], list[bytes]],
) -> None:
    """Write a batch's parts beside, note that it is whole, and only then give them their names.

    A kill before the note leaves parts that nobody names; the batch is predicted again. After it, only what is left to
    be named is named.
    """
    note = f"{number:012d}.json"
    if note in folder.names(_BATCHES):
        batch = msgspec.json.decode(folder.read(f"{_BATCHES}/{note}"), type=_Batch)
        _name_parts(folder, batch)
        return
    for left in folder.names(NOTES):
        if left.startswith("attempt-"):
            folder.remove(f"{NOTES}/{left}")
    place = f"{NOTES}/attempt-{number:012d}-{uuid4().hex[:8]}"
    release, suffix = load(), part_suffix(folder.address)
    sent = SentRelease.of(release)
    work: Work = (
        MessagesScorer(sent, layout, suffix, folder, place)
        if source.startswith("kafka://")
        else FilesScorer(sent, layout, suffix, folder, place, release.file_style)
    )
    reports = [msgspec.json.decode(report, type=BatchReport) for report in run(work)]
    made = sorted(report.part for report in reports if report.part)
    parts = {part: f"part-b{number:012d}-{i:05d}{suffix}" for i, part in enumerate(made)}
    refused = [one for report in reports for one in report.refused]
    batch = _Batch(release.version, sum(report.rows for report in reports), parts, refused)
    folder.write(f"{_BATCHES}/{note}", msgspec.json.encode(batch))
    _name_parts(folder, batch)
    folder.remove(place)
    tell(f"batch {number}: {batch.rows:,} rows predicted, {len(refused)} refused")
    for one in refused[:10]:
        tell(f"{PurePosixPath(one.source).name if '://' not in one.source else one.source}: {one.reason}")


def _name_parts(folder: PartFolder, batch: _Batch) -> None:
    for part, name in batch.parts.items():
        folder.move(part, name)

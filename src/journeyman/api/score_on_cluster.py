"""The api of scoring on a cluster: any number of rows, wherever the cluster reads them, into a folder of part files."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import msgspec

from journeyman.api.predict import PredictResult
from journeyman.arrow import pa
from journeyman.engines import open_engine
from journeyman.engines.frames import to_frame
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import InputError, SchemaError, SettingsError, SourceError
from journeyman.inference.piece_readers import (
    FilePieces,
    JsonPieces,
    PieceReader,
    RowPieces,
    TextPieces,
    WholeFiles,
    merged_kinds,
)
from journeyman.inference.piece_scorer import (
    NOTES,
    KindsWork,
    PieceKinds,
    PieceReport,
    PieceScorer,
    Scoring,
    part_schema,
    raise_first,
)
from journeyman.inference.predictions_file import Layout
from journeyman.inference.release import Release
from journeyman.inference.release_joins import refuse_joins
from journeyman.inference.sent_release import SentRelease
from journeyman.interfaces.cluster import Cluster, OffersCluster, Reading, StoredFile, TextFacts
from journeyman.settings import CATALOGUE
from journeyman.sources import is_table
from journeyman.sources.batches import union_schema
from journeyman.sources.text import TextSource
from journeyman.stages.conform import judge, other_decimal, other_decimal_finding
from journeyman.stores.part_folder import PartFolder

__all__ = ["open_cluster", "part_suffix", "refuse_rows_apart", "score_on_cluster"]

_PLAIN = Layout()
_JOB, _SUCCESS, _COPY = f"{NOTES}/job.json", "_SUCCESS", f"{NOTES}/rows"
_HEAD = 1_000  # rows by which decimal signs and types are known, as on one machine
_TEXTS, _JSON, _PARQUET = (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat"), (".jsonl", ".ndjson"), (".parquet", ".pq")
_MARK = b"\xef\xbb\xbf"
_SUFFIXES = {"": ".parquet", ".parquet": ".parquet", ".pq": ".parquet", ".csv": ".csv", ".jsonl": ".jsonl"}
_PART = re.compile(r"part-[0-9][\w-]*")
_LARGEST_WHOLE = 1 << 30


def open_cluster(engine: str) -> Cluster:
    """Return the machines of an engine by its name, and its address after ``=`` where it has one: ``spark=local[2]``.

    Raises
    ------
    SettingsError
        Where no installed package offers the engine (one that is nearly called so is named), or it has no machines that
        read tables by themselves.
    """
    found = open_engine(engine)
    if not isinstance(found, OffersCluster):
        raise SettingsError(
            f"the engine {found.name} predicts in this process", hint="leave --engine out, or name spark"
        )
    return found.cluster


def score_on_cluster(
    release: Release,
    table: str,
    cluster: Cluster,
    *,
    out: str,
    layout: Layout = _PLAIN,
    style: FileStyle = AS_FOUND,
) -> PredictResult:
    """Predict the rows of a table as :func:`journeyman.api.score.score_file` does, on the machines of a cluster.

    The folder gets a part file for each piece of the table, named when it is whole, and ``_SUCCESS`` last. After a kill
    the same call goes on with the pieces that are not done.

    Parameters
    ----------
    table : str
        A file or a folder of Parquet, CSV or JSON lines by an address that the cluster reads, or ``spark:NAME`` for a
        table of its catalogue, which is copied first.
    out : str
        A folder that all machines of the cluster reach; its ending says the format of the part files: .csv, .jsonl, or
        Parquet.

    Raises
    ------
    SourceError, SchemaError, SettingsError
        As for ``score_file``, before a part is written where that is possible; else the parts go again.
    SettingsError
        Where the folder holds something else, or the model does not predict rows by themselves.
    """
    refuse_rows_apart(release, cluster.name)
    suffix = part_suffix(out)
    folder = PartFolder(out)
    copied = table.startswith(CATALOGUE)
    job = _Job(table, str(release.manifest["files"]["model.json"]["sha256"]), suffix, layout, style)
    begun = _job_in(folder, out)
    if copied and (begun is None or not begun.files):
        cluster.copy_table(table.removeprefix(CATALOGUE), folder.within(_COPY))
    files = _tables(cluster.files(folder.within(_COPY) if copied else table), table)
    job = replace(job, files=tuple((file.path, file.size, file.modified) for file in files))
    if begun is not None and begun.files and begun != job:
        raise SettingsError(
            f"--out {out} holds parts of another table, model or other settings",
            hint="name another folder, or remove this one",
        )
    try:
        plans = _plans(cluster, files, style, release.file_style, table)
        head, name = _head(cluster, plans)
        release, decimal, noticed = _styled(release, head, style, name)
        schema = part_schema(release, head, layout)
    except InputError:
        if begun is None:
            folder.remove(NOTES)
        raise
    folder.write(_JOB, msgspec.json.encode(job))
    scoring = Scoring(SentRelease.of(release, decimal), layout, suffix, schema)
    done = frozenset(folder.names(NOTES)) - {PurePosixPath(_JOB).name}
    numbers = {file.key: number for number, file in enumerate(files)}
    reports = [msgspec.json.decode(folder.read(f"{NOTES}/{name}"), type=PieceReport) for name in done if name[0] == "p"]
    for plan in plans:
        work = PieceScorer(scoring, plan.pieces, folder, job.name, numbers, done)
        told = cluster.run(plan.reading, plan.files, work)
        reports.extend(msgspec.json.decode(report, type=PieceReport) for report in told)
    return _finished(folder, reports, (*noticed,), table)


def refuse_rows_apart(release: Release, cluster: str) -> None:
    """Refuse a model whose predictions of a row depend on other rows, or on tables that are not sent along.

    Raises
    ------
    SettingsError
        It forecasts series, or flags so many of the rows that come together.
    ReleaseError
        It looks rows up in other tables.
    """
    refuse_joins(release.name, release.joins, cluster)
    if release.task.panel is not None:
        raise SettingsError(
            f"{release.name} forecasts series, and {cluster} predicts each row by itself",
            hint="leave --engine out: `journeyman predict` forecasts all series at once",
        )
    if release.task.options.get("capacity"):
        raise SettingsError(
            f"{release.name} flags as many rows as its capacity allows, and {cluster} predicts each by itself",
            hint="leave --engine out, or build it without a capacity",
        )


@dataclass(frozen=True)
class _Job:
    """All that part files depend on; a folder is gone on with only where all of it is the same."""

    table: str
    release: str
    suffix: str
    layout: Layout
    style: FileStyle
    files: tuple[tuple[str, int, int], ...] = ()

    @property
    def name(self) -> str:
        """Eight letters that stand for it."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]


@dataclass(frozen=True)
class _Plan:
    """Files that are read alike."""

    reading: Reading
    files: list[StoredFile]
    pieces: FilePieces


def part_suffix(out: str) -> str:
    """Return the ending of the part files of a folder, by its name: predictions.csv holds .csv files."""
    ending = PurePosixPath(out.rstrip("/")).suffix.lower()
    return _SUFFIXES.get(ending, ".parquet")


def _job_in(folder: PartFolder, out: str) -> _Job | None:
    """Return the job whose parts are in the folder already; None where it is empty or not there.

    Raises
    ------
    SettingsError
        It holds a whole table, or anything else.
    """
    names = [name for name in folder.names() if name != NOTES]
    if _SUCCESS in names:
        raise SettingsError(f"--out {out} holds a table of predictions that is whole", hint="name another folder")
    noted = folder.names(NOTES)
    if "job.json" in noted:
        return msgspec.json.decode(folder.read(_JOB), type=_Job)
    if names:
        raise SettingsError(f"--out {out} is not empty: it holds {names[0]}", hint="name another folder, or a new one")
    return None


def _tables(files: Sequence[StoredFile], table: str) -> list[StoredFile]:
    """Return the files of a folder that are tables, in the order of their names."""
    single = len(files) == 1 and _relative(files[0].path, table) == ""
    found = [f for f in files if single or _is_table(_relative(f.path, table))]
    found = [f for f in found if f.size]
    if not found:
        raise SourceError(f"no table in {table}", hint="give a file or a folder of .parquet, .csv or .jsonl files")
    return found


def _relative(path: str, table: str) -> str:
    """Return the name of a file within the folder that was named; "" for the file itself."""
    root = (
        "/" + table.split("://", 1)[-1].partition("/")[2].strip("/") if "://" in table else str(Path(table).absolute())
    )
    whole = "/" + path.split(":", 1)[-1].lstrip("/")
    whole = "/" + whole.lstrip("/").partition("/")[2] if "://" in path and not path.startswith("file:") else whole
    at = whole.find(root)
    return whole[at + len(root) :].strip("/") if at >= 0 else PurePosixPath(whole).name


def _is_table(relative: str) -> bool:
    *folders, name = relative.split("/")
    wanted = all("=" in folder.strip("=") for folder in folders)
    return wanted and (is_table(name) or _PART.fullmatch(name) is not None)


def _keys(relative: str) -> dict[str, str | None]:
    named = [unquote(folder).partition("=") for folder in relative.split("/")[:-1]]
    return {key: None if value == "__HIVE_DEFAULT_PARTITION__" else value for key, _, value in named}


def _plans(cluster: Cluster, files: list[StoredFile], style: FileStyle, expected: FileStyle, table: str) -> list[_Plan]:
    """Return how files are read, all of one kind."""
    relative = {file.key: _relative(file.path, table) or PurePosixPath(file.path).name for file in files}
    keys = {key: _keys(name) for key, name in relative.items()}
    kinds = {PurePosixPath(name).suffix.lower() for name in relative.values()}

    def plan(reading: Reading, reader: PieceReader, some: list[StoredFile]) -> _Plan:
        for file in some if reading is Reading.WHOLE else ():
            if file.size > _LARGEST_WHOLE:
                raise SourceError(
                    f"{relative[file.key]} has {file.size >> 20:,} MB and can only be read whole",
                    hint="write it as Parquet, as UTF-8 text without line breaks in quotes, or in smaller files",
                )
        return _Plan(reading, some, FilePieces(reader, relative, keys))

    if len({_family(kind) for kind in kinds}) > 1:
        raise SourceError(f"{table} mixes kinds of files", hint="give a folder of files of one format")
    if kinds <= set(_PARQUET) and cluster.reads_rows(files):
        return [plan(Reading.ROWS, RowPieces(), files)]
    if kinds <= set(_JSON):
        return [plan(Reading.LINES, _json_reader(cluster, files, relative), files)]
    whole = WholeFiles(replace(style, decimal=None), expected)
    if not kinds <= {*_TEXTS, ""} or style.encoding not in (None, "utf-8", "utf8"):
        return [plan(Reading.WHOLE, whole, files)]
    reader, lined = _text_reader(cluster, files, style, expected)
    rest = [file for file in files if file not in lined]
    plans = [plan(Reading.LINES, reader, lined)] if reader is not None and lined else []
    return [*plans, plan(Reading.WHOLE, whole, rest)] if rest else plans


def _family(suffix: str) -> str:
    return next((family[0] for family in (_TEXTS, _JSON, _PARQUET) if suffix in family), suffix or _TEXTS[0])


def _text_reader(
    cluster: Cluster, files: list[StoredFile], style: FileStyle, expected: FileStyle
) -> tuple[TextPieces | None, list[StoredFile]]:
    """Return how lines of texts are read, and which files by lines: those laid out as the first one that has rows."""
    facts = cluster.text_facts(files)
    filled = [file for file in files if file.key in facts and facts[file.key].divisible]
    first = next((file for file in filled if facts[file.key].lines > 1), None)
    if first is None:
        return None, []
    with tempfile.TemporaryDirectory(prefix="journeyman-head-") as folder:
        path = Path(folder) / PurePosixPath(first.path).name
        head = pa.Table.from_batches(cluster.head(Reading.LINES, [first], 2 * _HEAD)).column(0).to_pylist()
        path.write_text("".join(f"{line}\n" for line in head), encoding="utf-8", newline="")
        layout = TextSource(path, path.name, replace(style, decimal=None), expected).divisible_layout
    if layout is None:
        return None, []
    header = layout.header.encode()
    lined = [file for file in filled if _first_line(facts[file.key]) == header]
    return TextPieces(layout, facts[first.key].first + b"\n"), lined


def _first_line(facts: TextFacts) -> bytes:
    return facts.first.removeprefix(_MARK).rstrip(b"\r")


def _json_reader(cluster: Cluster, files: list[StoredFile], names: Mapping[int, str]) -> JsonPieces:
    told = cluster.run(Reading.LINES, files, KindsWork(dict(names)))
    found = sorted((msgspec.json.decode(kinds, type=PieceKinds) for kinds in told), key=lambda k: (k.name, k.start))
    raise_first([kinds.report for kinds in found if kinds.report is not None])
    per_file = {name: merged_kinds([k.kinds for k in found if k.name == name]) for name in names.values()}
    columns = list(dict.fromkeys(column for kinds in found for column in kinds.kinds))
    arrow = {
        "int64": pa.int64(),
        "uint64": pa.uint64(),
        "int128": pa.float64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
    }
    schemas = [
        pa.schema([pa.field(c, arrow[kinds[c]] if c in kinds else pa.null()) for c in columns])
        for kinds in per_file.values()
        if kinds
    ]
    if not schemas:
        raise SourceError("the JSON lines hold no values", hint="give a table with rows")
    return JsonPieces(per_file, union_schema(schemas))


def _head(cluster: Cluster, plans: list[_Plan]) -> tuple[list[pa.RecordBatch], str]:
    """Return the first rows of a table as raw columns, and the name of the file that they are from.

    Raises
    ------
    SourceError
        There are no rows.
    """
    for plan in plans:
        for number, file in enumerate(plan.files):
            some = plan.files[number:] if plan.reading is Reading.ROWS else [file]
            rows = iter(cluster.head(plan.reading, some, _HEAD + 1))
            found = [batch for batch in plan.pieces.read(file.key, 0, rows, []) if batch.num_rows]
            if found:
                table = pa.Table.from_batches(found).slice(0, _HEAD).combine_chunks()
                return table.to_batches(), plan.pieces.names[file.key]
            if plan.reading is Reading.ROWS:
                break
    raise SourceError("the table has a header but no rows", hint="give a table with rows")


def _styled(
    release: Release, head: list[pa.RecordBatch], style: FileStyle, name: str
) -> tuple[Release, str | None, tuple[Finding, ...]]:
    """Return the release as one that reads numbers as the table writes them, with the sign and what is to be said."""
    if style.decimal is not None:
        return release.with_decimal(style.decimal), style.decimal, ()
    if _family(PurePosixPath(name).suffix.lower()) != _TEXTS[0]:  # a text is one there because it was stored as one
        return release, None, ()
    decimal = other_decimal(to_frame(pa.Table.from_batches(head)), release.columns)
    if decimal is None:
        return release, None, ()
    return release.with_decimal(decimal), decimal, (other_decimal_finding(name, decimal),)


def _finished(
    folder: PartFolder, reports: list[PieceReport], noticed: tuple[Finding, ...], table: str
) -> PredictResult:
    """Check all reports, and say that the folder is whole."""
    pieces = {(report.key, report.start): report for report in reports}
    try:
        raise_first(reports)
        rows = sum(report.rows for report in pieces.values())
        if rows == 0:
            raise SourceError(f"{table} has a header but no rows", hint="give a table with rows")
        misfits = judge(m for report in pieces.values() for m in report.misfits)
    except (SourceError, SchemaError):
        folder.remove()
        raise
    seen = {(f.code, f.message): f for _, report in sorted(pieces.items()) for f in report.noticed}
    last = next((report.findings for report in pieces.values() if report.findings), [])
    wanted = {report.part for report in pieces.values() if report.part}
    lost = sorted(wanted - set(folder.names()))
    if lost:
        raise SettingsError(
            f"{lost[0]} is no longer in {folder.address}, or is not seen from here",
            hint="name a folder that all machines of the cluster share",
        )
    folder.remove(NOTES)
    folder.write(_SUCCESS, b"")
    return PredictResult(Path(folder.address), rows, (*seen.values(), *noticed, *misfits, *last))

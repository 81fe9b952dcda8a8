"""The api of data contracts: learn what a table should be, and look whether another one is."""

from __future__ import annotations

import difflib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from journeyman.arrow import pa
from journeyman.engines import open_engine
from journeyman.entities.contract import Contract, Verification
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.finding import Finding, Severity
from journeyman.errors import SchemaError, SettingsError, SourceError
from journeyman.exporters.contracts import CONTRACT_EXPORTERS
from journeyman.importers import read_contract
from journeyman.inference.lookup import find_release, refuse_set
from journeyman.inference.release_contract import contract_in
from journeyman.interfaces import ContractExporter, Source
from journeyman.settings import EMBEDDED, FRAME, BuildSettings
from journeyman.sources import FrameSource, is_table, open_source, open_wanted
from journeyman.stages.contract import learn_contract as learn_from
from journeyman.stages.contract import verify_table
from journeyman.stages.ingest import ingest
from journeyman.stores.contract_files import contract_text
from journeyman.stores.disk import Draft
from journeyman.stores.releases import MANIFEST, read_release

__all__ = [
    "check_target",
    "contract_beside",
    "contract_exporter",
    "find_contract",
    "has_warnings",
    "learn_contract",
    "read_contract",
    "text_of",
    "verification_json",
    "verify",
    "write_contract",
    "write_whole",
]

_SUFFIX = ".contract.toml"
_MEMORY = 1_300_000_000  # of which a table gets a part: a sample says how columns are read, all rows are counted


def learn_contract(
    *tables: object,
    query: str | None = None,
    engine: str = EMBEDDED,
    style: FileStyle = AS_FOUND,
    notice: Callable[[Finding], None] | None = None,
) -> Contract:
    """Learn what a table should be, from one table or from several batches of it.

    Parameters
    ----------
    *tables : path, URL or frame
        Any frame or whatever ``build`` reads; a folder of files counts as several batches.
    query : str, optional
        For a database.
    engine : str
        What goes over all rows: "duckdb", "spark=local[2]".
    style : FileStyle
        How files are written, where they do not say so themselves.
    notice : callable, optional
        Takes what was decided while files were read, such as an encoding that was guessed.

    Raises
    ------
    SourceError
        A table cannot be read, or has no rows.
    SchemaError
        A batch lacks a column that another one has.

    Examples
    --------
    >>> contract = learn_contract({"age": [20.5, 30.25, 40.75] * 20, "name": ["a", "b", "c"] * 20})
    >>> [(rule.name, rule.column.kind.value) for rule in contract.columns]
    [('age', 'number'), ('name', 'category')]
    """
    used = open_engine(engine)
    sources = [_source(t, query, engine, style) for one in tables for t in _batches(one)]
    if not sources:
        raise SettingsError("no table was given", hint="name one to learn from")
    sources.sort(key=lambda s: -s.rows())
    if sources[0].rows() == 0:
        raise SourceError(f"{sources[0].name} has no rows", hint="give a table with rows to learn from")
    sources = [s for s in sources if s.rows()]
    for source in sources[1:]:
        lacking = [name for name in sources[0].names if name not in source.names]
        if lacking:
            raise SchemaError(
                f"{source.name} lacks the column {lacking[0]!r} of {sources[0].name}",
                hint="learn from batches of one table, or leave that one out",
            )
    read = ingest(sources[0], BuildSettings(sources[0].name, None, "contract", memory=_MEMORY))
    learned = learn_from(sources, used, read.table, time.time())
    if notice is not None:
        for finding in (found for source in sources for found in source.findings):
            notice(finding)
    return learned


def verify(
    table: object,
    contract: Contract | str | os.PathLike[str],
    query: str | None = None,
    engine: str = EMBEDDED,
    style: FileStyle = AS_FOUND,
    workspace: str | Path | None = None,
) -> Verification:
    """Look whether a table is what its contract says.

    Parameters
    ----------
    table : path, URL or frame
        Any frame or whatever ``build`` reads.
    contract : Contract, path or str
        As :func:`learn_contract` returns it, a file as :func:`read_contract` takes it, a release's folder, or the name
        of a model, whose champion's contract is meant.
    query, engine, style
        As for :func:`learn_contract`.
    workspace : path, optional
        Where a model's name is looked up; "journeyman-workspace" by default.

    Raises
    ------
    SourceError
        The table cannot be read.
    SettingsError
        The contract cannot be read.

    Examples
    --------
    >>> contract = learn_contract({"age": [20.5, 30.25, 40.75] * 20})
    >>> found = verify({"age": [20500.0, 30250.0, 40750.0] * 20}, contract)
    >>> found.refused, found.breaches[0].finding.subject
    (True, ('age',))
    """
    wanted = contract if isinstance(contract, Contract) else find_contract(contract, workspace)
    return verify_table(_source(table, query, engine, style), open_engine(engine), wanted, time.time())


def find_contract(where: str | os.PathLike[str], workspace: str | Path | None = None) -> Contract:
    """Return the contract of a file (see :func:`read_contract`), of a release's folder, or of a model's champion.

    Raises
    ------
    SettingsError
        There is no such file or model, or the release is from before releases had a contract.
    """
    folder = Path(where)
    named = len(folder.parts) == 1 and not folder.suffix and not folder.exists()
    if not named and not (folder / MANIFEST).is_file():
        return read_contract(where)
    path, digest = find_release(os.fspath(where), workspace=workspace)
    manifest, files = read_release(path, digest)
    refuse_set(manifest)
    release = f"{manifest['name']} {manifest['version']}"
    found = contract_in(files, release)
    if found is None:
        raise SettingsError(
            f"the release {release} has no contract: it was built before releases had one",
            hint="build the model again, or learn one with `journeyman verify TABLE --learn FILE`",
        )
    return found


def write_contract(contract: Contract, path: str | os.PathLike[str]) -> None:
    """Write a contract as TOML; a file of that name is replaced in one move.

    Raises
    ------
    SettingsError
        The file cannot be written.
    """
    write_whole(contract_text(contract), path)


def write_whole(text: str, path: str | os.PathLike[str]) -> None:
    """Write a text to a file that is whole or absent; errors as of :func:`check_target`."""
    check_target(path)
    file = Path(path)
    try:
        with Draft(file.parent) as draft:
            draft.write(text.encode("utf-8"))
            draft.keep(file.name)
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written: {error.strerror or error}", hint="name a file in another folder"
        ) from error


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse a file that cannot be written, before work is done for it.

    Raises
    ------
    SettingsError
        It is a folder, its own folder is not there, or may not be written.
    """
    file = Path(path)
    if file.is_dir():
        raise SettingsError(
            f"{file} is a folder, wanted a file to write", hint=f"name a file, as in {file}/contract.toml"
        )
    if not file.parent.is_dir():
        raise SettingsError(f"there is no folder {file.parent} to write {file.name} in", hint="make it first")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise SettingsError(f"no permission to write in {file.absolute().parent}", hint="name a file in another folder")


def contract_exporter(name: str) -> ContractExporter:
    """Return what writes contracts for another tool.

    Raises
    ------
    SettingsError
        No such tool is known.
    """
    found = CONTRACT_EXPORTERS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, CONTRACT_EXPORTERS, n=1)
        known = ", ".join(CONTRACT_EXPORTERS)
        hint = f"did you mean --to {near[0]}?" if near else f"tools are {known}"
        raise SettingsError(f"contracts are not written for {name!r}", hint=hint)
    return found


def text_of(contract: Contract, exporter: ContractExporter | None = None) -> str:
    """Return a contract as TOML, or as another tool reads it."""
    return contract_text(contract) if exporter is None else exporter.text(contract)


def has_warnings(found: Verification) -> bool:
    """Return whether something was seen that is to be looked at, if nothing that refuses the table."""
    return any(b.finding.severity is Severity.WARNING for b in found.breaches)


def verification_json(found: Verification) -> str:
    """Return what was found as JSON: the verdict, and of each finding its code, severity, columns, message and rows."""
    breaches = [
        {
            "code": b.finding.code,
            "severity": b.finding.severity.value,
            "columns": list(b.finding.subject),
            "message": b.finding.message,
            "hint": b.finding.hint,
            "evidence": dict(b.finding.evidence),
            "rows": [dict(row) for row in b.examples],
        }
        for b in found.breaches
    ]
    facts = {
        "table": found.table,
        "contract": found.contract,
        "rows": found.rows,
        "refused": found.refused,
        "findings": breaches,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def contract_beside(table: str) -> Path:
    """Return the contract that lies beside a table: TABLE.contract.toml, or contract.toml.

    Raises
    ------
    SettingsError
        There is none.
    """
    path = Path(table)
    named = [path.with_name(path.name.partition(".")[0] + _SUFFIX), path.with_name(path.name + _SUFFIX)]
    folder = path if path.is_dir() else path.parent
    for candidate in (*named, folder / "contract.toml"):
        if candidate.is_file():
            return candidate
    raise SettingsError(
        f"there is no contract beside {table}",
        hint=f"`journeyman verify {table} --learn {named[0].name}` learns one; --contract FILE names another",
    )


def _batches(table: object) -> Sequence[object]:
    """Return the files of a folder, each a batch; anything else is one."""
    if isinstance(table, (str, os.PathLike)) and (folder := Path(table)).is_dir():
        files = sorted(f for f in folder.iterdir() if f.is_file() and is_table(f.name))
        return files if len(files) > 1 else [table]
    return [table]


def _source(table: object, query: str | None, engine: str, style: FileStyle) -> Source:
    if not isinstance(table, (str, os.PathLike)):
        return FrameSource(_as_frame(table), FRAME)
    if query is None and style == AS_FOUND:  # an engine may know the address: a table of its catalogue
        return open_wanted(BuildSettings(str(table), None, "contract", engine=engine))
    return open_source(str(table), query, style)


def _as_frame(table: object) -> object:
    """Return a table of Arrow's for columns as lists; anything else is a frame already."""
    return pa.table(dict(table)) if isinstance(table, dict) else table

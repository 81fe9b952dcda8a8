"""Contracts of other tools: each file reads one tool's form into Journeyman's, and says what it leaves out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.entities.contract import Contract
from journeyman.errors import SettingsError
from journeyman.importers.frictionless import frictionless_contract, is_frictionless
from journeyman.importers.pandera import is_pandera, pandera_contract
from journeyman.lazy_module import LazyModule
from journeyman.stores.contract_files import contract_of

if TYPE_CHECKING:
    import yaml
else:
    yaml = LazyModule("yaml", "`pip install 'journeyman[contracts]'` brings it; JSON needs nothing")

__all__ = ["contract_from", "read_contract"]

_LARGEST = 20_000_000  # bytes of a contract's file
_KNOWN = (
    "give a contract of Journeyman's (.toml), a Frictionless table schema (.json), or a Pandera schema (.yaml, .json)"
)


def read_contract(path: str | os.PathLike[str]) -> Contract:
    """Return the contract of a file: Journeyman's TOML, a Frictionless schema, or a Pandera schema as YAML or JSON.

    Raises
    ------
    SettingsError
        There is no such file, or it holds no contract that can be kept.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST:
            raise SettingsError(f"{file} is too large for a contract", hint="name a contract's file")
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError(
            f"there is no contract {file}", hint=f"`journeyman verify TABLE --learn {file}` writes one"
        ) from error
    except IsADirectoryError as error:
        raise SettingsError(f"{file} is a folder, wanted a contract's file", hint="name the file in it") from error
    except PermissionError as error:
        raise SettingsError(f"no permission to read {file}", hint="ask its owner, or copy it") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is no text in UTF-8", hint="name a contract's file") from error
    return contract_from(text, file.name)


def contract_from(text: str, where: str) -> Contract:
    """Return the contract that a text holds, by the ending of its file's name; nothing of it is run.

    Raises
    ------
    SettingsError
        It is no contract of a known form, or a rule in it is broken.
    """
    ending = where.rpartition(".")[2].lower()
    if ending == "toml":
        return contract_of(text, where)
    if ending == "json":
        document = _json(text, where)
    elif ending in ("yaml", "yml"):
        document = _yaml(text, where)
    elif ending == "py":
        raise SettingsError(
            f"{where} is a program, which is never run to read a contract",
            hint="write the Pandera schema with its to_yaml() or to_json(), and give that file",
        )
    else:
        raise SettingsError(f"{where} is of an unknown kind", hint=_KNOWN)
    if not isinstance(document, Mapping):
        raise SettingsError(f"{where} holds no contract", hint=_KNOWN)
    if is_frictionless(document):
        return _read(frictionless_contract, document, where, "Frictionless table schema")
    if is_pandera(document):
        return _read(pandera_contract, document, where, "Pandera schema")
    known = ", ".join(map(str, list(document)[:6])) or "nothing"
    raise SettingsError(f"{where} is a contract of no known tool: it holds {known}", hint=_KNOWN)


def _read(
    reader: Callable[[Mapping[str, Any], str], Contract], document: Mapping[str, Any], where: str, form: str
) -> Contract:
    """Read another tool's form, whatever stands where the form wants a list or a number."""
    try:
        contract = reader(document, where)
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        cause = " ".join(str(error).split())[:120]
        raise SettingsError(f"{where} is no {form}: {cause}", hint="repair it with the tool that wrote it") from error
    names = [rule.name for rule in contract.columns]
    doubled = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if doubled is not None:
        raise SettingsError(f"{where} has two fields named {doubled!r}", hint="take one of them out")
    return contract


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{where} is no JSON: {error}", hint="repair that line") from error
    except RecursionError as error:
        raise SettingsError(f"{where} is nested too deeply", hint=_KNOWN) from error


def _yaml(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{where} is no YAML{line}", hint="repair that line") from error

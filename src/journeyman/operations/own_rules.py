"""What a person wrote into the contract of a champion, for the release that a retraining makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from journeyman.entities.contract import Contract
from journeyman.inference.release_contract import contract_in
from journeyman.stages.contract import has_own_rules
from journeyman.stores.contract_files import contract_text
from journeyman.stores.disk import Draft, make_folder
from journeyman.stores.releases import read_release
from journeyman.stores.workspace import Workspace

__all__ = ["champion_rules", "own_path", "write_own_rules"]


def champion_rules(workspace: Workspace, name: str, columns: Sequence[str]) -> Contract | None:
    """Return the champion's contract of some columns; None where no person has written a rule of them into it."""
    known = next((version for version in workspace.registry.versions(name) if version.champion), None)
    if known is None:
        return None
    _, files = read_release(workspace.registry.folder(known), known.digest)
    contract = contract_in(files, f"{known.name} {known.version}")
    if contract is None:
        return None
    contract = contract.without({rule.name for rule in contract.columns} - {*columns})
    return contract if has_own_rules(contract) else None


def own_path(table: Path) -> Path:
    """Return where the rules of a person lie while a release is built of a table."""
    return table.with_name("contract.toml")


def write_own_rules(contract: Contract, path: Path) -> None:
    """Write a contract as a file, whole."""
    make_folder(path.parent)
    with Draft(path.parent) as draft:
        draft.write(contract_text(contract).encode())
        draft.keep(path.name)

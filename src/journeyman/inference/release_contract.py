"""The contract that a release carries: what its training table was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from journeyman.entities.contract import Contract
from journeyman.inference.release import Release
from journeyman.stores.contract_files import CONTRACT, contract_of

__all__ = ["contract_in", "release_contract"]


def release_contract(release: Release) -> Contract | None:
    """Return the contract of a release; None where it was built before releases had one."""
    content = release.file(CONTRACT)
    return None if content is None else contract_in({CONTRACT: content}, f"{release.name} {release.version}")


def contract_in(files: Mapping[str, bytes], release: str) -> Contract | None:
    """Return the contract among the files of a release, which is called so; None where there is none."""
    content = files.get(CONTRACT)
    return None if content is None else _parsed(content, f"{release}: {CONTRACT}")


@lru_cache(maxsize=8)
def _parsed(content: bytes, where: str) -> Contract:
    return contract_of(content.decode(), where)

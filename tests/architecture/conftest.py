"""The package's modules, read and parsed once, for the tests that keep the house."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from tests.package_source import SOURCE, parsed_files

SRC = SOURCE.parent


@dataclass(frozen=True, repr=False)
class Module:
    """One file of the package: its dotted name, its room ("stages"), and what is read of it once it is asked for."""

    name: str
    room: str
    path: Path

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, as `ast.walk` gives them."""
        return parsed_files()[self.path]

    @property
    def tree(self) -> ast.Module:
        module = self.nodes[0]
        assert isinstance(module, ast.Module)
        return module

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.text).readline))

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def inside(self, *prefixes: str) -> bool:
        return any(self.name == prefix or self.name.startswith(f"{prefix}.") for prefix in prefixes)

    def parents(self) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield (node, parent) for every node."""
        for parent in self.nodes:
            for node in ast.iter_child_nodes(parent):
                yield node, parent


def _read(path: Path) -> Module:
    parts = path.relative_to(SRC).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return Module(".".join(parts), parts[1] if len(parts) > 1 else "", path)


MODULES = [_read(path) for path in sorted((SRC / "journeyman").rglob("*.py"))]


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    assert len(MODULES) > 20, "the scan found too few files to mean anything"
    return MODULES

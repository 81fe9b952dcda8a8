"""Every registered preparation through the public checks, and broken ones beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np
import pytest

from journeyman.entities.column import Column
from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.plugins import load_parts
from journeyman.testing.kinds import KINDS
from journeyman.testing.preparation_checks import PREPARATION_CHECKS, check_preparation

PREPARATIONS = load_parts("journeyman.preparations")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", PREPARATION_CHECKS)
@pytest.mark.parametrize("name", PREPARATIONS)
def test_built_in(name: str, check: str, kind: str) -> None:
    if name == "text_embedded" and find_spec("onnxruntime") is None:
        pytest.skip("journeyman[embeddings] is not installed")
    PREPARATION_CHECKS[check](PREPARATIONS[name], kind)


def test_the_registered_names_are_the_preparations_names() -> None:
    assert {name: part.name for name, part in PREPARATIONS.items()} == {name: name for name in PREPARATIONS}


@dataclass(frozen=True)
class Numbers:
    """Numbers and codes without a fault, or with the one that it is told."""

    names: tuple[str, ...]
    fault: str = ""

    def transform(self, block: Block) -> Matrix:
        if self.fault == "unseen" and (block.get("city", np.zeros(0)) == 35).any():
            raise KeyError(35)
        if self.fault == "write" and "size" in block:
            block["size"][:] = 0
        columns = [np.where(block[n] == -1, np.nan, block[n].astype(np.float64)) for n in self.names]
        values = np.column_stack(columns)
        if self.fault == "together":
            values = values - np.nanmean(np.vstack([values, np.zeros_like(values)]), axis=0)
        return Matrix(values, self.names if self.fault != "names" else self.names[:-1] + self.names[:1])

    def plan(self) -> tuple[NumbersStep, ...]:
        return (NumbersStep(self),)

    def to_files(self) -> Mapping[str, bytes]:
        return {"names": " ".join(self.names).encode()}


@dataclass(frozen=True)
class NumbersStep:
    fitted: Numbers
    kind: ClassVar[NodeKind] = NodeKind.OTHER

    def reads(self) -> tuple[str, ...]:
        return self.fitted.names if self.fitted.fault != "reads" else ("nobody", *self.fitted.names)

    def names(self) -> tuple[str, ...]:
        return self.fitted.names

    def transform(self, block: Block) -> np.ndarray:
        return self.fitted.transform(block).values + (self.fitted.fault == "plan")


@dataclass(frozen=True)
class NumbersPreparation:
    name: str = "numbers"
    fault: str = ""

    def width(self, columns: Sequence[Column], task: Task) -> int:
        return 1 if self.fault == "width" else len(columns)

    def fit(
        self, block: Block, columns: Sequence[Column], y: np.ndarray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        names = tuple(c.name for c in columns if c.kind.numeric or c.kind.categorical)
        fitted = Numbers(names, self.fault)
        matrix = fitted.transform(block)
        if self.fault == "target" and "key" in block:
            means = np.bincount(block["key"], y, minlength=500) / np.maximum(
                1, np.bincount(block["key"], minlength=500)
            )
            return fitted, Matrix(means[block["key"]][:, None], ("mean",))
        if self.fault == "later":
            return fitted, Matrix(np.hstack([matrix.values, matrix.values[:, :1]]), (*names, "more"))
        if self.fault == "random":
            return fitted, Matrix(matrix.values + np.random.default_rng().normal(), names)
        return fitted, matrix

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        names = tuple(files["names"].decode().split())
        return Numbers(names[::-1] if self.fault == "stored" else names, self.fault)


def test_a_preparation_without_a_fault() -> None:
    check_preparation(NumbersPreparation())


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("names", "gives a name to every feature: two features"),
        ("later", "prepares later rows as training rows: training rows have other features"),
        ("together", "prepares a row by itself: a row alone"),
        ("stored", "prepares the same when stored: its stored form"),
        ("reads", "says what it does: a step reads a column that is not there"),
        ("plan", "says what it does: its plan prepares otherwise"),
        ("width", "expects rather more features: it makes 5 features and expects 1"),
        ("unseen", "takes what is missing or unseen: KeyError: 35"),
        ("target", "does not show a row its own target: 'mean' tells targets"),
        ("random", "repeats itself and changes nothing: a second fit"),
        ("write", "repeats itself and changes nothing: it changes the column 'size'"),
    ],
)
def test_a_fault_is_told(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_preparation(NumbersPreparation(fault=fault))

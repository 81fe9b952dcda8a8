"""CatBoost's JSON format as plain arrays, its encodings of categories as tables by category code.

References
----------
Prokhorenkova et al. 2018, "CatBoost: unbiased boosting with categorical features"; its format as CatBoost 1.2 has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.symmetric_trees import SymmetricTrees

__all__ = ["UnknownCategory", "arrays_of"]

FloatArray = NDArray[np.float64]
_MIX = 0x4906BA494954CB65  # by which CatBoost mixes the hashes of a combination's categories, here of one alone
_WORD = (1 << 64) - 1
_EMPTY = _WORD  # key of a place in a hash table that holds nothing


class UnknownCategory(ValueError):
    """A category of the model is none of the words that were to be looked for."""


class _FloatFeature(msgspec.Struct, frozen=True):
    borders: list[float] | None = None
    nan_value_treatment: str = "AsIs"


class _Hashed(msgspec.Struct, frozen=True):
    hash: int
    value: str


class _CategoricalFeature(msgspec.Struct, frozen=True):
    values: list[int] = []


class _Element(msgspec.Struct, frozen=True):
    combination_element: str
    cat_feature_index: int = -1


class _Encoding(msgspec.Struct, frozen=True):
    """An encoding: ``(successes + prior) / (all + weight of the prior)``, moved and scaled, of a category's rows."""

    identifier: str
    ctr_type: str
    elements: list[_Element]
    borders: list[float]
    prior_numerator: float
    prior_denomerator: float
    shift: float
    scale: float
    target_border_idx: int = 0


class _Features(msgspec.Struct, frozen=True):
    float_features: list[_FloatFeature] = []
    categorical_features: list[_CategoricalFeature] = []
    ctrs: list[_Encoding] = []
    cat_features_hash: list[_Hashed] = []


class _Split(msgspec.Struct, frozen=True):
    split_type: str
    split_index: int
    border: float = 0.0
    float_feature_index: int = -1
    cat_feature_index: int = -1
    value: int = 0


class _Tree(msgspec.Struct, frozen=True):
    leaf_values: list[float]
    splits: list[_Split] | None = None


class _Counts(msgspec.Struct, frozen=True):
    hash_map: list[str | float]
    hash_stride: int
    counter_denominator: int = 0


class _Classes(msgspec.Struct, frozen=True):
    class_to_label: list[float] = []
    classes_count: int = 0


class _Information(msgspec.Struct, frozen=True):
    class_params: _Classes = _Classes()


class _Model(msgspec.Struct, frozen=True):
    model_info: _Information
    features_info: _Features
    oblivious_trees: list[_Tree]
    scale_and_bias: tuple[float, list[float]]
    ctr_data: dict[str, _Counts] = {}


def arrays_of(text: bytes, leaves: FloatArray, words: int, link: str) -> SymmetricTrees:
    """Return a model's arrays.

    Parameters
    ----------
    text : bytes
        The model in CatBoost's JSON format, with the hashes of the texts "0" to ``words - 1``: category codes plus 1.
    leaves : ndarray of shape (n_leaves * n_outputs,)
        Leaves of all trees, to the last bit.
    link : str
        As :class:`SymmetricTrees` has it.

    Raises
    ------
    UnknownCategory
        Where a category of the model is none of these texts.
    ValueError
        Where the model has what its candidates never ask for.
    """
    model = msgspec.json.decode(text, type=_Model)
    features = model.features_info
    if any(f.nan_value_treatment == "AsTrue" for f in features.float_features):
        raise ValueError("CatBoost was told to take missing values for large ones")
    hashed = {int(one.value): one.hash for one in features.cat_features_hash if int(one.value) < words}
    hashes = np.array([hashed[i] for i in range(len(hashed))], dtype=np.int64)
    inputs = _Inputs(len(features.float_features))
    encodings = list(_each_border(features))
    asked = [
        [_question(split, inputs, features, encodings) for split in tree.splits or ()] for tree in model.oblivious_trees
    ]
    tables = [_table(kind, key, model, hashes) for kind, key in inputs.tables]
    depth = max([1, *map(len, asked)])
    feature = np.zeros((len(asked), depth), dtype=np.int32)
    border = np.full((len(asked), depth), np.inf, dtype=np.float32)
    for row, questions in enumerate(asked):
        for level, (one, end) in enumerate(questions):
            feature[row, level], border[row, level] = one, end
    scale, bias = model.scale_and_bias
    scores = _padded(leaves, [len(questions) for questions in asked], depth, len(bias)) * scale
    if link == "softmax":
        scores, bias = _every_class(scores, bias, model.model_info.class_params)
    return SymmetricTrees(
        numbers=np.arange(len(features.float_features)),
        coded=np.array([column for column, _ in tables], dtype=np.int64),
        tables=tuple(table for _, table in tables),
        feature=feature,
        border=border,
        leaves=scores,
        bias=np.array(bias, dtype=np.float64),
        link=link,
    )


class _Inputs:
    """Inputs in the order in which trees ask for them: numbers, then tables as they come up."""

    def __init__(self, numbers: int) -> None:
        self.numbers = numbers
        self.tables: list[tuple[str, Any]] = []
        self._places: dict[tuple[str, Any], int] = {}

    def place(self, kind: str, key: Any) -> int:
        """Return the position of a table among the inputs."""
        if (kind, key) not in self._places:
            self._places[kind, key] = self.numbers + len(self.tables)
            self.tables.append((kind, key))
        return self._places[kind, key]


def _each_border(features: _Features) -> Iterator[int]:
    """Yield the encoding that each number of a split stands for; -1 for splits that do not need it."""
    for number in features.float_features:
        yield from [-1] * len(number.borders or ())
    for category in features.categorical_features:
        yield from [-1] * len(category.values)
    for position, encoding in enumerate(features.ctrs):
        yield from [position] * len(encoding.borders)


def _question(split: _Split, inputs: _Inputs, features: _Features, encodings: Sequence[int]) -> tuple[int, float]:
    """Return the input that a split compares, and its border."""
    if split.split_type == "FloatFeature":
        return split.float_feature_index, split.border
    if split.split_type == "OneHotFeature":
        return inputs.place("one", (split.cat_feature_index, split.value)), 0.5
    position = encodings[split.split_index]
    if split.split_type != "OnlineCtr" or split.border not in features.ctrs[position].borders:
        raise ValueError(f"CatBoost's format is not the one that is known: a split of type {split.split_type}")
    return inputs.place("encoded", position), split.border


def _table(kind: str, key: Any, model: _Model, hashes: NDArray[np.int64]) -> tuple[int, NDArray[np.float32]]:
    """Return the column among those with codes, and what its texts "0", "1", ... and any other stand for."""
    if kind == "one":
        column, value = key
        (code,) = np.flatnonzero(hashes == value & 0xFFFFFFFF).tolist() or (-1,)
        if code < 0:
            raise UnknownCategory(f"hash {value}")
        return column, np.append(np.arange(code + 1) == code, False).astype(np.float32)
    encoding: _Encoding = model.features_info.ctrs[key]
    (element,) = encoding.elements  # candidates ask for no combinations
    if element.combination_element != "cat_feature_value":
        raise ValueError(f"an encoding of {element.combination_element}")
    counts = model.ctr_data[encoding.identifier]
    found = {_mixed(int(one)): code for code, one in enumerate(hashes)}
    rows: dict[int, Sequence[float]] = {}
    entries = counts.hash_map
    for start in range(0, len(entries), counts.hash_stride):
        one = int(entries[start])
        if one == _EMPTY:
            continue
        if one not in found:
            raise UnknownCategory(f"hash {one}")
        rows[found[one]] = [float(n) for n in entries[start + 1 : start + counts.hash_stride]]
    values = np.zeros((max(rows, default=-1) + 2, 2), dtype=np.float32)
    for code, numbers in rows.items():
        values[code] = _successes(encoding, numbers)
    if encoding.ctr_type in ("Counter", "FeatureFreq"):
        values[:, 1] = counts.counter_denominator
    prior, weight = np.float32(encoding.prior_numerator), np.float32(encoding.prior_denomerator)
    shift, scale = np.float32(encoding.shift), np.float32(encoding.scale)
    return element.cat_feature_index, ((values[:, 0] + prior) / (values[:, 1] + weight) + shift) * scale


def _successes(encoding: _Encoding, numbers: Sequence[float]) -> tuple[float, float]:
    """Return a category's successes and rows, by the kind of the encoding."""
    if encoding.ctr_type == "Borders":  # rows a class of the target
        return sum(numbers[encoding.target_border_idx + 1 :]), sum(numbers)
    if encoding.ctr_type == "Buckets":
        return numbers[encoding.target_border_idx], sum(numbers)
    if encoding.ctr_type in ("Counter", "FeatureFreq"):
        return numbers[0], 0.0
    if encoding.ctr_type in ("BinarizedTargetMeanValue", "FloatTargetMeanValue"):
        return numbers[0], numbers[1]
    raise ValueError(f"an encoding of type {encoding.ctr_type}")


def _mixed(text_hash: int) -> int:
    """Return the key of one category in the hash tables of encodings: its 32-bit hash with its sign, mixed."""
    signed = text_hash - (1 << 32) if text_hash >= 1 << 31 else text_hash
    return _MIX * _MIX * signed & _WORD


def _padded(leaves: FloatArray, depths: Sequence[int], depth: int, outputs: int) -> FloatArray:
    """Return leaves of shape (n_trees, 2 ** depth, n_outputs); those of shallower trees are followed by zeros."""
    result = np.zeros((len(depths), 2**depth, outputs))
    start = 0
    for row, own in enumerate(depths):
        size = 2**own
        result[row, :size] = leaves[start : start + size * outputs].reshape(size, outputs)
        start += size * outputs
    assert start == len(leaves)  # every leaf belongs to a tree
    return result


def _every_class(scores: FloatArray, bias: list[float], classes: _Classes) -> tuple[FloatArray, list[float]]:
    """Return scores and bias of all classes: one that no training row had is left out by CatBoost, and never likely."""
    known = [int(code) for code in classes.class_to_label]
    if len(known) in (0, classes.classes_count):
        return scores, bias
    every = np.zeros((*scores.shape[:2], classes.classes_count))
    every[:, :, known] = scores
    own = dict(zip(known, bias, strict=True))
    return every, [own.get(code, -np.inf) for code in range(classes.classes_count)]

"""Tensors of an ONNX graph: each operation adds a node. What can be computed of constants is computed at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.tensors.tensor_library import TensorLibrary

__all__ = ["OnnxGraph", "OnnxTensor"]

_CALLS = {
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "cos": "Cos",
    "floor": "Floor",
    "abs": "Abs",
    "isnan": "IsNaN",
    "isinf": "IsInf",
    "minimum": "Min",
    "maximum": "Max",
    "pow": "Pow",
}
_ASKED = ("isnan", "isinf")
_CODES = {np.float64: 11, np.float32: 1, np.int64: 7, np.bool_: 9}  # of TensorProto


@dataclass(frozen=True, eq=False)
class OnnxTensor:
    """A value of a graph.

    Attributes
    ----------
    graph : OnnxGraph
        That it belongs to.
    name : str
        Of the value.
    kind : type
        float64, float32, int64, bool or str.
    """

    graph: OnnxGraph
    name: str
    kind: type[Any]

    def __add__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Add", self, other)

    def __sub__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Sub", self, other)

    def __mul__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Mul", self, other)

    def __truediv__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Div", self, other)

    def __lt__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Less", self, other, np.bool_)

    def __le__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("LessOrEqual", self, other, np.bool_)

    def __gt__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Greater", self, other, np.bool_)

    def __ge__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("GreaterOrEqual", self, other, np.bool_)

    def __and__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("And", self, other, np.bool_)

    def __or__(self, other: Any) -> OnnxTensor:
        return self.graph.pair("Or", self, other, np.bool_)

    def __invert__(self) -> OnnxTensor:
        return self.graph.add("Not", [self], np.bool_)


@dataclass
class OnnxGraph(TensorLibrary):
    """A graph while it is written: a library of tensors for a scoring plan.

    Attributes
    ----------
    onnx : module
        The package; it comes in as an argument since it is an extra.
    nodes, constants : list
        NodeProto and TensorProto so far.
    """

    onnx: Any
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    _known: dict[tuple[str, tuple[int, ...], bytes], OnnxTensor] = field(default_factory=dict)

    def add(
        self,
        operation: str,
        inputs: Sequence[OnnxTensor],
        kind: type[Any],
        attributes: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> OnnxTensor:
        """Add a node with one output."""
        made = OnnxTensor(self, name or f"step/{len(self.nodes)}", kind)
        names = [one.name for one in inputs]
        domain = "ai.onnx.ml" if operation in ("TreeEnsemble", "LabelEncoder") else ""
        self.nodes.append(
            self.onnx.helper.make_node(operation, names, [made.name], domain=domain, **(attributes or {}))
        )
        return made

    def tensor_proto(self, values: NDArray[Any] | Sequence[str], name: str = "") -> Any:
        """Return values as a TensorProto."""
        if len(values) and isinstance(values[0], str):
            texts = [value.encode() for value in values]
            return self.onnx.helper.make_tensor(name, self.onnx.TensorProto.STRING, [len(texts)], texts)
        return self.onnx.numpy_helper.from_array(np.ascontiguousarray(values), name)

    def constant(self, values: NDArray[Any] | float, kind: type[Any] | None = None) -> OnnxTensor:
        """Return a tensor that holds these values; equal ones stand once."""
        array = np.asarray(values, dtype=kind)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            name = f"constant/{len(self.constants)}"
            self.constants.append(
                self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
            )
            self._known[key] = OnnxTensor(self, name, array.dtype.type)
        return self._known[key]

    def pair(self, operation: str, a: OnnxTensor, b: Any, kind: type[Any] | None = None) -> OnnxTensor:
        """Add a node of two inputs, of which the second may be a number."""
        return self.add(operation, [a, self._given(b, a.kind)], kind or a.kind)

    def _given(self, x: OnnxTensor | float, kind: type[Any]) -> OnnxTensor:
        return x if isinstance(x, OnnxTensor) else self.constant(x, kind)

    def concat(self, parts: Sequence[OnnxTensor]) -> OnnxTensor:
        return parts[0] if len(parts) == 1 else self.add("Concat", parts, parts[0].kind, {"axis": 1})

    def columns(self, x: OnnxTensor, places: Sequence[int]) -> OnnxTensor:
        return self.add("Gather", [x, self.constant(np.array(places, dtype=np.int64))], x.kind, {"axis": 1})

    def rows(self, table: NDArray[Any], places: OnnxTensor) -> OnnxTensor:
        return self.add("Gather", [self.constant(table), places], table.dtype.type, {"axis": 0})

    def pick(self, x: OnnxTensor, places: OnnxTensor) -> OnnxTensor:
        return self.add("GatherElements", [x, places], x.kind, {"axis": 1})

    def where(self, condition: OnnxTensor, yes: Any, no: Any) -> OnnxTensor:
        kind = next((x.kind for x in (yes, no) if isinstance(x, OnnxTensor)), np.float64)
        if kind is np.bool_:  # onnxruntime has no Where of conditions
            made: OnnxTensor = (condition & yes) | (~condition & no)
            return made
        return self.add("Where", [condition, self._given(yes, kind), self._given(no, kind)], kind)

    def call(self, name: str, *x: Any) -> OnnxTensor:
        kind = np.bool_ if name in _ASKED else np.float64
        if name == "expm1":  # exact near zero too: expm1(x) = tanh(x / 2) * (exp(x) + 1)
            return self.add("Tanh", [x[0] * 0.5], kind) * (self.call("exp", x[0]) + 1.0)
        return self.add(_CALLS[name], [self._given(one, np.float64) for one in x], kind)

    def cast(self, x: OnnxTensor, kind: type[Any]) -> OnnxTensor:
        return self.add("Cast", [x], kind, {"to": _CODES[kind]})

    def total(self, x: OnnxTensor, axis: int, keep: bool = False) -> OnnxTensor:
        return self.add("ReduceSum", [x, self.constant(np.array([axis]))], x.kind, {"keepdims": int(keep)})

    def greatest(self, x: OnnxTensor) -> OnnxTensor:
        return self.add("ReduceMax", [x, self.constant(np.array([1]))], x.kind, {"keepdims": 1})

    def first_greatest(self, x: OnnxTensor) -> OnnxTensor:
        return self.add("ArgMax", [x], np.int64, {"axis": 1, "keepdims": 0})

    def largest(self, x: OnnxTensor, count: int) -> tuple[OnnxTensor, OnnxTensor]:
        values, places = (
            OnnxTensor(self, f"step/{len(self.nodes)}/{i}", kind) for i, kind in ((0, x.kind), (1, np.int64))
        )
        names = [x.name, self.constant(np.array([count])).name]
        self.nodes.append(self.onnx.helper.make_node("TopK", names, [values.name, places.name], axis=1))
        return values, places

    def product(self, x: OnnxTensor, weights: NDArray[Any]) -> OnnxTensor:
        return self.add("MatMul", [x, self.constant(weights)], x.kind)

    def reshape(self, x: OnnxTensor, shape: Sequence[int]) -> OnnxTensor:
        return self.add("Reshape", [x, self.constant(np.array(shape, dtype=np.int64))], x.kind)

    def like_rows(self, values: NDArray[Any], x: OnnxTensor) -> OnnxTensor:
        count = self.add("Shape", [x], np.int64, {"start": 0, "end": 1})
        shape = self.add("Concat", [count, self.constant(np.array([len(values)]))], np.int64, {"axis": 0})
        return self.add("Expand", [self.constant(values[None, :]), shape], values.dtype.type)

    def look_up(self, x: OnnxTensor, texts: Sequence[str]) -> OnnxTensor:
        """Return the place of each text, -1.0 where it is none of them."""
        if not texts:
            return self.like_rows(np.array([-1.0]), x)
        return self.cast(self._encoded(x, texts), np.float64)

    def _encoded(self, x: OnnxTensor, keys: NDArray[Any] | Sequence[str]) -> OnnxTensor:
        told = {"keys_tensor": keys, "values_tensor": np.arange(len(keys)), "default_tensor": np.array([-1])}
        return self.add("LabelEncoder", [x], np.int64, {key: self.tensor_proto(told[key]) for key in told})

    def texts(self, texts: Sequence[str], places: OnnxTensor) -> OnnxTensor:
        """Return texts at int64 places."""
        name = f"constant/{len(self.constants)}"
        self.constants.append(self.tensor_proto(list(texts), name))
        return self.add("Gather", [OnnxTensor(self, name, str), places], str, {"axis": 0})

    def bits(self, x: OnnxTensor) -> OnnxTensor:
        """Return bits by arithmetic, exactly: ONNX has no operator that looks at them."""
        size = self.call("abs", x)
        usual = self.where(self.call("isnan", x), 1.0, size)
        guess = self.call("floor", self.call("log", self.call("maximum", usual, 2.0**-1022)) / math.log(2.0))
        up, down = self._part(usual, guess, 1.0), self._part(usual, guess, 0.0)
        exponent = self.where(up >= 1.0, guess + 1.0, self.where(down >= 1.0, guess, guess - 1.0))
        exponent = self.call("minimum", self.call("maximum", exponent, -1022.0), 1023.0)
        part = self.cast(self._part(usual, exponent, 0.0) * 2.0**52, np.int64)  # 53 bits, the first is no part
        whole = self.cast(exponent + 1022.0, np.int64) * (1 << 52) + part
        signed = self.where(x < 0.0, whole + np.iinfo(np.int64).min, whole)
        return self.where(self.call("isnan", x), 0x7FF8000000000000, signed)

    def _part(self, x: OnnxTensor, exponent: OnnxTensor, more: float) -> OnnxTensor:
        """Return ``x / 2 ** (exponent + more)``."""
        place = self.call("minimum", self.call("maximum", exponent + (more + 1023.0), 0.0), 2047.0)
        return x * self.rows(2.0 ** (1023.0 - np.arange(2048)), self.cast(place, np.int64))

    def fold(self, word: OnnxTensor, by: int) -> OnnxTensor:
        unsigned = self.add("Cast", [word], np.uint64, {"to": self.onnx.TensorProto.UINT64})
        shifted = self.add(
            "BitShift", [unsigned, self.constant(np.array(by, dtype=np.uint64))], np.uint64, {"direction": "RIGHT"}
        )
        folded = self.add("BitwiseXor", [unsigned, shifted], np.uint64)
        return self.add("Cast", [folded], np.int64, {"to": self.onnx.TensorProto.INT64})

    def places_of(self, x: OnnxTensor, keys: NDArray[np.int64]) -> OnnxTensor:
        return self._encoded(x, keys)

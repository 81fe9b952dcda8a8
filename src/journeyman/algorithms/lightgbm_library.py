"""LightGBM's own library without its Python package: stored trees answer, and scikit-learn need not be loaded.

``import lightgbm`` loads scikit-learn and SciPy, which takes longer than all else that a service needs to start. What
answers is the shared library beside that package, by its documented C interface.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoostedTrees", "StoredTrees", "library_file"]

FloatArray = NDArray[np.float64]
_FLOAT64, _ROW_MAJOR, _NORMAL, _RAW = 1, 1, 0, 1  # C_API_DTYPE_FLOAT64, C_API_PREDICT_NORMAL and _RAW_SCORE
_LEAVES = re.compile(rb"^\[num_leaves: (\d+)\]$", re.MULTILINE)
_USUAL_LEAVES = 31


class BoostedTrees(Protocol):
    """Trees that answer, from training or as they are stored.

    Attributes
    ----------
    iterations : int
        Number of boosting rounds, at least 1.
    outputs : int
        Trees of a round.
    leaves : int
        Of a tree at most, as training was told.
    looked_up : float
        Share of the splits that ask for a category of a column that has more than 32; 0 where it is not known.
    """

    @property
    def iterations(self) -> int:
        """Number of boosting rounds, at least 1."""

    @property
    def outputs(self) -> int:
        """Trees of a round."""

    @property
    def leaves(self) -> int:
        """Leaves of a tree at most."""

    @property
    def looked_up(self) -> float:
        """Share of the splits that ask for one of many categories."""

    def predict(self, values: FloatArray, start: int = 0, rounds: int = -1, threads: int = 1) -> FloatArray:
        """Return answers, shape (n_samples,) or (n_samples, n_outputs)."""

    def text(self, rounds: int) -> bytes:
        """Return the first so many rounds in LightGBM's text format; 0 means all."""


class StoredTrees:
    """Trees in LightGBM's text format.

    Parameters
    ----------
    text : bytes
        As LightGBM writes it.

    Raises
    ------
    ValueError
        Where LightGBM cannot read it.

    References
    ----------
    https://lightgbm.readthedocs.io/en/stable/C-API.html
    """

    looked_up = 0.0

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._handle = ctypes.c_void_p()
        self._library = _library()
        iterations, outputs = ctypes.c_int(), ctypes.c_int()
        self._call("LGBM_BoosterLoadModelFromString", text, ctypes.byref(iterations), ctypes.byref(self._handle))
        self._call("LGBM_BoosterNumModelPerIteration", self._handle, ctypes.byref(outputs))
        self.iterations, self.outputs = iterations.value, outputs.value
        told = _LEAVES.search(text)
        self.leaves = int(told[1]) if told else _USUAL_LEAVES

    def __reduce__(self) -> tuple[type[StoredTrees], tuple[bytes]]:
        """Be copied as the text: what the library holds belongs to this process and this object."""
        return StoredTrees, (self._text,)

    def __del__(self) -> None:
        """Give back what the library holds."""
        if self._handle:
            self._library.LGBM_BoosterFree(self._handle)

    def predict(self, values: FloatArray, start: int = 0, rounds: int = -1, threads: int = 1) -> FloatArray:
        """Return answers, shape (n_samples,) or (n_samples, n_outputs).

        Parameters
        ----------
        values : ndarray of float64, shape (n_samples, n_features)
            As training had them.
        start, rounds : int
            The first round that counts, and how many; -1 means all.
        threads : int
            Of the processor; 0 means all.
        """
        answers = self._evaluate(values, _NORMAL, start, rounds, threads)
        return answers if self.outputs > 1 else answers[:, 0]

    def scores(self, values: FloatArray) -> FloatArray:
        """Return raw scores of rows as in ``predict``, shape (n_samples, n_outputs)."""
        return self._evaluate(values, _RAW, 0, -1, 1)

    def _evaluate(self, values: FloatArray, what: int, start: int, rounds: int, threads: int) -> FloatArray:
        values = np.ascontiguousarray(values, dtype=np.float64)
        answers = np.empty((len(values), self.outputs))
        length = ctypes.c_int64()
        self._call(
            "LGBM_BoosterPredictForMat",
            self._handle,
            ctypes.c_void_p(values.ctypes.data),
            _FLOAT64,
            ctypes.c_int32(values.shape[0]),
            ctypes.c_int32(values.shape[1]),
            _ROW_MAJOR,
            what,
            start,
            rounds,
            b"num_threads=%d" % threads,
            ctypes.byref(length),
            ctypes.c_void_p(answers.ctypes.data),
        )
        assert length.value == answers.size  # an answer a row and output, as asked
        return answers

    def text(self, rounds: int) -> bytes:
        """Return what it was made of; stored trees are all wanted."""
        assert rounds in (0, self.iterations)
        return self._text

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments):
            said = self._library.LGBM_GetLastError().decode(errors="replace")
            raise ValueError(f"LightGBM cannot use these trees: {said}")


def library_file() -> Path:
    """Return where the installed package keeps its shared library.

    Raises
    ------
    ImportError
        Where it is not installed, or keeps it elsewhere.
    """
    spec = find_spec("lightgbm")  # which does not import it
    ending = {"win32": "dll", "cygwin": "dll", "darwin": "dylib"}.get(sys.platform, "so")
    for folder in map(Path, (spec.submodule_search_locations or ()) if spec is not None else ()):
        for place in (folder / "lib", folder / "bin", folder.parent):
            path = place / f"lib_lightgbm.{ending}"
            if path.is_file():
                return path
    raise ImportError(f"no lib_lightgbm.{ending} beside the package lightgbm")


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(library_file()))
    except ImportError:
        # its own package knows other places, such as those of conda; it is only slow to load
        from lightgbm.libpath import _LIB as library  # noqa: PLC0415 - see above

    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library

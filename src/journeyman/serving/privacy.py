"""What of a row is recorded: personal columns as keyed hashes or not at all; and what a row is known by."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec.structs import replace

from journeyman.entities.admitted import RowMisfit
from journeyman.entities.prediction import Answer, Refused, RowFinding
from journeyman.serving.requests import Row
from journeyman.serving.serve_settings import ServeSettings
from journeyman.sources.parsing.texts import text_of

__all__ = ["RowRules"]

_SHOWN = 120  # characters of an example
_encoder = msgspec.json.Encoder(order="deterministic")


class RowRules:
    """How rows are recorded and recognised.

    Parameters
    ----------
    settings : ServeSettings
        Key columns and personal columns.
    salt : bytes
        Secret of this log: without it, nobody can try values against the hashes.

    Examples
    --------
    >>> from pathlib import Path
    >>> rules = RowRules(ServeSettings("m", Path("w"), keys=("order",), hashed=("mail",), left_out=("name",)), b"s")
    >>> rules.recorded({"order": 7, "mail": "a@b.c", "name": "Ann", "x": 1})
    {'order': 7, 'mail': 'h:c3df547de6c45ab8', 'x': 1}
    >>> rules.key_of({"order": 7}), rules.key_of({"order": "7"}), rules.key_of({"x": 1})
    ('["7"]', '["7"]', None)
    """

    def __init__(self, settings: ServeSettings, salt: bytes) -> None:
        self.keys = settings.keys
        self._hashed, self._left_out = frozenset(settings.hashed), frozenset(settings.left_out)
        self._hidden = self._hashed | self._left_out
        self._salt = salt

    def key_of(self, row: Row) -> str | None:
        """Return the values of the key columns as a text; None where there are none, or one is missing or nested.

        A personal key column is hashed here too; labels that come by it are hashed alike.
        """
        if not self.keys:
            return None
        values = []
        for name in self.keys:
            try:
                text = text_of(row.get(name))
            except (TypeError, ValueError):
                return None
            if text is None:
                return None
            values.append(self._hash(text) if name in self._hidden else text)
        return _encoder.encode(values).decode()

    def recorded(self, row: Row) -> Row:
        """Return the row as it is recorded."""
        if not self._hidden:
            return row
        kept = {name: value for name, value in row.items() if name not in self._left_out}
        for name in self._hashed & kept.keys():
            if kept[name] is not None:
                kept[name] = self._hash(_encoder.encode(kept[name]).decode())
        return kept

    def discreet(self, answer: Answer) -> Answer:
        """Return the answer without what its findings say of the values of personal columns."""
        if not self._hidden or not any(finding.column in self._hidden for finding in answer.findings):
            return answer
        findings = [
            RowFinding(f.code, f.column, "a personal column; see the code") if f.column in self._hidden else f
            for f in answer.findings
        ]
        return replace(answer, findings=tuple(findings))

    def refused(self, misfit: RowMisfit, version: int) -> Refused:
        """Return what is recorded of a row that a release could not answer, without the values of personal columns."""
        if not misfit.found:
            return Refused(version, "PR101", misfit.field, misfit.near[:_SHOWN])
        return Refused(version, "PR102", misfit.field, "" if misfit.field in self._hidden else misfit.found[:_SHOWN])

    def digest_of(self, row: Row) -> bytes:
        """Return a keyed digest of the whole row, in which the order of its columns does not count."""
        return hashlib.blake2b(_encoder.encode(row), digest_size=16, key=self._salt).digest()

    def _hash(self, text: str) -> str:
        return "h:" + hashlib.blake2b(text.encode(), digest_size=8, key=self._salt).hexdigest()

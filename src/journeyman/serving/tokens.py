"""Tokens: who may predict, label and operate; kept as digests and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from journeyman.errors import SettingsError

__all__ = ["Permission", "Tokens", "parsed", "read_tokens"]

_VARIABLE = "JOURNEYMAN_TOKENS"


class Permission(StrEnum):
    """What a token may allow."""

    PREDICT = "predict"
    LABEL = "label"
    OPERATE = "operate"


class Tokens:
    """Digests of tokens, each with its rights; without any, everybody may do everything.

    Examples
    --------
    >>> tokens = parsed("predict,label s3cret-of-the-shop")
    >>> tokens.allows("Bearer s3cret-of-the-shop", Permission.LABEL), tokens.allows("Bearer other", Permission.LABEL)
    (True, False)
    """

    def __init__(self, rights: Mapping[bytes, frozenset[Permission]]) -> None:
        self._rights = dict(rights)

    @property
    def wanted(self) -> bool:
        """Whether requests need a token."""
        return bool(self._rights)

    def allows(self, authorization: str, right: Permission) -> bool:
        """Return whether the Authorization header of a request allows this; every token is compared, always."""
        scheme, _, token = authorization.partition(" ")
        digest = _digest(token.strip())
        allowed = False
        for known, rights in self._rights.items():
            same = hmac.compare_digest(known, digest)
            allowed |= same and right in rights
        return allowed and scheme.lower() == "bearer"

    def known(self, authorization: str) -> bool:
        """Return whether the header holds a token at all."""
        return any(self.allows(authorization, right) for right in Permission)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", errors="surrogateescape")).digest()


def parsed(text: str, where: str = _VARIABLE) -> Tokens:
    """Read tokens from text: a line or a semicolon each, rights with commas between them, a blank, the token."""
    rights: dict[bytes, frozenset[Permission]] = {}
    for number, line in enumerate(text.replace(";", "\n").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        names, _, token = line.strip().partition(" ")
        token = token.strip()
        # what stands in the line is not repeated: it holds a secret
        hint = "write a line such as: predict,label TOKEN (rights are predict, label and operate)"
        if len(token) < 8 or " " in token:
            raise SettingsError(f"{where}, line {number}: no token of at least 8 characters", hint=hint)
        if not set(names.split(",")) <= {right.value for right in Permission}:
            raise SettingsError(f"{where}, line {number}: an unknown right", hint=hint)
        rights[_digest(token)] = frozenset(Permission(name) for name in names.split(","))
    return Tokens(rights)


def read_tokens(file: Path | None, environment: Mapping[str, str]) -> Tokens:
    """Read tokens from a file, else from the variable JOURNEYMAN_TOKENS.

    Raises
    ------
    SettingsError
        Where a line is none, or the file cannot be read; no token is repeated in the message.
    """
    if file is None:
        return parsed(environment.get(_VARIABLE, ""))
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--tokens {file} cannot be read", hint="check its name and permissions") from error
    found = parsed(text, str(file))
    if not found.wanted:
        raise SettingsError(f"--tokens {file} holds no token", hint="write a line such as: predict,label TOKEN")
    return found

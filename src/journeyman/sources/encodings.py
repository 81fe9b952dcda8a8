"""The encoding of a text file: by its mark, by being UTF-8, or as chardet detects it; one decision with all its bytes.

The detector sees the distinct cells with bytes beyond ASCII only: the numbers between them say nothing of an encoding,
and a word that comes a thousand times says no more than once (docs/decisions/0043).
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import SourceError

__all__ = ["Encoding", "find_encoding", "transcode"]

_BLOCK = 4 << 20
_LINE = 1 << 20
_EVIDENCE = 1 << 16
_SAMPLE = 1 << 18
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CANDIDATES = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859-2", "iso8859-5"),
    *("iso8859-7", "koi8-r", "koi8-u", "cp850", "cp852", "cp866", "mac-roman", "cp874"),
    *("cp932", "euc_jis_2004", "gb18030", "big5", "cp949"),
)
"""Encodings that files are still met in. Fewer candidates are told apart better: of 124 short lists of words in 27
encodings chardet names 89% right with all it knows, 96% with these."""
_WESTERN = ("cp1252", "cp850", "mac-roman")
_CENTRAL = ("cp1250", "iso8859-2", "cp1257", "cp1254", *_WESTERN)
_NEAR, _DOUBTFUL = 0.93, 0.8
_NOTHING = 0.002
"""A confidence that letters of any language exceed, and bytes at random do not."""
_FEW = 2
"""Bytes beyond ASCII that say nothing: then the commonest encoding is taken."""
_CELL = re.compile(rb'[^,;\t\r\n"\x00-\x1f\x80-\xff]*[\x80-\xff][^,;\t\r\n"\x00-\x1f]*')
_LETTERS = ("Lu", "Ll", "Lo", "Lt", "Mn", "Mc")
_SIGNS = "€£¥¢°²³¹µ§–—„“”‘’«»…№ºª®©™•½¼¾×±¿¡、。・ー「」（）％"
_AMOUNT = re.compile(r"\W*[0-9][0-9\W]*[A-Za-zµ/]{0,4}[\W²³]*")
_AMOUNT_SIGNS = "\u00a0€£¥¤°²³µ±–—‰’´"
_STRAY = "journeyman-stray"


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a file are texts.

    Attributes
    ----------
    name : str
        Python's name.
    detected : bool
        Whether it is a guess from the letters.
    rival : str or None
        Another encoding that fits nearly as well.
    strays : int
        Places where bytes are not of this encoding; they are read as cp1252.
    example : str
        A cell, as it was read, that shows what was decided.
    """

    name: str
    detected: bool = False
    rival: str | None = None
    strays: int = 0
    example: str = ""


def find_encoding(path: Path, asked: str | None, expected: str | None) -> Encoding:
    """Return the encoding of a file.

    Parameters
    ----------
    path : Path
        An unpacked file.
    asked : str or None
        What the user says.
    expected : str or None
        What the training table was written in.

    Raises
    ------
    SourceError
        The bytes are no text of any known encoding.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if asked is not None:
        # A file with a mark is what its mark says, in the byte order of the mark.
        return _requested_encoding(path, marked if marked is not None and asked[:6] == marked[:6] else asked)
    if marked is not None:
        return _with_strays(marked, _survey(path)) if marked == "utf-8-sig" else Encoding(marked)
    wide = _wide(head)
    if wide is not None:
        return Encoding(wide)
    found = _survey(path)
    if found.strays == 0:
        return Encoding("iso2022_jp" if b"\x1b$" in head else "utf-8")
    if found.characters > found.strays:
        return _with_strays("utf-8", found)
    if expected is not None and _fits(found.evidence, expected):
        return Encoding(expected)
    return _detected(path, found.evidence)


def transcode(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield a text file's bytes as UTF-8 without a mark; bytes that are no UTF-8 in a file that is are read as cp1252.

    Raises
    ------
    SourceError
        The file is not in that encoding.
    """
    errors = _STRAY if encoding in ("utf-8", "utf-8-sig") else "strict"
    try:
        with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="") as text:
            while block := text.read(_LINE):
                yield block.lstrip("\ufeff").encode("utf-8")
    except UnicodeError as error:
        raise SourceError(
            f"{path.name} is not written in {encoding}: {_first_bad(error)}",
            hint="leave --encoding out, or give another",
        ) from error


@dataclass(frozen=True)
class _Survey:
    """How much of a file is UTF-8: characters beyond ASCII, places that are none, and cells with such places."""

    characters: int
    strays: int
    evidence: bytes


def _survey(path: Path) -> _Survey:
    characters = strays = 0
    cells: dict[bytes, None] = {}
    size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            # Up to the end of a line, so that no character is cut.
            block += file.readline(_LINE)
            if block.isascii():
                continue
            try:
                characters += len(block) - len(block.decode("utf-8"))
            except UnicodeDecodeError:
                text = block.decode("utf-8", "replace")
                bad = text.count("\ufffd") - block.count(b"\xef\xbf\xbd")
                characters += len(text) - len(text.encode("ascii", "ignore")) - bad
                strays += bad
                for cell in _CELL.finditer(block, 0, _SAMPLE):
                    if size < _EVIDENCE and cell[0] not in cells:
                        cells[cell[0]] = None
                        size += len(cell[0])
                if not cells:  # the first bad byte comes late in its block
                    cells |= dict.fromkeys(c[0] for c in _CELL.finditer(block))
    return _Survey(characters, strays, b"\n".join(cells) + b"\n")


def _requested_encoding(path: Path, name: str) -> Encoding:
    if name in ("utf-8", "utf-8-sig"):
        return _with_strays(name, _survey(path))
    return Encoding(name)


def _with_strays(name: str, found: _Survey) -> Encoding:
    stray = next((c for c in found.evidence.split(b"\n") if c and not _decodes(c, "utf-8")), b"")
    return Encoding(name, strays=found.strays, example=stray.decode("utf-8", _STRAY)[:40])


def _wide(head: bytes) -> str | None:
    """Tell UTF-16 and UTF-32 without a mark by the zeros between their letters."""
    sample = head[: len(head) // 4 * 4][:4096]
    if len(sample) < 4:
        return None
    quarter = len(sample) // 4
    zeros = [sample[i::4].count(0) / quarter for i in range(4)]
    if min(zeros[2:]) > 0.9 and zeros[0] < 0.1:
        return "utf-32-le"
    if min(zeros[:2]) > 0.9 and zeros[3] < 0.1:
        return "utf-32-be"
    odd, even = (zeros[1] + zeros[3]) / 2, (zeros[0] + zeros[2]) / 2
    if odd > 0.4 and odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and even > 4 * odd else None


def _fits(evidence: bytes, encoding: str) -> bool:
    """Say whether cells read in an encoding are words."""
    try:
        text = evidence.decode(encoding)
    except (UnicodeError, LookupError):
        return False
    return _wordly(text) > 0.9


def _wordly(text: str) -> float:
    """Return the share of characters beyond ASCII that words and amounts are made of."""
    beyond = [c for c in text if ord(c) > 127]
    good = sum(unicodedata.category(c) in _LETTERS or c in _SIGNS for c in beyond)
    return good / max(1, len(beyond))


def _detected(path: Path, evidence: bytes) -> Encoding:
    """Return the encoding of a file that is no UTF-8."""
    western = next((n for n in ("cp1252", "mac-roman") if not _words(evidence, n)), None)
    if western is not None:  # a blank between digits and a currency: they look like letters of any script
        return Encoding(western)
    whole, evidence = evidence, _words(evidence, "cp1252")
    # A library that only such files need.
    from chardet import detect_all  # noqa: PLC0415  # see the line above

    scores: dict[str, float] = {}
    for guess in detect_all(evidence, include_encodings=_CANDIDATES, ignore_threshold=True):
        name = codecs.lookup(str(guess["encoding"])).name
        if _decodes(whole, name):
            scores.setdefault(name, float(guess["confidence"] or 0.0))
    scores = {n: score for n, score in scores.items() if not _is_odd(evidence.decode(n))} or scores
    best = max(scores, key=lambda n: scores[n], default=None)
    few = sum(byte > 127 for byte in evidence) <= _FEW
    if few and _fits(evidence, "cp1252"):
        best = "cp1252"
    elif best in _CENTRAL and scores.get("cp1252", 0.0) > _NEAR * scores[best] and _fits(evidence, "cp1252"):
        best = "cp1252"  # much the commonest of its neighbours
    if best is None or not _fits(evidence, best):
        best = max((n for n in _WESTERN if _decodes(whole, n)), key=lambda n: _wordly(evidence.decode(n)))
    letters = _wordly(evidence.decode(best))
    nothing = best not in _WESTERN and scores.get(best, 0.0) < _NOTHING
    if (
        nothing
        or letters < 0.7
        or any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in evidence.decode(best))
    ):
        first = next(byte for byte in evidence if byte > 127)
        raise SourceError(
            f"{path.name} is in a broken or unknown encoding (byte 0x{first:02x} is no UTF-8)",
            hint="save it as UTF-8, or name its encoding, as in --encoding cp1251",
        )
    here = evidence.decode(best)
    rivals = [n for n in scores if evidence.decode(n) != here and _fits(evidence, n)]
    rival = max(rivals, key=lambda n: scores[n], default=None)
    if rival is not None and scores[rival] <= _DOUBTFUL * scores.get(best, 0.0):
        rival = None
    shown = evidence.split(b"\n", 1)[0].decode(best)[:40].strip()
    return Encoding(best, detected=True, rival=rival, example=shown)


def _is_odd(text: str) -> bool:
    """Say whether a tenth of the letters beyond ASCII stand as in no language: KÜln, donеt with a Cyrillic е.

    These are capitals in the midst of words, and letters of other alphabets beside Latin ones.
    """
    beyond = odd = 0
    for before, letter, after in zip(" " + text[:-1], text, text[1:] + " ", strict=True):
        if ord(letter) > 127 and letter.isalpha():
            beyond += 1
            latin = any(n.isalpha() and n < "\u0250" for n in (before, after))
            inside = letter.isupper() and (before.islower() or (before.isalpha() and after.islower()))
            odd += inside or (latin and "\u0370" <= letter <= "\u06ff")  # Greek to Arabic
    return 10 * odd > beyond


def _words(evidence: bytes, encoding: str) -> bytes:
    """Return the cells that are no amounts in an encoding, such as "1 200,50 €" with a blank that does not break."""
    words = [c for c in evidence.split(b"\n") if c and not (_decodes(c, encoding) and _is_amount(c.decode(encoding)))]
    return b"\n".join([*words, b""])


def _is_amount(text: str) -> bool:
    return _AMOUNT.fullmatch(text) is not None and all(c.isascii() or c in _AMOUNT_SIGNS for c in text)


def _decodes(evidence: bytes, encoding: str) -> bool:
    try:
        evidence.decode(encoding)
    except UnicodeError:
        return False
    return True


def _first_bad(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} means nothing there"
    return "its bytes mean nothing there"


def _read_strays(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as cp1252, which such bytes mostly come from."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_STRAY, _read_strays)

"""Which languages texts are written in: a guess by their script and by the commonest words of eleven languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["ENGLISH", "LANGUAGES", "UNKNOWN", "guess_language", "language_shares"]

ENGLISH, UNKNOWN = "English", "unknown"
_LEAST_WORDS = 2  # that two languages must be told apart by
_LOOKED_AT = 600  # characters of a text
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    ENGLISH: "the and is of to in it you that for was with this have are not but be my on your so at i we he they "
    "me do what if all just from can will no or how when get there out up their who would been has had",
    "German": "der die das und ist nicht ich du es ein eine zu mit den von auf sie wir war für dem des sich auch im "
    "wie aber noch nur bei einen aus mir wenn sehr nach habe kann schon",
    "French": "le la les et est pas je tu un une des du que qui dans pour sur avec ce il elle nous vous au mais très "
    "plus était bien être fait sont cette tout ne se par ont aux ses",
    "Spanish": "el la los las y es no que un una de en por con para se lo muy más pero este del al como yo me mi su "
    "fue son está hay todo cuando sin sobre le ya",
    "Italian": "il la lo gli e è non che un una di in per con si del della mi ma molto più sono questo come al ho ha "
    "anche dei alla nel le ci tutto era da",
    "Portuguese": "o a os as e é não que um uma de em por com para se do da no na muito mais mas este eu meu foi são "
    "está você tem ao isso seu também já como dos das",
    "Dutch": "de het een en is niet van ik je dat op te met voor zijn maar er aan ook was bij dit heeft we nog naar "
    "wel goed om als hij zo deze mijn kan heel",
    "Swedish": "och det att är en som på jag inte den med för av ett har till var men så om du vi han från kan ska "
    "mycket här eller sig mig när bara",
    "Polish": "i w nie na się że to jest z do jak ale co o za od po tak był czy tylko dla przez już ten mi jego bardzo "
    "są może jestem które aby",
    "Turkish": "ve bir bu da de için çok ne ile ben var yok daha gibi değil ama kadar sen olarak her mi en o şey "
    "sonra iyi olan oldu ki",
    "Indonesian": "dan yang di ini itu tidak dengan untuk dari ada saya akan kami pada juga ke karena sudah bisa dia "
    "atau lebih mereka orang sangat kita oleh",
}
_SPEAKERS: dict[str, tuple[str, ...]] = {}
for _language, _words in _COMMON.items():
    for _word in _words.split():
        _SPEAKERS[_word] = (*_SPEAKERS.get(_word, ()), _language)
_SCRIPTS = (
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Russian or another in Cyrillic"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic or another in its script"),
    (0x0900, 0x097F, "Hindi or another in Devanagari"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x3040, 0x30FF, "Japanese"),
    (0xAC00, 0xD7AF, "Korean"),
    (0x4E00, 0x9FFF, "Chinese"),
)
LANGUAGES = (*_COMMON, *(name for _, _, name in _SCRIPTS))
"""Names of the languages that can be told."""


def guess_language(text: str) -> str:
    """Return the language that a text is probably written in; "unknown" for what is too short or says too little.

    Examples
    --------
    >>> [guess_language(t) for t in ("This is the best of them", "Das ist nicht der beste", "Это хорошо", "ok")]
    ['English', 'German', 'Russian or another in Cyrillic', 'unknown']
    """
    seen = text[:_LOOKED_AT].lower()
    if not seen.isascii():
        script = _script(seen)
        if script:
            return script
    votes: Counter[str] = Counter()
    for word in _WORD.findall(seen):
        speakers = _SPEAKERS.get(word, ())
        for language in speakers:
            votes[language] += 12 // len(speakers)  # a word that three languages share tells a third
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < 12 * _LEAST_WORDS:
        return UNKNOWN
    return UNKNOWN if len(ranked) > 1 and ranked[1][1] == ranked[0][1] else ranked[0][0]


def language_shares(texts: Sequence[str]) -> dict[str, float]:
    """Return each language's share of the texts, the largest first; empty texts are left out.

    Examples
    --------
    >>> language_shares(["it is not the one", "c'est la vie, mais je ne sais pas", ""])
    {'English': 0.5, 'French': 0.5}
    """
    counts = Counter(guess_language(text) for text in texts if text.strip())
    total = max(counts.total(), 1)
    return {name: counts[name] / total for name in sorted(counts, key=lambda n: (-counts[n], n))}


def _script(text: str) -> str:
    """Return the language that most letters of a text are told by; "" where most are Latin."""
    counts: Counter[str] = Counter()
    for character in text:
        if character.isalpha():
            point = ord(character)
            counts[next((name for low, high, name in _SCRIPTS if low <= point <= high), "")] += 1
    if not counts:
        return ""
    if counts["Japanese"] and counts["Chinese"]:  # Japanese is written in both
        counts["Japanese"] += counts.pop("Chinese")
    return max(counts, key=lambda name: (counts[name], name))

"""Free texts for a self-test: what readers of Unicode and of n-grams get wrong, and words that the plan knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.scoring_plan import ScoringPlan

__all__ = ["drawn_texts", "odd_texts"]

_LONGEST = 1_000_000  # bytes, and a little more
_WORDS, _RUNS = 6, 8  # positions of the lists among the arguments of a step
_ODD = (
    *("", " ", "?", "N/A", "n.a.", "#Н/Д", "\u212a", ".\u212a", "#\u00dcBERLAUF!", "(Null)", "none", "0", "3.0"),
    *(
        "two words",
        "Two  WORDS\t\u3000again\u2028more",
        "tab\tline\nfeed\n\nend\r\n.",
        "carriage\rreturn",
        "'quoted'",
        '"quoted"',
        '="007"',
    ),
    *('a "quote" in it, and a comma', '""', '"', "'", "back\\slash \\n \\s \\e", "%s %d {0} $HOME `x` <b>&amp;</b>"),
    *("\U0001f600", "a\U0001f600b", "\U0001f468\u200d\U0001f469\u200d\U0001f467 family", "flag \U0001f1e9\U0001f1ea"),
    *("cafe\u0301 caf\u00e9", "e\u0301e\u0301", "\u0301 alone", "A\u030angstro\u0308m \u00c5NGSTR\u00d6M \u212b"),
    *("\u0130STANBUL \u0131\u0130i I", "\u0130" * 9, "stra\u00dfe STRA\u1e9eE STRASSE", "\ufb01ne \ufb03"),
    *(
        "\u039f\u0394\u039f\u03a3 \u03a3",
        "\u03a3\u03a3 \u0391\u03a3.\u0391 \u0391\u03a3\u0301 \u0391'\u03a3'\u0391 \u0391:\u03a3",
    ),
    *(
        "\u01c5 \u01c4 \u01c6",
        "\u1f88\u1fbc",
        "\u2160\u2170 \u24b6",
        "\u13a0\uab70",
        "\U00010400\U00010428",
        "\u1c90\u10d0",
    ),
    *(
        "\u6211\u7231\u5317\u4eac\u5929\u5b89\u95e8",
        "\u4e2d\u6587, \u6df7\u5408 mixed",
        "\u3053\u3093\u306b\u3061\u306f",
    ),
    *(
        "\ud55c\uad6d\uc5b4 \uae00",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
        "\u0645\u0631\u062d\u0628\u0627 123",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
    ),
    *(
        "\u0661\u0662\u0663 \uff11\uff12 \u00b2\u00bd",
        "under_score __ _",
        "it's don't rock'n'roll",
        "a-b a\u00adb a\u2011b",
    ),
    *(
        "\x01\x02 \x07bell \x1b[0m",
        "\x1cfile\x1dgroup\x1erecord\x1funit",
        "a\x85b\xa0c\u2003d",
        "\x7f\x80\x9f",
        "\ufffd \ufffe \U0010ffff",
    ),
    *(
        "\u200bzero\u200bwidth\u200b",
        "\u202eright to left",
        "\ufefftext",
        "z\u0351\u0332a\u0336l\u0489g\u0334o",
        "\u2603 \u2764\ufe0f",
    ),
    *(
        "UPPER",
        "lower",
        "12345",
        "!!! ??? ...",
        "a",
        "A1!",
        "zqxv jkzq wvxq",
        "\U0001d4d0\U0001d51e",
        "\u00aa\u00ba\u02b0",
    ),
)


def odd_texts(plan: ScoringPlan, column: int) -> tuple[str, ...]:
    """Return texts that are hard to read, texts at the ends of what is looked at, and one of a million bytes."""
    words, runs = _known_texts(plan, column), _known_texts(plan, column, _RUNS)
    far = [int(step.arguments[4]) for step in plan.steps if step.operation == "text" and step.arguments[1] == column]
    ends = []
    for size in far[:1]:
        filled = " ".join([words[i % len(words)] for i in range(size)])
        ends += [
            filled[:size],
            filled[: size + 1],
            "\u0130" * (size - 1) + filled[:3],
            " " * (size + 1) + "x",
            "x" * size,
        ]
    sentence = " ".join(words[:200]) + " \u00fc\U0001f600 Q. "
    long = sentence * (_LONGEST // len(sentence.encode()) + 1)
    alone = [words[0].upper(), words[-1].title(), words[len(words) // 2], runs[0] * 3, runs[-1], words[0] * 2]
    some = words[:: max(1, len(words) // 12)]
    blanks = [blank.join(some) for blank in "\x1c\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000\t\u200b"]
    return (*_ODD, *blanks, *(sign.upper() for sign in plan.columns[column].missing[:3]), *alone, *ends, long)


def drawn_texts(plan: ScoringPlan, column: int, count: int, rng: np.random.Generator) -> list[str]:
    """Return texts of words that the plan knows and of some that it does not, a tenth of them empty."""
    words, runs = _known_texts(plan, column), _known_texts(plan, column, _RUNS)
    texts = []
    for size in rng.geometric(0.12, count).tolist():
        chosen = [_spoken(words[i], kind) for i, kind in rng.integers(0, (len(words), 12), (size, 2)).tolist()]
        if size % 4 == 0:
            chosen.append(runs[int(rng.integers(len(runs)))] + "zq")
        texts.append("" if rng.random() < 0.1 else " ".join(chosen))
    return texts


def _known_texts(plan: ScoringPlan, column: int, place: int = _WORDS) -> Sequence[str]:
    """Return the words, or runs of characters, that the steps of a column know."""
    lists = [
        plan.texts[int(step.arguments[place])]
        for step in plan.steps
        if step.operation == "text" and step.arguments[1] == column
    ]
    return sorted({text for texts in lists for text in texts}) or ["word", "unknown"]


def _spoken(word: str, kind: int) -> str:
    said = {0: word.upper(), 1: word.title(), 2: f"{word},", 3: f"({word})", 4: f"{word}.", 5: f"{word}zq", 6: "Zqxv7"}
    return said.get(kind, word)

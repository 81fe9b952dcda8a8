"""Other words and other languages are noticed; bursts of one topic and copies are not taken for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from journeyman.drift_detectors.vocabulary import VocabularyDetector
from journeyman.entities.column import Column, Kind
from journeyman.entities.signal import Signal
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic

TASK = Task("y", "binary", "log_loss", ("a", "b"))
HOUR = 3_600_000
Writer = Callable[[int, int], str]


def writer(rng: np.random.Generator) -> Writer:
    """Return what writes texts of twenty topics whose words are few or many, with long tails of rare ones."""
    sizes = rng.integers(200, 6_000, 20)

    def write(topic: int, shift: int = 0) -> str:
        own = np.minimum(rng.zipf(1.3, rng.integers(5, 40)), sizes[topic]) + shift
        return " ".join(f"t{topic}w{w}" if rng.random() < 0.6 else f"w{min(rng.zipf(1.5), 5000)}" for w in own)

    return write


def reference(texts: list[str]) -> Reference:
    n = len(texts)
    rows = {"t": np.array(texts, dtype=object)}
    return Reference(rows, np.full((n, 2), 0.5), np.zeros(n), np.zeros(n), {"t": 1.0}, (Column("t", Kind.TEXT),))


def traffic(hour: int, texts: list[str]) -> Traffic:
    begin, n = 1_700_000_000_000 + hour * HOUR, len(texts)
    rows = {"t": np.array(texts, dtype=object)}
    ids, times = hour * 10_000 + np.arange(n), begin + np.arange(n) * 1_000
    none = np.full(n, np.nan)
    return Traffic(
        begin, begin + HOUR, ids, times, np.ones(n, int), rows, np.full((n, 2), 0.5), none, np.full(n, -1), {}, Feed(n)
    )


def looks(known: Reference, hours: list[list[str]], memory: Mapping | None = None) -> tuple[Mapping, list[Signal]]:
    detector = VocabularyDetector()
    memory = detector.begin(known, TASK) if memory is None else memory
    last: list[Signal] = []
    for hour, texts in enumerate(hours):
        memory, signals = detector.look(known, TASK, memory, traffic(hour, texts))
        last = list(signals)
    return memory, last


def bursts(rng: np.random.Generator, write: Writer, count: int) -> list[str]:
    """Return texts that come in bursts of one topic, a third of them as copies of one."""
    rows: list[str] = []
    while len(rows) < count:
        topic = int(rng.integers(20))
        burst = [write(topic, 0) for _ in range(rng.integers(5, 120))]
        rows += burst[:1] * int(rng.integers(2, 60)) if rng.random() < 0.3 else burst
    return rows[:count]


@pytest.mark.slow
def test_bursts_of_a_topic_and_copies_alarm_nobody():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        write = writer(rng)
        known, memory = reference([write(int(rng.integers(20)), 0) for _ in range(1_500)]), None
        for _ in range(25):
            memory, signals = looks(known, [bursts(rng, write, 80)], memory)
            assert not signals, f"seed {seed}"


def test_other_words_are_noticed_and_named():
    rng = np.random.default_rng(0)
    write = writer(rng)
    known = reference([write(int(rng.integers(20)), 0) for _ in range(600)])
    _, (signal,) = looks(known, [[write(int(rng.integers(20)), 9_000) for _ in range(150)] for _ in range(3)])
    assert (signal.code, signal.columns) == ("DR302", ("t",))
    assert "uses other words" in signal.message


def test_another_language_is_noticed_and_named():
    english = [f"this is the one that you have for number {i}" for i in range(400)]
    german = [f"das ist nicht der beste, aber ich habe number {i}" for i in range(300)]
    _, signals = looks(reference(english), [german])
    assert any("is written in German in 100% of the texts, 0% before" in s.message for s in signals)


def test_a_change_that_has_passed_is_not_told():
    english = [f"this is the one that you have for number {i}" for i in range(400)]
    german = [f"das ist nicht der beste, aber ich habe number {i}" for i in range(300)]
    later = [[f"this is the one that you have for number {i} number {k}" for i in range(250)] for k in range(4)]
    _, signals = looks(reference(english), [german, *later])
    assert not signals


def test_tables_without_texts_are_left_alone():
    known = Reference({"x": np.zeros(9)}, np.zeros((9, 2)), np.zeros(9), np.zeros(9), {}, (Column("x", Kind.NUMBER),))
    assert VocabularyDetector().look(known, TASK, VocabularyDetector().begin(known, TASK), traffic(0, ["a"]))[1] == ()

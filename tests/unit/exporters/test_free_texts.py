"""Free texts in a scoring plan: what the plan says of Unicode, and that readers add up as the release does."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from journeyman.entities.candidate import Refusal
from journeyman.entities.column import Column, Kind
from journeyman.entities.scoring_plan import PlanStep, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.c import CExporter
from journeyman.exporters.java import JavaExporter
from journeyman.exporters.javascript import JavaScriptExporter
from journeyman.exporters.python_project import PythonExporter
from journeyman.exporters.scoring_plan import Named, every_operation, lower, plan_text
from journeyman.exporters.scoring_plan.columns import plan_column
from journeyman.exporters.scoring_plan.draft import CannotSay, Draft
from journeyman.exporters.scoring_plan.free_texts import text_features
from journeyman.exporters.scoring_plan.letters import letters_of
from journeyman.exporters.scoring_plan.project import SelfTest, check_project_answers, make_selftest, write_project
from journeyman.exporters.scoring_plan.selftest import Answers, answers_text
from journeyman.interfaces import ProjectExporter, ProjectFacts
from journeyman.sources.parsing.cells import cell_reader
from journeyman.testing.project_checks import sample_project_plan
from journeyman.transformers.ngrams import Ngrams, learn_ngrams
from journeyman.transformers.texts import TextStep, text_shapes, whole_logarithms

COLUMN = Column("note", Kind.TEXT, missing_markers=("Gone", "5"))
FAR, NEAR = 60, 20
READERS = (CExporter(), JavaExporter(), JavaScriptExporter())
EVERY = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x20000)]))
ALPHABET = (
    *"aabbcekisz AB CEKISZ  \t\n\r\v\f\x1c\x1f\x85\xa0\u2003\u2028\u3000\u200b\ufeff,;:.'\"\\-_09\x01\x1b\x7f",
    *"\u0130\u0131\u00df\u1e9e\u017f\u212a\u212b\u00e5\u00c5\u00e9e\u0301\u0308\u00ad\u0387\u02b0\ufb01\u01c5\u01c4",
    *"\u03a3\u03a3\u03c3\u03c2\u0391\u03b1\u039f\u03bf\u0345\u1f88\u0410\u0430\u0401\u10a0\u13a0\uab70\u05d0\u0661\u00b2\u2160",
    *"\u6211\u5317\u4eac\u3042\ud55c\u0e01\U0001f600\U0001f468\u200d\ufe0f\U00010400\U00010428\U0001d400\ue000\uffff\U0010ffff",
)


@cache
def odd_texts() -> tuple[str, ...]:
    rng = np.random.default_rng(7)
    letters = np.array(ALPHABET)
    sizes = rng.integers(0, 90, 1_990)
    texts = ["".join(rng.choice(letters, size)) for size in sizes.tolist()]
    hard = (
        "",
        "Gone",
        "gone",
        "5",
        "N/A",
        "n/\u0410",
        ".\u212a",
        "\u0130" * FAR,
        "x" + " " * 200_000 + "x",
        "a b " * 50_000,
    )
    return (*texts, *hard)


@cache
def text_step() -> TextStep:
    ngrams = learn_ngrams(odd_texts(), FAR, NEAR)
    assert ngrams is not None
    rng = np.random.default_rng(8)
    weights = rng.normal(size=(len(ngrams.idf), 3)).astype(np.float32)
    return TextStep("note", tuple("abc"), ngrams, weights, rng.normal(size=3).astype(np.float32))


def plan_of(step: TextStep) -> ScoringPlan:
    draft = Draft(registers=1)
    registers = text_features(draft, step, 0)
    return ScoringPlan(
        name="texts",
        version=1,
        task="regression",
        target="y",
        columns=(plan_column(COLUMN),),
        texts=tuple(draft.texts),
        arrays=tuple(draft.arrays),
        registers=draft.registers,
        steps=tuple(draft.steps),
        scores=registers,
        outputs=registers[:1],
    )


def expected(step: TextStep, texts: tuple[str, ...]) -> np.ndarray:
    read = cell_reader(COLUMN)
    return step.transform({"note": np.array([read(text) for text in texts], dtype=object)})


def selftest_of(step: TextStep, texts: tuple[str, ...]) -> SelfTest:
    scores = expected(step, texts)
    return SelfTest({"note": list(texts)}, Answers(scores, scores[:, :1]))


def check(exporter: ProjectExporter, plan: ScoringPlan, selftest: SelfTest, folder: Path) -> None:
    lacking = exporter.toolchain()
    if lacking is not None:
        pytest.skip(lacking.reason)
    write_project(exporter, ProjectFacts(plan, "tiny", selftest.example()), selftest, folder)
    check_project_answers(exporter, plan, selftest, folder)


@pytest.mark.slow
def test_letters_are_those_of_python_wherever_they_matter() -> None:
    used = frozenset(EVERY) | frozenset(EVERY.lower())
    whole, few = letters_of(used), letters_of(frozenset("abk"))
    pairs = dict(zip(whole.lower[::2].tolist(), whole.lower[1::2].tolist(), strict=True))
    wrong = [c for c in EVERY if chr(pairs.get(ord(c), ord(c))) != c.lower()]
    assert wrong == ["\u0130"], "the one letter that becomes two has a rule of its own"
    assert "\u0130".lower() == "i\u0307"
    ranges = zip(whole.words[::2].tolist(), whole.words[1::2].tolist(), strict=True)
    found = {chr(point) for first, last in ranges if first < 0x20000 for point in range(first, min(last, 0x1FFFF) + 1)}
    assert found == set("".join(re.findall(r"\w+", EVERY)))
    left_out = pairs.keys() - set(few.lower[::2].tolist())
    assert {65, 66, 75, 0x212A} == pairs.keys() - left_out
    alike = [p for p in left_out if bool(re.match(r"\w", chr(p))) != bool(re.match(r"\w", chr(pairs[p])))]
    assert not alike, "a letter that stays as it is must be as much of a word as its small letter"
    assert not [c for c in EVERY if c.lower().lower() != c.lower()]


def test_blanks_are_those_of_python() -> None:
    page = Path("docs/reference/scoring-plan.md").read_text(encoding="utf-8")
    line = next(line for line in page.splitlines() if line.startswith("3. *Blanks.*"))
    told: set[int] = set()
    for first, last in re.findall(r"U\+([0-9A-F]{4})(?: to U\+([0-9A-F]{4}))?", line):
        told |= set(range(int(first, 16), int(last or first, 16) + 1))
    assert told == {ord(c) for c in EVERY if c.isspace()}


def test_logarithms_are_those_of_the_library_to_two_units_in_the_last_place() -> None:
    counts = np.concatenate([np.arange(10_000.0), np.arange(0.0, 3e6, 997.0)])
    for values in (counts[:4_000], counts):
        difference = np.abs(whole_logarithms(values) - np.log1p(values))
        assert (difference <= 2 * np.spacing(np.log1p(values))).all()
    assert np.array_equal(whole_logarithms(counts)[:4_000], whole_logarithms(counts[:4_000]))
    assert np.array_equal(text_shapes(["ab c"], 9)[0, :2], np.log1p([4.0, 2.0])), "what is learnt from stays as it was"


@pytest.mark.slow
@pytest.mark.parametrize("exporter", READERS, ids=lambda exporter: exporter.name)
def test_two_thousand_odd_texts_have_the_same_bits(exporter: ProjectExporter, tmp_path: Path) -> None:
    step = text_step()
    assert len(odd_texts()) == 2_000
    assert {"\u03c2", "\u03c3"} & set("".join(step.ngrams.words))
    check(exporter, plan_of(step), selftest_of(step, odd_texts()), tmp_path)


@pytest.mark.slow
def test_the_reader_in_python_has_them_too_and_reads_typed_values(tmp_path: Path) -> None:
    step, some = text_step(), odd_texts()[::20] + odd_texts()[-10:]
    plan = plan_of(step)
    check(PythonExporter(), plan, selftest_of(step, some), tmp_path)
    typed = (
        "import json, scorer; model = scorer.read_plan('plan.txt');"
        "given = (3.0, '3', True, 'True', None, float('nan'), '');"
        "print(json.dumps([model.predict({'note': value}).scores for value in given]))"
    )
    done = subprocess.run(
        ["python3", "-c", typed], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    three, text, true, word, none, nan, empty = json.loads(done.stdout)
    assert three == text
    assert true == word
    assert none == nan == empty != text


FAULTS = {
    "the dotted capital i": ("=== 0x130", "=== 0x999"),
    "a line separator": ("c === 0x2028 ||", ""),
    "the last sigma": ("LAST_SIGMA = 0x3c2", "LAST_SIGMA = 0x3c3"),
    "marks beside a sigma": ("while (after < points.length && isIn(passed, points[after])) after += 1;", ""),
    "sums of doubles": ("const totals = new Float32Array(width)", "const totals = new Float64Array(width)"),
    "how far runs go": ("points.slice(0, near)", "points"),
    "how far words go": ("points.length < most", "true"),
    "pairs over unknown words": ("      before = word;", "      if (word !== undefined) before = word;"),
    "damped counts": ("Math.min(counts.get(gram), damped.length - 1)", "1"),
    "halves of characters": ("text.codePointAt(i)", "text.charCodeAt(i)"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_self_test_finds_a_reader_that_errs(fault: str, tmp_path: Path) -> None:
    fitted = sample_project_plan(every_operation(), "texts")
    assert fitted is not None
    exporter, written, selftest = JavaScriptExporter(), *_lowered()
    write_project(exporter, ProjectFacts(written, "tiny", selftest.example()), selftest, tmp_path)
    source = (tmp_path / "texts.mjs").read_text(encoding="utf-8")
    before, after = FAULTS[fault]
    assert before in source
    (tmp_path / "texts.mjs").write_text(source.replace(before, after), encoding="utf-8")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    with pytest.raises(ReleaseError, match="answers otherwise"):
        check_project_answers(exporter, written, selftest, tmp_path)


@cache
def _lowered() -> tuple[ScoringPlan, SelfTest]:
    fitted = sample_project_plan(every_operation(), "texts")
    assert fitted is not None
    written = lower(fitted.plan, fitted.task, Named("tiny", 1, fitted.members))
    assert not isinstance(written, Refusal)
    return written, make_selftest(fitted.plan, written, fitted.columns, (), 0)


@pytest.mark.slow
@pytest.mark.parametrize("exporter", READERS[:2], ids=lambda exporter: exporter.name)
def test_a_damaged_step_is_refused(exporter: ProjectExporter, tmp_path: Path) -> None:
    plan = plan_of(text_step())
    places = {"weights of another number": (15, 9), "a list that is not there": (6, 99), "no column of texts": (1, 7)}
    for what, (place, value) in places.items():
        (sums, *others) = plan.steps
        arguments = (*sums.arguments[:place], float(value), *sums.arguments[place + 1 :])
        damaged = replace(plan, steps=(PlanStep("text", arguments), *others))
        folder = tmp_path / str(place)
        folder.mkdir()
        with pytest.raises(ReleaseError) as refused:
            check(exporter, damaged, selftest_of(text_step(), ("a",)), folder)
        assert "step" in refused.value.message, what
        assert "text" in refused.value.message, what


@pytest.mark.slow
def test_readers_without_texts_refuse_members_by_name() -> None:
    fitted = sample_project_plan(every_operation(), "texts")
    assert fitted is not None
    known = every_operation() - {"text", "shape"}
    refused = lower(fitted.plan, fitted.task, Named("tiny", 1, fitted.members), known)
    assert isinstance(refused, Refusal)
    for member in fitted.members:
        assert f"the steps shape, text in the member {member}" in refused.reason


def test_what_weighs_nothing_is_left_out() -> None:
    step = text_step()
    told = len(step.ngrams.words) + len(step.ngrams.pairs)
    kept = np.where(np.arange(len(step.weights))[:, None] < told, step.weights, np.float32(0))
    worded = TextStep("note", step.suffixes, step.ngrams, kept, step.offsets)
    plan = plan_of(worded)
    words, runs = (plan.texts[int(plan.steps[0].arguments[place])] for place in (6, 8))
    assert (len(words), len(runs)) == (len(step.ngrams.words), 0)
    assert len(plan_text(plan)) < len(plan_text(plan_of(step)))


def test_n_grams_that_no_file_can_hold_are_refused() -> None:
    ngrams = Ngrams(("\ud800",), np.zeros(0, np.int64), (), np.ones(1, np.float32), 9, 9)
    step = TextStep("note", ("a",), ngrams, np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    with pytest.raises(CannotSay, match="surrogates"):
        plan_of(step)


@pytest.mark.slow
def test_self_tests_hold_what_is_hard_to_read() -> None:
    _, selftest = _lowered()
    told = set(selftest.rows["note"])
    assert {
        "",
        "\U0001f600",
        "\u0130STANBUL \u0131\u0130i I",
        "\u6211\u7231\u5317\u4eac\u5929\u5b89\u95e8",
        '""',
    } <= told
    assert max(len(text.encode()) for text in told) > 1_000_000
    rows = answers_text(selftest.rows, selftest.answers)
    csv.field_size_limit(2**31 - 1)
    assert len(list(csv.reader(io.StringIO(rows, newline="")))) == 1 + len(selftest.rows["note"])

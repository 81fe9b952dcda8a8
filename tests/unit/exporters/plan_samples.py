"""Made-up scoring plans that hold every operation, and rows with what readers get wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import PlanColumn, PlanStep, ScoringPlan

__all__ = ["sample_plan", "sample_rows", "table_text"]

FORMATS = (
    "%d.%m.%y",
    "%d %b %Y %I:%M %p",
    "%d/%m/%Y %H:%M:%S.%f%z",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S.%f%z",
)
FORMATS += ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m", "%Y%m%d%H%M%S")
COLUMNS = (
    PlanColumn("width", "number", missing=("n/a", "NA", "-999", "12e2"), unit="km"),
    PlanColumn("height, in m", "number", decimal=",", missing=("?",)),
    PlanColumn("old", "boolean", categories=("No", "yes", "FALSE", "true")),
    PlanColumn(
        "color", "category", categories=("red", "blue green", "3", 'a"b', "Grün", "2.5", "1e+20"), missing=("?", "4")
    ),
    PlanColumn("day", "date", missing=("none", "01.01.51"), formats=FORMATS, century=1950),
    PlanColumn("note", "text"),
    PlanColumn("moment", "date", missing=("0",), formats=("epoch_ms",)),
    PlanColumn("code", "category", categories=("007", "012", "100"), unit="zeros"),
    PlanColumn("exact", "category", categories=("7", "7.50"), unit="exact"),
    PlanColumn("flag", "boolean", categories=("0", "1"), missing=("-1",)),
)
LABELS = ("low", "mid dle", "hi,gh")
WIDTHS = [
    "0", "-0", "1", "2.5", "-3", "1e-35", "-1e-35", "8.5e-36", "1.0000000180025095e-35", "1e300", "-1e300",
    "1e999", "-1e999", "nan", "n/a", "na", "NA", "", "  7 ", "5 km", "-km 5",
    "+km5", "-5km", "km 5", "5km", "1,234.5", "1 234.5",
    "1'000", "12.5.1", "x", "-999", "-9.99e2", "1200", "True", "'5'", '="6"', '\xa07\u200b', "1_000", "1,00",
    "01,000", "km", "5km km", "+.", "+4", ".5", "5.", "1E5", "0x10", "9007199254740993",
    "123456789012345678901234567890", "0.30000000000000004", "-0.5", "3e9", "2147483648",
]  # fmt: skip
HEIGHTS = [
    "1,5", "1.234,5", "1.5", "?", "", "-0,25", "2,5e3", "0", "1", "nan", "inf", "16,000000000000004", "1.50",
    "1.500", "1.5000", "2.e3", "2.25e1", ",5", "-.5",
]  # fmt: skip
OLDS = [
    "yes", "NO", "True", "false", "1", "0", "0.5", "maybe", "", " Yes ",
]  # fmt: skip
COLORS = [
    "red", "blue green", "3", "3.0", 'a"b', "Grün", "grün", "2.50", "2.5", "", "Red", "NA", " red", "1e0", "?",
    "4", "4.0", "100000000000000000000", "+3", "-3", "'red'",
]  # fmt: skip
DAYS = [
    "31.12.49", "01.01.50", "29.2.00", "30.2.00", "5 May 2021 12:05 am", "5 Sep 2021 12:05 PM",
    "5 may 2021 0:05 AM", "05/06/1969 23:59:59.25+02:00", "05/06/1969 3:00:00.5Z", "2024-02-29", "2023-02-29",
    "2024-05-31 12:30", "2024-05-31T12:30:15.125-0530", "2024-05-31 12:30:15Z", "1900-03-01",
    "1960-01-01 00:00:00.75", "", "?", "2024-13-01", "2024-05-31T23:00:00", "0001-01-01", "12", "none",
    "01.01.51", "1951-01-01", "2024-5", "2024-05", "20240531123000", "5 Jan. 2021 1:05 PM",
    "5 January 2021 01:05 pm",
]  # fmt: skip
MOMENTS = [
    "1717158600500.5", "1717158600501.0005", "1.0015", "1.0025", "-12345", "0", "0.0", "x", "1e300", "",
]  # fmt: skip
CODES = [
    "7", "7.0", "007", "+7", "12", "012.0", "0100", "1e2", "-7", "7.5", "",
]  # fmt: skip
EXACTS = [
    "7", "7.0", "7.5", "7.50", "07", "",
]  # fmt: skip
FLAGS = [
    "0", "1", "1.0", "0.25", "-1", "-1.0", "yes", "",
]  # fmt: skip


@dataclass
class _Builder:
    rng: np.random.Generator
    arrays: list[NDArray[np.float64]] = field(default_factory=list)
    steps: list[PlanStep] = field(default_factory=list)
    free: int = len(COLUMNS)

    def array(self, values: object) -> int:
        self.arrays.append(np.asarray(values, dtype=np.float64).ravel())
        return len(self.arrays) - 1

    def step(self, operation: str, written: int, *arguments: float) -> int:
        first = self.free
        self.steps.append(PlanStep(operation, (first, *arguments)))
        self.free += written
        return first

    def random(self, *shape: int) -> int:
        return self.array(self.rng.normal(size=shape))


def sample_plan(operations: frozenset[str], seed: int = 0, trees: int = 40, outputs: int = 3) -> ScoringPlan:
    """Return a plan that holds all of these operations; with labels where nothing but ``softmax`` predicts."""
    b = _Builder(np.random.default_rng(seed))
    features = _features(b, operations)
    scores = _models(b, operations, features, trees, outputs)
    predictions = _predictions(b, operations, scores, outputs)
    interval = (b.free - 2, b.free - 1) if "interval" in operations else None
    texts = tuple(t for c in COLUMNS for t in (c.categories, c.missing, c.formats))
    return ScoringPlan(
        *("a model", 3, "multiclass", "the target", COLUMNS, (*texts, LABELS[:outputs])),
        *(tuple(b.arrays), b.free, tuple(b.steps), tuple(scores), tuple(predictions)),
        labels=LABELS[:outputs] if len(predictions) == outputs else (),
        interval=interval,
    )


def _features(b: _Builder, operations: frozenset[str]) -> list[int]:
    numbers, codes = [0, 1, 2, 4], [3]
    made: list[int] = []

    def add(operation: str, written: int, *arguments: float) -> int | None:
        if operation not in operations:
            return None
        first = b.step(operation, written, *arguments)
        made.extend(range(first, first + written))
        return first

    add("plain", 1, 0)
    lists = [b.array(numbers), b.array([0.5, 1, 0, 1e9]), b.array([1.5, 0.25, 0, 1e9]), b.array([0.7, 2, 1, 1e-9])]
    fill = add("fill", 6, *lists, 4.0, b.array([0, 3]))
    add("code", 3, b.array([3, 7, 8]))
    add("onehot", 3, 3, 3)
    add("table", 2, 3, 2, b.random(7, 2))
    add("calendar", 7, 4, b.array(range(7)), 86400.5, -1.0)
    add("gaps", 1, b.array(numbers), b.array(codes))
    slot = add("slot", 1, 3, 6)
    edges = b.array([-1, 0, 1, 2.5, 5])
    binned = add("bin", 1, 0, edges)
    if slot is not None and binned is not None:
        add("cell", 1, slot, binned, 6, 2, b.random(50))
        add("cell", 1, slot, -1, 1, 0, b.random(7))
    add("weigh", 1, 0, 1, 0.3, -1.7)
    add("weigh", 1, 6, 9, 1e-3, 1e6)
    add("product", 1, 0, 1)
    add("ratio", 1, 0, 1)
    assert fill is not None
    return made


def _models(b: _Builder, operations: frozenset[str], features: list[int], trees: int, outputs: int) -> list[int]:
    scores: list[int] = []
    filled = features[1:7]

    def add(operation: str, *arguments: float) -> None:
        if operation in operations:
            first = b.step(operation, outputs, *arguments)
            scores.extend(range(first, first + outputs))

    add("constant", b.array([0.1, -0.2, 0.3][:outputs]))
    add("lines", b.array(filled), outputs, b.random(len(filled), outputs), b.random(outputs))
    add("lines", b.array([]), outputs, b.array([]), b.random(outputs))
    add("trees", b.array(features), outputs, *_trees(b, features, trees, 0))
    add("trees", b.array(features), outputs, *_trees(b, features, trees, 16))
    add("forest", b.array(features), outputs, *_forest(b, features, trees, outputs))
    add("symmetric", b.array(features), outputs, *_symmetric(b, features, trees, outputs))
    return scores


def _nodes(b: _Builder, trees: int, splits: int) -> tuple[list[int], list[int], list[int], int]:
    """Return left, right (places), roots, and how many leaves there are; the last tree is a leaf alone."""
    left, right, roots, leaves = [], [], [], 0
    for _ in range(trees - 1):
        first = len(left)
        roots.append(first)
        open_places = [(first, 0)]
        left.append(0)
        right.append(0)
        while open_places:
            node, side = open_places.pop(int(b.rng.integers(len(open_places))))
            for sides in (left, right):
                if len(left) - first < splits:
                    sides[node] = len(left)
                    open_places.append((len(left), side))
                    left.append(0)
                    right.append(0)
                else:
                    sides[node] = -1 - leaves
                    leaves += 1
    roots.append(-1 - leaves)
    return left, right, roots, leaves + 1


def _trees(b: _Builder, features: list[int], trees: int, rounded: int) -> list[int]:
    left, right, roots, leaves = _nodes(b, trees, 7)
    count = len(left)
    feature = b.rng.integers(len(features), size=count)
    missing = b.rng.integers(3, size=count)
    category = b.rng.random(count) < 0.3
    flags = missing + 4 * b.rng.integers(2, size=count) + 8 * category + rounded
    usual = [0.0, 1.0, 2.5, 0.3, 0.30000000000000004, -1e-35, 1.0000000180025095e-35, np.inf, 5.0, 1234.5, 0.5, -0.5]
    threshold = np.where(category, np.cumsum(category) - 1, b.rng.choice(usual, size=count))
    sizes = b.rng.integers(1, 4, size=int(category.sum()))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    bits = b.rng.integers(2**32, size=int(sizes.sum()))
    lists = (feature, threshold, flags, left, right, b.rng.normal(size=leaves), roots, starts, bits)
    return [b.array(values) for values in lists]


def _forest(b: _Builder, features: list[int], trees: int, outputs: int) -> list[int]:
    left, right, roots, leaves = _nodes(b, trees, 7)
    count = len(left)
    places = lambda sides: [count - 1 - p if p < 0 else p for p in sides]  # noqa: E731  # leaves stand behind the nodes
    own = list(range(count, count + leaves))
    leaf = [0] * count + list(range(leaves))
    threshold = b.rng.choice([0.0, 0.1, float(np.float32(0.3)), 1.0, 2.5, 5.0, -0.5], size=count + leaves)
    feature = b.rng.integers(len(features), size=count + leaves)
    answers = b.rng.normal(size=(leaves, outputs))
    lists = (feature, threshold, places(left) + own, places(right) + own, leaf, answers, places(roots))
    return [b.array(values) for values in lists]


def _symmetric(b: _Builder, features: list[int], trees: int, outputs: int) -> list[int]:
    depth, numbers, coded = 3, [0, 1, 2, 3], [7]
    tables = b.rng.normal(size=7)
    inputs = b.rng.integers(len(numbers) + len(coded), size=trees * depth)
    border = b.rng.choice([0.0, float(np.float32(0.3)), 1.0, -0.5, 0.25], size=trees * depth)
    first = [b.array(v) for v in (numbers, coded, [0, 7], tables)]
    rest = [b.array(v) for v in (inputs, border, b.rng.normal(size=(trees * 2**depth, outputs)))]
    return [*first, depth, *rest, b.random(outputs)]


def _predictions(b: _Builder, operations: frozenset[str], scores: list[int], outputs: int) -> list[int]:
    n = outputs
    predictions: list[int] = []

    def add(operation: str, written: int, *arguments: float) -> int:
        if operation not in operations:
            return scores[0]
        first = b.step(operation, written, *arguments)
        predictions.extend(range(first, first + written))
        return first

    last = scores[-n]
    filled = len(COLUMNS) + 1  # what `fill` wrote
    if "neighbours" in operations:
        lists = [
            b.array([0, 2, 1]),
            b.random(3),
            b.random(20, 3),
            b.random(20, n),
            b.array(b.rng.integers(1, 4, size=20)),
        ]
        lists.append(b.array([0.2, 0.3, 0.5][:n]))
        inputs = b.array([filled, filled + 1, filled + 2])
        add("neighbours", n, inputs, n, *lists, 4, 1, 1)
        add("neighbours", n, inputs, n, *lists, 30, 0, 0)
    if "squash" in operations:
        z = add("squash", 3, b.array([filled, filled + 1, filled + 2]), b.random(3), b.random(3))
        w = add("waves", 4, z, 2, 3, 2, *(b.random(6) for _ in range(2)), b.random(12), b.random(4))
        add("embed", 2, 3, 7, 2, b.random(14))
        d = add("dense", 4, b.array([z, z + 1, w, w + 1, w + 3]), 4, b.random(5, 4), b.random(4))
        add("bend", 4, d, 4, 0, b.random(4))
        add("bend", 4, d, 4, 1, b.random(4))
    add("copy", n, last, n)
    add("logistic", 2, last)
    add("share", 2, last)
    p = add("softmax", n, last, n)
    q = add("softmax", n, scores[0], n) if "mean" in operations else p
    add("above", n, last, n - 1, 0, b.array([-0.5, 0.75][: n - 1]))
    add("above", n, last, n - 1, 1, b.array([0.25, 0.5][: n - 1]))
    add("clip", n, last, n, -0.5, 0.5)
    add("affine", n, last, n, 3.0, -0.7)
    add("divide", n, last, n, 3.0)
    add("add", n, last, p, n)
    add("ordered", n, last, n, b.array([2, 0, 1][:n] if n == 3 else range(n)))
    m = add("mean", n, n, b.array([p, q]), b.array([0.3, 0.7]))
    add("temper", n, p, n, 1.7)
    add("unscale", 1, last, 0, 20.0, -1.0)
    add("unscale", 1, last, 1, 20.0, -1.0)
    correct = [b.array(v) for v in ([filled, 1], [-1.0, -2.0], [1.0, 2.0], [3, 3], [0, 2])]
    correct += [b.random(4 + n), b.array(np.abs(b.rng.normal(size=4 + n)) + 0.5), b.random(4 + n, n), b.random(n)]
    add("correct", n, m, n, 1, 0, 0.5, 1e10, 0, *correct)
    add("correct", n, m, n, 0, 1, 0.0, 0.0, 1, *correct)
    marks = sorted(_marks([(1.0, 0.0), (1.0, 0.0), (float("nan"), 1.0), (2.5, -1.0)]))
    sides = [
        b.array([mark >> 32 for mark in marks]),
        b.array([mark & 0xFFFFFFFF for mark in marks]),
        b.array([0, 1, 2, 1]),
    ]
    add("known", n, m, n, 2.5, b.array([0, 3]), *sides)
    add("known", 1, last, 1, 2.5, b.array([0, 3]), *sides)
    add("spread", n, last, n, float("nan"), b.array([0.5, 0.1, 0.9][:n]), b.array([1.0, 2.0, 1.5][:n]))
    add("spread", n, last, n, 0.1, b.array([0.5, 0.9]), b.array([1.0, 0.5]))
    f = add("factor", 1, 0, b.array([-1.0, 0.5, 4.0]), b.array([0.1, 0.7, -0.3]), 0.05)
    g = add("factor", 1, 3, b.array([]), b.array([0.1, 0.2, 0.3]), -0.4)
    s = add("size", 1, b.array([f, g]), 0.2, -0.3, 0.9)
    add("interval", 2, last, 0, 0, 1.0, 2.0, -1)
    add("interval", 2, last, 1, 2 if n > 2 else 0, 1.0, 2.0, s)
    return [p, p + 1, p + 2][:n] + [r for r in predictions if not p <= r < p + n]


def _marks(rows: list[tuple[float, ...]]) -> list[int]:
    most = (1 << 64) - 1

    def mix(w: int) -> int:
        w = (w ^ (w >> 30)) * 0xBF58476D1CE4E5B9 & most
        w = (w ^ (w >> 27)) * 0x94D049BB133111EB & most
        return w ^ (w >> 31)

    def word(x: float) -> int:
        return 0x7FF8000000000000 if x != x else int(np.float64(x + 0.0).view(np.uint64))

    return [mix(sum(mix(word(x) + i * 0xD1342543DE82EF95 & most) for i, x in enumerate(row, 1)) & most) for row in rows]


def sample_rows(seed: int = 0, count: int = 150) -> list[list[str]]:
    """Return rows of texts, the header first."""
    rng = np.random.default_rng(seed)
    choices = (
        WIDTHS,
        HEIGHTS,
        OLDS,
        COLORS,
        DAYS,
        ["some, text", 'with "quotes"', "two\nlines", ""],
        MOMENTS,
        CODES,
        EXACTS,
        FLAGS,
    )
    rows = [[choice[i % len(choice)] for choice in choices] for i in range(len(WIDTHS))]
    rows += [[str(choice[rng.integers(len(choice))]) for choice in choices] for _ in range(count - len(rows))]
    for row in rows[::3]:
        row[0] = repr(float(rng.normal() * 3))
        row[1] = repr(float(rng.normal())).replace(".", ",")
    last = [""] * (len(choices) - 4)
    rows += [["1", "0", "1", "red", *last], ["", "0", "1", "blue green", *last], ["2.5", "0", "1", "?", *last]]
    return [[c.name for c in COLUMNS], *rows]


def table_text(rows: list[list[str]]) -> str:
    """Return rows as comma-separated values."""
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    return "\n".join(",".join(row) for row in quoted) + "\n"

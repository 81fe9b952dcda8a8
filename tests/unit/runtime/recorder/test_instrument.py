"""An instrumented program gives what it gave before, and its expressions are told where they stand."""

from __future__ import annotations

import ast
import contextlib
import io
from pathlib import Path
from typing import Any

import pytest

from journeyman.runtime.recorder.instrument import HOOKS, Places, grown_lists, instrument
from journeyman.runtime.recorder.journal import Journal
from journeyman.runtime.recorder.observer import MOST_TOLD, Observer

PROGRAM = '''
import contextlib
total = 0
def count(step=1, *more, by=2, **named):
    """Counts."""
    global total
    for one in more:
        total += one
    total += step * by + sum(named.values())
    return total
print(count(), count(3, 4, 5, by=1, z=9), total, count.__doc__)
def outer():
    inside = 0
    def inner():
        nonlocal inside
        inside += 1
        return inside
    inner(); inner()
    return inside
print(outer())
class Base:
    __hidden = 5
    size: int = 3
    def __init__(self, a): self.a = a; self.__own = a
    def tell(self): return self.a + self.__hidden + self.__own
class Child(Base):
    def tell(self): return super().tell() * 2
    @property
    def half(self): return self.tell() / 2
    @staticmethod
    def twice(x): return x * 2
c = Child(1)
c.a += 4
print(c.tell(), c.half, Child.twice(4), isinstance(c, Base))
print([x * y for x in range(3) for y in range(x) if x + y])
print({x: x ** 2 for x in range(3)}, sorted({x % 2 for x in range(5)}))
print(any(x > 3 for x in range(5)), (lambda a, b=2: a + b)(1), 1 < 2 < 3, 3 > 2 > 5)
seen = []
def note(x): seen.append(x); return x
print(note(0) and note(1), note(2) or note(3), note(0) or note(5), not note(1), seen)
print(note(1) if note(0) else note(7), seen[-2:])
def numbers(n):
    for i in range(n):
        got = yield i
        if got: yield got
g = numbers(5)
print(next(g), g.send(9), list(g))
try:
    [1, 2][5]
except (IndexError, KeyError) as error:
    print(type(error).__name__, error)
else:
    print("none")
finally:
    print("last")
with contextlib.suppress(ZeroDivisionError):
    1 / 0
first, *rest = [1, 2, 3]
a, (b, d) = 1, (2, 3)
print(first, rest, a, b, d, [1, 2, 3, 4][::2], "text"[-2:], f"{first + 1:>4}|{rest!r}")
for i in range(3):
    if i == 5: break
else:
    print("no break")
while i: i -= 1
if (n := len(rest)) > 1: print(n)
match [1, 2]:
    case [x, y] if x < y: print("pair", x, y)
def deep(n): return 1 if n == 0 else n * deep(n - 1)
print(deep(10), -5 % 3, ~4, 7 // 2, 2 ** -1, 1 @ c if False else "no")
made = [(lambda k=k: k * 10) for k in range(3)]
print([m() for m in made], {**{"a": 1}, "b": 2}, [*range(2), 5])
for k in range(500):
    total = total + k
print(total, [v + 1 for v in range(300)][-1], eval("total + 1"), sorted(locals())[:0])
d1 = {"k": [1, 2]}
d1["k"][0] += 5
del d1["k"][1]
print(d1, 5 if d1 else 6, "%s-%d" % ("a", 2), (yes := 3) + yes)
'''


def run(observer: Observer, places: Places, source: str) -> tuple[str, dict[str, Any]]:
    """Return what an instrumented program prints, and its names."""
    names: dict[str, Any] = {"__name__": "__main__", **observer.hooks(HOOKS)}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for statement in ast.parse(source).body:
            exec(compile(instrument(statement, places), "<prototype>", "exec"), names)
    return printed.getvalue(), names


@pytest.fixture
def observer(tmp_path: Path) -> tuple[Observer, Places]:
    places = Places()
    return Observer(Journal(tmp_path), places), places


def test_a_program_prints_what_it_printed(observer: tuple[Observer, Places]) -> None:
    plain = io.StringIO()
    with contextlib.redirect_stdout(plain):
        exec(compile(PROGRAM, "<prototype>", "exec"), {"__name__": "__main__"})
    printed, _ = run(*observer, PROGRAM)
    assert printed.splitlines() == plain.getvalue().splitlines()
    assert len(printed.splitlines()) == 19


def test_expressions_are_told_where_they_stand(observer: tuple[Observer, Places], tmp_path: Path) -> None:
    source = "x = 2\ny = [x + 1,\n     'ä'.upper()]\nfor k in range(1000):\n    z = k * x\n"
    run(*observer, source)
    observer[0].flush()
    told = (tmp_path / "journal.jsonl").read_text()
    assert '"text": "3", "span": [2, 5, 2, 10]' in told.replace('"columns": null, ', "")
    assert '"text": "\'\\u00c4\'", "span": [3, 5, 3, 17]' in told.replace('"columns": null, ', "")
    times = [line for line in told.splitlines() if '"span": [5, 8, 5, 13]' in line]
    assert len(times) == 1
    assert f'"times": {MOST_TOLD}' in times[0]


def test_lists_that_a_loop_fills_are_found() -> None:
    def found(source: str) -> list[str]:
        [loop] = ast.parse(source).body
        assert isinstance(loop, ast.For)
        return grown_lists(loop)

    assert found("for x in t:\n    a.append(x)\n    b.append(x + 1)") == ["a", "b"]
    assert found("for x in t:\n    if x: a.append(x)") == []
    assert found("for x in t:\n    if x: continue\n    a.append(x)") == []
    assert found("for x in t:\n    a.append(x)\n    a.pop()") == []

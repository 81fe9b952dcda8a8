"""A slice runs by itself and gives what the program gives, without what nothing depends on."""

from __future__ import annotations

import pytest

from journeyman.errors import InputError
from journeyman.stages.slice_program import slice_program

PROGRAM = """import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
np.random.seed(3)
df = pd.DataFrame({'a': np.random.rand(20), 'b': range(20)})
df.head()
df['c'] = df['a'] * 2   # a comment stays
plt.hist(df['a']); plt.show()
tried = df.copy()
tried['d'] = 1
def scaled(x):
    return (x - x.mean()) / x.std()
def unused(x):
    return x
for name in ['a', 'c']:
    df[name] = scaled(df[name])
df.drop('b', axis=1, inplace=True)
print(df.shape)
values = []
values.append(df['a'].sum())
values.append(df['c'].sum())
other = 5; total = sum(values)
result = round(total, 6) + len(df)
"""


def test_a_slice_gives_what_the_program_gives() -> None:
    found = slice_program(PROGRAM, PROGRAM.count("\n"))
    whole: dict[str, object] = {}
    part: dict[str, object] = {}
    exec(compile(PROGRAM.replace("plt.hist(df['a']); plt.show()", "pass"), "whole", "exec"), whole)
    exec(compile(found.source, "part", "exec"), part)
    assert part["result"] == whole["result"]
    for gone in ("plt", "tried", "unused", "other", "print", "df.head()"):
        assert gone not in found.source, gone
    assert "# a comment stays" in found.source
    assert found.statements == 22
    assert all(first <= last for first, last in found.lines)


@pytest.mark.parametrize(
    ("program", "line", "wanted"),
    [
        ("x = 1\nx = 2\ny = x\n", 3, "x = 2\ny = x\n"),
        ("x = []\nif x:\n    x = [1]\ny = x\n", 4, "x = []\nif x:\n    x = [1]\ny = x\n"),
        ("a = [1]\nb = a\nc = 3\nb.append(2)\nd = b\n", 5, "a = [1]\nb = a\nb.append(2)\nd = b\n"),
        ("m = M()\nm.fit(X)\nm.score(Z)\np = m.predict(X)\n", 4, "m = M()\nm.fit(X)\nm.score(Z)\np = m.predict(X)\n"),
        ("from q import *\nx = a()\nprint(x)\n", 3, None),
        ("def f():\n    return g()\ndef g():\n    return 1\nx = f()\n", 5, None),
        ("t = load()\nt\nt.shape\nt['a']\nshow(t)\nu = t\n", 6, "t = load()\nshow(t)\nu = t\n"),
        ("x = 1\n@deco\ndef f():\n    return x\ny = f()\n", 5, "x = 1\n@deco\ndef f():\n    return x\ny = f()\n"),
        ("with q as f:\n    x = f.read()\ny = 2\nz = x\n", 4, "with q as f:\n    x = f.read()\nz = x\n"),
    ],
)
def test_what_a_line_depends_on_is_kept(program: str, line: int, wanted: str | None) -> None:
    assert slice_program(program, line).source == (program if wanted is None else wanted)


def test_what_is_no_statement_is_refused() -> None:
    with pytest.raises(InputError, match="no statement stands at line 9"):
        slice_program("x = 1\n", 9)
    with pytest.raises(InputError, match="no Python"):
        slice_program("print 'x'\n", 1)

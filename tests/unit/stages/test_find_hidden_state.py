"""Hidden state: names that a document uses before it makes them, and no others."""

from __future__ import annotations

import pytest

from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.stages.find_hidden_state import find_hidden_state


def names(*sources: str) -> list[str]:
    cells = tuple(Cell(k + 1, source) for k, source in enumerate(sources))
    return [finding.subject[0] for finding in find_hidden_state(Prototype("n", Language.PYTHON, cells))]


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        (("x = 1", "print(x)"), []),
        (("print(x)", "x = 1"), ["x"]),
        (("print(y + z)", "y = 1"), ["y", "z"]),
        (("def f():\n    return later", "later = 1\nf()"), []),
        (("def f():\n    return never", "f()"), ["never"]),
        (("x += 1",), ["x"]),
        (("x = [a for a in range(3) if a]\ny = a",), ["a"]),
        (("for k, (a, *b) in {}.items():\n    pass\nprint(k, a, b)",), []),
        (("import numpy as np, os.path\nfrom sys import argv as v\nprint(np, os, v)",), []),
        (("with open('f') as f, g as h:\n    print(f, h)",), ["g"]),
        (("try:\n    pass\nexcept ValueError as error:\n    print(error)",), []),
        (("f = lambda a, *b, c=d, **e: (a, b, c, e)",), ["d"]),
        (("class A(B):\n    x = 1\n    def m(self):\n        return A, self, q",), ["B", "q"]),
        (("df['a'][i] = 3",), ["df", "i"]),
        (("from pylab import *\nplot(x)",), []),
        (("if (n := 3) > 2:\n    print(n)",), []),
        (("print(_, display, get_ipython, __name__)",), []),
        (("match 1:\n    case 1:\n        print(zz)",), ["zz"]),
    ],
)
def test_names_that_nobody_has_made_are_found(sources: tuple[str, ...], wanted: list[str]) -> None:
    assert names(*sources) == wanted

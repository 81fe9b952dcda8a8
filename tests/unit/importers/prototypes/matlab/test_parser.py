"""What MATLAB means by its quotes, blanks and ends; odd and broken scripts are told, never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from journeyman.errors import InputError
from journeyman.importers.prototypes.matlab import read_matlab
from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.parser import parse_matlab

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.m"))
_PIECES = (
    "' \" [ ] { } ( ) ... % %{ end if for function . .. @ ~ = : 1 x ; , \\ ^ switch case try catch end+1 [] 1e 0x é"
)


def outcome(script: str) -> str:
    """Return "read", or the message that refuses a script."""
    try:
        read_matlab(script.encode(), "a.m")
    except InputError as error:
        return str(error)
    return "read"


def value_of(line: str) -> s.Expression:
    """Return the value that a line assigns or shows."""
    (statement,) = parse_matlab(line).body
    assert isinstance(statement, s.Assign | s.Show), statement
    return statement.value


def elements(line: str) -> list[int]:
    """Return how many elements each row of a matrix has."""
    matrix = value_of(line)
    assert isinstance(matrix, s.Matrix | s.CellArray)
    return [len(row) for row in matrix.rows]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("x = [1 -2];", [2]),
        ("x = [1 - 2];", [1]),
        ("x = [1 -2 + 3];", [2]),
        ("x = [a' b'];", [2]),
        ("x = [a 'b'];", [2]),
        ("x = [a', 'b c', \"d\"];", [3]),
        ("x = [f(1) g (2)];", [3]),
        ("x = [1 2\n3 4];", [2, 2]),
        ("x = [1, 2; ...\n 3, 4;];", [2, 2]),
        ("x = {@(t) t + 1, 'a'};", [2]),
        ("x = [1 2 % two\n3 4];", [2, 2]),
        ("x = [~a b];", [2]),
        ("x = [a.b c.d{1}];", [2]),
        ("x = [];", []),
    ],
)
def test_elements_of_matrices(line: str, wanted: list[int]) -> None:
    assert elements(line) == wanted


def test_quotes_transpose_or_begin_a_text() -> None:
    assert value_of("x = a';") == s.Transpose(s.Name("a"))
    assert value_of("x = a.b';") == s.Transpose(s.Field(s.Name("a"), s.Text("b")))
    assert value_of("x = [1 2]';") == s.Transpose(s.Matrix(((s.Number("1"), s.Number("2")),)))
    assert value_of("x = 'it''s';") == s.Text("it's")
    assert value_of('x = "a\\tb";') == s.Text("a\tb", double=True)
    assert value_of("x(end)'") == s.Transpose(s.Call(s.Name("x"), (s.End(),)))
    assert value_of("disp('% no comment')") == s.Call(s.Name("disp"), (s.Text("% no comment"),))


def test_signs_bind_as_in_matlab() -> None:
    two, x = s.Number("2"), s.Name("x")
    assert value_of("-x ^ 2") == s.Unary("-", s.Binary("^", x, two))
    assert value_of("2 ^ -x") == s.Binary("^", two, s.Unary("-", x))
    assert value_of("~x == 2") == s.Binary("==", s.Unary("~", x), two)
    assert value_of("1:x + 2") == s.Range(s.Number("1"), None, s.Binary("+", x, two))
    assert value_of("1./x") == s.Binary("./", s.Number("1"), x)
    assert value_of("x' * x'") == s.Binary("*", s.Transpose(x), s.Transpose(x))


def test_statements_of_both_languages() -> None:
    script = parse_matlab(
        "clear all; close all\nx += 1; x++\nif x, y = 1; endif\n# note\n%{\nz = 1;\n%}\nhold on % now\n"
    )
    kinds = [type(one).__name__ for one in script.body]
    assert kinds == ["Command", "Command", "Assign", "Assign", "If", "Comment", "Command", "Comment"]
    script = parse_matlab("y = f(2);\nfunction r = f(x)\n  r = x;\nend\nfunction g\n  disp(1)\n")
    assert [(one.name, one.results, one.parameters) for one in script.functions] == [
        ("f", ("r",), ("x",)),
        ("g", (), ()),
    ]
    (several,) = parse_matlab("[~, i] = max(x, [], 2);").body
    assert isinstance(several, s.Assign)
    assert several.targets == (None, s.Name("i"))


@pytest.mark.parametrize(
    "line", ["x = (1 + ;", "x = [1 2", "x = 'a", "end", "x = 3 4", "for = 1:2", "x = 3i;", "x = $"]
)
def test_a_broken_line_is_told_and_the_next_is_read(line: str) -> None:
    script = parse_matlab(f"{line}\ny = 1;\n")
    assert [one.line for one in script.body if isinstance(one, s.Faulty)][:1] == [1]
    if "[" not in line:  # a bracket that nothing closes goes on to the end of the file
        assert s.Assign(2, (s.Name("y"),), s.Number("1")) in script.body


def test_deep_nesting_is_told() -> None:
    for deep in ("x = " + "(" * 5000 + "1" + ")" * 5000, "if x\n" * 3000, "x = " + "-" * 5000 + "1", "[" * 3000):
        assert "nested too deeply" in repr(parse_matlab(deep).body)


def test_mutated_scripts_never_crash() -> None:
    """Scripts cut off and changed at random are translated, or refused in one line."""
    draw, texts, pieces = random.Random(5), [path.read_text() for path in SCRIPTS], _PIECES.split()
    outcomes = []
    for _ in range(60):
        text = draw.choice(texts)[:1500]
        if draw.random() < 0.3:
            text = text[: draw.randrange(len(text))]
        for _ in range(draw.choice([1, 1, 3, 10])):
            begin = draw.randrange(len(text) + 1)
            text = text[:begin] + draw.choice(pieces) + text[begin + draw.choice([0, 1, 5]) :]
        outcomes.append(outcome(text))
    assert outcomes.count("read") > 30
    assert not [told for told in outcomes if "\n" in told]

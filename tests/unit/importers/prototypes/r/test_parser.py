"""R's grammar: what binds closer, where statements end, and that nothing odd brings the parser down."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from journeyman.errors import InputError
from journeyman.importers.prototypes.r.formulas import written
from journeyman.importers.prototypes.r.parser import parse_r
from journeyman.importers.prototypes.r.syntax import Assign, Binary, Call, For, Function, If, Index, Text, Unary, While

SCRIPTS = Path(__file__).parent / "scripts"
ODD = ["(", "[[", "}", "<-", "%", '"', "`", ",", "if", "\n", "0x"]


def one(text: str) -> object:
    statements, _ = parse_r(text)
    assert len(statements) == 1
    return statements[0]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-2^2", "-(2^2)"),
        ("-1:3", "(-1):3"),
        ("2^-1", "2^(-1)"),
        ("a ** 2", "a ^ 2"),
        ("!x %in% y", "!(x %in% y)"),
        ("a + b * c:d", "a + (b * (c:d))"),
        ("a && b || c", "(a && b) || c"),
        ("y ~ a + b", "y ~ (a + b)"),
        ("x <- y <- 1", "x <- (y <- 1)"),
        ("2^3^2", "2^(3^2)"),
        ("a %>% f(b)", "f(a, b)"),
        ("a |> f(b) |> g()", "g(f(a, b))"),
        ("a %>% lm(y ~ x, data = .)", "lm(y ~ x, data = a)"),
        ("a %>% f", "f(a)"),
        ("1 -> x", "x <- 1"),
        ("x %<>% f(1)", "x <- f(x, 1)"),
        ("stats::sd(x)", "sd(x)"),
        (r"\(x) x", "function(x) x"),
        ("a$'b c'", "a$`b c`"),
        ("'it\\'s'", '"it\'s"'),
        ('r"(a\\b)"', "'a\\\\b'"),
        ("T", "TRUE"),
        ("x[[1]][2]", "(x[[1]])[2]"),
        ("{\n1\n}", "{1}"),
        ("f(a,\n\n  b # said\n)", "f(a, b)"),
    ],
)
def test_what_binds_closer(text: str, same: str) -> None:
    assert plain(one(text)) == plain(one(same))


def plain(node: object) -> str:
    """Return a tree without lines and plain brackets."""
    while isinstance(node, Unary) and node.operator == "(":
        node = node.operand
    if not hasattr(node, "__dataclass_fields__"):
        return f"({','.join(plain(part) for part in node)})" if isinstance(node, tuple) else repr(node)
    parts = [plain(getattr(node, name)) for name in node.__dataclass_fields__ if name != "line"]
    return f"{type(node).__name__}[{';'.join(parts)}]"


def test_where_statements_end() -> None:
    text = "a <- 1; b = 2\nc <- 3 +\n 4\nif (a) {\n b\n} else if (c) d else {\n e\n}\n"
    text += "for (i in 1:3) f(i)\nwhile (TRUE) break"
    kinds = [type(node) for node in parse_r(text)[0]]
    assert kinds == [Assign, Assign, Assign, If, For, While]
    lines = [node.line for node in parse_r(text)[0]]
    assert lines == [1, 1, 2, 4, 9, 10]


def test_arguments_that_are_left_empty() -> None:
    index = one("x[1, , drop = FALSE]")
    assert isinstance(index, Index)
    assert [argument.name for argument in index.arguments] == [None, None, "drop"]
    assert index.arguments[1].value is None
    assert len(one("x[a[b[1]]]").arguments) == 1  # type: ignore[attr-defined]  # it is an Index
    assert one("f()") == Call(1, one("f"), ())  # type: ignore[arg-type]  # a Name
    function = one("function(a, b = 2, ...) NULL")
    assert isinstance(function, Function)
    assert [argument.name for argument in function.parameters] == [None, "b", None]


def test_comments_and_texts_keep_their_places() -> None:
    statements, comments = parse_r("# first\nx <- '# none' # second\n\u201cquoted\u201d")
    assert comments == {1: "first", 2: "second"}
    assert isinstance(statements[0], Assign)
    assert statements[0].value == Text(2, "# none")
    assert statements[1] == Text(3, "quoted")


def test_an_expression_as_r_writes_it() -> None:
    node = one("I(log(x+1)^2) : -a$b")
    assert isinstance(node, Binary)
    assert written(node) == "I(log(x + 1)^2):-a$b"


@pytest.mark.parametrize(
    "text",
    ["x <- (1", "x <- 'a", "f(a b)", "if (", "x <- ]", "5 5", "for (1 in 2) 3", "1i", "x \u00a7 y", "a$1", "else 1"],
)
def test_what_is_no_r_is_told_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        parse_r(f"a\n{text}")


@pytest.mark.parametrize("text", ["(", "[", "-", "f(", "a+", "if(a) ", "{", "x <- ", "a$b(", "!", "function(x) ", "~"])
def test_deep_nesting_is_refused_kindly(text: str) -> None:
    with pytest.raises(InputError, match="line 1"):
        parse_r(text * 4000 + "1")


def test_odd_scripts_never_bring_it_down() -> None:
    chance = random.Random(0)
    texts = [path.read_text() for path in sorted(SCRIPTS.glob("*.R"))]
    refused = 0
    for number in range(1500):
        signs = list(chance.choice(texts))
        if number % 2:
            signs = signs[: chance.randrange(len(signs))]
        for _ in range(chance.randrange(5)):
            at = chance.randrange(len(signs) + 1)
            signs[at : at + chance.randrange(3)] = chance.choice(
                ["(", "[[", "}", "<-", "%", '"', "`", ",", "if", "\n", "0x"]
            )
        try:
            parse_r("".join(signs))
        except InputError:
            refused += 1
    assert 0 < refused < 1500

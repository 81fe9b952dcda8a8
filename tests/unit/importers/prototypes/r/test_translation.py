"""What R means, said in Python; what is left out is told, and where."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.finding import Severity
from journeyman.entities.prototype import Language
from journeyman.errors import InputError
from journeyman.importers.prototypes import read_notebook, read_script
from journeyman.importers.prototypes.r import read_r

SCRIPTS = Path(__file__).parent / "scripts"
TABLE = """
t <- data.frame(a = c(1, NA, 3, 4), b = c("x", "y", "x", NA), k = c(2, 1, 2, 1))
"""
WORDS = "( ) [ ] [[ { } <- %>% $ ~ - 1 0 NA NULL 'a' c x , = TRUE mean factor names order which is.na ! ^ :"
Run = Callable[[str], dict[str, Any]]


def same(value: object, wanted: object) -> bool:
    plain = value.tolist() if isinstance(value, np.ndarray | pd.Series | pd.Index) else value
    if not isinstance(plain, list) or not isinstance(wanted, list):
        return bool(
            plain == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
            or (pd.isna(plain) and pd.isna(wanted))
        )
    return len(plain) == len(wanted) and all(same(a, b) for a, b in zip(plain, wanted, strict=True))


NAN = float("nan")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("mean(t$a)", NAN),
        ("mean(t$a, na.rm = TRUE)", 8 / 3),
        ("sd(t$k)", 0.5773502691896258),
        ("var(c(1, 2, 4))", 7 / 3),
        ("quantile(t$k, 0.3)", 1.0),
        ("round(2.5)", 2.0),
        ("-7 %/% 2", -4),
        ("-7 %% 3", 2),
        ("ifelse(t$a > 2, 1, 0)", [0.0, NAN, 1.0, 1.0]),
        ("ifelse(is.na(t$a), 0, t$a)", [1.0, 0.0, 3.0, 4.0]),
        ("is.na(t$b)", [False, False, False, True]),
        ("t$a[2:3]", [NAN, 3.0]),
        ("t$a[-1]", [NAN, 3.0, 4.0]),
        ("t[3, 'a']", 3.0),
        ("t[t$k == 2, ]$a", [1.0, 3.0]),
        ("t[order(-t$k), 'a']", [1.0, 3.0, NAN, 4.0]),
        ("t[-c(1, 2), 1]", [3.0, 4.0]),
        ("subset(t, k == 1, select = -b)$k", [1, 1]),
        ("na.omit(t)$k", [2, 2]),
        ("complete.cases(t)", [True, False, True, False]),
        ("paste0(t$b[1:2], '-', t$k[1:2])", ["x-2", "y-1"]),
        ("toupper(t$b[1:2])", ["X", "Y"]),
        ("gsub('[[:alpha:]]', 'z', t$b[1:2])", ["z", "z"]),
        ("grepl('x', t$b)", [True, False, True, False]),
        ("substr(c('abcd', 'xyz'), 2, 3)", ["bc", "yz"]),
        ("t$b %in% c('x')", [True, False, True, False]),
        ("as.numeric(factor(t$b[1:3]))", [1, 2, 1]),
        ("as.numeric(t$k > 1)", [1, 0, 1, 0]),
        ("cut(t$k, breaks = c(0, 1, 2), labels = c('low', 'high'))", ["high", "low", "high", "low"]),
        ("levels(factor(t$k, levels = c(2, 1), labels = c('two', 'one')))", ["two", "one"]),
        ("seq(1, 2, by = 0.5)", [1.0, 1.5, 2.0]),
        ("rep(0, 3)", [0, 0, 0]),
        ("nrow(t)", 4),
        ("ncol(t)", 3),
        ("names(t)", ["a", "b", "k"]),
        ("which(t$k == 1)", [2, 4]),
        ("with(t, a * k)", [2.0, NAN, 6.0, 4.0]),
        ("cumsum(t$k)", [2, 3, 5, 6]),
        ("t %>% filter(k == 2) %>% mutate(z = a + 1) %>% pull(z)", [2.0, 4.0]),
        ("t |> group_by(k) |> mutate(n = n()) |> pull(n)", [2, 2, 2, 2]),
        ("(t %>% group_by(k) %>% summarise(m = mean(a, na.rm = TRUE)))$m", [4.0, 2.0]),
        ("t %>% arrange(desc(k), a) %>% pull(a)", [1.0, 3.0, 4.0, NAN]),
        (
            "t %>% mutate(z = case_when(a > 3 ~ 'big', is.na(a) ~ 'none', TRUE ~ 'small')) %>% pull(z)",
            ["small", "none", "small", "big"],
        ),
        ("t %>% rename(c = a) %>% select(c, k) %>% names()", ["c", "k"]),
        ("t %>% drop_na(a) %>% pull(k)", [2, 2, 1]),
        ("merge(t, data.frame(k = c(1, 2), w = c(10, 20)), by = 'k')$w", [10, 10, 20, 20]),
        ("rbind(t, t)$k", [2, 1, 2, 1, 2, 1, 2, 1]),
        ("sapply(t$k, function(v) v + 1)", [3, 2, 3, 2]),
        ("ave(t$k, t$b, FUN = mean)", [2.0, 1.0, 2.0, 1.0]),
        ("duplicated(t$k)", [False, False, True, True]),
    ],
)
def test_what_r_means(code: str, wanted: object, run_translation: Run) -> None:
    assert same(run_translation(f"{TABLE}value <- {code}")["value"], wanted)


def test_assignments_to_parts(run_translation: Run) -> None:
    made = run_translation(f"""{TABLE}
        t$a[is.na(t$a)] <- median(t$a, na.rm = TRUE)
        t$b[t$k == 2] <- "two"
        t[t$k == 1, "k"] <- 9
        t$size[t$a < 2] <- "small"
        t$size[t$a >= 2] <- "large"
        u <- t
        u$a <- NULL
        names(u)[1] <- "letter"
        levels(t$size) <- c("L", "S")
        for (name in c("a", "k")) {{ t[[name]] <- t[[name]] * 2 }}
        scaled <- function(x, low = 0) {{ if (low > 1) {{ return(0) }}; (x - min(x)) / (max(x) - min(x)) + low }}
        u$k <- scaled(u$k, 1)
    """)
    t, u = made["t"], made["u"]
    assert t["a"].tolist() == [2, 6, 6, 8]
    assert t["k"].tolist() == [4, 18, 4, 18]
    assert t["b"].tolist()[:3] == ["two", "y", "two"]
    assert t["size"].tolist() == ["S", "L", "L", "L"]
    assert list(u.columns) == ["letter", "k", "size"]
    assert u["k"].tolist() == [1, 2, 1, 2]


def test_rows_of_different_tables_meet_by_place(run_translation: Run) -> None:
    made = run_translation(f"{TABLE}u <- t[c(3, 4), ]\nv <- t[1:2, ]\nv$sum <- v$k + u$k\nv$a <- u$a")
    assert made["v"]["sum"].tolist() == [4, 2]
    assert made["v"]["a"].tolist() == [3, 4]


def test_how_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1st size,Alley,n,Other\n1,NA,,a\n2,,5,\n3,Pave,6,b\n")
    script = "t <- read.csv('data/t.csv')\nr <- readr::read_csv('t.csv')"
    source = read_r(script.encode(), "a.R", tmp_path).source.replace("data/t.csv", "t.csv")
    made: dict[str, Any] = {}
    exec(source.replace("t.csv", str(tmp_path / "t.csv")), made)
    assert list(made["t"].columns) == ["X1st.size", "Alley", "n", "Other"]
    assert same(made["t"]["Alley"], [NAN, "", "Pave"])
    assert same(made["t"]["Other"], ["a", "", "b"])
    assert same(made["t"]["n"], [NAN, 5.0, 6.0])
    assert same(made["r"]["Alley"], [NAN, NAN, "Pave"])


@pytest.mark.parametrize(
    ("script", "needs"),
    [
        ("m <- glmnet(x, y)", "line 1: .*glmnet"),
        ("t <- iris\n\nm <- lm(Sepal.Length ~ ns(Sepal.Width, 3), data = t)", r"line 3: .*ns\(\)"),
        ("m <- glm(Species ~ ., family = Gamma, data = iris)", "family Gamma"),
        ("m <- lm(Sepal.Length ~ Petal.Width:Species, data = iris)", "Petal.Width:Species without"),
    ],
)
def test_a_model_outside_the_subset_is_refused(script: str, needs: str) -> None:
    with pytest.raises(InputError, match=needs) as caught:
        read_r(script.encode(), "a.R")
    assert caught.value.hint


def test_other_lines_are_left_out_and_told() -> None:
    script = "t <- iris\nimputed <- mice(t)\nx <- complete(imputed)\nm <- lm(Sepal.Length ~ ., data = t)\nplot(m)\n"
    prototype = read_r(script.encode(), "a.R")
    told = [(one.code, one.severity, one.subject[0], one.message) for one in prototype.findings]
    assert [one[:3] for one in told] == [("CV105", Severity.WARNING, "line 2"), ("CV105", Severity.WARNING, "line 3")]
    assert "mice()" in told[0][3]
    assert "complete()" in told[1][3]
    assert "LinearRegression" in prototype.source


def test_draws_that_cannot_be_repeated_are_told() -> None:
    free = read_r(b"rows <- sample(10, 5)", "a.R")
    assert ["without set.seed" in one.message for one in free.findings] == [True]
    script = b"set.seed(1)\nm <- rpart(Species ~ ., iris)\n\ni <- sample(10, 5)\nset.seed(1)\nj <- sample(10, 5)"
    assert ["line 4" in one.subject for one in read_r(script, "a.R").findings] == [True]


def test_lines_lead_back_to_the_script() -> None:
    prototype = read_r((SCRIPTS / "houses.Rmd").read_bytes(), "houses.Rmd")
    assert prototype.language is Language.R
    assert "eval = FALSE" in prototype.written
    lines = prototype.source.split("\n")
    number = next(k for k, line in enumerate(lines, 1) if line.startswith("predictions ="))
    assert prototype.place(number) == "line 36"
    assert prototype.written.split("\n")[35].startswith("predictions <-")
    assert len(prototype.lines) >= len(lines) - 1


def test_scripts_and_notebooks_come_in_by_the_usual_doors() -> None:
    assert "np.sqrt(2)" in read_script(b"x <- sqrt(2)", "a.r").source
    cells = b"""{"nbformat": 4, "metadata": {"kernelspec": {"language": "R", "name": "ir"}}, "cells": [
        {"cell_type": "code", "source": ["x <- c(1, 2)\\n", "plot(x)"], "execution_count": 2},
        {"cell_type": "code", "source": "y <- mean(x)", "execution_count": 1}]}"""
    prototype = read_notebook(cells, "n.ipynb")
    assert [cell.run for cell in prototype.cells] == [2, 1]
    assert [one.code for one in prototype.findings] == ["CV102"]
    number = prototype.source.split("\n").index("y = np.mean(x)") + 1
    assert prototype.place(number) == "cell 2, line 1"


@pytest.mark.parametrize("content", [b"", b"  \n", b"\0\1", b"x <- ("])
def test_what_is_no_script_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_r(content, "a.R")


def test_odd_scripts_become_python_or_are_refused() -> None:
    chance = random.Random(1)
    words = WORDS.split()
    lines = [line for path in sorted(SCRIPTS.glob("*.R")) for line in path.read_text().split("\n")]
    lines = [line for line in lines if line.count("(") == line.count(")") and line.count("{") == line.count("}")]
    translated = 0
    for _ in range(250):
        parts = re.findall(r"\w+|\s+|[^\w\s]", "\n".join(chance.sample(lines, 10)))
        for _ in range(chance.randrange(1, 6)):
            parts[chance.randrange(len(parts))] = chance.choice([*words, chance.choice(parts)])
        try:
            source = read_r("".join(parts).encode(), "a.R").source
        except InputError:
            continue
        ast.parse(source)
        translated += 1
    assert translated > 10


def test_which_class_a_logistic_model_tells_the_probability_of(run_translation: Run) -> None:
    made = run_translation("""
        ship <- na.omit(read.csv("passengers.csv"))
        ship$S <- factor(ifelse(ship$Survived == 1, "yes", "no"), levels = c("yes", "no"))
        ship$Q <- relevel(factor(ifelse(ship$Survived == 1, "yes", "no")), ref = "yes")
        plain <- predict(glm(Survived ~ Age + Sex, family = binomial, data = ship), ship, type = "response")
        listed <- predict(glm(S ~ Age + Sex, family = binomial, data = ship), ship, type = "response")
        moved <- predict(glm(Q ~ Age + Sex, family = binomial, data = ship), ship)
    """)
    np.testing.assert_allclose(made["listed"], 1 - made["plain"], atol=1e-9)
    np.testing.assert_allclose(1 / (1 + np.exp(-made["moved"])), 1 - made["plain"], atol=1e-9)

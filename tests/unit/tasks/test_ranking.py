"""Ranking as a kind of task: queries and relevances, what is refused, and what is said of predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import InputError
from journeyman.metrics.ranking import queries_of, relevance_of
from journeyman.settings import BuildSettings
from journeyman.tasks import fitting_metrics, task_type
from journeyman.tasks.ranking import Ranking

ROWS = 80


def table(relevance: list[float] | None = None, queries: np.ndarray | None = None) -> Table:
    held = np.arange(ROWS) // 4 if queries is None else queries
    frame = pd.DataFrame(
        {
            "grade": np.resize([0.0, 1.0, 2.0] if relevance is None else relevance, ROWS),
            "query": pd.Series([f"q{v}" for v in held], dtype=object),
        }
    )
    columns = (Column("grade", Kind.INTEGER, Role.TARGET), Column("query", Kind.TEXT, Role.GROUP))
    return Table("t.csv", frame, columns, "d", ROWS)


def framed(given: Table, group: str | None = "query", **changes: object) -> Task:
    return Ranking().frame(given, BuildSettings("t", "grade", "m", task="ranking", group=group, **changes), "")


def test_labels_hold_the_relevance_and_the_query() -> None:
    given = table()
    task = framed(given)
    assert (task.kind, task.metric, task.loss, task.group_column) == ("ranking", "ndcg_at_10", "ranking", "query")
    combined, found = Ranking().combine(given, task)
    labels = combined.frame["grade"].to_numpy()
    assert found == ()
    assert relevance_of(labels).tolist() == given.frame["grade"].tolist()
    assert [f"q{code}" for code in queries_of(labels)] == given.frame["query"].tolist()
    assert Ranking().separate(labels, task)["grade"].tolist() == given.frame["grade"].tolist()
    assert set(fitting_metrics(task)) == {"ndcg_at_10", "mean_average_precision"}


def test_rows_alone_in_their_query_are_left_out_and_told() -> None:
    queries = np.concatenate([np.arange(ROWS - 3) // 7, [500, 501, 502]])
    given = table(queries=queries)
    combined, [found] = Ranking().combine(given, framed(given))
    assert len(combined.frame) == ROWS - 3
    assert "3 rows that are alone in 'query', or without one, are left out" in found.message


@pytest.mark.parametrize(
    ("given", "group", "said"),
    [
        (table(), None, "needs the column that says to which query a row belongs (hint: add --group COLUMN)"),
        (table([0.0, -1.0, 2.0]), "query", "-1 in 'grade' is no relevance"),
        (table([0.0, 0.5, 2.0]), "query", "0.5 in 'grade' is no relevance"),
        (table([0.0, 32.0, 2.0]), "query", "32 in 'grade' is no relevance"),
        (table(queries=np.arange(ROWS)), "query", "0 values of 'query' have several rows"),
        (table(queries=np.zeros(ROWS)), "query", "1 value of 'query' has several rows"),
    ],
)
def test_what_is_no_ranking_is_refused_in_a_line_with_a_hint(given: Table, group: str | None, said: str) -> None:
    with pytest.raises(InputError) as caught:
        framed(given, group)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_live_losses_fall_with_scores_that_follow_relevance_and_need_no_query() -> None:
    task = framed(table())
    kind, y = task_type(task), np.array([0.0, 1.0, 2.0, np.nan])
    near = kind.live_losses(y, np.array([[-4.0], [0.0], [4.0], [0.0]]), 1.0)
    far = kind.live_losses(y, np.array([[4.0], [0.0], [-4.0], [0.0]]), 1.0)
    assert np.isnan(near[3])
    assert near[:3].mean() < 0.01
    assert far[:3].mean() > 0.6
    read = kind.label_reader(task)
    assert read(2) == 2.0
    assert np.isnan(read(2.5))
    assert np.isnan(read(-1))


def test_what_it_draws_counts_every_query_once_and_names_the_worst() -> None:
    given = table()
    task = framed(given)
    combined, _ = Ranking().combine(given, task)
    y = combined.frame["grade"].to_numpy()
    scores = np.random.default_rng(0).normal(size=(ROWS, 1))
    drawn = Ranking().of(task).draw(y, scores, task, combined.frame)
    model, _ = drawn["ranking by size"]
    assert sum(model.weight) == ROWS / 4
    mean = np.average(model.y, weights=model.weight)
    assert mean == pytest.approx(fitting_metrics(task)["ndcg_at_10"].score(y, scores))
    worst = drawn["worst queries"]
    assert [c.y[0] for c in worst] == sorted(c.y[0] for c in worst)
    own = (given.frame["query"] == worst[0].name).to_numpy()
    assert fitting_metrics(task)["ndcg_at_10"].score(y[own], scores[own]) == pytest.approx(worst[0].y[0])

"""What was learned is given back: by name, by call, for categories that are seen and those that are not."""

from __future__ import annotations

import pandas as pd

from journeyman.stages.plan_pipeline.learned import Learned


def _predicting(learned: Learned) -> Learned:
    learned.learning = False
    learned.begin()
    return learned


def _encode(data: pd.DataFrame) -> pd.DataFrame:
    return pd.get_dummies(data, drop_first=True)


def test_the_nth_call_gives_what_the_nth_call_learned() -> None:
    learned = Learned()
    assert [learned("mean", lambda k=k: k * 10) for k in range(3)] == [0, 10, 20]
    _predicting(learned)
    assert [learned("mean", lambda: 99) for _ in range(3)] == [0, 10, 20]
    assert learned("mean") == 20


def test_what_is_kept_does_not_change_with_what_was_given() -> None:
    learned, values = Learned(), [1]
    learned.keep("values", values)
    values.append(2)
    assert learned("values") == [1]


def test_dummies_of_one_row_have_the_columns_that_were_learned() -> None:
    learned = Learned()
    table = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    whole = learned.get_dummies("dummies", _encode, table)
    _predicting(learned)
    alone = learned.get_dummies("dummies", _encode, table.iloc[[2]])
    pd.testing.assert_frame_equal(alone, whole.iloc[[2]])
    learned.begin()
    unknown = learned.get_dummies("dummies", _encode, pd.DataFrame({"a": [1], "b": ["new"]}))
    assert list(unknown.columns) == ["a", "b_y", "b_z"]
    assert not unknown[["b_y", "b_z"]].to_numpy().any()


def test_values_keep_their_numbers_and_unknown_ones_have_none() -> None:
    learned = Learned()
    codes, values = learned.factorize("town", pd.Series(["B", "A", "B"]))
    assert (list(codes), list(values)) == ([0, 1, 0], ["B", "A"])
    _predicting(learned)
    assert list(learned.factorize("town", pd.Series(["A", "Z"]))[0]) == [1, -1]


def test_rows_are_divided_as_told_or_stand_on_both_sides() -> None:
    table = pd.DataFrame({"a": [1, 2]})
    told = Learned(told=True).divide(lambda: [table.head(1), table.tail(1)], table)
    assert [len(part) for part in told] == [1, 1]
    both = Learned().divide(lambda: [], table)
    both[0]["a"] = 0
    assert list(both[1]["a"]) == [1, 2]
    folds = Learned().folds([], table)
    assert [list(part) for part in folds[0]] == [[0, 1], [0, 1]]


def test_what_training_rows_alone_say_is_not_kept() -> None:
    learned = Learned()
    with learned.apart():
        assert learned("mean", lambda: 1) == 1
    assert learned("mean", lambda: 2) == 2
    _predicting(learned)
    assert learned("mean", lambda: 3) == 2


def test_what_is_given_back_may_be_changed() -> None:
    learned = Learned()
    learned.keep("names", ["a"])
    _predicting(learned)
    learned("names").append("b")
    assert learned("names") == ["a"]

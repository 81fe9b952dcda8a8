"""Any fact survives its bytes, the same fact gives the same bytes, and nothing else is ever made of them."""

from __future__ import annotations

import io
import math
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from msgspec.msgpack import Ext
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.ingested import Ingested
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Block, Table
from journeyman.entities.task import Scheme
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.errors import JournalError
from journeyman.stores.facts import decode, encode, settle


def canonical_frame(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    texts = np.array([f"text {i} ä\n" for i in rng.integers(0, 9, rows)], dtype=object)
    texts[rng.random(rows) < 0.3] = None
    times = rng.integers(-(10**15), 10**15, rows).astype("datetime64[us]")
    times[rng.random(rows) < 0.3] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "number": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "category": pd.Categorical.from_codes(rng.integers(-1, 3, rows), ["b", "a", "c"]),
            "ordered": pd.Categorical.from_codes(rng.integers(0, 2, rows), ["low", "high"], ordered=True),
            "time": times,
            "text": pd.Series(texts, dtype=object),
        }
    )


def a_table(rows: int = 50) -> Table:
    columns = (
        Column("number", Kind.NUMBER),
        Column("category", Kind.CATEGORY, Role.TARGET, categories=("b", "a", "c")),
    )
    return Table("t.csv", canonical_frame(rows), columns, "abc", rows)


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_canonical_frame_comes_back_as_it_was(rows: int) -> None:
    frame = canonical_frame(rows)
    back = decode(encode(frame), pd.DataFrame)
    pd.testing.assert_frame_equal(frame, back)
    assert [str(t) for t in back.dtypes] == ["float64", "category", "category", "datetime64[us]", "object"]
    assert back["category"].cat.codes.dtype == frame["category"].cat.codes.dtype
    if rows:
        assert all(value is None or type(value) is str for value in back["text"])


def test_frame_larger_than_one_batch_comes_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = canonical_frame(250)
    whole = encode(frame)
    monkeypatch.setattr("journeyman.stores.arrays._BATCH_ROWS", 100)
    pieces = encode(frame)
    assert len(pieces) > len(whole)
    pd.testing.assert_frame_equal(frame, decode(pieces, pd.DataFrame))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 2], dtype="int64"),
        pd.Series([True, False]),
        pd.Series(["a", None], dtype="str"),
        pd.Series([1.5, 2.5], dtype="float32"),
        pd.Series([1, 2], dtype="timedelta64[s]"),
        pd.Series(pd.Categorical([3, 1, None], categories=[3, 1])),
    ],
    ids=str,
)
def test_other_plain_columns_come_back_too(values: pd.Series) -> None:
    frame = pd.DataFrame({"v": values})
    pd.testing.assert_frame_equal(frame, decode(encode(frame), pd.DataFrame))


def test_signed_zero_and_nan_keep_their_bits() -> None:
    values = np.array([-0.0, 0.0, np.nan, -np.nan, np.inf])
    back = decode(encode(pd.DataFrame({"v": values})), pd.DataFrame)
    assert back["v"].to_numpy().tobytes() == values.tobytes()
    assert decode(encode(values), np.ndarray).tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1.0]}, index=[7]),
        pd.DataFrame({"a": pd.Series([1, "mixed"], dtype=object)}),
        pd.DataFrame({"a": pd.Series([{"nested": 1}], dtype=object)}),
        pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Paris")}),
    ],
    ids=["index", "mixed", "nested", "zone"],
)
def test_frame_that_is_not_canonical_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="fact"):
        encode(frame)


def test_objects_are_refused_both_ways() -> None:
    with pytest.raises(TypeError, match="not a fact"):
        encode(object())
    with pytest.raises(TypeError, match="fact"):
        encode(np.array([object()]))
    with pytest.raises(TypeError, match="fact"):
        encode(np.array([["a"]], dtype=object))


def test_pickled_bytes_inside_an_array_are_never_loaded(tmp_path) -> None:
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    file = io.BytesIO()
    np.save(file, np.array([Trap()], dtype=object), allow_pickle=True)
    data = msgspec.msgpack.encode(Ext(1, file.getvalue()))
    with pytest.raises(JournalError):
        decode(data, np.ndarray)
    with pytest.raises(JournalError):
        decode(pickle.dumps((1, 2)), tuple[int, ...])
    assert not (tmp_path / "sprung").exists()


def test_stores_do_not_import_pickle_or_joblib() -> None:
    code = "import pathlib, journeyman.stores as s\n" + (
        "for p in pathlib.Path(s.__file__).parent.glob('*.py'):\n"
        "    t = p.read_text()\n"
        "    assert 'import pickle' not in t and 'joblib' not in t and 'allow_pickle=True' not in t, p\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nouns_come_back_with_their_types() -> None:
    finding = Finding(
        "DQ301", Severity.WARNING, ("a",), "m", evidence={"n": 3, "share": 0.5, "t": "x"}, remedy=Remedy.NONE
    )
    table = a_table()
    back = decode(encode(Ingested(table, (finding,))), Ingested)
    assert back.findings == (finding,)
    assert isinstance(back.findings[0].severity, Severity)
    assert back.table.columns == table.columns
    pd.testing.assert_frame_equal(back.table.frame, table.frame)


def test_split_and_trial_come_back() -> None:
    split = Split(Scheme.TIME, np.arange(5), np.arange(5, 7), (Fold(np.arange(3), np.array([3, 4])),), "by time")
    back = decode(encode(split), Split)
    assert back.scheme is Scheme.TIME
    np.testing.assert_array_equal(back.folds[0].validate, [3, 4])
    trial = Trial(Candidate("a", {"x": 1, "y": 0.5, "z": True}), TrialStatus.DONE, 0.5, predictions=np.eye(3)[:, :2])
    again = decode(encode(trial), Trial)
    assert again.candidate == trial.candidate
    assert again.predictions.shape == (3, 2)
    assert decode(encode(Trial(trial.candidate, TrialStatus.FAILED)), Trial).predictions is None


def test_block_with_texts_comes_back() -> None:
    block: Block = {
        "a": np.array([1.0, np.nan]),
        "t": np.array(["x", None], dtype=object),
        "c": np.array([0, -1], np.int32),
    }
    back = decode(encode(block), Block)
    assert list(back) == ["a", "c", "t"]
    assert back["t"].tolist() == ["x", None]
    assert back["c"].dtype == np.int32


def test_same_fact_same_bytes_whatever_the_order_of_mappings() -> None:
    left = Candidate("a", {"x": 1, "y": 2})
    right = Candidate("a", {"y": 2, "x": 1})
    assert encode(left) == encode(right)
    assert encode(left) != encode(Candidate("a", {"x": 1, "y": 3}))
    assert encode(a_table()) == encode(a_table())


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib; from journeyman.stores.facts import encode\n"
        "print(hashlib.sha256(encode(({'b': 1, 'a': 2}, frozenset(['x', 'y', 'z'])))).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_wrong_kind_is_a_clear_error() -> None:
    with pytest.raises(JournalError, match="cannot be read as Candidate"):
        decode(encode((1, 2)), Candidate)
    with pytest.raises(JournalError, match="cannot be read"):
        decode(encode(np.zeros(2)), pd.DataFrame)
    with pytest.raises(JournalError, match="cannot be read"):
        decode(encode(np.zeros(2000))[:-9], np.ndarray)


def test_settled_fact_shares_its_arrays_and_has_the_declared_types() -> None:
    values = np.arange(6.0)
    settled = settle({"b": values, "a": values[::2]}, Mapping[str, NDArray[np.float64]])
    assert list(settled) == ["a", "b"]
    assert settled["b"] is values
    assert settled["a"].flags.c_contiguous
    number = settle(np.float64(0.5), float)
    assert type(number) is float
    with pytest.raises(JournalError):
        settle((1, "two"), tuple[int, ...])


@dataclass(frozen=True)
class Everything:
    text: str
    number: float
    whole: int
    flag: bool
    nothing: str | None
    kind: Kind
    names: tuple[str, ...]
    pairs: tuple[tuple[str, float], ...]
    mapping: Mapping[str, str | int | float | bool]
    array: NDArray[np.float64]
    codes: NDArray[np.int32]
    texts: NDArray[np.object_]
    nested: tuple[Candidate, ...] = field(default=())


plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
floats = st.floats(allow_nan=False)
everything = st.builds(
    Everything,
    text=plain_text,
    number=floats,
    whole=st.integers(-(2**63), 2**63 - 1),
    flag=st.booleans(),
    nothing=st.none() | plain_text,
    kind=st.sampled_from(Kind),
    names=st.lists(plain_text, max_size=4).map(tuple),
    pairs=st.lists(st.tuples(plain_text, floats), max_size=3).map(tuple),
    mapping=st.dictionaries(
        plain_text, plain_text | st.integers(-(2**63), 2**63 - 1) | floats | st.booleans(), max_size=4
    ),
    array=hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)),
    codes=hnp.arrays(np.int32, st.integers(0, 5)).map(lambda a: a[::-1]),
    texts=st.lists(st.none() | plain_text, max_size=4).map(lambda v: np.array([*v, None], dtype=object)[:-1]),
    nested=st.lists(st.builds(Candidate, plain_text, st.dictionaries(plain_text, floats, max_size=2)), max_size=2).map(
        tuple
    ),
)


def same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        return (
            isinstance(right, np.ndarray)
            and left.dtype == right.dtype
            and left.shape == right.shape
            and (left.tolist() == right.tolist() if left.dtype == object else left.tobytes() == right.tobytes())
        )
    if isinstance(left, float):
        return type(left) is type(right) and math.copysign(1, left) == math.copysign(1, right) and left == right
    return type(left) is type(right) and left == right


@settings(max_examples=60)
@given(everything)
def test_every_fact_survives_its_bytes(fact: Everything) -> None:
    data = encode(fact)
    back = decode(data, Everything)
    for name in Everything.__dataclass_fields__:
        assert same(getattr(fact, name), getattr(back, name)), name
    assert encode(back) == data
    assert encode(settle(fact, Everything)) == data

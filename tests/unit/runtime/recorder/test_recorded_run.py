"""A program is run once: what failed, what it opened, what ended it, and what was seen until then."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from tests.recorded_program import LIMITS, at, record

from journeyman.runtime.confined_program import Limits

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="programs are confined by Linux")]


def test_a_program_is_run_to_its_end_past_what_fails(tmp_path: Path) -> None:
    (tmp_path / "work" / "data").mkdir(parents=True)
    (tmp_path / "work" / "data" / "t.csv").write_text("a,b\n1,x\n2,\n")
    source = """\
import os, no_such_library, sys
from matplotlib import pyplot as plt
import seaborn as sns
t = pd.read_csv('data/t.csv')
kind = t['b'].dtype
fig, axes = plt.subplots(2, 3, figsize=(9, 9))
for ax in axes.flatten():
    ax.plot(t.a)
counts, bins, patches = plt.hist(t.a, bins=plt.cm.jet(0.5))
with plt.style.context('x'):
    t.plot(kind='bar').set_title('t'); t.hist(); t.groupby('b').a.plot()
sns.heatmap(t[['a']].corr(), annot=True)
iris = sns.load_dataset('iris')
pd.read_csv('gone.csv')
def deep(x):
    return x / 0
deep(1)
name = input('who?')
display(t)
pd.read_csv('https://example.com/far.csv')
t.to_csv('out.csv', index=False)
open('/etc/hosts.new', 'w')
z = t.a.sum() + 1
print('done', len(sys.argv))
"""
    seen = record(tmp_path, source)
    assert (seen.ended, seen.finished) == ("done", True)
    failed = {(f.first, f.error): f for f in seen.failures}
    assert list(failed) == [
        (4, "NameSupplied"),
        (1, "ModuleNotFoundError"),
        (13, "FileNotFoundError"),
        (14, "FileNotFoundError"),
        (17, "ZeroDivisionError"),
        (18, "EOFError"),
        (20, "URLError"),
        (22, "PermissionError"),
    ]
    missing = [f.missing for f in failed.values()]
    assert missing == ["pd", "no_such_library", "iris.csv", "gone.csv", None, None, "https://example.com/far.csv", None]
    assert failed[17, "ZeroDivisionError"].line == 16
    assert at(seen, "t.a.sum() + 1").text == "4"
    assert at(seen, "len(sys.argv)").text == "1"
    assert at(seen, "t['b'].dtype").type_name == "numpy.ObjectDType"
    [table] = seen.tables
    assert (table.function, table.path, table.columns, table.n_rows) == ("pandas.read_csv", "data/t.csv", ("a", "b"), 2)
    files = {file.path: file for file in seen.files}
    assert {path: file.written for path, file in files.items()} == {"data/t.csv": False, "out.csv": True}
    told = files["data/t.csv"]
    assert told.sha256 == hashlib.sha256(b"a,b\n1,x\n2,\n").hexdigest()
    assert told.size == 11
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["data", "out.csv"]
    value = at(seen, "t['b']")
    assert (value.type_name, value.shape, value.columns) == ("pandas.Series", (2,), ("b",))


def test_what_was_seen_outlives_a_program_that_is_ended(tmp_path: Path) -> None:
    source = """\
from sklearn.linear_model import LinearRegression
from sklearn.datasets import load_diabetes
X, y = load_diabetes(return_X_y=True)
model = LinearRegression().fit(X, y)
model.predict(X[:7])
while True:
    pass
"""
    seen = record(tmp_path, source, Limits(seconds=20.0, memory=LIMITS.memory, disk=LIMITS.disk))
    assert (seen.ended, seen.finished) == ("time", False)
    assert [table.function for table in seen.tables] == ["sklearn.datasets.load_diabetes"]
    assert [model.name for model in seen.models] == ["sklearn.linear_model.LinearRegression"]
    assert seen.calls[-1].output in seen.arrays
    assert seen.arrays[str(seen.calls[-1].inputs)].shape == (7, 10)


def test_a_program_may_end_itself(tmp_path: Path) -> None:
    seen = record(tmp_path, "import sys\nx = 1 + 1\nsys.exit(3)\ny = x\n")
    assert (seen.ended, seen.finished, seen.failures) == ("done", False, ())
    assert len(seen.values) == 1


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    seen = record(tmp_path, "import os\nx = 1 + 1\nos.abort()\n")
    assert (seen.ended, seen.finished) == ("failed", False)
    assert at(seen, "1 + 1").text == "2"

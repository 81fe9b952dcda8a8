"""Rows are followed: the numbers that are told are those that the values themselves hold, or none are told."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from tests.recorded_program import at, record, row_numbers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are confined by Linux")

OPENING = """\
import numpy as np
import pandas as pd
import random
import scipy.sparse as sp
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import MinMaxScaler, FunctionTransformer
from sklearn.utils import resample, shuffle
def told(v):
    if isinstance(v, pd.DataFrame):
        v = v['row']
    elif isinstance(v, list) and v and isinstance(v[0], dict):
        v = [one['row'] for one in v]
    a = np.asarray(v.toarray() if hasattr(v, 'toarray') else v, dtype=float)
    return [int(round(one)) for one in (a if a.ndim == 1 else a[:, 0])]
df = pd.read_csv('t.csv')
other = pd.DataFrame({'g': ['a', 'b', 'c'], 'w': [1, 2, 3]})
dated = df.set_index('g')
X, y = df[['row', 'v']].values, df['row'].values
up = df[df.v > 30].reset_index(drop=True)
np.random.seed(0)
square = df.head(40).assign(**{f"c{k}": k for k in range(37)})
random.seed(0)
order = np.random.permutation(len(df))
"""

FOLLOWED = """\
df
df.head(7)
df.drop(columns='v')
df.drop([3, 4, 8])
df[df.v > 20]
df[df['g'].isin(['a', 'b']) & ~(df.v > 60)]
df[(df.v > 20).values]
df[3:9]
df.loc[df.v > 20, ['row', 'v']]
df.loc[df.v > 20, 'row']
df.iloc[5:12, :]
df.iloc[order]
df.iloc[order[:9], 0]
df.loc[order]
df.iloc[:, 0]
df.row
df['row'] + 0
df.query('v > 20')
df.sort_values('v', ascending=False)
df.sample(frac=0.5, random_state=3)
df.sample(n=30, replace=True, random_state=3)
df.sort_values('v').reset_index(drop=True)
df.dropna()
df.drop_duplicates('g')
df.fillna(0).assign(z=1).rename(columns={'v': 'u'})
pd.get_dummies(df)
pd.concat([df, pd.get_dummies(df['g'])], axis=1)
pd.concat([df[df.v > 50], df[df.v <= 50]])
pd.concat([df[df.v > 50], df[df.v <= 50]], ignore_index=True)
df.merge(other, on='g')
pd.merge(df, other, how='left', on='g')
df.apply(lambda r: r['row'], axis=1)
df['row'].apply(lambda v: v)
df['row'].map(lambda v: v)
df.astype({'v': float})
df['row'].astype(str).str.lower()
df[['row', 'v']].sum(axis=1) - df['v']
df.row.values.reshape(-1, 1)
df.row.to_numpy()
df.row.tolist()
list(df.row)
df.to_dict(orient='records')
df[df.v > 20].to_dict('records')
df.groupby('g')['row'].transform('max') * 0 + df.row
df[['row', 'v']].groupby(df.g).head(2)
dated[dated.v > 20]
dated.iloc[4:7]
up
up[up.v > 40]
up.iloc[::-1]
pd.DataFrame(X, columns=['row', 'v'])
pd.DataFrame({'row': y, 'z': df.v})
pd.Series(y)
pd.DataFrame(X[order], columns=['row', 'v'])
X
df[['row', 'v']].values
X[order]
X[X[:, 1] > 20]
X[np.where(y > 5)]
X[2:20:3]
X[:, 0]
X[:, 0][:, np.newaxis]
y[y % 2 == 0]
np.array(df[['row']])
np.c_[y, np.ones(len(y))]
np.column_stack([y, X])
np.concatenate((X, y.reshape(-1, 1)), axis=1)
np.concatenate([X[:5], X[9:12]])
np.vstack([X[20:], X[:3]])
np.append(y[:3], y[8:])
np.hstack([X, X])
np.delete(X, [0, 4], axis=0)
np.log1p(np.expm1(y / 100)) * 100
np.where(y > 5, y, y)
X.dot(np.array([1.0, 0.0]))
X @ np.array([[1.0], [0.0]])
X.astype('float32').copy()
sp.csr_matrix(X)[3:9].toarray()
sp.hstack([sp.csr_matrix(X), sp.csr_matrix(X)]).tocsr()
shuffle(df, random_state=1)
shuffle(X, y, random_state=1)[1]
resample(df, n_samples=15, random_state=1)
train_test_split(X, y, random_state=3)[3]
train_test_split(df, test_size=0.3)[0]
FunctionTransformer().fit_transform(X[order])
[v for v in df['row']]
[a for a, b in zip(df.row, df.v)]
list(map(float, y))
"""

UNKNOWN = """\
df.groupby('g').row.max().sort_values()
df['row'].value_counts().head(3) * 0
df.describe()[['row']]
df.nlargest(5, 'v', keep='all').reset_index().index.to_series()
df.sort_values('v', ignore_index=True)
df.set_index('g').reset_index().sort_values('v').set_axis(range(len(df))).T.T
np.sort(y)
sorted(y)
[v for v in y if v > 3]
np.unique(y)
np.arange(len(df))
X.T.dot(X)
df[['row', 'v']].mode()
df['row'].unique()
df.select_dtypes('number').corr()
list(set(y))
[1 for name in square]
list(map(str.__len__, square))
np.interp(np.arange(40), y, y)
"""

STATEMENTS = """\
a = df.copy(); a.dropna(inplace=True); a.drop(df.index[[1, 2]], inplace=True); a
b = df.sort_values('v'); b.reset_index(drop=True, inplace=True); b
c = y.copy(); np.random.shuffle(c); c
d = X.copy(); np.random.shuffle(d); d
e = df.row.tolist(); random.shuffle(e); e
f = df[df.v > 20].copy(); f.index = range(len(f)); f
for f_train, f_test in KFold(4, shuffle=True, random_state=0).split(X): g = X[f_test]; g
h = []\\nfor i in range(len(df)):\\n    h.append(df['row'][i])\\nh
j = []\\nfor one in y[::-1]:\\n    word = str(one)\\n    j.append(word)\\nj
k = [0] * 3; k.append(1); k = list(y); k[3] = k[3]; k
"""

FORGOTTEN = """\
l = y[::-1].copy(); l.sort(); l
m = X.copy(); np.random.default_rng(0).shuffle(m); m
n = list(y); n.sort(); n
"""


def test_rows_are_those_that_values_hold(tmp_path: Path) -> None:
    lines = [f"{k},{(k * 37) % 101},{'abc'[k % 3]}" for k in range(40)]
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "t.csv").write_text("\n".join(["row,v,g", *lines]) + "\n")
    source, asked = OPENING, []
    for kind, block in (("known", FOLLOWED), ("unknown", UNKNOWN)):
        for expression in block.splitlines():
            name = f"v{len(asked)}"
            asked.append((kind, name, expression))
            source += f"{name} = {expression}\ntold({name})\n"
    blocks = (("known", STATEMENTS), ("unknown", FORGOTTEN))
    for kind, line in [(kind, line) for kind, block in blocks for line in block.splitlines()]:
        statements, _, name = line.replace("\\n", "\n").replace("; ", "\n").rpartition("\n")
        if statements.startswith("for "):
            head, _, rest = statements.partition(": ")
            statements = f"{head}:\n    {rest}"
        asked.append((kind, name, line))
        source += f"{statements}\ntold({name})\n"
    seen = record(tmp_path, source)
    assert seen.ended == "done"
    wrong = []
    for kind, name, expression in asked:
        value = at(seen, f"told({name})") if f"told({name})" in texts(seen.source, seen.failures) else None
        if value is None:
            if kind == "known":
                wrong.append(f"{expression}: failed")
            continue
        held = [value.rows for span, value in seen.values.items() if in_call(seen.source, span, name)]
        told = row_numbers(seen, held[-1])
        truth = ast.literal_eval(value.text)
        if told != (truth if kind == "known" else None):
            wrong.append(f"{expression}: told {told}, holds {truth}")
    assert not wrong, "\n".join(wrong)


def texts(source: str, failures: tuple[object, ...]) -> set[str]:
    """Return the lines of a program that did not fail."""
    failed = {failure.first for failure in failures}  # type: ignore[attr-defined]  # failures of a recording
    return {line for k, line in enumerate(source.splitlines(), 1) if k not in failed}


def in_call(source: str, span: tuple[int, int, int, int], name: str) -> bool:
    """Whether a span is the name between the brackets of ``told(name)``."""
    line = source.splitlines()[span[0] - 1]
    return line == f"told({name})" and span[1] == len("told(")

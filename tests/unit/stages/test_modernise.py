"""Old programs run on today's libraries once they are modernised; programs of today stay as they are."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from journeyman.errors import InputError
from journeyman.stages.modernise import known_changes as known
from journeyman.stages.modernise import modernise

HEAD = "import numpy as np\nimport pandas as pd\ndf = pd.DataFrame({'a': [1.0, None, 3.0, 4.0], 'b': list('xyxy')})\n"

OLD = [
    ("df['a'].fillna(0, inplace=True)", "df['a'].tolist()", [1.0, 0.0, 3.0, 4.0]),
    ("df.a.fillna(df.a.mean(), inplace=True)", "df.a.isnull().sum()", 0),
    ("df['a'][df['b'] == 'x'] = 9", "df['a'].tolist()[0]", 9.0),
    ("df['b'].replace({'x': 'z'}, inplace=True)", "df['b'].tolist()", ["z", "y", "z", "y"]),
    ("df = df.append({'a': 5.0, 'b': 'z'}, ignore_index=True)", "len(df)", 5),
    ("both = df.append(df)", "len(both)", 8),
    ("x = df.drop('b', 1)", "list(x)", ["a"]),
    ("x = df.ix[0, 'a']", "x", 1.0),
    ("x = df[['a']].as_matrix()", "x.shape", (4, 1)),
    ("x = df['a'].fillna(method='ffill')", "x.tolist()", [1.0, 1.0, 3.0, 4.0]),
    ("x = [k for k, v in df.iteritems()]", "x", ["a", "b"]),
    ("x = df.corr()", "x.shape", (1, 1)),
    ("x = df.assign(c=['s', 't', 's', 't']).groupby('b').mean()", "list(x)", ["a"]),
    ("x = df[['a']].applymap(lambda v: v * 2)", "x['a'].tolist()[2]", 6.0),
    ("x = df['a'].astype(np.float)", "str(x.dtype)", "float64"),
    ("x = np.product([2, 3])", "x", 6),
    ("x = np.NaN", "x != x", True),
    ("x = pd.concat([df, df], 1)", "x.shape", (4, 4)),
    (
        "from sklearn.cross_validation import train_test_split\nx = train_test_split(df, test_size=.5, random_state=0)",
        "len(x)",
        2,
    ),
    ("from sklearn import cross_validation\nx = cross_validation.train_test_split(df)", "len(x)", 2),
    ("import sklearn.cross_validation as cv\nx = cv.train_test_split(df)", "len(x)", 2),
    ("from sklearn.cross_validation import KFold\nx = KFold(len(df), n_folds=2)", "len([a for a, b in x])", 2),
    ("from sklearn.cross_validation import StratifiedKFold\nx = StratifiedKFold(df.b, 2)", "len(list(x))", 2),
    ("from sklearn.model_selection import KFold\nx = KFold(n_splits=2, random_state=1)", "x.n_splits", 2),
    (
        "from sklearn.preprocessing import Imputer\nx = Imputer(strategy='mean', axis=0).fit_transform(df[['a']])",
        "x.shape",
        (4, 1),
    ),
    ("from sklearn.preprocessing import OneHotEncoder\nx = OneHotEncoder(sparse=False)", "x.sparse_output", False),
    ("from sklearn.externals import joblib\nx = joblib.dump", "callable(x)", True),
    (
        "from sklearn.ensemble import RandomForestRegressor\n"
        "x = RandomForestRegressor(criterion='mse', max_features='auto', n_estimators=2).fit([[1], [2]], [1, 2])",
        "x.criterion",
        "squared_error",
    ),
    (
        "from sklearn.ensemble import AdaBoostClassifier\nfrom sklearn.tree import DecisionTreeClassifier\n"
        "x = AdaBoostClassifier(base_estimator=DecisionTreeClassifier(max_depth=1), n_estimators=2)",
        "type(x.estimator).__name__",
        "DecisionTreeClassifier",
    ),
    (
        "from sklearn.feature_extraction.text import CountVectorizer\nc = CountVectorizer().fit(['a bc de'])\n"
        "x = list(c.get_feature_names())",
        "x",
        ["bc", "de"],
    ),
    ("from sklearn.lda import LDA\nx = LDA()", "type(x).__name__", "LinearDiscriminantAnalysis"),
    ("from pandas.tools.plotting import scatter_matrix\nx = scatter_matrix", "callable(x)", True),
]


@pytest.mark.parametrize(("code", "asked", "wanted"), OLD, ids=[old[0][:40] for old in OLD])
def test_an_old_program_runs(code: str, asked: str, wanted: object) -> None:
    found = modernise(HEAD + code + "\n")
    names: dict[str, object] = {}
    exec(compile(found.source, "old", "exec"), names)  # what is tested is that it runs
    assert eval(asked, names) == wanted  # as above
    assert found.changes
    assert all(change.reason and change.line > HEAD.count("\n") for change in found.changes)


@pytest.mark.parametrize(
    "code",
    [
        "values = []\nvalues.append(3)\nx = values\n",
        "df.fillna(0, inplace=True)\n",
        "df['a'] = df['a'].fillna(0)\n",
        "tables = {'a': df}\ntables['a'].fillna(0)\n",
        "from sklearn.model_selection import KFold\nfolds = KFold(5, shuffle=True, random_state=0)\n",
        "d = {}\nd.setdefault('a', {})['b'] = 1\n",
        "df.drop('a', axis=1)\ndf.drop(['a'], axis=1)\ndf.drop(3)\n",
        "x = df.groupby('b')['a'].transform('mean')  # a comment stays\n",
        "for k, v in {}.items():\n    pass\n",
        "df['a'].corr(df['a'])\n",
        "x = np.float64(3)\n",
    ],
)
def test_a_program_of_today_stays_as_it_is(code: str) -> None:
    assert modernise(HEAD + code).source == HEAD + code
    assert modernise(HEAD + code).changes == ()


def test_comments_and_lines_stay() -> None:
    code = HEAD + "# before\ndf['a'].fillna(  # why\n    0,\n    inplace=True,\n)\nprint('ä', df.ix[0, 'a'])  # after\n"
    found = modernise(code)
    assert "# before" in found.source
    assert "print('ä', df.loc[0, 'a'])  # after" in found.source
    assert modernise(found.source).source == found.source


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(InputError, match="no Python of today"):
        modernise("print 'two'")


def test_places_of_today_are_there() -> None:
    for module in {*known.MODULES.values()}:
        importlib.import_module(module)
    for module, name in known.NAMES.values():
        assert not module or hasattr(importlib.import_module(module), name) or _is_module(f"{module}.{name}"), name


def _is_module(dotted: str) -> bool:
    try:
        importlib.import_module(dotted)
    except ImportError:
        return False
    return True


def test_keywords_of_today_are_taken() -> None:
    places = (
        "ensemble",
        "linear_model",
        "preprocessing",
        "feature_selection",
        "model_selection",
        "manifold",
        "cluster",
    )
    modules = [importlib.import_module(f"sklearn.{place}") for place in (*places, "tree", "mixture")]
    classes: Mapping[str, type] = {name: kind for m in modules for name, kind in inspect.getmembers(m, inspect.isclass)}
    seen = 0
    for (name, before), after in known.KEYWORDS.items():
        if name in classes:
            parameters = inspect.signature(classes[name]).parameters
            assert after in parameters, (name, after)
            assert before not in parameters, (name, before)
            seen += 1
    assert seen > 10


def test_attributes_of_today_are_there() -> None:
    modules = {"numpy": np, "pandas": pd}
    for (module, name), after in known.ATTRIBUTES.items():
        if module in modules:
            today = after.format("module")
            eval(today, {"module": modules[module]})  # our own table
            assert name not in vars(modules[module]) or name in ("long", "bool"), name  # these two came back

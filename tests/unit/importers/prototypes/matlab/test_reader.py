"""What a script of MATLAB becomes: readable Python, findings for what is left out, and places in the script."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.prototype import Language
from journeyman.errors import InputError
from journeyman.importers.prototypes.matlab import read_matlab

READ = "t = readtable('t.csv', 'VariableNamingRule', 'preserve');\n"


def translated(script: str) -> str:
    """Return the last line of what a script becomes."""
    prototype = read_matlab(script.encode(), "s.m")
    assert prototype.findings == (), prototype.findings
    return prototype.cells[0].source.splitlines()[-1]


def ran(script: str, table: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return the variables of a script that is run on a table."""
    names: dict[str, Any] = {}
    source = read_matlab(script.encode(), "s.m").source
    if table is not None:
        table.to_csv("t.csv", index=False)
    exec(compile(source, "<prototype>", "exec"), names)
    return names


@pytest.fixture
def people(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    return pd.DataFrame(
        {"Age": [30.0, np.nan, 50.0, 10.0], "Sex": ["m", "f", None, "f"], "Group": [3, 1, 3, 2], "Pay": [10, 20, 30, 5]}
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("y = t.Pay;", 'y = t["Pay"]'),
        ("y = t.('Pay');", 'y = t["Pay"]'),
        ("X = t(:, {'Age', 'Pay'});", 'X = t[["Age", "Pay"]]'),
        ("X = t{:, {'Age', 'Pay'}};", 'X = t[["Age", "Pay"]].to_numpy(dtype=float)'),
        ("y = t{:, 'Pay'};", 'y = t["Pay"]'),
        ("X = t(:, 2:end-1);", "X = t.iloc[:, 1:-1]"),
        ("n = height(t);", "n = len(t)"),
        ("t.Age(isnan(t.Age)) = mean(t.Age, 'omitnan');", 't["Age"] = t["Age"].fillna(t["Age"].mean())'),
        ("m = mean(t.Age);", 'm = t["Age"].mean(skipna=False)'),
        ("t(t.Pay > 9, :) = [];", 't = t[~(t["Pay"] > 9)].reset_index(drop=True)'),
        ("t.Pay = [];", 't = t.drop(columns="Pay")'),
        ("t = removevars(t, {'Pay'});", 't = t.drop(columns=["Pay"])'),
        ("m = strcmp(t.Sex, 'f');", 'm = t["Sex"] == "f"'),
        ("t = rmmissing(t);", "t = t.dropna().reset_index(drop=True)"),
        ("t.Log = log(t.Pay + 1);", 't["Log"] = np.log(t["Pay"] + 1)'),
        (
            "D = dummyvar(categorical(t.Sex));",
            'D = pd.get_dummies(t["Sex"].astype("category"), dtype=float).to_numpy()',
        ),
        ("t.Properties.VariableNames{2} = 'Kind';", 't = t.rename(columns={t.columns[1]: "Kind"})'),
        ("m = innerjoin(t, t, 'Keys', 'Group');", 'm = t.merge(t, on=["Group"], how="inner")'),
        ("m = ismember(t.Sex, {'f', 'x'});", 'm = t["Sex"].isin(["f", "x"])'),
    ],
)
def test_tables_become_pandas(line: str, wanted: str) -> None:
    assert translated(READ + line) == wanted


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("fitctree(X, y)", "DecisionTreeClassifier(min_samples_split=10, random_state=0)"),
        (
            "fitrtree(X, y, 'MinLeafSize', 8)",
            "DecisionTreeRegressor(min_samples_split=16, min_samples_leaf=8, random_state=0)",
        ),
        ("fitcknn(X, y)", "KNeighborsClassifier(1)"),
        ("fitcknn(X, y, NumNeighbors=5)", "KNeighborsClassifier(5)"),
        ("fitcsvm(X, y, 'KernelFunction', 'rbf')", "SVC(kernel='rbf', C=1.0, gamma=1 / 1.0 ** 2)"),
        ("fitcnb(X, y)", "GaussianNB()"),
        ("fitlm(X, y)", "LinearRegression()"),
        ("fitlm(X, y, 'quadratic')", "make_pipeline(PolynomialFeatures(2, include_bias=False), LinearRegression())"),
        (
            "fitcensemble(X, y, 'Method', 'Bag', 'NumLearningCycles', 30)",
            "RandomForestClassifier(n_estimators=30, random_state=0)",
        ),
        ("TreeBagger(30, X, y)", "RandomForestClassifier(n_estimators=30, min_samples_leaf=1, random_state=0)"),
    ],
)
def test_models_become_those_of_scikit_learn(call: str, wanted: str) -> None:
    made = translated(f"d = csvread('d.csv'); X = d(:, 1:2); y = d(:, 3);\nm = {call};")
    assert made == f"m = {wanted}.fit(X, y)".replace("'", '"')


def test_values_are_copied_as_matlab_copies_them() -> None:
    made = ran("a = [1 2 3]; b = a; b(1) = 9; c = a(1); X = [1 2; 3 4]; v = X(:, 1); v(1) = 7; d = X(1, 1);")
    assert (made["c"], made["d"]) == (1.0, 1.0)


def test_missing_values_as_matlab_has_them(people: pd.DataFrame) -> None:
    made = ran(
        READ + "a = mean(t.Age); b = mean(t.Age, 'omitnan'); c = max(t.Age); d = sum(isnan(t.Age)); e = std(t.Pay);\n"
        "f = sum(ismissing(t.Sex)); g = median(t.Age, 'omitnan'); q = prctile(t.Age, 50);",
        people,
    )
    assert np.isnan(made["a"])
    assert [made[name] for name in "bcdfgq"] == [30.0, 50.0, 1, 1, 30.0, 30.0]
    assert made["e"] == pytest.approx(np.std(people["Pay"], ddof=1))


def test_groups_and_categories(people: pd.DataFrame) -> None:
    made = ran(
        READ + "g = grp2idx(t.Group); s = grp2idx(t.Sex); c = double(categorical(t.Group));\n"
        "k = categories(categorical(t.Sex)); u = unique(t.Sex); G = groupsummary(t, 'Group', 'mean', 'Pay');\n"
        "S = sortrows(t, 'Pay', 'descend'); p = S.Pay(1);",
        people,
    )
    assert made["g"].tolist() == [3.0, 1.0, 3.0, 2.0]
    assert made["s"].tolist()[:2] == [1.0, 2.0]  # texts as they come
    assert made["c"].tolist() == [3, 1, 3, 2]
    assert made["k"] == made["u"].tolist() == ["f", "m"]
    assert made["G"]["mean_Pay"].tolist() == [20.0, 5.0, 20.0]
    assert made["p"] == 30


def test_names_of_columns_as_readtable_makes_them(people: pd.DataFrame) -> None:
    table = people.rename(columns={"Age": "age in years", "Pay": "pay (EUR)", "Group": "2nd"})
    made = ran("t = readtable('t.csv');", table)
    assert list(made["t"].columns) == ["ageInYears", "Sex", "x2nd", "pay_EUR_"]


def test_numbers_of_few_bits_round_and_stay_within() -> None:
    made = ran("a = uint8([-3 2.5 300]); b = int8(-200); c = round(-2.5); d = round(2.345, 2);")
    assert made["a"].tolist() == [0, 3, 255]
    assert (made["b"], made["c"], made["d"]) == (-128, -3, 2.35)


def test_a_line_outside_is_told_with_what_needs_it() -> None:
    prototype = read_matlab(b"x = 1;\ny = fft(x);\nz = y + 1;\nw = z;\nv = x + 1;", "s.m")
    (finding,) = prototype.findings
    assert (finding.code, finding.subject) == ("CV105", ("line 2",))
    assert "y = fft(x);" in finding.message
    assert finding.message.endswith("with it what needs it: line 3, 4")
    assert finding.hint == "It needs fft, which is no variable and no function of the subset."
    assert prototype.cells[0].source == "x = 1\nv = x + 1"


def test_draws_are_told() -> None:
    prototype = read_matlab(
        b"d = csvread('d.csv');\ni = randperm(size(d, 1));\nA = d(i(1:10), :); B = d(i(11:end), :);", "s.m"
    )
    (finding,) = prototype.findings
    assert finding.subject == ("line 2",)
    assert "cannot be repeated" in finding.message
    source = prototype.cells[0].source
    assert source.index("np.random.seed(0)") < source.index("i = np.random.permutation(d.shape[0])")
    assert source.endswith("A = d[i[:10]]\nB = d[i[10:]]")


def test_places_lead_back_to_the_script() -> None:
    prototype = read_matlab(b"% note\n\nx = [1 2];\nfunction y = f(z)\ny = z;\nend\n", "s.m")
    assert prototype.language is Language.MATLAB
    assert prototype.written.startswith("% note")
    lines = prototype.source.splitlines()
    assert prototype.place(lines.index("x = np.array([1.0, 2.0])") + 1) == "line 3"
    assert prototype.place(lines.index("# note") + 1) == "line 1"


def test_functions_are_translated_for_what_they_are_given() -> None:
    source = read_matlab(
        b"a = f([1; 2]); b = f(3);\nfunction y = f(x)\ny = zeros(size(x)); y = x * 2;\nend", "s.m"
    ).source
    assert source.count("def f") == 2
    made = ran(
        "a = g([1; 2]); b = g(3); c = h(2);\nfunction y = g(x)\ny = x * 2;\nend\nfunction y = h(x)\ny = g(x) + 1;\nend"
    )
    assert made["a"].tolist() == [2.0, 4.0]
    assert (made["b"], made["c"]) == (6, 5)


def test_functions_in_files_beside() -> None:
    beside = {"twice.m": b"function y = twice(x)\ny = half(x) * 4;\nend", "half.m": b"function y = half(x)\ny = x / 2;"}
    prototype = read_matlab(b"a = twice(3);", "s.m", beside)
    assert prototype.findings == ()
    names: dict[str, Any] = {}
    exec(prototype.source, names)
    assert names["a"] == 6.0
    without = read_matlab(b"b = 1; a = twice(3);", "s.m")
    assert without.findings[0].hint == "It needs twice, which is no variable and no function of the subset."


def test_a_function_keeps_variables_as_they_were() -> None:
    prototype = read_matlab(b"c = 1;\nf = @(x) x + c;\na = f(2);\nc = 5;\nb = f(2);", "s.m")
    (finding,) = prototype.findings
    assert finding.subject == ("line 5",)
    assert "keeps a variable as it was" in finding.hint


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("X = rand(5);\nnet = patternnet(10);", "s.m, line 2: outside of what is read: the model patternnet"),
        ("X = eye(3); y = X(:, 1);\nm = fitlm(X, y, 'RobustOpts', 'on');", "s.m, line 2"),
        ("X = eye(3); y = X(:, 1);\nm = fitcensemble(X, y, 'Method', 'RUSBoost');", "by the method 'rusboost'"),
        ("", "holds no code"),
        ("% a note", "holds no code"),
        ("function y = f(x)\ny = x;\nend", "f is to be given x"),
        ("y = fft(1);", "holds no line that is read"),
    ],
)
def test_what_cannot_be_read_is_refused(script: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")) as caught:
        read_matlab(script.encode(), "s.m")
    assert "\n" not in str(caught.value)


def test_binary_files_are_refused() -> None:
    with pytest.raises(InputError, match="no text"):
        read_matlab(b"\xff\x00\x01", "s.m")

"""Functions that draw: divisions of rows, orders, random numbers. MATLAB's own draws cannot be repeated: it is told."""

from __future__ import annotations

from functools import partial

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.arrays import shape_of
from journeyman.importers.prototypes.matlab.scope import Handler, Scope, settings_of
from journeyman.importers.prototypes.matlab.values import Form, Kind, Outside, Value, as_int, fill, flat, scalar

__all__ = ["DIVISION_FUNCTIONS", "part_of_division"]

_Nodes = tuple[s.Expression, ...]
_DRAWN = "it draws at random, and MATLAB's draws cannot be repeated: rows fall otherwise than they did"


def _partition(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a division of rows into training and test rows, or into folds; classes keep their shares."""
    del wanted
    given, said = settings_of(nodes)
    if len(given) > 1 and isinstance(given[1], s.Text):
        said, given = {given[1].value.lower(): s.Number("1"), **said}, given[:1]
    rows = scope.value(given[0])
    count = as_int(rows) if rows.form is Form.SCALAR else shape_of(rows)[0]
    stratified = rows.form is not Form.SCALAR and said.get("stratify") != s.Name("false")
    target = fill("np.arange({})", count)
    if "holdout" in said:
        scope.told.append(_DRAWN)
        share = scope.value(said["holdout"])
        size = as_int(share) if share.kind.whole else share.code
        name = scope.fresh(f"{scope.target or 'division'}_training"), scope.fresh(f"{scope.target or 'division'}_test")
        classes = f", stratify={rows.code}" if stratified else ""
        drawn = f"train_test_split({target}, test_size={size}{classes}, random_state=0)"
        scope.before.append(f"{name[0]}, {name[1]} = {drawn}")
        return [Value(f"({name[0]}, {name[1]})", Kind(Form.PARTITION, other=f"parts {name[0]} {name[1]}"))]
    if "kfold" in said:
        scope.told.append(_DRAWN)
        folds = as_int(scope.value(said["kfold"]))
        kind = "StratifiedKFold" if stratified else "KFold"
        splitter = f"{kind}({folds}, shuffle=True, random_state=0)"
        classes = f", {rows.code}" if stratified else ""
        return [Value(f"list({splitter}.split({target}{classes}))", Kind(Form.PARTITION, other="folds"))]
    if "leaveout" in said:
        return [Value(f"list(LeaveOneOut().split({target}))", Kind(Form.PARTITION, other="folds"))]
    raise Outside("a division of the kinds HoldOut, KFold or LeaveOut")


def part_of_division(scope: Scope, division: Value, name: str, nodes: _Nodes) -> Value:
    """Return the rows of a part, or how many folds there are."""
    if name == "numtestsets":
        return scalar(fill("len({})", division.code) if division.kind.other == "folds" else "1", whole=True)
    at = {"training": 0, "test": 1}.get(name)
    if at is None and name in ("trainsize", "testsize") and division.kind.other.startswith("parts"):
        part = division.kind.other.split()[1 if name == "trainsize" else 2]
        return scalar(f"len({part})", whole=True)
    if at is None:
        raise Outside(f"{name} of a division")
    if division.kind.other.startswith("parts"):
        names = division.kind.other.split()[1:]
        return Value(names[at], Kind(Form.ROWS, other=names[1 - at]))
    if not nodes:
        raise Outside("the number of a fold")
    fold = as_int(scope.value(nodes[0]))
    one, other = (f"{division.code}[({fold}) - 1][{k}]" for k in (at, 1 - at))
    return Value(one, Kind(Form.ROWS, other=other))


def _halves(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the training and test rows of ``crossvalind('HoldOut', n, share)``."""
    if len(nodes) != 3 or not isinstance(nodes[0], s.Text) or nodes[0].value.lower() != "holdout" or wanted != 2:
        raise Outside("crossvalind of the kind HoldOut")
    (division,) = _partition(scope, (nodes[1], s.Text("HoldOut"), nodes[2]), 1)
    return [part_of_division(scope, division, name, ()) for name in ("training", "test")]


def _part(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    division = scope.value(nodes[0])
    if division.form is not Form.PARTITION:
        raise Outside(f"{name} of {division.form.value}")
    return [part_of_division(scope, division, name, nodes[1:])]


def _order(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return whole numbers up to one in a random order, as row numbers."""
    del wanted
    scope.told.append(_DRAWN)
    count = as_int(scope.value(nodes[0]))
    taken = f"[:{as_int(scope.value(nodes[1]))}]" if len(nodes) > 1 else ""
    return [Value(f"np.random.permutation({count}){taken}", Kind(Form.ROWS))]


def _random(template: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    scope.told.append(_DRAWN)
    sizes = [as_int(scope.value(node)) for node in nodes if not isinstance(node, s.Text)] or ["1"]
    sizes = sizes * 2 if len(sizes) == 1 else sizes
    if len(sizes) > 2:
        raise Outside("arrays of more than two dimensions")
    drawn = "np.random." + template
    if sizes == ["1", "1"]:
        return [scalar(drawn.format(""))]
    if "1" in sizes:
        form = Form.COLUMN if sizes[1] == "1" else Form.ROW
        return [Value(drawn.format(sizes[0] if form is Form.COLUMN else sizes[1]), Kind(form))]
    return [Value(drawn.format(f"({sizes[0]}, {sizes[1]})"), Kind(Form.MATRIX))]


def _clusters(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    given, _ = settings_of(nodes)
    values = flat(scope.value(given[0]))
    scope.told.append(_DRAWN)
    name = scope.fresh("clusters")
    count = as_int(scope.value(given[1]))
    scope.before.append(f"{name} = KMeans({count}, n_init=10, random_state=0).fit({values})")
    found = [Value(f"{name}.labels_ + 1", Kind(Form.COLUMN, whole=True))]
    return [*found, Value(f"{name}.cluster_centers_", Kind(Form.MATRIX))][: max(1, wanted)]


def _components(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return principal components; the greatest part of each is positive, in both languages."""
    given, said = settings_of(nodes)
    values = scope.value(given[0])
    count = as_int(scope.value(said["numcomponents"])) if "numcomponents" in said else ""
    if values.form is not Form.MATRIX or wanted > 5:
        raise Outside(f"principal components of {values.form.value}")
    name = scope.fresh("components")
    scope.before.append(f"{name} = PCA({count}).fit({values.code})")
    found = [
        Value(f"{name}.components_.T", Kind(Form.MATRIX)),
        Value(f"{name}.transform({values.code})", Kind(Form.MATRIX)),
        Value(f"{name}.explained_variance_", Kind(Form.COLUMN)),
        Value("None", Kind(Form.MIXED)),
        Value(f"{name}.explained_variance_ratio_ * 100", Kind(Form.COLUMN)),
    ]
    return found[: max(1, wanted)]


DIVISION_FUNCTIONS: dict[str, Handler] = {
    "cvpartition": _partition,
    "training": partial(_part, "training"),
    "test": partial(_part, "test"),
    "crossvalind": _halves,
    "randperm": _order,
    "rand": partial(_random, "random_sample({})"),
    "randn": partial(_random, "standard_normal({})"),
    "kmeans": _clusters,
    "pca": _components,
}

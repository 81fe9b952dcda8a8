"""What calls of libraries, of tables' methods and of models do to the rows of a traced program."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from journeyman.stages.trace_rows import known_calls as known
from journeyman.stages.trace_rows.choices import STOPS_EARLY, note_best, stopping_rows
from journeyman.stages.trace_rows.columns import NO_COLUMNS, Columns
from journeyman.stages.trace_rows.known_calls import words
from journeyman.stages.trace_rows.methods import follow_columns, group_keys
from journeyman.stages.trace_rows.row_sets import RowSet, Statistic, Step, overlap, parts_of
from journeyman.stages.trace_rows.values import (
    UNKNOWN,
    Choice,
    Closure,
    Constant,
    Data,
    Evaluation,
    Fit,
    Interpreter,
    Items,
    Model,
    Name,
    Selection,
    Splits,
    Value,
    joined,
    merged,
    predictions_in,
)

__all__ = ["call_items", "call_library", "call_method", "call_model", "chosen_by", "is_model_name", "is_opaque"]

Named = dict[str, Value]
_READERS = ("read_", "load_", "fetch_", "loadtxt", "genfromtxt", "get_data", "make_")
_UNTOUCHED = words("len print type str isinstance id display range")
_MODULES = ("builtins", "numpy", "pandas", "matplotlib", "seaborn", "os", "sys", "datetime", "plotly", "bokeh")
_NO_MODELS = words(
    "DataFrame Series Counter Index Timestamp Path OrderedDict Figure Image Dense Dropout Activation Flatten Conv2D "
    "Conv1D LSTM GRU Embedding Input MaxPooling2D BatchNormalization Adam SGD EarlyStopping ModelCheckpoint Exception"
)
_IN_ORDER = words("shuffle permutation arange RangeIndex choice")
_WHOLE_TEST = "cross_val"


def is_model_name(name: Name) -> bool:
    """Return whether a library's name is that of a class with fit: written in capitals, and of no array library."""
    leaf, root = name.leaf, name.dotted.partition(".")[0]
    if leaf in known.PIPELINES:
        return True
    return leaf[:1].isupper() and root not in _MODULES and leaf not in _NO_MODELS | known.SPLITTERS | known.MATRICES


def _constant_of(value: Value | None) -> object:
    return value.value if isinstance(value, Constant) else None


def _statistic(data: Data, line: int) -> Data:
    """Return what was learned of rows, without the rows."""
    told = {Statistic(data.rows, line)} if data.rows and not data.single else set()
    scores = data.scores
    if data.compared and data.predicted is not None:
        data.predicted[0].scored.add(data.predicted[1])
        scores |= {data.predicted}
    columns = data.columns if data.single else data.columns.over(data.rows)
    return Data(learned=data.learned | frozenset(told), columns=columns, scores=scores)


def call_library(tracer: Interpreter, name: Name, args: list[Value], named: Named, node: ast.Call) -> Value:
    """Return what a function of a library gives."""
    leaf, everything = name.leaf, [*args, *named.values()]
    if leaf in known.SPLITTERS:
        return Model(leaf)
    if leaf in _UNTOUCHED:
        return UNKNOWN
    if leaf == "load_data":  # of Keras: (x, y) to learn from and (x, y) to judge on
        steps = (Step("loaded", 0), Step("loaded", 1))
        return Items([Items([_part(tracer.table(node), step)] * 2) for step in steps])
    drawn = leaf in ("choice", "randint", "integers") and len(everything) > 1
    if drawn and _constant_of(named.get("replace")) is not False and not any(joined(one).rows for one in everything):
        return Selection(Step(f"resample:{node.lineno}:{node.col_offset}", 0, repeats=True, line=node.lineno))
    if name.dotted == "numpy.load":
        return tracer.table(node)
    if leaf.startswith(_READERS) and not any(joined(one).rows for one in everything):
        return tracer.table(node)
    if leaf == "train_test_split":
        site = f"split:{node.lineno}:{node.col_offset}"
        arrays = [_with_rows(one, given) for one, given in zip(args, node.args, strict=False)]
        return Items([_part(one, Step(site, k, line=node.lineno)) for one in arrays for k in (0, 1)])
    if leaf in ("clone", "deepcopy", "copy") and args:
        return args[0]
    if leaf in known.METRICS or (leaf.endswith(("_score", "_error", "_loss")) and leaf not in known.CROSS_VALIDATED):
        told = predictions_in(everything)
        for model, number in told:
            model.scored.add(number)
        return Data(scores=told) if told else UNKNOWN
    note_best(tracer, leaf, everything, node)
    if leaf in known.STOPS:
        return STOPS_EARLY
    if leaf in known.CROSS_VALIDATED:
        return _cross_validated(tracer, leaf, everything, node)
    if leaf in _IN_ORDER and not any(isinstance(one, Data) for one in args):
        return Selection()
    if leaf in ("resample", "choices", "repeat", "tile") and args and isinstance(args[0], Data):
        return _repeated(args[0], node)
    if leaf == "zip":
        columns = [tracer.elements(one) for one in args]
        return Items([Items(list(row)) for row in zip(*columns, strict=False)])
    if leaf == "enumerate":
        elements = tracer.elements(args[0]) if args else []
        return Items([Items([UNKNOWN, one]) for one in elements])
    if leaf in ("list", "tuple", "reversed", "sorted", "iter") and args and not isinstance(args[0], Data):
        return args[0]
    if leaf == "dict":
        return Items(list(named.values()), list(named)) if named else (args[0] if args else Items())
    if leaf in ("map", "filter") and len(args) > 1:
        return _applied(tracer, args[0], joined(args[1]), node)
    if leaf == "concat":
        if _constant_of(named.get("axis", args[1] if len(args) > 1 else None)) in (1, "columns"):
            return joined(*args[:1], *named.values())
        return _stacked(joined(*everything), tracer.elements(args[0]) if args else [], node)
    if leaf in known.MATRICES:
        return Data(joined(*everything).rows, joined(*everything).learned)
    if leaf == "train" and len(args) > 1:
        booster = Model("Booster", settings=frozenset(named))
        tracer.models.append(booster)
        _fit(booster, "train", joined(args[1]), [], named, node)
        return booster
    if leaf == "DataFrame" and everything:
        return _frame(everything)
    if leaf in ("merge", "merge_asof", "merge_ordered"):
        return _merged_tables(everything)
    whole = joined(*everything)
    if leaf not in known.KEEP_COLUMNS and (whole.columns.rest or whole.columns.named):  # a formula may choose some
        whole.columns = Columns(own=whole.columns.own)
    return _reduced(leaf, whole, named, args, node)


def _frame(values: list[Value]) -> Data:
    """Return a table made of columns, or of another; what else is given, such as an index, is none of its columns."""
    made, content = joined(*values), values[0]
    made.columns = joined(content).columns
    if isinstance(content, Items) and content.keys is not None:
        for name, value in zip(content.keys, content.values, strict=False):
            told = joined(value).predicted
            made.held |= {} if told is None else {str(name): told}
        pairs = zip(content.keys, content.values, strict=False)
        made.columns = Columns({str(name): joined(value).columns.sources for name, value in pairs})
    return made


def _reduced(leaf: str, whole: Data, named: Named, args: list[Value], node: ast.Call) -> Data:
    if leaf == "cut" and _edges_given(named, args):
        return whole
    if leaf in known.REDUCTIONS or leaf in known.SCALES:
        if _constant_of(named.get("axis")) in (1, "columns") or whole.single:
            return whole
        told = _statistic(whole, node.lineno)
        return Data(whole.rows, told.learned, columns=whole.columns) if leaf in known.SCALES else told
    return whole


def _edges_given(named: Named, args: list[Value]) -> bool:
    bins = named.get("bins", args[1] if len(args) > 1 else UNKNOWN)
    return isinstance(bins, Items)


def _stacked(whole: Data, tables: list[Value], node: ast.Call) -> Data:
    """Return tables one below the other; rows that come twice are no longer single."""
    found = [one for one in tables if isinstance(one, Data) and one.rows]
    for k, one in enumerate(found):
        for other in found[k + 1 :]:
            if one is other or (one.rows != other.rows and overlap(one.rows, other.rows)):
                return _repeated(whole, node)
    return whole


def _merged_tables(tables: Iterable[Value]) -> Value:
    found = [joined(one) for one in tables]
    if not found:
        return UNKNOWN
    return Data(found[0].rows, joined(*found).learned, columns=joined(*found).columns)


def _with_rows(value: Value, node: ast.expr) -> Data:
    """Return what is divided; where nothing is known of it, rows of their own under the name that it has."""
    data = joined(value)
    if data.rows:
        return data
    return Data(frozenset({RowSet(f"name:{ast.unparse(node)}")}), data.learned, columns=data.columns)


def _part(value: Value, step: Step) -> Value:
    data = joined(value)
    return Data(parts_of(data.rows, step), data.learned, columns=data.columns)


def _repeated(data: Data, node: ast.Call) -> Data:
    step = Step(f"resample:{node.lineno}:{node.col_offset}", 0, repeats=True, line=node.lineno)
    return Data(parts_of(data.rows, step), data.learned, columns=data.columns)


def _applied(tracer: Interpreter, function: Value, data: Data, node: ast.Call) -> Data:
    """Return rows that a function was applied to; what it used besides flows in."""
    element = Data(data.rows, data.learned, single=data.single, columns=data.columns)
    result = tracer.call(function, [element], {}, node) if isinstance(function, Closure) else function
    made = joined(result, element)
    columns = joined(result).columns if isinstance(function, Closure) else data.columns
    return Data(data.rows, made.learned, columns=columns)


def call_items(base: Items, method: str, args: list[Value]) -> Value:
    """Return what a method of a list, a tuple or a dictionary gives."""
    if method in ("append", "add", "insert"):
        base.values.extend(args[-1:])
        return UNKNOWN
    if method == "extend" and args and isinstance(args[0], Items):
        base.values.extend(args[0].values)
        return UNKNOWN
    if method == "items":
        keys = base.keys or [None] * len(base.values)
        return Items([Items([Constant(k), v]) for k, v in zip(keys, base.values, strict=False)])
    if method == "values":
        return Items(base.values)
    if method == "keys":
        return Items([Constant(k) for k in base.keys or ()])
    return merged(*base.values) if method in ("get", "pop") else UNKNOWN


def call_method(tracer: Interpreter, data: Data, method: str, args: list[Value], named: Named, node: ast.Call) -> Value:
    """Return what a method of a table, a column or an array gives."""
    note_best(tracer, method, [data], node)
    made = _call_table(tracer, data, method, args, named, node)
    follow_columns(data, method, args, named, made, node)
    if isinstance(made, Data) and made is not data:
        made.scores |= data.scores
        if made.rows and made.predicted is None:
            made.predicted = data.predicted
    return made


def _call_table(tracer: Interpreter, data: Data, method: str, args: list[Value], named: Named, node: ast.Call) -> Value:
    others = joined(*args, *named.values())
    if method == "groupby":
        keys = group_keys(data, args, named)
        learned = data.learned | others.learned
        return Data(data.rows, learned, grouped=True, columns=data.columns, keys=keys)
    if method in ("rolling", "expanding", "ewm"):  # a window of neighbours is no statistic of all rows
        return Data(data.rows, data.learned, single=True)
    if data.grouped:
        told = data.learned if _follows_rows(method, node) else _statistic(data, node.lineno).learned
        kept = method in ("transform", "apply", "cumsum", "cumcount", "rank", "ffill", "bfill", "fillna", "shift")
        return Data(data.rows if kept else frozenset(), told | others.learned)
    if method in ("isnull", "isna", "notnull", "notna"):
        part = int(method.startswith("not"))
        return Data(data.rows, data.learned, mask=Step(f"mask:null:{_place(node)}", part))
    if method in ("isin", "contains", "startswith", "duplicated"):
        return Data(data.rows, data.learned | others.learned, mask=Step(f"mask:{ast.unparse(node)}"))
    if method == "sample":
        if _constant_of(named.get("replace")) is True:
            return _repeated(data, node)
        whole = _constant_of(named.get("frac")) == 1 or _constant_of(args[0] if args else None) == 1
        return data if whole else Data(parts_of(data.rows, _sampled(node)), data.learned)
    if method in ("head", "tail"):
        given = ast.unparse(node.args[0]) if node.args else "5"
        step = Step(f"slice:{given}", 0) if method == "head" else Step(f"slice:{_negative(given)}", 1)
        return Data(parts_of(data.rows, step), data.learned)
    if method == "drop" and args and isinstance(args[0], Selection) and args[0].step is not None:
        return Data(parts_of(data.rows, Step(args[0].step.site, 1 - args[0].step.part)), data.learned)
    if method in ("apply", "map", "applymap", "pipe", "transform", "agg", "aggregate") and args:
        whole_rows = method in ("apply", "pipe", "transform", "agg", "aggregate")
        by_row = _constant_of(named.get("axis")) in (1, "columns") or not whole_rows
        seen = Data(data.rows, data.learned, single=by_row or data.single, columns=data.columns)
        made = _applied(tracer, args[0], seen, node)
        columns = made.columns if isinstance(args[0], Closure) else NO_COLUMNS
        return Data(data.rows, made.learned | others.learned, columns=columns)
    if method in ("iterrows", "itertuples", "items", "iteritems"):
        return Items([Items([UNKNOWN, Data(data.rows, data.learned, single=True)])])
    if method == "append":
        both = Data(data.rows | others.rows, data.learned | others.learned)
        more = tracer.elements(args[0]) if args and isinstance(args[0], Items) else args
        return _stacked(both, [data, *more], node)
    if method in ("merge", "join"):
        return Data(data.rows or others.rows, data.learned | others.learned)
    if method in known.REDUCTIONS or method in known.SCALES:
        seen = replace(data, learned=data.learned | others.learned, owner=None, mask=None)
        return _reduced(method, seen, named, args, node)
    made = Data(data.rows, data.learned | others.learned, single=data.single)
    if _constant_of(named.get("inplace")) is True:
        data.take_in(made)
        return UNKNOWN
    return made


def _place(node: ast.Call) -> str:
    return ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""


def _follows_rows(method: str, node: ast.Call) -> bool:
    """Return whether a method of groups gives each row what came before it, and no figure of the whole group."""
    text = ast.unparse(node.args[0]) if node.args else ""
    return method in known.OF_HISTORY or any(f".{name}(" in text for name in known.OF_HISTORY)


def _negative(text: str) -> str:
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def _sampled(node: ast.Call) -> Step:
    return Step(f"sample:{node.lineno}:{node.col_offset}", 0, line=node.lineno)


def _learns(model: Model) -> bool:
    """Return whether a transformer, or one in a pipeline, keeps figures of the rows that it has seen."""
    if model.name in known.TRANSFORMERS:
        return True
    return any(_learns(part) for part in model.parts if isinstance(part, Model))


def _is_transformer(model: Model) -> bool:
    names = (known.TRANSFORMERS, known.CATEGORY_CODES, known.STATELESS)
    if any(model.name in some for some in names) or model.name.endswith(("Encoder", "Scaler", "Imputer", "Vectorizer")):
        return True
    inner = [part for part in model.parts if isinstance(part, Model)]
    return model.name in known.PIPELINES and bool(inner) and all(_is_transformer(part) for part in inner)


def call_model(
    tracer: Interpreter, model: Model, method: str, args: list[Value], named: Named, node: ast.Call
) -> Value:
    """Return what a method of a model gives, and note what it learned from and was judged on."""
    rows = joined(args[0] if args else named.get("X", named.get("x", named.get("generator", UNKNOWN))))
    if method == "split" and model.name in known.SPLITTERS:
        return Splits(f"fold:{node.lineno}:{node.col_offset}", node.lineno)
    if method in ("fit_resample", "fit_sample"):
        given = [_with_rows(one, at) for one, at in zip(args, node.args, strict=False)]
        given += [joined(one) for one in named.values()]
        both = [_repeated(one, node) for one in given] if model.name in known.RESAMPLERS else given
        return Items([Data(both[0].rows, one.learned, columns=one.columns) for one in both]) if both else UNKNOWN
    if method in ("flow", "flow_from_dataframe") and rows.rows:
        return _repeated(rows, node)
    if method in ("fit_transform", "fit_predict"):
        _learn(model, rows, node)
        model.columns = _target_figures(model, rows, args, named)
        return Data(rows.rows, rows.learned | model.learned, columns=_transformed(model, rows))
    if method.startswith("fit_on_"):
        _learn(model, rows, node)
        return model
    if method in known.FITS or (method == "train" and rows.rows):
        if _is_transformer(model):
            _learn(model, rows, node)
            model.columns = _target_figures(model, rows, args, named)
            return model
        _fit(model, method, rows, args, named, node)
        return model
    if method in known.TRANSFORMS:
        return Data(rows.rows, rows.learned | model.learned, columns=_transformed(model, rows))
    if method in known.EVALUATIONS:
        if not rows.rows:
            return Data(learned=rows.learned | model.learned)
        model.evaluations.append(
            Evaluation(node.lineno, method, rows.rows, rows.learned, len(model.fits), rows.columns)
        )
        number = len(model.evaluations) - 1
        if method in known.SCORES:
            model.scored.add(number)
            return Data(scores=frozenset({(model, number)}), predicted=(model, number))
        return Data(rows.rows, rows.learned | model.learned, predicted=(model, number))
    if method in ("get_support", "get_feature_names_out"):
        return Data(learned=model.learned)
    if method in ("set_params", "compile", "add", "summary", "get_params"):
        model.parts.extend(one for one in args if isinstance(one, Model))
        model.chosen |= chosen_by(args, named)
        return model
    return UNKNOWN


def _learn(model: Model, rows: Data, node: ast.Call) -> None:
    told = {Statistic(rows.rows, node.lineno)} if rows.rows and _learns(model) else set()
    model.learned = rows.learned | frozenset(told)


def _chooses_columns(model: Model) -> bool:
    """Return whether a model, or one inside it, takes some columns of what it is given: nobody knows which."""
    return model.opaque or any(_chooses_columns(part) for part in model.parts if isinstance(part, Model))


def is_opaque(name: str, parts: list[Value]) -> bool:
    """Return whether a model chooses columns, or is a pipeline with steps that the program made itself."""
    return name in known.CHOOSE_COLUMNS or (name in known.PIPELINES and not all(_is_plain(one) for one in parts))


def _is_plain(value: Value, depth: int = 0) -> bool:
    if isinstance(value, Items) and depth < 4:
        return all(_is_plain(one, depth + 1) for one in value.values)
    return isinstance(value, Constant | Model)


def _transformed(model: Model, rows: Data) -> Columns:
    return NO_COLUMNS if _chooses_columns(model) else rows.columns.mixed_with(model.columns.own)


def _target_of(args: list[Value], named: Named) -> Data:
    return joined(args[1] if len(args) > 1 else named.get("y", UNKNOWN))


def _target_figures(model: Model, rows: Data, args: list[Value], named: Named) -> Columns:
    """Return what a transformer keeps of the target: means of it, where it encodes names by them."""
    if model.name not in known.TARGET_ENCODERS:
        return NO_COLUMNS
    return Columns(own=_target_of(args, named).columns.over(rows.rows).sources)


def chosen_by(args: list[Value], named: Named) -> frozenset[Statistic]:
    """Return the rows on which a search chose the settings among some arguments."""
    return frozenset(one for one in joined(*args, *named.values()).learned if one.chooses)


def _fit(model: Model, method: str, rows: Data, args: list[Value], named: Named, node: ast.Call) -> None:
    stopped = stopping_rows(model, named)
    stopped_on = stopped.rows if stopped is not None else frozenset()
    target = _target_of(args, named).columns
    columns = NO_COLUMNS if _chooses_columns(model) else rows.columns
    model.fits.append(Fit(node.lineno, f"{model.name}.{method}", rows.rows, rows.learned, columns, target, stopped_on))
    held = named.get("validation_data")
    if held is not None:
        judged = joined(held.values[0]) if isinstance(held, Items) and held.values else joined(held)
        if judged.rows:
            model.evaluations.append(Evaluation(node.lineno, method, judged.rows, judged.learned, len(model.fits)))


def _cross_validated(tracer: Interpreter, leaf: str, values: list[Value], node: ast.Call) -> Value:
    models = [one for value in values for one in (value.values if isinstance(value, Choice) else (value,))]
    whole = [joined(value) for value in values if isinstance(value, Data)]
    if not whole:
        return UNKNOWN
    for model in models:
        if isinstance(model, Model) and model.name not in known.SPLITTERS:
            fold, rest = (Step(f"{_WHOLE_TEST}:{node.lineno}", k, line=node.lineno) for k in (0, 1))
            rows = parts_of(whole[0].rows, fold)
            copied = Model(model.name, model.parts)  # what is validated is a copy: the model keeps what it learned
            target = whole[1].columns if len(whole) > 1 else NO_COLUMNS
            features = NO_COLUMNS if _chooses_columns(model) else whole[0].columns
            copied.fits.append(Fit(node.lineno, f"{model.name}.{leaf}", rows, whole[0].learned, features, target))
            judged = parts_of(whole[0].rows, rest)
            copied.evaluations.append(Evaluation(node.lineno, leaf, judged, whole[0].learned, 1, features))
            copied.scored.add(0)
            tracer.models.append(copied)
    return merged(Data(whole[0].rows, whole[0].learned))

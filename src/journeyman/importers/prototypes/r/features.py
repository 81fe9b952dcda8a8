"""The features and the target of a formula, in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, match_arguments, whole_number
from journeyman.importers.prototypes.r.expressions import translate
from journeyman.importers.prototypes.r.formulas import Formula, column_names_in, written
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.syntax import Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["Features", "make_features"]


@dataclass(frozen=True)
class Features:
    """What a model is fitted on.

    Attributes
    ----------
    code : str
        A list of columns, or the name of a function that makes them.
    function : bool
    rows : str
        Code of the table, rows with missing values left out.
    target : str
        Code of the target in it.
    holds : Holds
        Of the target.
    levels : tuple of str
        Code of the target's levels, the first one first; () where they stand in alphabetical order.
    numeric : bool
        Whether all features are known to be numbers.
    products : tuple of tuple of str
        Features that are multiplied with one another.
    names : tuple of str or None
        Of the features; None where they are known when it runs only.
    """

    code: str
    function: bool
    rows: str
    target: str
    holds: Holds
    levels: tuple[str, ...]
    numeric: bool
    products: tuple[tuple[str, ...], ...]
    names: tuple[str, ...] | None


def make_features(program: Program, formula: Formula, frame: Value, model: str) -> Features:
    """State what the features and the target of a formula are; its statements go into the program.

    Parameters
    ----------
    program : Program
    formula : Formula
    frame : Value
        The table that the formula is about, under a name of its own.
    model : str
        What the model is called; names are made from it.

    Raises
    ------
    OutsideSubsetError
        A term has no translation.
    """
    response_names = column_names_in(formula.response)
    parts: dict[str, str] = {}
    plain: list[str] = []
    kinds: dict[str, Holds] = {}
    known: Mapping[str, Holds] = frame.columns or {}
    for term in formula.terms:
        for one in term:
            if isinstance(one, syntax.Name):
                plain.append(one.name)
                kinds[one.name] = known.get(one.name, Holds.UNKNOWN)
            else:
                for name, value in _features_of(program, one).items():
                    parts[name] = value.code
                    kinds[name] = value.holds
    plain = list(dict.fromkeys(plain))
    listed = _plain_columns(formula, frame, plain, response_names)
    if formula.everything:
        for name in listed or ():
            kinds.setdefault(name, known.get(name, Holds.UNKNOWN))
    numeric = listed is not None and bool(kinds) and all(holds is Holds.NUMBERS for holds in kinds.values())
    code, function = _columns(program, formula, frame, listed, parts, model)
    used = [name for term in formula.terms for one in term for name in column_names_in(one)]
    rows = _fitted_rows(program, formula, frame, list(dict.fromkeys([*(listed or ()), *used, *response_names])), model)
    with program.within(frame.with_code(rows)):
        target = translate(program, formula.response)
    known_factor = isinstance(formula.response, syntax.Name) and formula.response.name in program.levels
    levels = program.levels.get(response_names[0]) if known_factor else None
    products = tuple(tuple(name for one in term for name in _names_of(one)) for term in formula.terms if len(term) > 1)
    _check_products(formula, kinds)
    names = (*(listed or ()), *parts) if listed is not None else None
    return Features(
        code,
        function,
        rows,
        target.code,
        Holds.FACTOR if known_factor else target.holds,
        target.parts or levels or (),
        numeric,
        products,
        names,
    )


def _plain_columns(formula: Formula, frame: Value, plain: list[str], response: list[str]) -> list[str] | None:
    if not formula.everything:
        return plain
    if frame.columns is None:
        return None
    return [name for name in frame.columns if name not in (*response, *formula.without)]


def _columns(
    program: Program, formula: Formula, frame: Value, listed: list[str] | None, parts: Mapping[str, str], model: str
) -> tuple[str, bool]:
    """State the features; return the name of the list, or of the function."""
    response = column_names_in(formula.response)
    code = repr(listed) if listed is not None else f"{frame.code}.columns.drop({[*response, *formula.without]!r})"
    name = program.fresh(f"{model}_columns")
    if not parts:
        program.emit(f"{name} = {code}")
        return name, False
    function = program.fresh(f"{model}_features")
    made = ", ".join(f"{one!r}: {made}" for one, made in parts.items())
    if formula.everything:
        program.emit(f"{name} = {code}")
        body = f"rows[{name}].assign(**{{{made}}})"
    else:
        own = ", ".join(f"{one!r}: rows[{one!r}]" for one in listed or ())
        body = f"pd.DataFrame({{{', '.join(part for part in (own, made) if part)}}})"
    program.emit(f"def {function}(rows):\n    return {body}")
    return function, True


def _features_of(program: Program, node: Node) -> dict[str, Value]:
    """Return the features that a variable of a formula stands for, made of ``rows``."""
    table = Value("rows", Kind.TABLE)
    name = called_name(node)
    if name == "poly":
        found = match_arguments(node, "x degree raw")  # type: ignore[arg-type]  # a call, as it has a name
        degree = whole_number(found.get("degree"))
        if degree is None or not 1 <= degree <= 6:
            raise OutsideSubsetError("poly() of a degree that is written out", node)
        with program.within(table):
            base = translate(program, found["x"])
        powers = {k: base.with_code(base.code if k == 1 else f"{base.code} ** {k}") for k in range(1, degree + 1)}
        return {
            f"poly({written(found['x'])})^{k}": Value(one.code, Kind.SERIES, Holds.NUMBERS) for k, one in powers.items()
        }
    if name in ("offset", "ns", "bs", "s", "lo", "te", "Error"):
        raise OutsideSubsetError(f"{name}() in a formula", node)
    if name == "scale":
        raise OutsideSubsetError("scale() in a formula: scale the column before", node)
    with program.within(table), program.without_statements():
        value = translate(program, node)
    if value.kind is Kind.ARRAY and value.frame is None and value.holds is not Holds.TEXTS:
        raise OutsideSubsetError(f"{written(node)} in a formula", node)
    return {written(node): value}


def _names_of(node: Node) -> list[str]:
    if called_name(node) == "poly":
        raise OutsideSubsetError("poly() multiplied with something", node)
    return [written(node)]


def _check_products(formula: Formula, kinds: Mapping[str, Holds]) -> None:
    """A product without its parts is another model, which contrasts of all levels would be needed for."""
    single = {written(term[0]) for term in formula.terms if len(term) == 1}
    for term in formula.terms:
        if len(term) < 2:
            continue
        missing = [written(one) for one in term if written(one) not in single and not formula.everything]
        if missing:
            raise OutsideSubsetError(
                f"{':'.join(written(one) for one in term)} without {' and '.join(missing)}", term[0]
            )


def _fitted_rows(program: Program, formula: Formula, frame: Value, used: list[str], model: str) -> str:
    """State the rows without a missing value, as R's ``na.omit`` leaves them; all where none is missing."""
    if frame.columns is not None and all(name in program.complete for name in used):
        return frame.code
    name = program.fresh(f"{model}_rows")
    told = "" if formula.everything and not formula.without else f"subset={used!r}"
    if formula.everything and formula.without and frame.columns is None:
        told = f"subset={frame.code}.columns.drop({list(formula.without)!r})"
    program.emit(f"{name} = {frame.code}.dropna({told})")
    return name

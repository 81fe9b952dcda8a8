"""Random numbers: drawn in Python as R draws them, so that a division after ``set.seed`` is the same."""

from __future__ import annotations

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, is_true, match_arguments, needed, whole_number
from journeyman.importers.prototypes.r.expressions import table, translate
from journeyman.importers.prototypes.r.program import Program, Translation
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["FUNCTIONS"]


def _seed(program: Program, call: Call) -> Value:
    found = match_arguments(call, "seed")
    if len(found) > 1:
        raise OutsideSubsetError("set.seed() of another generator", call)
    seed = translate(program, needed(found, "seed", call)).code
    program.random = program.random or program.fresh("random")
    program.drawn_by = None
    program.emit(f"{program.random} = {program.helper('seeded')}({seed})")
    return Value("None", Kind.NOTHING)


def _random(program: Program, call: Call) -> str:
    """Return the name of the random numbers; tell where they cannot be R's."""
    if program.random is None:
        program.random = program.fresh("random")
        program.emit(f"{program.random} = {program.helper('seeded')}(0)")
        program.note("rows are drawn without set.seed: R draws others at each run, and so they are others here", call)
    elif program.drawn_by is not None:
        program.note(
            f"rows are drawn after {program.drawn_by} has drawn numbers of its own: they are others than in R; "
            "a set.seed just before would make them the same",
            call,
        )
    return program.random


def _size(program: Program, node: Node) -> str:
    code = translate(program, node).code
    return code if code.isdigit() or code.startswith("len(") else f"int({code})"


def _sample(program: Program, call: Call) -> Value:
    found = match_arguments(call, "x size replace prob")
    if called_name(call) == "sample.int":
        found = match_arguments(call, "n size replace prob")
        found = {("x" if name == "n" else name): node for name, node in found.items()}
    source = needed(found, "x", call)
    among: Value | None = None
    if isinstance(source, syntax.Binary) and source.operator == ":" and whole_number(source.left) == 1:
        n = _size(program, source.right)
    elif called_name(source) in ("seq_len", "seq_along"):
        code = translate(program, source).code
        n = f"len({code})"
    else:
        value = translate(program, source)
        if value.kind is Kind.TABLE:
            raise OutsideSubsetError("sample() of a table", call)
        among = None if value.kind is Kind.SCALAR else value
        n = f"len({value.code})" if among is not None else _size(program, source)
    size = _size(program, found["size"]) if "size" in found else n
    random = _random(program, call)
    if is_true(found.get("replace")):
        prob = f", {translate(program, found['prob']).code}" if "prob" in found else ""
        code = f"{program.helper('sample_again')}({random}, {n}, {size}{prob})"
    elif "prob" in found:
        raise OutsideSubsetError("sample() by prob without replace", call)
    else:
        code = f"{program.helper('sample')}({random}, {n}, {size})"
    if among is None:
        return Value(code, Kind.ARRAY, Holds.NUMBERS)
    return Value(f"np.asarray({among.code})[{code} - 1]", Kind.ARRAY, among.holds)


def _partition(program: Program, call: Call) -> Value:
    found = match_arguments(call, "y times p list groups")
    y = translate(program, needed(found, "y", call))
    p = translate(program, found["p"]).code if "p" in found else "0.5"
    if whole_number(found.get("times")) not in (None, 1) or "groups" in found:
        raise OutsideSubsetError("createDataPartition() several times", call)
    code = f"{program.helper('partition')}({_random(program, call)}, {y.code}, {p})"
    return Value(code, Kind.ARRAY, Holds.NUMBERS, parts=("partition",))


def _split(program: Program, call: Call) -> Value:
    found = match_arguments(call, "Y SplitRatio group")
    y = translate(program, needed(found, "Y", call))
    if y.kind is Kind.TABLE:
        raise OutsideSubsetError("sample.split() of a table", call)
    ratio = translate(program, found["SplitRatio"]).code if "SplitRatio" in found else "2 / 3"
    code = f"{program.helper('split_mask')}({_random(program, call)}, {y.code}, {ratio})"
    return Value(code, Kind.ARRAY, Holds.LOGICAL)


def _numbers(program: Program, call: Call) -> Value:
    normal = called_name(call) == "rnorm"
    first, second = ("mean", "sd") if normal else ("min", "max")
    found = match_arguments(call, f"n {first} {second}")
    size = _size(program, needed(found, "n", call))
    low = translate(program, found[first]).code if first in found else "0"
    high = translate(program, found[second]).code if second in found else "1"
    code = f"{program.helper('normal' if normal else 'uniform')}({_random(program, call)}, {size})"
    if (low, high) != ("0", "1"):
        code = f"({low} + ({high}{'' if normal else f' - {low}'}) * {code})"
    return Value(code, Kind.ARRAY, Holds.NUMBERS)


def _sampled_rows(program: Program, call: Call) -> Value:
    found = match_arguments(call, "tbl size replace weight")
    frame = table(program, needed(found, "tbl" if "tbl" in found else ".data", call))
    if set(found) - {"tbl", ".data", "size", "prop", "n"} or frame.parts:
        raise OutsideSubsetError(f"{called_name(call)}() with replace, weights or groups", call)
    share = "prop" in found or called_name(call) == "sample_frac"
    size = translate(program, found.get("prop", found.get("n", found.get("size", call)))).code
    if share:  # dplyr's slice_sample takes the whole part, sample_frac rounds
        size = f"{'round' if called_name(call) == 'sample_frac' else 'int'}({size} * len({frame.code}))"
    code = f"{program.helper('sample')}({_random(program, call)}, len({frame.code}), {size})"
    return frame.with_code(f"{frame.code}.iloc[{code} - 1]")


FUNCTIONS: dict[str, Translation] = {
    **dict.fromkeys(("sample", "sample.int"), _sample),
    **dict.fromkeys(("sample_n", "sample_frac", "slice_sample"), _sampled_rows),
    **dict.fromkeys(("runif", "rnorm"), _numbers),
    "set.seed": _seed,
    "createDataPartition": _partition,
    "sample.split": _split,
}

"""Functions that read files: tables with names, and files of numbers."""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.scope import Handler, Scope, settings_of
from journeyman.importers.prototypes.matlab.values import Form, Kind, Outside, Value, as_int

__all__ = ["READING_FUNCTIONS"]

_Nodes = tuple[s.Expression, ...]
_TABLE = Kind(Form.TABLE)
_DELIMITERS = {"comma": ",", "semi": ";", "tab": "\\t", "space": " ", "bar": "|"}


def _path(scope: Scope, node: s.Expression) -> str:
    value = scope.value(node)
    if value.form is not Form.TEXT:
        raise Outside("a path that is a text")
    return value.code


def _read_table(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a table of a file, columns under the names that readtable gives them."""
    del wanted
    _, said = settings_of(nodes[1:])
    path = _path(scope, nodes[0])
    excel = path.rstrip("'\")").lower().endswith((".xls", ".xlsx", ".xlsm"))
    arguments, keeps = [path], False
    for name, node in said.items():
        text = node.value if isinstance(node, s.Text) else ""
        match name:
            case "delimiter":
                mark = _DELIMITERS.get(text, text)
                arguments.append(f"sep={mark!r}".replace("\\\\t", "\\t"))
            case "readvariablenames":
                if scope.value(node).code in ("False", "0"):
                    arguments.append("header=None")
            case "headerlines" | "numheaderlines":
                arguments.append(f"skiprows={as_int(scope.value(node))}")
            case "sheet":
                sheet = scope.value(node)
                arguments.append(f"sheet_name={sheet.code if text else f'{as_int(sheet)} - 1'}")
            case "treatasempty":
                arguments.append(f"na_values=[{scope.value(node).code}]")
            case "variablenamingrule" | "preservevariablenames":
                keeps = text == "preserve" or scope.value(node).code in ("True", "1")
            case "filetype" | "texttype" | "encoding" | "format":
                pass
            case _:
                raise Outside(f"readtable with {name}")
    read = f"pd.read_{'excel' if excel else 'csv'}({', '.join(arguments)})"
    if "header=None" in arguments:
        return [Value(read + ".rename(columns=lambda k: f'Var{k + 1}')", _TABLE)]
    return [Value(read if keeps else read + ".rename(columns=valid_name)", _TABLE)]


def _read_numbers(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the numbers of a file: readmatrix, csvread, dlmread, load, importdata."""
    del wanted
    path, rest = _path(scope, nodes[0]), list(nodes[1:])
    marks = [node.value for node in rest[:1] if isinstance(node, s.Text)]
    rest = rest[len(marks) :]
    mark = "".join(one for one in marks if one != "-ascii")
    if len(rest) == 1 or len(rest) > 2 or (len(rest) == 2 and rest[1] != s.Number("0")):
        raise Outside("a part of a file that does not begin with its first column")
    skipped = as_int(scope.value(rest[0])) if rest else "0"
    if path.rstrip("'\")").lower().endswith(".mat"):
        raise Outside("MATLAB's own files: save the table as a CSV file")
    skips = "" if skipped == "0" else f", skiprows={skipped}"
    if mark:
        separated = f"sep={mark!r}".replace("\\\\t", "\\t")
        return [Value(f"pd.read_csv({path}, header=None, {separated}{skips}).to_numpy(dtype=float)", Kind(Form.MATRIX))]
    if path.rstrip("'\")").lower().endswith(".csv"):
        return [Value(f"pd.read_csv({path}, header=None{skips}).to_numpy(dtype=float)", Kind(Form.MATRIX))]
    read = f"pd.read_csv({path}, header=None, sep=r'[,;\\s]+', engine='python', comment='%'{skips})"
    return [Value(read + ".dropna(axis=1, how='all').to_numpy(dtype=float)", Kind(Form.MATRIX))]


def _read_sheet(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the numbers of ``xlsread``: rows above them that hold texts alone are left out."""
    if wanted > 1 or len(nodes) > 1:
        raise Outside("xlsread of the first sheet's numbers")
    path = _path(scope, nodes[0])
    numbers = f"pd.read_excel({path}, header=None).apply(pd.to_numeric, errors='coerce')"
    return [Value(f"{numbers}.dropna(how='all').dropna(axis=1, how='all').to_numpy(dtype=float)", Kind(Form.MATRIX))]


def _read_matrix(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return the numbers of a CSV file, a line of names left out as readmatrix finds it."""
    del wanted
    _, said = settings_of(nodes[1:])
    if set(said) - {"numheaderlines", "delimiter"}:
        raise Outside("readmatrix with such settings")
    path = _path(scope, nodes[0])
    skipped = f", {as_int(scope.value(said['numheaderlines']))}" if "numheaderlines" in said else ""
    return [Value(f"read_matrix({path}{skipped})", Kind(Form.MATRIX))]


READING_FUNCTIONS: dict[str, Handler] = {
    "readtable": _read_table,
    "readmatrix": _read_matrix,
    "xlsread": _read_sheet,
    **dict.fromkeys(("csvread", "dlmread", "load", "importdata"), _read_numbers),
}

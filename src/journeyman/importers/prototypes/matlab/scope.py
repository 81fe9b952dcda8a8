"""Where a translation stands: the variables that are known, and the functions and findings of the whole script."""

from __future__ import annotations

import dataclasses
import keyword
from collections.abc import Callable
from dataclasses import dataclass, field

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.support import RESERVED
from journeyman.importers.prototypes.matlab.values import Form, Kind, Outside, Value

__all__ = ["Handler", "Scope", "Written", "python_name", "settings_of"]


def python_name(name: str) -> str:
    """Return the variable of Python for one of MATLAB.

    Examples
    --------
    >>> python_name("lambda"), python_name("X"), python_name("opts.rate")
    ('lambda_', 'X', 'opts_rate')
    """
    plain = name.replace(".", "_")
    return f"{plain}_" if keyword.iskeyword(plain) or plain in RESERVED or plain.startswith("__") else plain


@dataclass
class Written:
    """A function of the script in Python: its name, its text, and the kinds of its results."""

    name: str
    text: str
    results: tuple[Kind, ...]


@dataclass
class Scope:
    """The variables of a script or of a function.

    Attributes
    ----------
    kinds : dict of str to Kind
        By the name in MATLAB; a field of a struct by "struct.field".
    changed : frozenset of str
        Variables of which a part is assigned somewhere, which are copied where MATLAB would.
    widened : frozenset of str
        Variables that get further columns, for which a column is a matrix of one.
    value : callable
        Translates an expression.
    call : callable
        Translates a call of one of the script's functions: its name, what it is given, how many results are wanted.
    functions : frozenset of str
        Names of the script's functions.
    before : list of str
        Statements that the one in work needs before it.
    told : list of str
        What a reader must know of the line in work.
    ends : list of str
        Python of what ``end`` stands for, the innermost last.
    versions : dict of str to int
        How often each variable was assigned.
    target : str
        The variable that the line in work makes.
    results : str
        Python of what a function returns.
    given : int
        How many values a function is given.
    """

    value: Callable[[s.Expression], Value]
    call: Callable[[str, list[Value], int], list[Value]]
    functions: frozenset[str]
    changed: frozenset[str] = frozenset()
    widened: frozenset[str] = frozenset()
    kinds: dict[str, Kind] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    target: str = ""
    results: str = ""
    given: int = 0

    def find(self, name: str) -> Value | None:
        """Return a variable; None where there is none of that name.

        Raises
        ------
        Outside
            Where the line that made it was left out.
        """
        kind = self.kinds.get(name)
        if kind is None:
            return None
        if kind.form is Form.LOST:
            raise Outside(f"{name}, which {kind.other}")
        return Value(python_name(name), kind)

    def kept(self, function: s.Expression) -> str:
        """Return which variables an anonymous function keeps, and how often each was assigned before."""
        names = sorted(_names_in(function))
        return " ".join(f"{name}:{self.versions.get(name, 0)}" for name in names if name in self.kinds)

    def know(self, name: str, kind: Kind) -> None:
        """Keep what is known of a variable that is assigned."""
        self.kinds[name] = kind
        self.versions[name] = self.versions.get(name, 0) + 1

    def values(self, nodes: tuple[s.Expression, ...]) -> list[Value]:
        """Translate expressions."""
        return [self.value(node) for node in nodes]

    def fresh(self, name: str) -> str:
        """Return a name of Python that nothing of the script has."""
        made, number = name, 2
        while made in self.kinds or made in self.functions or made in RESERVED:
            made, number = f"{name}_{number}", number + 1
        self.kinds[made] = Kind(Form.MIXED)
        return made


Handler = Callable[[Scope, tuple[s.Expression, ...], int], list[Value]]


def settings_of(nodes: tuple[s.Expression, ...]) -> tuple[tuple[s.Expression, ...], dict[str, s.Expression]]:
    """Return what a function is given by place, and its settings by name in small letters.

    Examples
    --------
    >>> given = (s.Name("X"), s.Text("NumNeighbors"), s.Number("5"))
    >>> settings_of(given)
    ((Name(name='X'),), {'numneighbors': Number(text='5')})
    """
    first = len(nodes)
    while first >= 2 and isinstance(nodes[first - 2], s.Text):
        first -= 2
    while first > 0 and isinstance(nodes[first - 1], s.Binary) and _is_setting(nodes[first - 1]):
        first -= 1
    found, at = dict[str, s.Expression](), first
    while at < len(nodes):
        node = nodes[at]
        if isinstance(node, s.Binary) and isinstance(node.left, s.Text):
            found[node.left.value.lower()] = node.right
            at += 1
        elif isinstance(node, s.Text) and at + 1 < len(nodes):
            found[node.value.lower()] = nodes[at + 1]
            at += 2
        else:
            raise Outside("settings by name that can be read")
    return nodes[:first], found


def _names_in(node: object) -> set[str]:
    if isinstance(node, s.Name):
        return {node.name}
    if isinstance(node, tuple):
        return set().union(*(_names_in(one) for one in node))
    if dataclasses.is_dataclass(node):
        found = set().union(*(_names_in(getattr(node, one.name)) for one in dataclasses.fields(node)))
        return found - set(node.parameters) if isinstance(node, s.Lambda) else found
    return set()


def _is_setting(node: s.Expression) -> bool:
    return isinstance(node, s.Binary) and node.sign == "="

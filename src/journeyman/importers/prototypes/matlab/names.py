"""Names that statements make, or of which they change a part."""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s

__all__ = ["changed_names", "made_names", "widened_names"]


def changed_names(statements: s.Block) -> frozenset[str]:
    """Return the variables of which a part is assigned.

    Examples
    --------
    >>> changed_names((s.Assign(1, (s.Call(s.Name("x"), (s.Number("1"),)),), s.Number("5")),))
    frozenset({'x'})
    """
    found = set[str]()
    for statement in _every(statements):
        if isinstance(statement, s.Assign):
            for target in statement.targets:
                if target is not None and not isinstance(target, s.Name):
                    found.add(_base(target))
    return frozenset(found)


def widened_names(statements: s.Block) -> frozenset[str]:
    """Return the variables that get further columns: ``X(:, end+1) = v``, and in a loop ``X = [X v]``.

    Examples
    --------
    >>> end_and_one = s.Binary("+", s.End(), s.Number("1"))
    >>> widened_names((s.Assign(1, (s.Call(s.Name("X"), (s.Colon(), end_and_one)),), s.Name("v")),))
    frozenset({'X'})
    """
    found = set[str]()
    inside = [one for loop in _every(statements) if isinstance(loop, s.For | s.While) for one in _every(loop.body)]
    for statement in _every(statements):
        match statement:
            case s.Assign(_, (s.Call(s.Name(name), (s.Colon(), s.Binary("+", s.End(), s.Number("1")))),), _):
                found.add(name)
            case s.Assign(_, (s.Name(name),), s.Matrix(((s.Name(first), _, *_),))) if statement in inside:
                found |= {name} & {first}
    return frozenset(found)


def made_names(statements: s.Block) -> set[str]:
    """Return what statements make: variables, and columns of tables as "table.column"."""
    found = set[str]()
    for statement in _every(statements):
        if isinstance(statement, s.For):
            found.add(statement.variable)
        if isinstance(statement, s.Assign):
            for target in statement.targets:
                while isinstance(target, s.Call):
                    target = target.target
                if isinstance(target, s.Name):
                    found.add(target.name)
                elif (
                    isinstance(target, s.Field)
                    and isinstance(target.target, s.Name)
                    and isinstance(target.name, s.Text)
                ):
                    found.add(f"{target.target.name}.{target.name.value}")
    return found


def _every(statements: s.Block) -> list[s.Statement]:
    found = list[s.Statement]()
    for one in statements:
        found.append(one)
        match one:
            case s.If():
                for _, body in one.branches:
                    found += _every(body)
                found += _every(one.otherwise)
            case s.Switch():
                for _, body in one.cases:
                    found += _every(body)
                found += _every(one.otherwise)
            case s.For() | s.While():
                found += _every(one.body)
            case s.Try():
                found += [*_every(one.body), *_every(one.handler)]
    return found


def _base(node: s.Expression) -> str:
    while isinstance(node, s.Call | s.Field):
        node = node.target
    return node.name if isinstance(node, s.Name) else ""

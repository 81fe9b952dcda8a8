"""Names that statements make, or of which they change a part."""

from __future__ import annotations

from journeyman.importers.prototypes.matlab import syntax as s

__all__ = ["changed_names", "made_names"]


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

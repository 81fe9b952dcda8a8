"""The words of a command, as they were given, for whoever runs it again for another model."""

from __future__ import annotations

from collections.abc import Collection

import typer

__all__ = ["given_words"]


def given_words(context: typer.Context, without: Collection[str] = ()) -> list[str]:
    """Return the options of a command that were given, without its arguments and without some, by parameter."""
    words: list[str] = []
    for parameter in context.command.params:
        name, source = parameter.name or "", context.get_parameter_source(parameter.name or "")
        if parameter.param_type_name != "option" or name in without or source is None or source.name != "COMMANDLINE":
            continue
        value, on, off = context.params[name], parameter.opts[0], parameter.secondary_opts
        if isinstance(value, bool):
            words.append(on if value or not off else off[0])
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [on, str(one)]
    return words

"""What a protocol of serving offers, and the addresses of all that are installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from journeyman.plugins import load_parts
from journeyman.serving.http import Response, Route
from journeyman.serving.refusals import Refusal
from journeyman.serving.service import Service

__all__ = ["ServingProtocol", "bound_routes", "installed_routes"]

_GROUP = "journeyman.serving_protocols"


class ServingProtocol(Protocol):
    """A way to ask for predictions over HTTP: it reads requests, and writes responses, of one form."""

    @property
    def name(self) -> str:
        """That of its entry point."""
        ...

    @property
    def weight(self) -> float:
        """Its place: where two offer one address, the lower weight answers. Built-in ones weigh 100 to 400."""
        ...

    def routes(self, service: Service, environment: Mapping[str, str]) -> Sequence[Route]:
        """Return its addresses, answered by a model in service; ``environment`` may name them, as platforms do."""
        ...

    def refuse(self, refusal: Refusal) -> Response:
        """Say why a request is not answered, on each of its routes that has no form of its own."""
        ...


def installed_routes(service: Service, environment: Mapping[str, str]) -> list[Route]:
    """Return the addresses of all installed protocols, those of the lowest weight first.

    Raises
    ------
    SettingsError
        Where a package offers a protocol that cannot be imported or made.
    """
    protocols: list[ServingProtocol] = sorted(load_parts(_GROUP).values(), key=lambda one: (one.weight, one.name))
    return [route for protocol in protocols for route in bound_routes(protocol, service, environment)]


def bound_routes(protocol: ServingProtocol, service: Service, environment: Mapping[str, str]) -> list[Route]:
    """Return the addresses of a protocol, each with its form of refusal."""
    return [
        route if route.refusal is not None else replace(route, refusal=protocol.refuse)
        for route in protocol.routes(service, environment)
    ]

"""Webhook: an operation is sent as JSON by HTTP POST."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from journeyman.entities.operation import Operation
from journeyman.errors import NotificationError, SettingsError
from journeyman.notifiers.operation_message import as_json

__all__ = ["WebhookNotifier"]

_HINT = "check the address and that the receiver is up; it is tried again"


@dataclass(frozen=True)
class WebhookNotifier:
    """Posts JSON to an address.

    Parameters
    ----------
    url : str
        http or https; a token may stand in it, so that only its host is ever told.
    timeout : float
        Seconds that an answer may take.

    Raises
    ------
    SettingsError
        For another kind of address.
    """

    url: str
    timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what is no address, before anything happens that should be told."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError("the webhook's address is no URL", hint="give one such as https://example.org/hook")

    @property
    def name(self) -> str:
        """How it is called in the records."""
        return f"webhook {urllib.parse.urlsplit(self.url).hostname}"

    def tell(self, operation: Operation) -> None:
        """Post the operation; anything but a status of 2xx is a failure."""
        headers = {"Content-Type": "application/json", "User-Agent": "journeyman"}
        request = urllib.request.Request(self.url, as_json(operation), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                reply.read(1000)
        except urllib.error.HTTPError as error:
            error.close()
            raise NotificationError(f"{self.name} answered {error.code}", hint=_HINT) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise NotificationError(f"{self.name} cannot be reached: {reason}", hint=_HINT) from error

"""Ways to tell somebody of an operation: a webhook, an e-mail, a command, and what packages bring."""

from __future__ import annotations

from journeyman.entities.operating import NotifierKind, NotifierSettings
from journeyman.interfaces import Notifier
from journeyman.notifiers.command import CommandNotifier
from journeyman.notifiers.email import EmailNotifier
from journeyman.notifiers.webhook import WebhookNotifier
from journeyman.plugins import make_part

__all__ = ["make_notifier"]


def make_notifier(settings: NotifierSettings) -> Notifier:
    """Return the notifier that is meant.

    Raises
    ------
    SettingsError
        Where its address is none, or no installed package offers it (an entry point of ``journeyman.notifiers``: a
        class or function that takes the address).

    Examples
    --------
    >>> make_notifier(NotifierSettings(NotifierKind.COMMAND, "logger -t models")).name
    'command logger'
    """
    if settings.kind is NotifierKind.WEBHOOK:
        return WebhookNotifier(settings.address)
    if settings.kind is NotifierKind.EMAIL:
        return EmailNotifier(settings.address, settings.server, settings.sender)
    if settings.kind is NotifierKind.COMMAND:
        return CommandNotifier(settings.address)
    notifier: Notifier = make_part("journeyman.notifiers", settings.part, settings.address)
    return notifier

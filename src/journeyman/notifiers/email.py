"""E-mail: an operation is sent by SMTP, in plain words."""

from __future__ import annotations

import os
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid

from journeyman.entities.operation import Operation
from journeyman.errors import NotificationError, SettingsError
from journeyman.notifiers.operation_message import as_text, headline

__all__ = ["EmailNotifier"]

_USER, _PASSWORD = "JOURNEYMAN_SMTP_USER", "JOURNEYMAN_SMTP_PASSWORD"
_TLS = 465


@dataclass(frozen=True)
class EmailNotifier:
    """Sends a mail.

    The user and the password of the server come from the variables JOURNEYMAN_SMTP_USER and JOURNEYMAN_SMTP_PASSWORD;
    with them, or at port 465, the connection is encrypted.

    Parameters
    ----------
    address : str
        Who is told.
    server : str
        "HOST" or "HOST:PORT"; port 25 by default.
    sender : str
        From whom.
    timeout : float
        Seconds that the server may take.

    Raises
    ------
    SettingsError
        Where an address or the port is none.
    """

    address: str
    server: str = "localhost:25"
    sender: str = "journeyman@localhost"
    timeout: float = 20.0

    def __post_init__(self) -> None:
        """Refuse what is no address, before anything happens that should be told."""
        for address in (self.address, self.sender):
            if address.count("@") != 1 or any(sign in address for sign in " \r\n,;"):
                raise SettingsError(f"{address!r} is no e-mail address", hint="give one such as ann@example.org")
        if not self._host or not self._port.isdigit():
            raise SettingsError(f"{self.server!r} is no server", hint="give it as HOST:PORT")

    @property
    def name(self) -> str:
        """How it is called in the records."""
        return f"email {self.address}"

    @property
    def _host(self) -> str:
        return self.server.rpartition(":")[0] if ":" in self.server else self.server

    @property
    def _port(self) -> str:
        return self.server.rpartition(":")[2] if ":" in self.server else "25"

    def tell(self, operation: Operation) -> None:
        """Send the operation as one mail."""
        message = EmailMessage()
        message["Subject"] = " ".join(headline(operation).split())
        message["From"], message["To"] = self.sender, self.address
        message["Message-ID"] = make_msgid(domain=self.sender.partition("@")[2])
        message["X-Journeyman-Operation"] = f"{operation.model}-{operation.number}"
        message.set_content(as_text(operation))
        user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
        port = int(self._port)
        connect = smtplib.SMTP_SSL if port == _TLS else smtplib.SMTP
        try:
            with connect(self._host, port, timeout=self.timeout) as server:
                if user and password:
                    if port != _TLS:
                        server.starttls()
                    server.login(user, password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            said = " ".join(str(error).split())[:200]
            raise NotificationError(
                f"{self.name} was not sent: {type(error).__name__}: {said}",
                hint="check the server and the address; it is tried again",
            ) from error

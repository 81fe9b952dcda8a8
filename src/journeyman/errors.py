"""The one tree of errors: each says in one line what was found and what was wanted, and carries a hint.

::

    JourneymanError
    ├── InputError (ValueError)        what the user gave cannot be used; the command ends with exit code 2
    │   ├── SourceError                a table cannot be read
    │   ├── TargetError                the column to predict cannot be predicted
    │   ├── SchemaError                a table to predict does not fit the model's columns
    │   └── SettingsError              an option or a settings file is wrong
    ├── RemoteError                    a file system on the network does not answer, or refuses
    ├── WorkspaceError                 the workspace is missing, in use, read-only or full
    ├── EngineError                    what goes over the rows was lost; a build can be resumed
    ├── LeaseError                     another worker operates the model
    ├── NotificationError              somebody could not be told of an operation
    ├── JournalError                   a recorded run cannot be replayed
    │   └── ReplayError                the program, a part or an input has changed since the run began
    └── ReleaseError                   a release is missing, damaged or not for use
        └── ModelError                 a model that was made elsewhere does not answer
"""

from __future__ import annotations

__all__ = [
    "EngineError",
    "InputError",
    "JournalError",
    "JourneymanError",
    "LeaseError",
    "ModelError",
    "NotificationError",
    "ReleaseError",
    "RemoteError",
    "ReplayError",
    "SchemaError",
    "SettingsError",
    "SourceError",
    "TargetError",
    "WorkspaceError",
]


class JourneymanError(Exception):
    """Base of every error that Journeyman raises on purpose.

    Parameters
    ----------
    message : str
        One line: what was found, what was wanted.
    hint : str
        One line: what the user can do about it.

    Examples
    --------
    >>> print(InputError("no column 'pirce' in houses.csv", hint="did you mean 'price'?"))
    no column 'pirce' in houses.csv (hint: did you mean 'price'?)
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message and the hint as one line."""
        return f"{self.message} (hint: {self.hint})"

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the hint when the error crosses a process boundary."""
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[JourneymanError], message: str, hint: str) -> JourneymanError:
    return kind(message, hint=hint)


class InputError(JourneymanError, ValueError):
    """What the user gave cannot be used."""


class SourceError(InputError):
    """A table cannot be read."""


class TargetError(InputError):
    """The column to predict cannot be predicted."""


class SchemaError(InputError):
    """A table to predict does not fit the model's columns."""


class SettingsError(InputError):
    """An option or a settings file is wrong."""


class RemoteError(JourneymanError):
    """A file system or object store on the network does not answer, or refuses."""


class WorkspaceError(JourneymanError):
    """The workspace is missing, in use, read-only or full."""


class EngineError(JourneymanError):
    """What goes over the rows or does the fits was lost on the way: the build can be resumed."""


class LeaseError(JourneymanError):
    """Another worker operates the model."""


class NotificationError(JourneymanError):
    """Somebody could not be told of an operation."""


class JournalError(JourneymanError):
    """A recorded run cannot be replayed."""


class ReplayError(JournalError):
    """A run cannot go on, because the program, a part or an input has changed since it began."""


class ReleaseError(JourneymanError):
    """A release is missing, damaged or not for use."""


class ModelError(ReleaseError):
    """A model that was made elsewhere does not answer."""

"""Settings of a server, frozen and validated once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import SettingsError
from journeyman.serving.kafka_topics import KafkaSettings

__all__ = ["ServeSettings", "checked"]


@dataclass(frozen=True)
class ServeSettings:
    """The settings of a server.

    Attributes
    ----------
    model : str
        Name of a model, whose champion answers, or the folder of a release.
    workspace : Path
        Where the registry and the releases are.
    log : Path, str or None
        Folder of the prediction log, or address of a database; by default WORKSPACE/predictions/NAME, or the database
        that machines share.
    host, port : str and int
        Where to listen; 0 is any port that is free.
    workers : int
        Processes that answer.
    keys : tuple of str
        Columns by whose values labels may come, and by which a canary is sticky.
    hashed, left_out : tuple of str
        Personal columns: recorded as keyed hashes, or not at all.
    keep_days : float
        Days that predictions stay in the live log, before they move to Parquet files.
    keep_rows : int
        Predictions in the live log beyond which the oldest move earlier.
    keep_archive_days : float or None
        Days that the Parquet files stay, counted from the day of what is in them; None keeps them.
    most_bytes, most_rows : int
        Of one request.
    most_waiting : int
        Rows that may wait for an answer; beyond that, 429.
    timeout : float
        Seconds that a request may take to arrive, and then to be begun.
    tokens : Path or None
        File of tokens.
    kafka : KafkaSettings or None
        Topics that rows come from and predictions go to, beside HTTP.
    """

    model: str
    workspace: Path
    log: Path | str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    keys: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    keep_days: float = 30.0
    keep_rows: int = 10_000_000
    keep_archive_days: float | None = None
    most_bytes: int = 10_000_000
    most_rows: int = 10_000
    most_waiting: int = 10_000
    timeout: float = 30.0
    tokens: Path | None = None
    kafka: KafkaSettings | None = None


def checked(settings: ServeSettings) -> ServeSettings:
    """Return settings whose figures make sense.

    Raises
    ------
    SettingsError
        Naming the first that does not.

    Examples
    --------
    >>> checked(ServeSettings("m", Path("w"), port=70_000))
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: --port 70000 is no port (hint: give a number from 1 to 65535, or 0 for a free one)
    """
    if not 0 <= settings.port <= 65_535:
        hint = "give a number from 1 to 65535, or 0 for a free one"
        raise SettingsError(f"--port {settings.port} is no port", hint=hint)
    least: dict[str, tuple[float, float]] = {
        "--workers": (settings.workers, 1),
        "--keep-rows": (settings.keep_rows, 1),
        "--keep-days": (settings.keep_days, 0.01),
        "--max-rows": (settings.most_rows, 1),
        "--max-bytes": (settings.most_bytes, 1_000),
        "--max-waiting": (settings.most_waiting, 1),
        "--timeout": (settings.timeout, 0.1),
    }
    if settings.keep_archive_days is not None:
        least["--keep-archive-days"] = (settings.keep_archive_days, settings.keep_days)
    for option, (value, low) in least.items():
        if not value >= low:
            raise SettingsError(f"{option} {value:g} is too small", hint=f"give {low:g} or more")
    both = sorted(set(settings.hashed) & set(settings.left_out))
    if both:
        raise SettingsError(f"{both[0]!r} is both hashed and left out", hint="name it once")
    return settings

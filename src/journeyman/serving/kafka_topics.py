"""What a server is told of Kafka, and whether brokers and topics are there."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.errors import SettingsError
from journeyman.stores.kafka_client import QUIET, kafka_library, read_client, words_of

__all__ = [
    "ASSIGNMENT",
    "KafkaSettings",
    "Limits",
    "check_topics",
    "client_settings",
    "file_settings",
    "registry_settings",
    "topic_limits",
    "topic_settings",
]

ASSIGNMENT = "cooperative-sticky"
"""How members of our groups share partitions: what one loses, the others get, and the rest goes on meanwhile."""

_SECONDS = 10.0
_REGISTRY, _LOGIN = "schema.registry.", "basic.auth."
_SCHEMAS = ("rows.schema", "predictions.schema")


@dataclass(frozen=True)
class KafkaSettings:
    """Where rows come from and predictions go to.

    Attributes
    ----------
    brokers : str
        Addresses, "host:port" with commas between them.
    rows, predictions : str
        Topics.
    labels : str or None
        Topic of labels; None where they come by HTTP, or not at all.
    group : str
        Of consumers: its workers share the partitions.
    refused : str
        Topic of messages that cannot be predicted; it is made where it is not there.
    client : tuple of (str, str)
        Further settings of the client library, such as those of a login.
    """

    brokers: str
    rows: str
    predictions: str
    labels: str | None
    group: str
    refused: str
    client: tuple[tuple[str, str], ...] = ()


def topic_settings(  # one parameter an option
    brokers: str | None,
    rows: str | None,
    predictions: str | None,
    labels: str | None,
    group: str | None,
    refused: str | None,
    client: Path | None,
) -> KafkaSettings | None:
    """Return what the options say; None where no broker is named.

    Raises
    ------
    SettingsError
        Where something lacks, or two topics are one.

    Examples
    --------
    >>> topic_settings("localhost:9092", "orders", "prices", None, None, None, None).refused
    'orders.refused'
    >>> topic_settings(None, "orders", None, None, None, None, None)
    Traceback (most recent call last):
        ...
    journeyman.errors.SettingsError: --from orders without a broker (hint: add --kafka HOST:PORT)
    """
    named = {"--from": rows, "--to": predictions, "--labels": labels, "--group": group, "--refused": refused}
    if brokers is None:
        for option, value in named.items():
            if value is not None:
                raise SettingsError(f"{option} {value} without a broker", hint="add --kafka HOST:PORT")
        return None
    if rows is None or predictions is None:
        lacking = "--from" if rows is None else "--to"
        raise SettingsError(f"--kafka {brokers} without {lacking}", hint=f"add {lacking} TOPIC")
    refused = refused or f"{rows}.refused"
    topics = [topic for topic in (rows, predictions, labels, refused) if topic is not None]
    twice = sorted({topic for topic in topics if topics.count(topic) > 1})
    if twice:
        raise SettingsError(f"the topic {twice[0]!r} is named twice", hint="name a topic of its own for each")
    more = () if client is None else read_client(client)
    return KafkaSettings(brokers, rows, predictions, labels, group or f"journeyman-{rows}", refused, more)


def client_settings(settings: KafkaSettings, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a client: the brokers, what the user's file says, and what is its own."""
    theirs = {name: value for name, value in settings.client if (name, value) not in file_settings(settings.client)}
    return {"bootstrap.servers": settings.brokers, **QUIET, **theirs, **own}


def file_settings(client: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the lines of the user's file that say how values are written, which Kafka's client does not know.

    Examples
    --------
    >>> file_settings((("sasl.username", "me"), ("rows.schema", "order.avsc")))
    (('rows.schema', 'order.avsc'),)
    """
    ours = (_REGISTRY, _LOGIN)
    return tuple((name, value) for name, value in client if name in _SCHEMAS or name.startswith(ours))


def registry_settings(client: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return what the file says of a schema registry, as its client wants it.

    Examples
    --------
    >>> registry_settings((("schema.registry.url", "http://r:8081"), ("basic.auth.user.info", "me:secret")))
    {'url': 'http://r:8081', 'basic.auth.user.info': 'me:secret'}
    """
    found = {name: value for name, value in file_settings(client) if name not in _SCHEMAS}
    found.pop("basic.auth.credentials.source", None)  # what is given is used
    return {name.removeprefix(_REGISTRY): value for name, value in found.items()}


@dataclass(frozen=True)
class Limits:
    """How large messages may be, in bytes, of the topics that are written; Kafka's usual limit where it is not told."""

    predictions: int = 1_048_588
    refused: int = 1_048_588

    @property
    def least(self) -> int:
        """The smaller one."""
        return min(self.predictions, self.refused)

    @property
    def most(self) -> int:
        """The larger one."""
        return max(self.predictions, self.refused)

    @property
    def hint(self) -> str:
        """What helps where a prediction is larger."""
        return f"raise max.message.bytes of the topic, now {self.predictions}"


def topic_limits(settings: KafkaSettings) -> Limits:
    """Return how large messages of the topics that are written may be."""
    usual = Limits()
    told = _configurations(settings, (settings.predictions, settings.refused))
    sizes = [int(told.get(topic, {}).get("max.message.bytes", usual.most)) for topic in told]
    return Limits(*sizes) if len(sizes) == len(told) else usual


def check_topics(settings: KafkaSettings, tell: Callable[[str], object] = lambda line: None) -> None:
    """Make sure that a broker answers and has the topics; make that of refused messages.

    Parameters
    ----------
    tell : callable
        Is told a line about what goes, but not well.

    Raises
    ------
    SettingsError
        Where no broker answers or refuses the login, a topic is not there or keeps the last message of a key only,
        the group is another kind's, or the client library refuses a setting.
    """
    kafka = kafka_library()
    failed: list[Any] = []
    try:
        admin = kafka.admin.AdminClient(client_settings(settings, {"error_cb": failed.append}))
        known = set(admin.list_topics(timeout=_SECONDS).topics)
    except (kafka.KafkaException, ValueError) as error:
        raise _broker_error(kafka, settings, error, failed) from None
    for option, topic in (("--from", settings.rows), ("--to", settings.predictions), ("--labels", settings.labels)):
        if topic is not None and topic not in known:
            near = difflib.get_close_matches(topic, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "make it first, by Kafka's own kafka-topics.sh"
            raise SettingsError(f"{option} {topic}: the broker has no such topic", hint=hint)
    if settings.refused not in known:
        made = admin.create_topics([kafka.admin.NewTopic(settings.refused, num_partitions=1)])
        try:
            made[settings.refused].result(_SECONDS)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                hint = f"make it, or name another by --refused; without it nothing tells of messages of {settings.rows}"
                raise SettingsError(
                    f"the topic {settings.refused} cannot be made: {words_of(error)}", hint=hint
                ) from None
    _check_compaction(settings, tell)
    _check_group(settings, admin)


def _broker_error(kafka: Any, settings: KafkaSettings, error: Exception, failed: Sequence[Any]) -> SettingsError:
    """Return why nobody can be talked to at the address."""
    for one in failed:
        if one.code() == kafka.KafkaError._AUTHENTICATION:
            hint = "mend sasl.mechanism, sasl.username and sasl.password in the file of --kafka-settings"
            return SettingsError(f"the Kafka broker at {settings.brokers} refuses the login: {_reason(one)}", hint=hint)
    told = _reason(failed[0]) if failed and not isinstance(error, ValueError) else words_of(error)
    hint = "is it running, and is this its address? A login goes into a file: --kafka-settings FILE"
    return SettingsError(f"no Kafka broker answers at {settings.brokers}: {told}", hint=hint)


def _check_compaction(settings: KafkaSettings, tell: Callable[[str], object]) -> None:
    """Refuse topics that forget what was written, as those of predictions and refused messages must not."""
    written = {"--to": settings.predictions, "--refused": settings.refused}
    read = {"--from": settings.rows, "--labels": settings.labels}
    topics = {option: topic for option, topic in {**written, **read}.items() if topic is not None}
    told = _configurations(settings, tuple(topics.values()))
    for option, topic in topics.items():
        if "compact" not in told.get(topic, {}).get("cleanup.policy", ""):
            continue
        if option in written:
            raise SettingsError(
                f"{option} {topic}: this topic keeps the last message of a key only, so that predictions would vanish",
                hint="name a topic with cleanup.policy=delete",
            )
        tell(f"{option} {topic} keeps the last message of a key only: earlier ones that it drops get no prediction")


def _check_group(settings: KafkaSettings, admin: Any) -> None:
    """Refuse a group whose members share partitions in another way: none of both could read."""
    kafka = kafka_library()
    try:
        (told,) = admin.describe_consumer_groups([settings.group], request_timeout=_SECONDS).values()
        group = told.result(_SECONDS)
    except kafka.KafkaException:  # a group that is not there yet, or that nobody may look at
        return
    kind = "" if group.partition_assignor is None else str(group.partition_assignor)
    if group.members and kind not in ("", ASSIGNMENT):
        raise SettingsError(
            f"the group {settings.group} is in use by other consumers, which share partitions by {kind!r}",
            hint="name a group of its own by --group",
        )


def _configurations(settings: KafkaSettings, topics: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the settings of topics; nothing of those that nobody may look at."""
    kafka = kafka_library()
    admin = kafka.admin.AdminClient(client_settings(settings, {}))
    asked = [kafka.admin.ConfigResource(kafka.admin.ConfigResource.Type.TOPIC, topic) for topic in topics]
    found: dict[str, dict[str, str]] = {topic: {} for topic in topics}
    try:
        for resource, told in admin.describe_configs(asked, request_timeout=_SECONDS).items():
            found[resource.name] = {name: str(entry.value) for name, entry in told.result(_SECONDS).items()}
    except kafka.KafkaException:
        return found
    return found


def _reason(error: Any) -> str:
    """Return what a client said, without the name that it calls itself by."""
    return str(error.str()).rpartition("/bootstrap: ")[2]

"""What file systems and object stores say when they refuse, in words that a user understands."""

from __future__ import annotations

import getpass
import os
import re

from journeyman.errors import RemoteError

__all__ = ["TRANSIENT", "complaint"]

_NAMED = re.compile(r'(?:Fatal)?RPCError\("([\w.$]+)", "(.*)', re.DOTALL)

TRANSIENT = re.compile(
    r"NotReplicatedYet|Failed to complete file|DataTransferError|listener disconnected|broken pipe|reset by peer"
    r"|UnexpectedEof|SLOW_DOWN|INTERNAL_FAILURE|SERVICE_UNAVAILABLE|status.code\W*503",
    re.IGNORECASE,
)
"""What a second attempt may not meet."""

_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"SafeMode|safe mode",
        "{place} is in safe mode: it can be read, not written",
        "wait until `hdfs dfsadmin -safemode get` says OFF, then repeat the command",
    ),
    (
        r"AccessControlException|Permission denied|PERMISSION_DENIED|ACCESS_DENIED|Forbidden",
        "no permission for {address} as {user}",
        "ask its owner; HDFS takes the user from HADOOP_USER_NAME or from Kerberos, S3 and GCS from their credentials",
    ),
    (
        r"NSQuotaExceeded",
        "{address} cannot be written: the quota on the number of files is used up",
        "delete files there, or let it be raised: `hdfs dfsadmin -setQuota N FOLDER`",
    ),
    (
        r"QuotaExceeded|quota",
        "{address} cannot be written: the quota on space is used up",
        "free space there, or let it be raised: `hdfs dfsadmin -setSpaceQuota N FOLDER`",
    ),
    (
        r"could only be written to \d+ of|No space left|Not enough DataNodes|replicas? to satisfy",
        "{address} cannot be written: no DataNode has room for it, or none answers",
        "`hdfs dfsadmin -report` shows them; free space, then repeat the command",
    ),
    (
        r"BlocksNotFound|Could not obtain|No DataNodes|ran out of|Not enough data|DataTransferError|ChecksumError"
        r"|All DataNodes|All nodes failed|Failed to add a datanode",
        "{address} cannot be read or written: the DataNodes that hold it do not answer",
        "`hdfs fsck FILE -files -blocks -locations` shows them; start them, then repeat the command",
    ),
    (
        r"StandbyException",
        "{place} is a standby NameNode",
        "name the service in place of the host, and set HADOOP_CONF_DIR to the folder of hdfs-site.xml",
    ),
    (
        r"SASL|GSSAPI|Kerberos",
        "{place} does not accept who asks",
        "get a ticket first: kinit USER",
    ),
    (
        r"NO_SUCH_BUCKET|NoSuchBucket|bucket does not exist",
        "there is no bucket {place}",
        "check its name, and the region or endpoint",
    ),
    (
        r"INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|InvalidAccessKeyId|No AWS Credentials|UNAUTHENTICATED"
        r"|ExpiredToken|OAuth",
        "{place} does not accept the credentials",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or GOOGLE_APPLICATION_CREDENTIALS",
    ),
    (
        r"failed to lookup address|dns error|Name or service not known|resolve host|COULDNT_RESOLVE",
        "no host is known for {place}",
        "check the address and the network; hdfs://HOST:8020/... names a NameNode, s3://BUCKET/... a bucket",
    ),
    (
        r"Connection refused|refused|listener disconnected|NETWORK_CONNECTION|Could not connect|UNAVAILABLE|no answer"
        r"|timed out|reset by peer|broken pipe|No route|unreachable|unexpected end of file|UnexpectedEof|aborted",
        "{place} does not answer{detail}",
        "check that it runs and that host and port are right, then repeat the command",
    ),
)


def complaint(address: str, place: str, error: BaseException) -> RemoteError:
    """Return an error in one line for what a client raised.

    Parameters
    ----------
    address : str
        What was read or written.
    place : str
        The server alone: "hdfs://host:8020".
    error : BaseException
        Of hdfs-native, or of Arrow's file systems.

    Examples
    --------
    >>> print(complaint("hdfs://a/b", "hdfs://a", RuntimeError('RPCError("x.SafeModeException", "...")')).message)
    hdfs://a is in safe mode: it can be read, not written
    >>> print(complaint("hdfs://a/b", "hdfs://a", TimeoutError("no answer for 120 s")).message)
    hdfs://a does not answer (no answer for 120 s)
    """
    text = str(error)
    detail = f" ({text})" if isinstance(error, TimeoutError) else ""
    for pattern, message, hint in _KNOWN:
        if re.search(pattern, text, re.IGNORECASE):
            said = message.format(address=address, place=place, user=_user(place), detail=detail)
            return RemoteError(said, hint=hint)
    named = _NAMED.search(text)
    first = (named[2] if named else text).replace("\\n", "\n").strip().partition("\n")[0].strip('"() ')
    return RemoteError(
        f"{address} cannot be used: {first[:300] or type(error).__name__}", hint="check the address and the server"
    )


def _user(place: str) -> str:
    if not place.startswith(("hdfs", "viewfs")):
        return "who these credentials are"
    try:
        return os.environ.get("HADOOP_USER_NAME") or getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        return str(os.getuid())

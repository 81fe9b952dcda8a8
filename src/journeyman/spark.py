"""Releases in Spark: a Transformer for pipelines, a function for SQL, and streams. It comes with the extra ``spark``.

from journeyman.spark import Release

predicted = Release.load("churn", workspace="models").transform(customers)
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.api.score_on_cluster import refuse_rows_apart
from journeyman.api.score_stream import batch_writer, checkpoint_of
from journeyman.engines.spark.session import spark_session
from journeyman.engines.spark.streaming import start
from journeyman.entities.column import Kind
from journeyman.entities.table import Block
from journeyman.entities.task_traits import Bound
from journeyman.errors import SchemaError, SettingsError
from journeyman.inference.load_release import load
from journeyman.inference.predictions_file import Layout
from journeyman.inference.release import Release as OneRelease
from journeyman.inference.sent_release import SentRelease
from journeyman.tasks import outputs_together, task_type

try:
    from pyspark.ml import Transformer
    from pyspark.ml.param import Param, Params, TypeConverters
    from pyspark.ml.param.shared import HasPredictionCol
    from pyspark.ml.util import (
        DefaultParamsReader,
        DefaultParamsWriter,
        MLReadable,
        MLReader,
        MLWritable,
        MLWriter,
    )
    from pyspark.sql import functions as F
except ImportError:
    raise ImportError('Spark\'s Python library is not installed: pip install "journeyman[spark]"') from None

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

__all__ = ["Release", "score_stream", "udf"]

_DDL = {"f": "double", "b": "boolean", "i": "bigint"}
_PREDICTION = "prediction"


class Release(Transformer, HasPredictionCol, MLReadable, MLWritable):  # type: ignore[misc]  # PySpark's are untyped here
    """A release as a Transformer of Spark ML: adds columns of predictions to a frame, and keeps all others.

    Made by ``Release.load``. The columns are ``prediction`` (or what ``predictionCol`` names), of the target's own
    type, and behind it what the release says besides: ``probability of yes`` for each class, or the quantiles; with
    ``interval=True`` also ``prediction from`` and ``prediction to``, or ``likely labels``. Numbers have all digits.

    It is written whole: what is saved needs no workspace where it is loaded.
    """

    interval: Param[bool] = Param(
        Params._dummy(),
        "interval",
        "whether the interval, or the likely labels, that hold the true value in about 90% of rows are added",
        TypeConverters.toBoolean,
    )

    def __init__(self, sent: SentRelease | None = None) -> None:
        super().__init__()
        self._setDefault(predictionCol=_PREDICTION, interval=False)
        self._sent = sent

    @classmethod
    def load(cls, path: str, *, version: int | None = None, workspace: str | Path | None = None) -> Release:
        """Return a release by its name or folder, or one that ``save`` has written.

        Parameters
        ----------
        path : str
            Name of a model (its champion, unless a version is given), its release's folder, or what was saved.

        Raises
        ------
        SettingsError
            For an unknown name or version, or a model whose predictions of a row depend on other rows.
        ReleaseError
            Where a byte of the release was changed.
        """
        if workspace is None and version is None and _is_saved(path):
            saved: Release = cls.read().load(path)
            return saved
        release = load(path, version=version, workspace=workspace)
        refuse_rows_apart(release, "Spark")
        return cls(SentRelease.of(release))

    def setPredictionCol(self, value: str) -> Release:
        """Set the name of the column of predictions."""
        self._set(predictionCol=value)
        return self

    def setInterval(self, value: bool) -> Release:
        """Set whether intervals are added."""
        self._set(interval=value)
        return self

    @property
    def sent(self) -> SentRelease:
        """The release as bytes; SettingsError where none was loaded."""
        if self._sent is None:
            raise SettingsError(
                "this Release was made without its loader", hint="make it by journeyman.spark.Release.load(NAME)"
            )
        return self._sent

    def _transform(self, dataset: DataFrame) -> DataFrame:
        """Add the columns; SchemaError names columns that lack before any job starts."""
        sent, interval, name = self.sent, bool(self.getOrDefault("interval")), str(self.getOrDefault("predictionCol"))
        release = sent.open()
        rows = _struct(dataset, release)
        fields = _fields(release, interval, name)
        for taken in [field for field in fields if field in dataset.columns]:
            raise SchemaError(
                f"the frame has a column {taken!r} already", hint="drop it, or set predictionCol to another name"
            )
        told = "journeyman_told"
        function = F.pandas_udf(_predicting(sent, interval, name), _ddl(fields))
        whole = dataset.withColumn(told, function(rows))
        added = [F.col(f"`{told}`.`{_escaped(field)}`").alias(field) for field in fields]
        return whole.select(*(F.col(f"`{_escaped(column)}`") for column in dataset.columns), *added)

    def write(self) -> MLWriter:
        """Return what writes it, with its model."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[Release]:
        """Return what reads it."""
        return _Reader()


class _Writer(MLWriter):  # type: ignore[misc]  # PySpark's are untyped here
    def __init__(self, instance: Release) -> None:
        super().__init__()
        self.instance = instance

    def saveImpl(self, path: str) -> None:
        """Write parameters as Spark ML does, and the release as a Parquet file of one cell."""
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sparkSession)
        content = msgspec.msgpack.encode(self.instance.sent)
        frame = self.sparkSession.createDataFrame([(bytearray(content),)], "release binary")
        frame.coalesce(1).write.parquet(f"{path}/release")


class _Reader(MLReader):  # type: ignore[misc]  # PySpark's are untyped here
    def load(self, path: str) -> Release:
        """Read what was written."""
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        content = bytes(self.sparkSession.read.parquet(f"{path}/release").head()[0])
        release = Release(msgspec.msgpack.decode(content, type=SentRelease))
        release._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(release, metadata)
        return release


def udf(
    spark: SparkSession,
    name: str,
    *,
    function: str | None = None,
    interval: bool = False,
    version: int | None = None,
    workspace: str | Path | None = None,
) -> str:
    """Register a function for SQL and return its name: ``SELECT predict_churn(struct(*)).prediction FROM customers``.

    It takes a struct with the columns of the model, and more, and gives a struct of what ``Release`` adds.

    Parameters
    ----------
    name : str
        Of the model, or its release's folder.
    function : str, optional
        Of the function; "predict_" and the model's name by default.

    Raises
    ------
    SettingsError
        As for ``Release.load``. A query whose struct lacks a column fails with a SchemaError in its message.
    """
    release = load(name, version=version, workspace=workspace)
    refuse_rows_apart(release, "Spark")
    called = function or "predict_" + "".join(c if c.isalnum() else "_" for c in release.name)
    zone = str(spark.conf.get("spark.sql.session.timeZone"))
    if zone not in ("UTC", "Etc/UTC", "GMT") and any(column.kind is Kind.DATETIME for column in release.columns):
        message = f"values of type TIMESTAMP reach {called} as the wall clock of {zone} shows them, not in UTC"
        warnings.warn(f"{message}: set spark.sql.session.timeZone to UTC", stacklevel=2)
    predicting = _predicting(SentRelease.of(release), interval, _PREDICTION)
    spark.udf.register(called, F.pandas_udf(predicting, _ddl(_fields(release, interval, _PREDICTION))))
    return called


def score_stream(
    name: str,
    source: str,
    out: str,
    *,
    spark: SparkSession | None = None,
    workspace: str | Path | None = None,
    layout: Layout = Layout(),  # noqa: B008 - it is frozen, so nobody can change it
    drain: bool = False,
) -> StreamingQuery:
    """Start a query that predicts what comes in a folder or a Kafka topic, each batch once, and return it.

    Each batch is predicted by the version that is the champion when it begins.

    Parameters
    ----------
    name : str
        Of the model.
    source : str
        A folder, or ``kafka://HOST:PORT/TOPIC``.
    out : str
        A folder that all machines reach; it also holds Spark's checkpoint and a note of each batch.
    drain : bool
        Whether to end when all that is there is predicted.
    """
    session = spark or spark_session()
    get = partial(load, name, workspace=workspace)
    return start(
        session, source, checkpoint_of(out), batch_writer(get, source, print, out=out, layout=layout), drain=drain
    )


def _is_saved(path: str) -> bool:
    """Say whether a Transformer was saved there: elsewhere than on this disk, nothing else can be."""
    return "://" in path or (Path(path) / "metadata").is_dir()


def _struct(frame: DataFrame, release: OneRelease) -> Column:
    """Return the columns of the model, moments in UTC and decimals as numbers; SchemaError for those that lack."""
    kinds = dict(frame.dtypes)
    stripped = {name.strip(): name for name in reversed(frame.columns)}
    lacking = [c.name for c in release.columns if c.name not in kinds and c.name.strip() not in stripped]
    if lacking:
        near = difflib.get_close_matches(lacking[0], frame.columns, n=1)
        raise SchemaError(
            f"the frame lacks {'column' if len(lacking) == 1 else 'columns'} {', '.join(map(repr, lacking))}",
            hint=f"did you mean {near[0]!r}?" if near else f"it has {', '.join(frame.columns[:12])}",
        )
    fields = []
    for column in release.columns:
        name = column.name if column.name in kinds else stripped[column.name.strip()]
        fields.append(_as_read(f"`{_escaped(name)}`", kinds[name]).alias(column.name))
    return F.struct(*fields)


def _as_read(column: str, kind: str) -> Column:
    """Return a column as one machine reads it from a file."""
    if kind == "timestamp":
        return F.expr(f"timestampadd(MICROSECOND, unix_micros({column}), timestamp_ntz'1970-01-01 00:00:00')")
    if kind == "date":
        return F.col(column).cast("timestamp_ntz")
    return F.col(column).cast("double") if kind.startswith("decimal") else F.col(column)


def _escaped(name: str) -> str:
    return name.replace("`", "``")


def _predicting(sent: SentRelease, interval: bool, name: str) -> Callable[..., Any]:
    """Return the function that workers run: the release goes with it, and a process opens it once."""

    def predict(rows: pd.DataFrame) -> pd.DataFrame:
        release = sent.open()
        block = release.read_rows(_as_given(rows))
        told = _predict_block(release, block, interval, name)
        return pd.DataFrame(told, index=rows.index)

    # Spark asks what these are, and the worker has them without this module's names.
    predict.__annotations__ = {"rows": pd.DataFrame, "return": pd.DataFrame}
    return predict


def _as_given(rows: pd.DataFrame) -> pd.DataFrame:
    """Return columns of the types that a file's have: Spark gives some as objects."""
    return pd.DataFrame({str(name): _pandas_values(values) for name, values in rows.items()})


def _pandas_values(values: pd.Series) -> pd.Series:
    if values.dtype.kind != "O":
        return values
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bool):
        return values.astype("boolean")
    if type(first).__name__ == "Decimal":
        return values.astype(np.float64)
    return pd.to_datetime(values) if type(first).__name__ == "date" else values


def _predict_block(release: OneRelease, block: Block, interval: bool, name: str) -> dict[str, Any]:
    """Return all that is said of rows, by name."""
    predictions = release.answer_block(block)
    told: dict[str, Any] = {name: release.labels(predictions), **outputs_together(predictions, release.task)}
    bound = task_type(release.task).traits.bound
    if interval and bound is Bound.NONE:
        raise SettingsError(f"a task of kind {release.task.kind} has no intervals", hint="leave interval out")
    if interval and bound is Bound.LABELS:
        told["likely labels"] = ["; ".join(map(str, names)) for names in release.likely_labels(predictions)]
    elif interval:
        bounds = release.intervals(predictions, block)
        told |= {f"{name} from": bounds["low"].to_numpy(), f"{name} to": bounds["high"].to_numpy()}
    return told


def _fields(release: OneRelease, interval: bool, name: str) -> dict[str, str]:
    """Return the names of what is said of a row, and their types in Spark."""
    block = release.read_rows({column.name: [None] for column in release.columns})
    return {
        field: _kind(np.asarray(values)) for field, values in _predict_block(release, block, interval, name).items()
    }


def _kind(values: NDArray[Any]) -> str:
    return _DDL.get(values.dtype.kind, "string")


def _ddl(fields: dict[str, str]) -> str:
    return ", ".join(f"`{_escaped(name)}` {kind}" for name, kind in fields.items())

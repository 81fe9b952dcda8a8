"""A release as tables and a view of a database: typed columns in, predictions out."""

from journeyman.exporters.sql.exporter import DuckDBExporter, PostgreSQLExporter, SQLiteExporter
from journeyman.exporters.sql.spark import SparkExporter

__all__ = ["DuckDBExporter", "PostgreSQLExporter", "SQLiteExporter", "SparkExporter"]

"""Data contracts in the forms of other tools, a file each: see :class:`journeyman.interfaces.ContractExporter`."""

from __future__ import annotations

from journeyman.exporters.contracts.dbt import DbtExporter
from journeyman.exporters.contracts.frictionless import FrictionlessExporter
from journeyman.exporters.contracts.odcs import OdcsExporter
from journeyman.exporters.contracts.pandera import PanderaExporter
from journeyman.interfaces import ContractExporter

__all__ = ["CONTRACT_EXPORTERS"]

_EXPORTERS: tuple[ContractExporter, ...] = (PanderaExporter(), FrictionlessExporter(), DbtExporter(), OdcsExporter())
CONTRACT_EXPORTERS = {exporter.name: exporter for exporter in _EXPORTERS}
"""By the name that ``journeyman verify --learn FILE --to NAME`` takes."""

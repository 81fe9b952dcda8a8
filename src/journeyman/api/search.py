"""The api of the search for data: which tables of a lake help to predict a column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from journeyman.arrow import pa, pq
from journeyman.engines.frames import raw_frames
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.lake import LakeRequest, LakeSearch, LookupFile, SearchedLake
from journeyman.errors import SettingsError
from journeyman.interfaces import Joiner, Progress
from journeyman.joiners.lookups import Lookup, fetch_all, read_table
from journeyman.pipelines.search_lake import LakeParts, search_lake
from journeyman.plugins import load_parts
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.sources import open_source
from journeyman.sources.frames import FrameSource
from journeyman.stores.lake_profile import LakeProfile

__all__ = ["LakeRequest", "LakeSearch", "SearchedLake", "search", "write_joined"]

"""The sections of the report, one file a section: see :class:`journeyman.interfaces.ReportSection`."""

"""What is told of a converted prototype: a page, the terminal's summary, and a file for programs."""

from journeyman.reports.conversion.page import render_conversion
from journeyman.reports.conversion.record import conversion_json
from journeyman.reports.conversion.view import conversion_view

__all__ = ["conversion_json", "conversion_view", "render_conversion"]

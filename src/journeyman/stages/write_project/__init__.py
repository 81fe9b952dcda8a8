"""Write a project: the package around a pipeline's code, its commands, its contract, its tests, its README."""

from journeyman.stages.write_project.project_name import package_name
from journeyman.stages.write_project.project_text import write_project

__all__ = ["package_name", "write_project"]

"""The page of `fairlead monitor --html`: one file that needs nothing else, drawn as the version report is."""

from fairlead.monitoring.dashboard.render import render

__all__ = ["render"]

"""The page of `fairlead monitor --html`: one self-contained file in the style of the version report."""

from fairlead.monitoring.dashboard.render import content, render

__all__ = ["content", "render"]

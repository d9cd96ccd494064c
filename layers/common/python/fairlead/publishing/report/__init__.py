"""The report of a version: figures of the held-out rows, rendered as one HTML file, and the model card."""

from fairlead.publishing.report.facts import Observed, ReportFacts
from fairlead.publishing.report.observe import gather
from fairlead.publishing.report.render import render

__all__ = ["Observed", "ReportFacts", "gather", "render"]

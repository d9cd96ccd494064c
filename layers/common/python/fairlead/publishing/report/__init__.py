"""The report of a version: gather what the held-out rows show, then render one file that needs nothing else."""

from fairlead.publishing.report.facts import Observed, ReportFacts
from fairlead.publishing.report.observe import gather
from fairlead.publishing.report.render import render

__all__ = ["Observed", "ReportFacts", "gather", "render"]

"""The report of a version: gather what the held-out rows show, then render one file that needs nothing else."""

from fairlead.publishing.report.facts import Forced, Observed, ReportFacts
from fairlead.publishing.report.gathering import gather
from fairlead.publishing.report.rendering import render

__all__ = ["Forced", "Observed", "ReportFacts", "gather", "render"]

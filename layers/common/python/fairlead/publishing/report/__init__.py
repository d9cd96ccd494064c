"""The report of a version: gather what the held-out rows show, then render one file that needs nothing else."""

from fairlead.publishing.report.facts import Forced, Observed, ReportFacts

__all__ = ["Forced", "Observed", "ReportFacts"]

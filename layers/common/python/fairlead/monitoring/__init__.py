"""Monitoring: quality, drift and label coverage of each version of a model, now and over time.

    reader          the ledger and the registry → one view of each version
    quality_window  a window of one version in figures
    label_delay     which predictions are old enough for their outcomes to be known
    primary_metric  the metric by which a version is judged, and how much worse than published it surely is
    gauges          a view → metrics
    tick            the schedule's run: views → gauges and a log line; the responder is called for lasting alarms
    history         a time range in steps
    overview        all of it, as `fairlead monitor` shows it and `dashboard` draws it
    replay          another release answers captured rows; `shadow` reports the comparison

The monitor function and `fairlead monitor` run the same code, so they show the same.
"""

from fairlead.monitoring.reader import ViewReader
from fairlead.monitoring.views import Labels, Quality, View

__all__ = ["Labels", "Quality", "View", "ViewReader"]

"""Monitoring: what the ledger's counters say about each version of a model, now and over time.

    reader          the ledger and the registry → one view of each version
    quality_window  a window of one version in figures
    label_delay     which predictions are old enough for their outcomes to be in
    primary_metric  the one figure a version is held to, and how much worse than published it surely is
    gauges          a view → metrics
    tick            the schedule's tick: views → gauges and a log line; alarms that still stand are put again
    history         a stretch of time cut into steps
    overview        all of it, as `fairlead monitor` shows it and `dashboard` draws it
    replay          another release answers rows that were captured; `shadow` reports the comparison

The function and the command see the same, because they run the same code.
"""

from fairlead.monitoring.reader import Looker
from fairlead.monitoring.views import Labels, Quality, View

__all__ = ["Labels", "Looker", "Quality", "View"]

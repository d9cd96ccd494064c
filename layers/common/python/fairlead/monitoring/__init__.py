"""Monitoring: what the ledger's counters say about each version of a model, now and over time.

    looking    the ledger and the registry → one view of each version
    judging    a window of one version in figures
    maturing   which predictions are old enough for their outcomes to be in
    primary    the one figure a version is held to, and how much worse than published it surely is
    gauges     a view → metrics
    ticking    the clock's tick: views → gauges and a log line; alarms that still stand are put again
    course     a stretch of time cut into steps
    overview   all of it for people: what `fairlead monitor` shows, and `page` draws

The function and the command see the same, because they run the same code.
"""

from fairlead.monitoring.looking import Looker
from fairlead.monitoring.views import Labels, Quality, View

__all__ = ["Labels", "Looker", "Quality", "View"]

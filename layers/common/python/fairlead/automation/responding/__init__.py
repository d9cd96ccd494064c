"""Response to an alarm: facts, one decision by `fairlead.automation.response_policy`, one action.

The decision is in the journal, under the alarm's key, before the action. So an alarm that is delivered ten times is
decided once. Subscribers are notified in every case.
"""

from fairlead.automation.responding.alarm_event import Alarm, alarm_of
from fairlead.automation.responding.facts import FactGatherer
from fairlead.automation.responding.responder import Responder, Response

__all__ = ["Alarm", "FactGatherer", "Responder", "Response", "alarm_of"]

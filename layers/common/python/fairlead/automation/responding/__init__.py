"""Responding to an alarm: facts, one decision by `fairlead.automation.response_policy`, one action, all in the journal.

The decision is put on record before it is acted on, under a key of the alarm's own: an alarm that is delivered ten
times is decided once. Whatever happens, people are told.
"""

from fairlead.automation.responding.alarm_event import Alarm, alarm_of
from fairlead.automation.responding.facts import Gathering
from fairlead.automation.responding.responder import Responder, Response

__all__ = ["Alarm", "Gathering", "Responder", "Response", "alarm_of"]

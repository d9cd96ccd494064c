"""Responding to an alarm: facts, one decision by `fairlead.policy`, one action, all of it on record.

The decision is put on record before it is acted on, under a key of the alarm's own: an alarm that is delivered ten
times is decided once. Whatever happens, people are told.
"""

from fairlead.responding.alarm import Alarm, alarm_of
from fairlead.responding.gathering import Gathering
from fairlead.responding.story import Responder, Response

__all__ = ["Alarm", "Gathering", "Responder", "Response", "alarm_of"]

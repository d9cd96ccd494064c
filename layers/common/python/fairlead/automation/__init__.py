"""Automation: the response to an alarm, and the release of a retrained candidate."""

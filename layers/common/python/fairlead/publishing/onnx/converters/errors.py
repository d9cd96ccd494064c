"""The one exception of our converters."""


class NotConvertibleError(Exception):
    """There is no graph for this estimator as it is set up; the message says what and why."""

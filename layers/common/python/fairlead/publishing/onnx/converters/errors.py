"""The exception that all converters raise."""


class NotConvertibleError(Exception):
    """The estimator cannot be converted with its parameters; the message says which part and why."""

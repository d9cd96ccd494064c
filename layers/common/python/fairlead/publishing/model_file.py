"""Reads a model file without trusting it."""

from fairlead.publishing.estimators import check_estimator

__all__ = ["check_estimator"]

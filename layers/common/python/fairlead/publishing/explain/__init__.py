"""Extracts from a fitted estimator the arrays that explain its predictions, and summarises them for the report."""

from fairlead.publishing.explain.extract import Extracted, extract

__all__ = ["Extracted", "extract"]

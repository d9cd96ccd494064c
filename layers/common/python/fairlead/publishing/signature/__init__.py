"""Infer the signature from a fitted estimator and its data."""

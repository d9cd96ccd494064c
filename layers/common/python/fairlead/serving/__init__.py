"""Serving: a release loads its model and answers requests."""

"""Loads a release's model and answers requests with it."""

"""Predict's logs, metrics and captured lines, and the types of the ledger."""

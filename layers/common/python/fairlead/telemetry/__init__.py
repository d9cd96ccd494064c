"""Predict's logs, metrics and captured lines, and the types that predict and the ledger share."""

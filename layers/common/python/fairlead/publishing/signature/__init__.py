"""The signature, inferred from a fitted estimator and its data."""

"""Predictions in the caller's own process: pandas and Arrow batches, as Spark, Dask and Ray hand them out."""

"""Shared parts of tests and benchmarks: data sets, models, hostile files, events, a registry in memory."""

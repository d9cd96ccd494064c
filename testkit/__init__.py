"""What tests and benchmarks share: data sets, models, hostile files, events, a registry in memory."""

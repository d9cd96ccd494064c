"""The feedback loop: predictions and outcomes come in, are joined, counted and scored."""

"""The feedback loop: predictions and outcomes are received, joined, scored and counted."""

"""Only in the first layer."""

"""Figures of docs/reference/performance.md: `make bench`."""

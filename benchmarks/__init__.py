"""Figures of docs/performance.md: `make bench`."""

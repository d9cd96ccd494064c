"""Laid over the first layer's file."""

WORD = "second"

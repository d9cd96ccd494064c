"""Replaced by the second layer's file of the same name."""

WORD = "first"

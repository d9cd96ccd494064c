"""Plots of the report: each function takes facts and returns one svg element with a title and a description.

Positions, outlines and dashes carry the meaning, so that plots need no colour.
"""

"""Drawings: each takes facts and gives one svg element with a title and a description.

Ink, dashes, outlines and positions carry the meaning; shades only support it.
"""

"""Releases: a version becomes live, is watched, rolled back, retired and pruned."""

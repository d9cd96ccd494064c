"""Release operations: release, watch, roll back, retire and prune versions."""

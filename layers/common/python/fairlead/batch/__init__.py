"""Predictions for many rows at once: input files are cut into chunks, and each chunk has one result file.

`plan` cuts, `worker` answers one chunk, `manifest` adds the chunks up. `local` runs them in processes of this machine.
Invariant: results are created once and never replaced, so a job can be stopped at any point and run again.
"""

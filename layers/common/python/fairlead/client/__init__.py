"""A client of a live endpoint: tables in, predictions out, signed, in batches, with bounded retries.

`endpoint` sends all requests; `Client`, `AsyncClient` and the commands use it.
"""

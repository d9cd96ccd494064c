"""A client of a live endpoint: tables in, predictions out, signed, in batches, with bounded retries.

`endpoint` is the one core that sends; `Client`, `AsyncClient` and the commands stand on it.
"""

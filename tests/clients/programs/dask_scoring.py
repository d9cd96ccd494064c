"""Scores rows in Dask's processes: `dask_scoring.py URL NAME ASKED`, ASKED in JSON."""

import json
import sys

import dask.dataframe as dd

import fairlead

if __name__ == "__main__":  # Dask's processes import this file
    asked = json.loads(sys.argv[3])
    score = fairlead.scorer(sys.argv[2], asked["version"])
    rows = dd.read_parquet(asked["rows"]).repartition(npartitions=3)
    found = rows.map_partitions(score, meta=score(rows._meta)).compute(scheduler="processes", num_workers=2)
    sys.stdout.write(json.dumps({"pandas": found.to_dict("records")}))

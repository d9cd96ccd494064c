"""Scores rows in Ray Data by pandas and by Arrow batches: `ray_scoring.py URL NAME ASKED`, ASKED in JSON."""

import json
import sys

import ray

import fairlead

asked = json.loads(sys.argv[3])
score = fairlead.scorer(sys.argv[2], asked["version"])
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200_000_000)
rows = ray.data.read_parquet(asked["rows"]).repartition(3)
found = {
    name: rows.map_batches(score, batch_format=form).take_all()
    for name, form in (("pandas", "pandas"), ("arrow", "pyarrow"))
}
ray.shutdown()
sys.stdout.write(json.dumps(found, default=lambda number: number.item()))

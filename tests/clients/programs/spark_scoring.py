"""Scores rows in Spark by pandas and by Arrow batches: `spark_scoring.py URL NAME ASKED`, ASKED in JSON."""

import json
import sys

from pyspark.sql import SparkSession

import fairlead

asked = json.loads(sys.argv[3])
score = fairlead.scorer(sys.argv[2], asked["version"])
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
rows = spark.read.parquet(asked["rows"]).repartition(3)
inputs = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in rows.schema)
schema = f"{inputs}, {score.ddl}"

found = {
    "pandas": rows.mapInPandas(lambda frames: map(score, frames), schema),
    "arrow": rows.mapInArrow(lambda batches: map(score, batches), schema),
}
documents = {name: [row.asDict() for row in frame.collect()] for name, frame in found.items()}
spark.stop()
sys.stdout.write(json.dumps(documents))

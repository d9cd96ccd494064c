"""CloudWatch: metrics, metric math, and alarms that are evaluated on the cloud's clock.

- `store` keeps data points, `statistics` makes numbers of them, `series` is what a query gives;
- `expression` reads metric math, `calculation` works it out, `queries` joins both with the store;
- `judgement` is the documented rule from data points to a state, `rules` the rule of composite alarms;
- `alarms` holds the alarms, `watch` evaluates them, `actions` does what a transition asks for;
- `embedded` and `platform` are where metrics come from besides PutMetricData.
"""

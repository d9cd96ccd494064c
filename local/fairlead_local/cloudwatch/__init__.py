"""Amazon CloudWatch: metrics, metric math, and alarms that are evaluated by the cloud's clock.

- `metric_store` keeps data points, `statistics` computes statistics of them, `series` is a statistic over time;
- `math_expression` parses metric math, `metric_math` computes it, `metric_queries` reads metrics and expressions;
- `metric_data` has the operations for metrics; `embedded_metrics` and `service_metrics` are their other sources;
- `alarms` and `alarm_descriptions` have the operations for alarms, `alarm_store` keeps them;
- `alarm_state` is the documented rule from data points to a state, `composite_rules` reads rules of composite alarms;
- `evaluator` evaluates alarms, `alarm_actions` runs their actions with the payloads of `alarm_events`.
"""

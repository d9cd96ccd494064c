"""CloudWatch Logs' subscription and metric filters, in front of moto, which plays the rest.

- `patterns` reads filter patterns, `conditions` those for JSON;
- `subscriptions` holds subscription filters and delivers what they match, which `packing` packs;
- `metric_filters` makes data points of it;
- `service` is their API.
"""

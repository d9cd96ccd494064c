"""CloudWatch Logs' subscription filters, in front of moto, which plays the rest.

- `patterns` reads filter patterns, `conditions` those for JSON;
- `subscriptions` holds the filters and delivers what they match, `service` is their API.
"""

"""Amazon CloudWatch Logs: subscription filters in front of moto, which implements the other operations.

- `filter_patterns` reads filter patterns;
- `subscriptions` keeps subscription filters and delivers matching events, `payloads` encodes them;
- `service` has the operations.
"""

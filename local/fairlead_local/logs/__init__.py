"""CloudWatch Logs' subscription filters, in front of moto, which plays the rest.

- `patterns` reads filter patterns;
- `subscriptions` holds subscription filters and delivers what they match, which `packing` packs;
- `service` is their API.
"""

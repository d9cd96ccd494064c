"""AWS Lambda's API, as strict as AWS where a release depends on it: revisions, digests, aliases, limits, states."""

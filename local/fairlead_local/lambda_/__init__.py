"""AWS Lambda's API, as strict as AWS where it matters to a release: revisions, digests, aliases, limits, settling."""

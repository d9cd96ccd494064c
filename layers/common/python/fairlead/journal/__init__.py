"""The audit log: one record for every move of an alias, in a hash chain in S3."""

"""The audit log: every move of an alias as a record, in a hash chain in S3."""

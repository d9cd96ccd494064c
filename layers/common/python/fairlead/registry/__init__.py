"""The model registry in S3: versions, their lineage, and which of them are retired."""

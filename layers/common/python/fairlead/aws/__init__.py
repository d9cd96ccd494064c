"""Adapters of AWS services, one module for each service; botocore's errors become Fairlead's."""

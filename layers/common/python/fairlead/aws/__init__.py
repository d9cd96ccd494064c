"""Adapters of AWS services, one service a module; botocore's errors become Fairlead's."""

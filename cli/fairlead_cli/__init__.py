"""The operator's command line; not shipped to Lambda."""

"""AWS IAM and STS: signatures, identities and policies, and the guard that checks every request to an AWS API."""

"""Short name of a principal: the ARN of a user or a role's session without partition, service and account."""


def named(arn: str) -> str:
    """Return `user/ada` or `assumed-role/deploy/github-1` for an ARN; other text as it is."""
    return arn.split(":", 5)[-1] if arn.startswith("arn:") else arn

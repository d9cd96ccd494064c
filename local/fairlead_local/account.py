"""The account and region of the local cloud, and the ARNs of resources in it."""

ACCOUNT = "123456789012"
REGION = "us-east-1"
PARTITION = "aws"
ADMIN = "fairlead-admin"
HOST = "127.0.0.1"


def arn(service: str, resource: str, *, region: str = REGION) -> str:
    """Return an ARN of this account; global services pass an empty region."""
    return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{resource}"


def function_arn(name: str, qualifier: str | None = None) -> str:
    """Return a function's ARN, with the qualifier if one is given."""
    return arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def function_and_qualifier(name: str) -> tuple[str, str | None]:
    """Return name and qualifier of a function from `name`, `name:qualifier`, or a partial or full ARN."""
    parts = name.split(":")
    if "function" in parts[:-1]:
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else None

"""The one account and region the local cloud knows, and the names of things in it."""

ACCOUNT = "123456789012"
REGION = "us-east-1"
PARTITION = "aws"
ADMIN = "fairlead-admin"
HOST = "127.0.0.1"


def arn(service: str, resource: str, *, region: str = REGION) -> str:
    """An ARN of this account; global services pass an empty region."""
    return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{resource}"


def function_arn(name: str, qualifier: str | None = None) -> str:
    """A function's ARN, with the qualifier if there is one."""
    return arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def function_and_qualifier(name: str) -> tuple[str, str | None]:
    """A function's name and qualifier out of `name`, `name:qualifier`, or a partial or full ARN."""
    parts = name.split(":")
    if "function" in parts[:-1]:
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else None

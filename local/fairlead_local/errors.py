"""Errors of the local cloud: answers of its AWS APIs, and failures to start, which the CLI prints."""

from fairlead.errors import FairleadError


class ServiceError(Exception):
    """An AWS error answer: `code` as the service's model names it, and the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class LocalCloudError(FairleadError):
    """The local cloud cannot start or has stopped."""

    code = "local_cloud"


class PortTakenError(LocalCloudError):
    """Another program listens on the port."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(
            f"port {port} is taken by another program", hint=f"stop that program or choose another port with {option}"
        )


class KeptStateError(LocalCloudError):
    """The state of an earlier local cloud cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="name a new folder with --keep, or remove this one")


class PlatformError(LocalCloudError):
    """The local cloud runs Lambda's own runtime client, which exists for Linux only."""

    def __init__(self, platform: str) -> None:
        super().__init__(
            f"the local cloud needs Linux, this is {platform}",
            hint="use `sam local invoke` and `sam local start-api`, which run the same functions in containers",
        )

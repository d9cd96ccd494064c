"""What can go wrong: an API's refusal (goes back to its caller) and a cloud that cannot start (goes to a person)."""

from fairlead.errors import FairleadError


class ServiceError(Exception):
    """An AWS error answer: `code` as the service's model names it, and the HTTP status it comes with."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class LocalCloudError(FairleadError):
    """The local cloud cannot start or has stopped."""

    code = "local_cloud"


class PortTakenError(LocalCloudError):
    """Something else listens where the cloud should."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(
            f"port {port} is taken by another program", hint=f"stop that program or choose another port with {option}"
        )


class PlatformError(LocalCloudError):
    """The local cloud runs Lambda's own runtime client, which exists for Linux only."""

    def __init__(self, platform: str) -> None:
        super().__init__(
            f"the local cloud needs Linux, this is {platform}",
            hint="use `sam local invoke` and `sam local start-api`, which run the same functions in containers",
        )

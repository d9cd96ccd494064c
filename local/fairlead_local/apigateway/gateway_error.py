"""What API Gateway answers itself, without asking a function."""

from typing import Self


class GatewayError(Exception):
    """`kind` is the gateway response type that answers, `error` the x-amzn-ErrorType header."""

    def __init__(self, kind: str, status: int, message: str, error: str, *, key: str = "message") -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.message = message
        self.error = error
        self.key = key

    @classmethod
    def missing_token(cls) -> Self:
        """No signature, or no such method and path: API Gateway does not say which."""
        return cls(
            "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"
        )

    @classmethod
    def incomplete(cls, message: str) -> Self:
        """An Authorization header that is no signature."""
        return cls("INVALID_SIGNATURE", 403, message, "IncompleteSignatureException")

    @classmethod
    def unrecognised(cls, message: str) -> Self:
        """An unknown key or session token."""
        return cls("INVALID_SIGNATURE", 403, message, "UnrecognizedClientException")

    @classmethod
    def expired(cls, message: str) -> Self:
        """A session's token that was good once."""
        return cls("EXPIRED_TOKEN", 403, message, "ExpiredTokenException")

    @classmethod
    def signature(cls, message: str) -> Self:
        """A signature that is wrong, too old, too new, or for another service or region."""
        return cls("INVALID_SIGNATURE", 403, message, "InvalidSignatureException")

    @classmethod
    def denied(cls, caller: str, resource: str, why: str) -> Self:
        """A known caller whose policies do not allow the call."""
        message = f"User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource} {why}"
        return cls("ACCESS_DENIED", 403, message, "AccessDeniedException", key="Message")

    @classmethod
    def forbidden(cls) -> Self:
        """No such stage."""
        return cls("DEFAULT_4XX", 403, "Forbidden", "ForbiddenException")

    @classmethod
    def too_large(cls) -> Self:
        """A body over 10 MB."""
        return cls("REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLargeException")

    @classmethod
    def throttled(cls) -> Self:
        """The function has no room for another request."""
        return cls("DEFAULT_5XX", 500, "Internal server error", "InternalServerErrorException")

    @classmethod
    def misconfigured(cls) -> Self:
        """The gateway may not call the function, or there is none."""
        return cls("API_CONFIGURATION_ERROR", 500, "Internal server error", "InternalServerErrorException")

    @classmethod
    def bad_answer(cls) -> Self:
        """The function failed, or answered what is no proxy response."""
        return cls("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException")

    @classmethod
    def timeout(cls) -> Self:
        """The function took longer than the gateway waits."""
        return cls("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException")

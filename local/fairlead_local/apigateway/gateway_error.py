"""Errors that API Gateway answers itself, without calling a function."""

from typing import Self


class GatewayError(Exception):
    """`kind` is the gateway response type, `error` the value of the header x-amzn-ErrorType."""

    def __init__(self, kind: str, status: int, message: str, error: str, *, key: str = "message") -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.message = message
        self.error = error
        self.key = key

    @classmethod
    def missing_token(cls) -> Self:
        """Return the error for a missing signature and for an unknown method or path."""
        return cls(
            "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"
        )

    @classmethod
    def incomplete(cls, message: str) -> Self:
        """Return the error for a malformed Authorization header."""
        return cls("INVALID_SIGNATURE", 403, message, "IncompleteSignatureException")

    @classmethod
    def unrecognised(cls, message: str) -> Self:
        """Return the error for an unknown key or session token."""
        return cls("INVALID_SIGNATURE", 403, message, "UnrecognizedClientException")

    @classmethod
    def expired(cls, message: str) -> Self:
        """Return the error for an expired session token."""
        return cls("EXPIRED_TOKEN", 403, message, "ExpiredTokenException")

    @classmethod
    def signature(cls, message: str) -> Self:
        """Return the error for a signature that is wrong, outdated, or for another service or region."""
        return cls("INVALID_SIGNATURE", 403, message, "InvalidSignatureException")

    @classmethod
    def denied(cls, caller: str, resource: str, why: str) -> Self:
        """Return the error for a caller whose policies do not allow the call."""
        message = f"User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource} {why}"
        return cls("ACCESS_DENIED", 403, message, "AccessDeniedException", key="Message")

    @classmethod
    def forbidden(cls) -> Self:
        """Return the error for an unknown stage."""
        return cls("DEFAULT_4XX", 403, "Forbidden", "ForbiddenException")

    @classmethod
    def too_large(cls) -> Self:
        """Return the error for a body over 10 MB."""
        return cls("REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLargeException")

    @classmethod
    def throttled(cls) -> Self:
        """Return the error for a throttled function."""
        return cls("DEFAULT_5XX", 500, "Internal server error", "InternalServerErrorException")

    @classmethod
    def misconfigured(cls) -> Self:
        """Return the error for a function that is missing or does not allow the gateway."""
        return cls("API_CONFIGURATION_ERROR", 500, "Internal server error", "InternalServerErrorException")

    @classmethod
    def bad_answer(cls) -> Self:
        """Return the error for a function that failed or returned no proxy response."""
        return cls("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException")

    @classmethod
    def timeout(cls) -> Self:
        """Return the error for a function that exceeds the integration timeout."""
        return cls("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException")

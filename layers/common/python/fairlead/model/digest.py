"""SHA-256 digests of blobs and manifests. Code compares 64 hex digits; documents add the prefix `sha256:`."""

import hashlib

PREFIX = "sha256:"


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 in lower-case hex: a blob's name, a manifest's identity."""
    return hashlib.sha256(data).hexdigest()


def prefixed(sha256: str) -> str:
    """Return `sha256:` and the hex digits: a digest in responses, the journal, log lines and messages."""
    return PREFIX + sha256


def unprefixed(digest: str) -> str:
    """Return the hex digits of a digest, with or without the prefix."""
    return digest.removeprefix(PREFIX)

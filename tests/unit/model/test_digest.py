import pytest

from fairlead.model.digest import prefixed, sha256_of, unprefixed

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_digest_of_no_bytes_is_the_one_of_fips_180() -> None:
    assert sha256_of(b"") == EMPTY
    assert prefixed(EMPTY) == f"sha256:{EMPTY}"


@pytest.mark.parametrize("digest", [EMPTY, f"sha256:{EMPTY}"])
def test_digest_with_or_without_prefix_gives_the_hex_digits(digest: str) -> None:
    assert unprefixed(digest) == EMPTY

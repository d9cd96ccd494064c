"""Text of a number for human readers: its significant digits, without an exponent if possible."""

LARGEST = 1e9


def digits(value: float, count: int = 4) -> str:
    """Return a number with `count` significant digits; a larger one whole, with thousands separators."""
    if 10**count <= abs(value) < LARGEST:
        return f"{value:,.0f}"
    return f"{value:.{count}g}"

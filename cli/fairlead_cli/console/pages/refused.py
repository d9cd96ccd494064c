"""The page of an error: what happened, and what to do next."""

from fairlead.html.elements import e
from fairlead_cli.console.visit import Page


def page(message: str, hint: str) -> Page:
    """Return the page of an error."""
    return Page(
        "Not possible",
        e(
            "div",
            e("h1", "This did not work"),
            e("p", message, role="alert"),
            e("p", e("b", "Hint: "), hint, class_="hint") if hint else None,
        ),
    )

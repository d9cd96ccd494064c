"""The page of an error: what happened, and what to do next."""

from fairlead.html.elements import Children, e
from fairlead_cli.console.visit import Page


def page(message: str, hint: str) -> Page:
    """Return the page of an error."""
    return Page(
        "Not possible",
        [
            e("h1", "This did not work"),
            e("p", message, role="alert"),
            e("p", e("b", "Hint: "), with_code(hint), class_="hint") if hint else None,
        ],
    )


def with_code(text: str) -> Children:
    """Return a text, with the parts between backticks as code."""
    return [e("code", part) if at % 2 else part for at, part in enumerate(text.split("`"))]

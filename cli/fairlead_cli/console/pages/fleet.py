"""The first page: every stack of the account and region."""

from fairlead.errors import StorageError
from fairlead.fleet.listing import read_fleet
from fairlead.fleet.page import content, title
from fairlead.fleet.summary import StackSummary
from fairlead.html.elements import Content, e
from fairlead_cli import clock
from fairlead_cli.console.pages import refused
from fairlead_cli.console.visit import Page, Visit, link

HOURS = 24


def page(visit: Visit) -> Page:
    """Return the fleet with links to its stacks; without the right to list them, a link to the command's own stack."""
    try:
        found = read_fleet(clock.now(), visit.number("hours", HOURS, 720))
    except StorageError as error:
        own = e("p", "Your own stack: ", link(visit.home, visit.href("stacks", visit.home)))
        return Page("Fleet", [own, refused.page(str(error), error.hint).content])

    def named(one: StackSummary) -> Content:
        return link(one.stack, visit.href("stacks", one.stack))

    return Page(title(found), content(found, named=named))

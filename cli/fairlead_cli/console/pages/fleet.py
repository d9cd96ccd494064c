"""The first page: every stack of the account and region."""

from fairlead.fleet.listing import read_fleet
from fairlead.fleet.page import content, title
from fairlead.fleet.summary import StackSummary
from fairlead.html.elements import Content
from fairlead_cli import clock
from fairlead_cli.console.visit import Page, Visit, link

HOURS = 24


def page(visit: Visit) -> Page:
    """Return the fleet with links to its stacks; raises StorageError if they cannot be listed."""
    found = read_fleet(clock.now(), visit.number("hours", HOURS, 720))

    def named(one: StackSummary) -> Content:
        return link(one.stack, visit.href("stacks", one.stack))

    return Page(title(found), content(found, named=named))

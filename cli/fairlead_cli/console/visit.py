"""One request for a page, with the stack, the model and the version that it names. Each is opened when first needed."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack, find
from fairlead.html.elements import Children, e
from fairlead.journal.journal import Journal
from fairlead.registry.store import Registry
from fairlead.settings import Operator
from fairlead_cli import clock


class Page(NamedTuple):
    """A page's title and content, and whether it refreshes itself."""

    title: str
    content: Children
    live: bool = False


class Visit:
    """One request. `root` is the path with the token, `names` what the path names, `home` the command's own settings.

    A stack other than that of `home` is taken as CloudFormation describes it: FAIRLEAD_BUCKET and FAIRLEAD_API_URL
    belong to the one.
    """

    def __init__(
        self,
        root: str,
        names: Mapping[str, str],
        *,
        home: Operator,
        query: Mapping[str, str],
        form: Mapping[str, str],
        actions: bool,
    ) -> None:
        self.root = root
        self.names = names
        self.query = query
        self.form = form
        self.actions = actions
        self._home = home

    @property
    def home(self) -> str:
        """The stack that the command line names."""
        return self._home.stack

    @property
    def model(self) -> str:
        """The model that the path names."""
        return self.names["model"]

    @property
    def version(self) -> int:
        """The version that the path names."""
        return int(self.names["version"])

    @cached_property
    def settings(self) -> Operator:
        """The settings of the stack that the path names."""
        name = self.names["stack"]
        return self._home if name == self._home.stack else Operator(stack=name)

    @cached_property
    def stack(self) -> Stack:
        """The stack that the path names; raises NotFoundError, StorageError."""
        return find(self.settings)

    @cached_property
    def registry(self) -> Registry:
        """The stack's registry."""
        return Registry(S3Objects(clients.client("s3"), self.stack.bucket))

    @cached_property
    def journal(self) -> Journal:
        """The stack's journal."""
        return Journal(self.registry.objects, self.stack.name, clock=clock.now)

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number of the query, between 1 and `most`; the default for anything else."""
        text = self.query.get(name, "")
        return min(int(text), most) if text.isdecimal() and 0 < len(text) < 10 and int(text) else default

    def href(self, *parts: object, **query: object) -> str:
        """Return the path of a page, of which `parts` are the steps below the fleet."""
        path = "/".join([self.root, *(quote(str(part), safe="") for part in parts)])
        return (path if parts else f"{path}/") + (f"?{urlencode(query)}" if query else "")

    def of_stack(self, *parts: object, **query: object) -> str:
        """Return the path of a page of this stack."""
        return self.href("stacks", self.names["stack"], *parts, **query)

    def of_model(self, *parts: object, **query: object) -> str:
        """Return the path of a page of this model."""
        return self.of_stack("models", self.model, *parts, **query)

    def of_version(self, version: int, *parts: object) -> str:
        """Return the path of a page of a version of this model."""
        return self.of_model("versions", version, *parts)


def link(text: str, href: str) -> Element:
    """Return a link."""
    return e("a", text, href=href)
